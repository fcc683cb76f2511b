# SPDX-License-Identifier: GPL-2.0-or-later
# Runs over many objects (xlite/run): what needs no host.
if HAVE_CMOCKA
run_tests = tests/unit/test_run_back tests/unit/test_run_jobs tests/unit/test_run_log tests/unit/test_run_watch tests/unit/test_run_events \
	tests/unit/test_run_volumes tests/unit/test_run_watch_policy tests/unit/test_run_watch_status
check_PROGRAMS += $(run_tests)
TESTS += $(run_tests)

run_test_libs = xlite/librun.la xlite/libreconcile.la cfg/libcfg.la hotplug/libhotplug.la xlite/libxlite.la $(CMOCKA_LIBS)
tests_unit_test_run_back_SOURCES = tests/unit/test_run_back.c
tests_unit_test_run_back_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_back_LDADD = $(run_test_libs)
tests_unit_test_run_jobs_SOURCES = tests/unit/test_run_jobs.c
tests_unit_test_run_jobs_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_jobs_LDADD = $(run_test_libs)
tests_unit_test_run_log_SOURCES = tests/unit/test_run_log.c
tests_unit_test_run_log_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_log_LDADD = $(run_test_libs)
tests_unit_test_run_watch_SOURCES = tests/unit/test_run_watch.c
tests_unit_test_run_watch_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_watch_LDADD = $(run_test_libs)
tests_unit_test_run_watch_policy_SOURCES = tests/unit/test_run_watch_policy.c
tests_unit_test_run_watch_policy_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_watch_policy_LDADD = $(run_test_libs)
tests_unit_test_run_watch_status_SOURCES = tests/unit/test_run_watch_status.c
tests_unit_test_run_watch_status_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_watch_status_LDADD = $(run_test_libs)
tests_unit_test_run_events_SOURCES = tests/unit/test_run_events.c
tests_unit_test_run_events_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_events_LDADD = $(run_test_libs)
tests_unit_test_run_volumes_SOURCES = tests/unit/test_run_volumes.c
tests_unit_test_run_volumes_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_volumes_LDADD = $(run_test_libs)
endif
