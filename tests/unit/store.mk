# SPDX-License-Identifier: GPL-2.0-or-later
# The XenStore client, the layout of nodes and the console. The sources are linked in, not the shared library,
# which hides its inside; so test_store_commit can also make each allocation fail.
if HAVE_CMOCKA
store_tests = \
	tests/unit/test_console \
	tests/unit/test_layout \
	tests/unit/test_record \
	tests/unit/test_store \
	tests/unit/test_store_commit \
	tests/unit/test_store_watch
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
store_test_sources = tests/unit/fake_store.c tests/unit/fake_store.h $(store_sources)
store_test_libs = common/libcommon.la $(CMOCKA_LIBS) -lpthread

tests_unit_test_console_SOURCES = tests/unit/test_console.c $(store_test_sources)
tests_unit_test_console_LDADD = $(store_test_libs)
tests_unit_test_layout_SOURCES = tests/unit/test_layout.c tests/unit/fake_nodes.c tests/unit/fake_nodes.h $(store_test_sources)
tests_unit_test_layout_LDADD = $(store_test_libs)
tests_unit_test_record_SOURCES = tests/unit/test_record.c tests/unit/fake_nodes.c tests/unit/fake_nodes.h $(store_test_sources)
tests_unit_test_record_LDADD = $(store_test_libs)
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(store_test_sources)
tests_unit_test_store_LDADD = $(store_test_libs)
tests_unit_test_store_commit_SOURCES = tests/unit/test_store_commit.c $(store_test_sources)
tests_unit_test_store_commit_LDADD = $(store_test_libs)
tests_unit_test_store_commit_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_unit_test_store_watch_SOURCES = tests/unit/test_store_watch.c $(store_test_sources)
tests_unit_test_store_watch_LDADD = $(store_test_libs)
endif

# For the lab: static where that is possible, so that it runs in any dom0.
check_PROGRAMS += tests/tools/store-test
tests_tools_store_test_SOURCES = tests/tools/store-test.c $(store_sources)
tests_tools_store_test_LDADD = common/libcommon.la
if STATIC_COMMAND
tests_tools_store_test_LDFLAGS = -all-static
endif

# `make fuzz-store`, then tests/fuzz/fuzz_store CORPUS tests/fuzz/seeds. Needs clang (or FUZZ_CC).
EXTRA_DIST += tests/fuzz/fuzz_store.c tests/fuzz/seeds/store-all-answered tests/fuzz/seeds/store-raw \
	tests/fuzz/seeds/store-refused
CLEANFILES += tests/fuzz/fuzz_store
fuzz-store:
	@$(MKDIR_P) tests/fuzz
	cd $(top_srcdir) && $${FUZZ_CC:-clang} -std=gnu11 -D_GNU_SOURCE -I. -g -O1 \
		-Drecv=fuzz_recv -Dsend=fuzz_send -Dpoll=fuzz_poll \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $(abs_top_builddir)/tests/fuzz/fuzz_store \
		tests/fuzz/fuzz_store.c $(filter %.c,$(store_sources)) common/buf.c common/error.c
.PHONY: fuzz-store
