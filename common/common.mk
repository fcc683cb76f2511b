# SPDX-License-Identifier: GPL-2.0-or-later
# What every part may use: the error object, buffers, cleanup attributes, files, deadlines, addresses, maps of numbers.
noinst_LTLIBRARIES += common/libcommon.la
nobase_pkginclude_HEADERS += common/error.h
common_libcommon_la_SOURCES = common/auto.h common/bits.h common/buf.c common/buf.h common/clock.h common/error.c common/error.h \
	common/file.c common/file.h common/inet.c common/inet.h common/mac.c common/mac.h common/utf8.c common/utf8.h common/wait.h
