# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of the spec language: unit tests, the Bats suites in tests/cfg with the tool they drive, a fuzz target.
check_PROGRAMS += tests/tools/cfg-tool
tests_tools_cfg_tool_SOURCES = tests/tools/cfg-tool.c
tests_tools_cfg_tool_LDADD = cfg/libcfg.la

cfg_bats = tests/cfg/fixtures.bats tests/cfg/help.bats tests/cfg/limits.bats
if HAVE_BATS
TESTS += $(cfg_bats)
endif
AM_TESTS_ENVIRONMENT += export CFG_TOOL='$(abs_top_builddir)/tests/tools/cfg-tool';
EXTRA_DIST += $(cfg_bats) tests/cfg/cfg.bash tests/cfg/schema.py tests/cfg/fixtures

if HAVE_CMOCKA
cfg_tests = tests/unit/test_utf8 tests/unit/test_mac tests/unit/test_cfg_value tests/unit/test_cfg_parse tests/unit/test_cfg_roundtrip tests/unit/test_cfg_memory
check_PROGRAMS += $(cfg_tests)
TESTS += $(cfg_tests)

tests_unit_test_mac_SOURCES = tests/unit/test_mac.c
tests_unit_test_mac_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mac_LDADD = common/libcommon.la $(CMOCKA_LIBS)
tests_unit_test_utf8_SOURCES = tests/unit/test_utf8.c
tests_unit_test_utf8_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_utf8_LDADD = common/libcommon.la $(CMOCKA_LIBS)

tests_unit_test_cfg_value_SOURCES = tests/unit/test_cfg_value.c tests/unit/cfg_check.h
tests_unit_test_cfg_value_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cfg_value_LDADD = cfg/libcfg.la $(CMOCKA_LIBS)

tests_unit_test_cfg_parse_SOURCES = tests/unit/test_cfg_parse.c tests/unit/cfg_check.h
tests_unit_test_cfg_parse_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cfg_parse_LDADD = cfg/libcfg.la $(CMOCKA_LIBS)

tests_unit_test_cfg_roundtrip_SOURCES = \
	tests/unit/test_cfg_roundtrip.c tests/unit/cfg_check.h tests/fuzz/cfg_gen.c tests/fuzz/cfg_gen.h
tests_unit_test_cfg_roundtrip_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cfg_roundtrip_LDADD = cfg/libcfg.la $(CMOCKA_LIBS)

tests_unit_test_cfg_memory_SOURCES = tests/unit/test_cfg_memory.c tests/unit/cfg_check.h
tests_unit_test_cfg_memory_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cfg_memory_LDADD = cfg/libcfg.la $(CMOCKA_LIBS)
tests_unit_test_cfg_memory_LDFLAGS = \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup,--wrap=strndup
endif

# `make fuzz-cfg`, then tests/fuzz/fuzz_cfg -timeout=5 -rss_limit_mb=512 CORPUS tests/cfg/fixtures. Needs clang (or FUZZ_CC).
EXTRA_DIST += tests/fuzz/fuzz_cfg.c
CLEANFILES += tests/fuzz/fuzz_cfg
fuzz-cfg:
	@$(MKDIR_P) tests/fuzz
	cd $(top_srcdir) && $${FUZZ_CC:-clang} -std=gnu11 -D_GNU_SOURCE -I. -g -O1 \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $(abs_top_builddir)/tests/fuzz/fuzz_cfg \
		tests/fuzz/fuzz_cfg.c tests/fuzz/cfg_gen.c $(filter %.c,$(cfg_libcfg_la_SOURCES)) $(filter %.c,$(common_libcommon_la_SOURCES)) \
		$(YAML_LIBS) $(JANSSON_LIBS) $(UUID_LIBS)
.PHONY: fuzz-cfg
