# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of conversions: unit tests, whole files in tests/convert, a fuzz target.
convert_bats = tests/convert/convert.bats
if HAVE_BATS
TESTS += $(convert_bats)
endif
EXTRA_DIST += $(convert_bats) tests/convert/fixtures tests/convert/keys.txt

if HAVE_CMOCKA
convert_tests = tests/unit/test_convert tests/unit/test_convert_keys tests/unit/test_convert_fuzz
check_PROGRAMS += $(convert_tests)
TESTS += $(convert_tests)

convert_outcome = tests/unit/convert_outcome.c tests/unit/convert_outcome.h

tests_unit_test_convert_SOURCES = tests/unit/test_convert.c $(convert_outcome)
tests_unit_test_convert_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_convert_LDADD = xlite/convert/libconvert.la $(CMOCKA_LIBS)

tests_unit_test_convert_keys_SOURCES = tests/unit/test_convert_keys.c $(convert_outcome)
tests_unit_test_convert_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_convert_keys_LDADD = xlite/convert/libconvert.la $(CMOCKA_LIBS)

tests_unit_test_convert_fuzz_SOURCES = \
	tests/unit/test_convert_fuzz.c tests/fuzz/fuzz_convert.c tests/fuzz/convert_gen.c tests/fuzz/convert_gen.h
tests_unit_test_convert_fuzz_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_convert_fuzz_LDADD = xlite/convert/libconvert.la $(CMOCKA_LIBS)

if HAVE_XLUTIL
check_PROGRAMS += tests/unit/test_convert_xl
TESTS += tests/unit/test_convert_xl
endif
tests_unit_test_convert_xl_SOURCES = tests/unit/test_convert_xl.c tests/fuzz/convert_gen.c tests/fuzz/convert_gen.h
tests_unit_test_convert_xl_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(XLUTIL_CFLAGS)
tests_unit_test_convert_xl_LDADD = xlite/convert/libconvert.la $(CMOCKA_LIBS) $(XLUTIL_LIBS)
endif

# `make fuzz-convert`, then tests/fuzz/fuzz_convert -timeout=5 -rss_limit_mb=512 CORPUS tests/convert/fixtures. Needs clang (or FUZZ_CC).
EXTRA_DIST += tests/fuzz/fuzz_convert.c
CLEANFILES += tests/fuzz/fuzz_convert
fuzz-convert:
	@$(MKDIR_P) tests/fuzz
	cd $(top_srcdir) && $${FUZZ_CC:-clang} -std=gnu11 -D_GNU_SOURCE -I. -g -O1 \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $(abs_top_builddir)/tests/fuzz/fuzz_convert \
		tests/fuzz/fuzz_convert.c $(filter %.c,$(xlite_convert_libconvert_la_SOURCES)) $(filter %.c,$(cfg_libcfg_la_SOURCES)) \
		$(filter %.c,$(common_libcommon_la_SOURCES)) $(YAML_LIBS) $(JANSSON_LIBS) $(UUID_LIBS) $(EXPAT_LIBS)
.PHONY: fuzz-convert
