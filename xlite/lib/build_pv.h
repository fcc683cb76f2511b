/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the builder: what lies where in a PV domain, and its first page tables. Pure: sizes in, frames out. Frames
 * are the guest's own numbers (pseudo-physical); the list of machine frames says where each is. As Xen's own tools
 * place it, so that what kernels have come to rely on holds:
 *
 *   kernel           where its segments say
 *   ramdisk          unless the kernel takes it by frame
 *   p2m              the list of machine frames, unless the kernel wants it mapped elsewhere
 *   start_info, XenStore's ring, the console's
 *   page tables      the top one first
 *   boot stack       one page
 *   padding          512 KiB at least, to a multiple of 4 MiB: the end of what is mapped at the kernel's base
 *   ramdisk, p2m     those that were left out above, the p2m with the page tables that map it
 */
#ifndef XLITE_LIB_BUILD_PV_H
#define XLITE_LIB_BUILD_PV_H

#include "xlite/lib/image.h"

#define PV_LEVELS 4

/**
 * Tables of one level that follow each other: number first up to last in the level, at frame and on. None: last <
 * first.
 */
struct pv_tables {
	uint64_t first, last, frame;
};

/** Addresses [start, end] that are mapped to the frames from frame on. */
struct pv_map {
	uint64_t start, end;		/* without the bits above the 48th; end inclusive */
	uint64_t frame;
	/* [0]: those whose entries are pages. Shared ones are with the first map */
	struct pv_tables tables[PV_LEVELS];
	uint64_t tables_frame, nr_tables;	/* all of them, next to each other */
};

#define PV_MAPS_MAX 2

struct pv_plan {
	uint64_t nr_frames;
	uint64_t ramdisk, ramdisk_bytes;	/* frame; 0 bytes: none */
	uint64_t p2m, p2m_frames;		/* frame, and how many without tables */
	uint64_t start_info, store, console, stack;	/* frames; the first three next to each other */
	uint64_t end;				/* of what is used */
	struct pv_map maps[PV_MAPS_MAX];	/* the kernel's; that of the p2m where it has one of its own */
	unsigned nr_maps;
};

/** Frames that the list of machine frames of nr_frames takes. */
uint64_t pv_p2m_frames(uint64_t nr_frames);
/** -ENOSPC: the memory, or the addresses behind the kernel's base, have no room for it all. */
int pv_plan_make(struct pv_plan *plan, const struct xlite_image_pv *image, uint64_t nr_frames, uint64_t ramdisk_bytes,
		 struct xlite_error *err);
/** Fills the tables of one map, mapped next to each other at pages; p2m has nr_frames machine frames. */
void pv_tables_write(const struct pv_plan *plan, const struct pv_map *map, const uint64_t *p2m, uint64_t *pages);

#endif
