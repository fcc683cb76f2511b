/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The rows of guest types.
 */
#include "xlite/lib/guest_type.h"

#include "xlite/lib/build_int.h"
#include "xlite/lib/save_int.h"

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif
#include <xen/domctl.h>

static const struct xlite_guest_builder pvh_builder = {
	.open = build_pvh_open,
	.check = build_pvh_check,
	.limits = build_pvh_limits,
	.memory = build_pvh_memory,
	.image = build_pvh_image,
	.boot = build_pvh_boot,
};

static const struct xlite_guest_builder pvh_restorer = {
	.open = restore_pvh_open,
	.check = restore_pvh_check,
	.limits = build_pvh_limits,
	.memory = restore_pvh_memory,
	.image = restore_pvh_image,
	.boot = restore_pvh_boot,
};

static const struct xlite_guest_saver pvh_saver = {
	.guest = STREAM_HVM,
	.fixed = save_pvh_fixed,
	.memory = save_pvh_memory,
	.state = save_pvh_state,
};

static const struct xlite_guest_builder pv_builder = {
	.open = build_pv_open,
	.check = build_pv_check,
	.limits = build_pv_limits,
	.memory = build_pv_memory,
	.image = build_pv_image,
	.boot = build_pv_boot,
};

static const struct xlite_guest_builder hvm_builder = {
	.open = build_hvm_open,
	.check = build_pvh_check,
	.limits = build_pvh_limits,
	.memory = build_pvh_memory,
	.image = build_pvh_image,
	.boot = build_hvm_boot,
	.add_state = build_hvm_add_state,
};

const struct xlite_guest_type xlite_guest_pvh = {
	.name = "pvh",
	.title = "PVH",
	.dm_version = "qemu_xen",
	.create_flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
	.emulation_flags = XEN_X86_EMU_LAPIC,
	.needs_hap = true,
	.builder = &pvh_builder,
	.restorer = &pvh_restorer,
	.saver = &pvh_saver,
};

const struct xlite_guest_type xlite_guest_pv = {
	.name = "pv",
	.title = "PV",
	.dm_version = "qemu_xen",
	.capability = "xen-3.0-x86_64",
	.builder = &pv_builder,
};

const struct xlite_guest_type xlite_guest_hvm = {
	.name = "hvm",
	.title = "HVM",
	.dm_version = "qemu_xen",
	.create_flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
	.emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI,
	.needs_hap = true,
	.emulated_pc = true,
	.builder = &hvm_builder,
};
