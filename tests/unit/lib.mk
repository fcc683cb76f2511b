# SPDX-License-Identifier: GPL-2.0-or-later
# Hypercalls and the domain builder, against a hypervisor in the process. -static: the tests use what
# the shared library does not export.
if HAVE_CMOCKA
lib_unit_tests = \
	tests/unit/test_abi \
	tests/unit/test_build_plan \
	tests/unit/test_png \
	tests/unit/test_stream \
	tests/unit/test_top \
	tests/unit/test_xen \
	tests/unit/test_xen_build \
	tests/unit/test_xen_save tests/unit/test_xen_save_live
check_PROGRAMS += $(lib_unit_tests)
TESTS += $(lib_unit_tests)

lib_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
lib_test_libs = xlite/libxlite.la $(CMOCKA_LIBS)
lib_test_fake = tests/unit/fake_xen.c tests/unit/fake_xen.h tests/unit/fake_xen_calls.c \
	tests/unit/fake_xen_memory.c tests/unit/fake_xen_sysctl.c
tests_unit_test_abi_SOURCES = tests/unit/test_abi.c tests/tools/abi-values.h
tests_unit_test_abi_CFLAGS = $(lib_test_cflags) -DTEST_DATA='"$(abs_top_srcdir)/tests/unit/abi"'
tests_unit_test_abi_LDFLAGS = -static
tests_unit_test_abi_LDADD = $(lib_test_libs)
tests_unit_test_build_plan_SOURCES = tests/unit/test_build_plan.c
tests_unit_test_build_plan_CFLAGS = $(lib_test_cflags)
tests_unit_test_build_plan_LDFLAGS = -static
tests_unit_test_build_plan_LDADD = $(lib_test_libs)
tests_unit_test_png_SOURCES = tests/unit/test_png.c xlite/cli/png.c xlite/cli/png.h
tests_unit_test_png_CFLAGS = $(lib_test_cflags)
tests_unit_test_png_LDFLAGS = -static
tests_unit_test_png_LDADD = $(lib_test_libs) $(UNPACK_LIBS)
tests_unit_test_top_SOURCES = tests/unit/test_top.c xlite/cli/top_lines.c xlite/cli/top.h
tests_unit_test_top_CFLAGS = $(lib_test_cflags)
tests_unit_test_top_LDFLAGS = -static
tests_unit_test_top_LDADD = common/libcommon.la $(CMOCKA_LIBS)
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c
tests_unit_test_stream_CFLAGS = $(lib_test_cflags)
tests_unit_test_stream_LDFLAGS = -static
tests_unit_test_stream_LDADD = $(lib_test_libs) common/libcommon.la
tests_unit_test_xen_SOURCES = tests/unit/test_xen.c $(lib_test_fake)
tests_unit_test_xen_CFLAGS = $(lib_test_cflags)
tests_unit_test_xen_LDFLAGS = -static
tests_unit_test_xen_LDADD = $(lib_test_libs)
lib_test_save = tests/unit/save_check.c tests/unit/save_check.h
tests_unit_test_xen_save_SOURCES = tests/unit/test_xen_save.c $(lib_test_save) $(lib_test_fake)
tests_unit_test_xen_save_CFLAGS = $(lib_test_cflags)
tests_unit_test_xen_save_LDFLAGS = -static
tests_unit_test_xen_save_LDADD = $(lib_test_libs) common/libcommon.la
tests_unit_test_xen_save_live_SOURCES = tests/unit/test_xen_save_live.c $(lib_test_save) $(lib_test_fake)
tests_unit_test_xen_save_live_CFLAGS = $(lib_test_cflags)
tests_unit_test_xen_save_live_LDFLAGS = -static
tests_unit_test_xen_save_live_LDADD = $(lib_test_libs) common/libcommon.la
tests_unit_test_xen_build_SOURCES = tests/unit/test_xen_build.c tests/unit/test_xen_build.h tests/unit/test_xen_build_faults.c \
	tests/unit/test_xen_build_files.c tests/unit/test_xen_build_fixture.c tests/unit/test_xen_build_memory.c $(lib_test_fake)
tests_unit_test_xen_build_CFLAGS = $(lib_test_cflags)
tests_unit_test_xen_build_LDFLAGS = -static \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=pread
tests_unit_test_xen_build_LDADD = $(lib_test_libs)
endif

# Static where the command is, so that the same program runs in the lab.
check_PROGRAMS += tests/tools/build-domain
tests_tools_build_domain_SOURCES = tests/tools/build-domain.c
tests_tools_build_domain_LDADD = xlite/libxlite.la
tests_tools_build_domain_LDFLAGS = -static
check_PROGRAMS += tests/tools/end-domain
tests_tools_end_domain_SOURCES = tests/tools/end-domain.c
tests_tools_end_domain_LDADD = xlite/libxlite.la
tests_tools_end_domain_LDFLAGS = -static
check_PROGRAMS += tests/tools/host-free
tests_tools_host_free_SOURCES = tests/tools/host-free.c
tests_tools_host_free_LDADD = xlite/libxlite.la
tests_tools_host_free_LDFLAGS = -static
check_PROGRAMS += tests/tools/host-census
tests_tools_host_census_SOURCES = tests/tools/host-census.c
tests_tools_host_census_LDADD = xlite/libxlite.la
tests_tools_host_census_LDFLAGS = -static
check_PROGRAMS += tests/tools/hold-page
tests_tools_hold_page_SOURCES = tests/tools/hold-page.c
tests_tools_hold_page_LDADD = xlite/libxlite.la
tests_tools_hold_page_LDFLAGS = -static
# What test_abi is held against is made with these (tests/tools/abi-table.sh, record-calls.sh).
check_PROGRAMS += tests/tools/hypercall-trace
tests_tools_hypercall_trace_SOURCES = tests/tools/hypercall-trace.c
tests_tools_hypercall_trace_LDADD =
EXTRA_DIST += tests/tools/abi-table.sh tests/tools/abi-values.c tests/tools/record-calls.sh tests/unit/abi/values.txt \
	tests/unit/abi/calls-4.14.txt tests/unit/abi/calls-4.17.txt tests/unit/abi/calls-4.20.txt
if STATIC_COMMAND
tests_tools_hypercall_trace_LDFLAGS = -all-static
tests_tools_build_domain_LDFLAGS += -all-static
tests_tools_end_domain_LDFLAGS += -all-static
tests_tools_host_free_LDFLAGS += -all-static
tests_tools_host_census_LDFLAGS += -all-static
tests_tools_hold_page_LDFLAGS += -all-static
endif
