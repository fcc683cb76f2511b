# SPDX-License-Identifier: GPL-2.0-or-later
# Network and block plumbing.
noinst_LTLIBRARIES += hotplug/libhotplug.la
hotplug_libhotplug_la_SOURCES =
hotplug_libhotplug_la_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS) $(BLKID_CFLAGS)
hotplug_libhotplug_la_LIBADD = common/libcommon.la $(NL_LIBS) $(BLKID_LIBS)
