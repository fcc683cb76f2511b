# SPDX-License-Identifier: GPL-2.0-or-later
# The control-domain library (xlite/lib), reconciliation (xlite/reconcile) and the command (xlite/cli).
include xlite/lib/lib.mk
include xlite/lib/image.mk
include xlite/lib/store.mk

lib_LTLIBRARIES += xlite/libxlite.la
xlite_libxlite_la_SOURCES = $(lib_sources) $(image_sources) $(store_sources)
xlite_libxlite_la_CPPFLAGS = $(AM_CPPFLAGS) $(UNPACK_CFLAGS)
xlite_libxlite_la_LIBADD = common/libcommon.la $(UNPACK_LIBS)
xlite_libxlite_la_LDFLAGS = -version-info 0:0:0 -Wl,--version-script=$(top_srcdir)/xlite/lib/libxlite.map
xlite_libxlite_la_DEPENDENCIES = common/libcommon.la xlite/lib/libxlite.map
EXTRA_DIST += xlite/lib/libxlite.map
pkgconfig_DATA = xlite/lib/libxlite.pc
