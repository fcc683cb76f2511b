# SPDX-License-Identifier: GPL-2.0-or-later
# The spec language: text to typed spec and back.
noinst_LTLIBRARIES += cfg/libcfg.la
cfg_libcfg_la_SOURCES = \
	cfg/cfg.h cfg/spec.h cfg/keys.h cfg/value.h cfg/set.h cfg/tree.h cfg/fill.h cfg/check.h cfg/json.h cfg/describe.h \
	cfg/range.h cfg/rows.h cfg/merge.h cfg/claim.h cfg/words.h \
	cfg/words.c cfg/keys.c cfg/keys_network.c cfg/keys_volume.c cfg/key.c cfg/own.c cfg/spec.c cfg/implied.c \
	cfg/suggest.c \
	cfg/value.c cfg/value_number.c cfg/value_rate.c cfg/value_text.c cfg/value_nbd.c cfg/value_nbd.h cfg/value_address.c cfg/value_cpus.c cfg/range.c cfg/nearest.c \
	cfg/text.c cfg/mark.c cfg/tree.c cfg/tree_check.c cfg/fill.c cfg/fill_check.c cfg/fill_value.c cfg/fill_list.c \
	cfg/fill_unknown.c \
	cfg/checker.c cfg/check.c cfg/check_cloud.c cfg/check_network.c cfg/check_volume.c cfg/merge.c \
	cfg/document.c cfg/set.c cfg/claim.c cfg/set_check.c cfg/set_network.c cfg/set_vdevs.c cfg/set_volume.c cfg/order.c cfg/diag.c cfg/diag_print.c \
	cfg/json.c cfg/keep.c cfg/print.c cfg/ready.c cfg/diff.c cfg/describe.c cfg/explain.c cfg/schema.c cfg/man.c
cfg_libcfg_la_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(UUID_CFLAGS)
cfg_libcfg_la_LIBADD = common/libcommon.la $(YAML_LIBS) $(JANSSON_LIBS) $(UUID_LIBS)
