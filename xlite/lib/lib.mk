# SPDX-License-Identifier: GPL-2.0-or-later
# Hypercalls, foreign mappings, domain control and the builders of PVH and PV domains.
lib_sources = \
	xlite/lib/abi.c xlite/lib/abi.h \
	xlite/lib/guest_type.c xlite/lib/guest_type.h \
	xlite/lib/build.c xlite/lib/build.h xlite/lib/build_int.h \
	xlite/lib/build_boot.c xlite/lib/build_hvm.c \
	xlite/lib/build_image.c \
	xlite/lib/build_memory.c \
	xlite/lib/build_plan.c xlite/lib/build_plan.h xlite/lib/build_plan_hvm.c \
	xlite/lib/build_pv.c xlite/lib/build_pv.h \
	xlite/lib/build_pv_boot.c \
	xlite/lib/build_pv_plan.c \
	xlite/lib/build_start.c \
	xlite/lib/build_vcpu.c \
	xlite/lib/domain.c \
	xlite/lib/host.c \
	xlite/lib/hypercall.c xlite/lib/hypercall.h \
	xlite/lib/map.c xlite/lib/map.h \
	xlite/lib/memory.c xlite/lib/memory.h \
	xlite/lib/privcmd.c \
	xlite/lib/save.c xlite/lib/save.h xlite/lib/save_int.h xlite/lib/save_live.c xlite/lib/save_memory.c \
	xlite/lib/save_pvh.c xlite/lib/save_state.c \
	xlite/lib/stream.c xlite/lib/stream.h xlite/lib/stream_read.c xlite/lib/stream_write.c \
	xlite/lib/restore.c xlite/lib/restore_int.h xlite/lib/restore_memory.c xlite/lib/restore_state.c \
	xlite/lib/topology.c xlite/lib/topology.h \
	xlite/lib/numa.c xlite/lib/tuning.c \
	xlite/lib/vcpu.c \
	xlite/lib/xen.c xlite/lib/xen.h
nobase_pkginclude_HEADERS += xlite/lib/build.h xlite/lib/guest_type.h xlite/lib/xen.h
