# SPDX-License-Identifier: GPL-2.0-or-later
# Runs over many objects (xlite/run): what needs no host.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_run_jobs
TESTS += tests/unit/test_run_jobs

tests_unit_test_run_jobs_SOURCES = tests/unit/test_run_jobs.c
tests_unit_test_run_jobs_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_run_jobs_LDADD = xlite/librun.la xlite/libreconcile.la cfg/libcfg.la hotplug/libhotplug.la xlite/libxlite.la $(CMOCKA_LIBS)
endif
