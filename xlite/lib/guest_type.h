/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The types of guests that can be built, each a row: what Xen is asked for, what XenStore says, and the builder's
 * phases. Nothing outside of a row knows its type.
 */
#ifndef XLITE_LIB_GUEST_TYPE_H
#define XLITE_LIB_GUEST_TYPE_H

#include <stdbool.h>
#include <stdint.h>

struct xlite_guest_builder;
struct xlite_guest_saver;

struct xlite_guest_type {
	const char *name;		/* "pvh": as /libxl/DOMID/type says */
	const char *title;		/* "PVH": for people */
	const char *dm_version;		/* /libxl/DOMID/dm-version */
	uint32_t create_flags;		/* xen/domctl.h: XEN_DOMCTL_CDF_* */
	uint32_t emulation_flags;	/* xen/arch-x86/xen.h: XEN_X86_EMU_* */
	const char *capability;		/* a word of what Xen says that it can (XENVER_capabilities); NULL: not asked */
	bool needs_hap;			/* hardware virtualisation with paging by hardware */
	bool emulated_pc;		/* a device model and a firmware make it one */
	const struct xlite_guest_builder *builder; /* build_int.h */
	const struct xlite_guest_builder *restorer; /* the same of a saved domain, or NULL: it cannot be restored */
	const struct xlite_guest_saver *saver;	/* save_int.h; or NULL */
};

/** PVH: xen/arch-x86/hvm/start_info.h, docs/misc/pvh.pandoc. */
extern const struct xlite_guest_type xlite_guest_pvh;
/** PV of 64 bits: xen/xen.h (start_info), xen/elfnote.h. */
extern const struct xlite_guest_type xlite_guest_pv;
/** An emulated PC: xen/hvm/hvm_info_table.h, xen/hvm/params.h, and what hvmloader reads in XenStore. */
extern const struct xlite_guest_type xlite_guest_hvm;

#endif
