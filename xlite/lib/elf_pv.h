/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the image loader: what a PV kernel's notes say (xen/elfnote.h).
 */
#ifndef XLITE_LIB_ELF_PV_H
#define XLITE_LIB_ELF_PV_H

#include "xlite/lib/elf.h"
#include "xlite/lib/image.h"

#define PV_UNSET UINT64_MAX

/** The notes as they were read; addresses that none gives are PV_UNSET. */
struct pv_notes {
	uint64_t entry, virt_base, paddr_offset, hypercall_page, p2m_base;
	bool mod_start_pfn;
	bool xen_3_0;	/* XEN_VERSION */
	bool loader;	/* LOADER is generic, or GUEST_OS linux: their kernels are entered alike */
};

void pv_notes_init(struct pv_notes *notes);
/** Adds those of a range of notes. -ENOEXEC: one of them is broken, or demands what Xen does not do for a PV guest. */
int pv_notes_read(struct pv_notes *notes, const void *range, size_t size, struct xlite_error *err);
/** What the notes say of this file, checked: -ENOEXEC where it is not a kernel for 64-bit PV guests. */
int pv_notes_check(const struct pv_notes *notes, const struct elf_file *elf, struct xlite_image_pv *pv,
		   struct xlite_error *err);

#endif
