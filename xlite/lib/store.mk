# SPDX-License-Identifier: GPL-2.0-or-later
# The XenStore client, the layout of nodes, and the console.
store_sources = \
	xlite/lib/console.c \
	xlite/lib/console.h \
	xlite/lib/console_copy.c \
	xlite/lib/console_log.c xlite/lib/console_log.h \
	xlite/lib/console_safe.c \
	xlite/lib/device.c \
	xlite/lib/device.h \
	xlite/lib/layout.c \
	xlite/lib/layout.h \
	xlite/lib/layout_device.c \
	xlite/lib/layout_sweep.c \
	xlite/lib/record.c \
	xlite/lib/store.c \
	xlite/lib/store.h \
	xlite/lib/store_answer.c \
	xlite/lib/store_batch.c \
	xlite/lib/store_commit.c \
	xlite/lib/store_error.c \
	xlite/lib/store_event.c \
	xlite/lib/store_flight.c \
	xlite/lib/store_list.c \
	xlite/lib/store_wait.c \
	xlite/lib/store_watch.c \
	xlite/lib/store_wire.c \
	xlite/lib/store_wire.h \
	xlite/lib/vdev.c
nobase_pkginclude_HEADERS += xlite/lib/console.h xlite/lib/console_log.h xlite/lib/device.h xlite/lib/layout.h xlite/lib/store.h
