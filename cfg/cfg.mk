# SPDX-License-Identifier: GPL-2.0-or-later
# The spec language: text to typed spec and back.
noinst_LTLIBRARIES += cfg/libcfg.la
cfg_libcfg_la_SOURCES = cfg/spec.h
cfg_libcfg_la_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS) $(JANSSON_CFLAGS) $(UUID_CFLAGS)
cfg_libcfg_la_LIBADD = common/libcommon.la $(YAML_LIBS) $(JANSSON_LIBS) $(UUID_LIBS)
