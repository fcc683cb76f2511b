# SPDX-License-Identifier: GPL-2.0-or-later
# Images, GRUB's too, and ACPI tables. test_image_kernel wants a real kernel: XLITE_TEST_KERNEL, XLITE_TEST_VMLINUX.
if HAVE_CMOCKA
image_unit_tests = \
	tests/unit/test_acpi \
	tests/unit/test_grub \
	tests/unit/test_image_cache \
	tests/unit/test_image_elf \
	tests/unit/test_image_kernel \
	tests/unit/test_image_memory \
	tests/unit/test_image_open \
	tests/unit/test_image_pack \
	tests/unit/test_pack \
	tests/unit/test_image_pv
check_PROGRAMS += $(image_unit_tests)
TESTS += $(image_unit_tests)

image_test_helpers = tests/unit/image_check.h tests/unit/image_make.c tests/unit/image_make.h tests/unit/image_pack.c
image_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(UNPACK_CFLAGS)
image_test_libs = xlite/libxlite.la common/libcommon.la $(UNPACK_LIBS) $(CMOCKA_LIBS)
tests_unit_test_acpi_SOURCES = tests/unit/test_acpi.c
tests_unit_test_acpi_CFLAGS = $(image_test_cflags)
tests_unit_test_acpi_LDADD = $(image_test_libs)
tests_unit_test_grub_SOURCES = tests/unit/test_grub.c $(image_test_helpers)
tests_unit_test_grub_CFLAGS = $(image_test_cflags)
tests_unit_test_grub_LDADD = hotplug/libhotplug.la $(image_test_libs) $(NL_LIBS) $(BLKID_LIBS) $(JANSSON_LIBS)
tests_unit_test_image_cache_SOURCES = tests/unit/test_image_cache.c $(image_test_helpers)
tests_unit_test_image_cache_CFLAGS = $(image_test_cflags)
tests_unit_test_image_cache_LDADD = $(image_test_libs)
tests_unit_test_image_elf_SOURCES = tests/unit/test_image_elf.c $(image_test_helpers)
tests_unit_test_image_elf_CFLAGS = $(image_test_cflags)
tests_unit_test_image_elf_LDADD = $(image_test_libs)
tests_unit_test_image_kernel_SOURCES = tests/unit/test_image_kernel.c $(image_test_helpers)
tests_unit_test_image_kernel_CFLAGS = $(image_test_cflags)
tests_unit_test_image_kernel_LDADD = $(image_test_libs)
tests_unit_test_image_memory_SOURCES = tests/unit/test_image_memory.c $(image_test_helpers)
tests_unit_test_image_memory_CFLAGS = $(image_test_cflags)
tests_unit_test_image_memory_LDADD = $(image_test_libs)
tests_unit_test_image_open_SOURCES = tests/unit/test_image_open.c $(image_test_helpers)
tests_unit_test_image_open_CFLAGS = $(image_test_cflags)
tests_unit_test_image_open_LDADD = $(image_test_libs)
tests_unit_test_pack_SOURCES = tests/unit/test_pack.c
tests_unit_test_pack_CFLAGS = $(image_test_cflags)
tests_unit_test_pack_LDADD = $(image_test_libs)
tests_unit_test_image_pack_SOURCES = tests/unit/test_image_pack.c $(image_test_helpers)
tests_unit_test_image_pack_CFLAGS = $(image_test_cflags)
tests_unit_test_image_pack_LDADD = $(image_test_libs)
tests_unit_test_image_pv_SOURCES = tests/unit/test_image_pv.c $(image_test_helpers)
tests_unit_test_image_pv_CFLAGS = $(image_test_cflags)
tests_unit_test_image_pv_LDFLAGS = -static
tests_unit_test_image_pv_LDADD = $(image_test_libs)
endif

# `make fuzz-image`, then XLITE_FUZZ_SEEDS=DIR tests/fuzz/fuzz_image DIR. Needs clang (or FUZZ_CC).
image_fuzz_sources = tests/fuzz/fuzz_image.c tests/unit/image_make.c tests/unit/image_pack.c
EXTRA_DIST += tests/fuzz/fuzz_image.c
CLEANFILES += tests/fuzz/fuzz_image
fuzz-image:
	@$(MKDIR_P) tests/fuzz
	cd $(srcdir) && $${FUZZ_CC:-clang} -std=gnu11 -g -O1 -D_GNU_SOURCE -I. $(UNPACK_CFLAGS) \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $(abs_top_builddir)/tests/fuzz/fuzz_image \
		$(image_fuzz_sources) xlite/lib/build_pv_plan.c $(filter %.c,$(image_sources)) common/buf.c common/error.c $(UNPACK_LIBS)
.PHONY: fuzz-image
