/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the library: a domain's pages in our address space (Linux' privcmd: MMAPBATCH_V2 and MMAP_RESOURCE).
 */
#ifndef XLITE_LIB_MAP_H
#define XLITE_LIB_MAP_H

#include "xlite/lib/hypercall.h"

/** Pages mapped next to each other, readable and writable; {0} is none. */
struct xen_map {
	void *ptr;
	size_t nr_pages;
};

/**
 * Maps nr pages of the domain, each given by its guest frame number, with one ioctl. All or nothing: the error names
 * the first frame that cannot be mapped.
 */
int xen_map_frames(struct xlite_xen *xen, uint32_t domid, const uint64_t *gfns, size_t nr, struct xen_map *map,
		   struct xlite_error *err);
/** As xen_map_frames for nr frames that follow one another. */
int xen_map_range(struct xlite_xen *xen, uint32_t domid, uint64_t gfn, size_t nr, struct xen_map *map,
		  struct xlite_error *err);
/** The first frame of the grant table. -EOPNOTSUPP where kernel or Xen cannot do that. */
int xen_map_grants(struct xlite_xen *xen, uint32_t domid, struct xen_map *map, struct xlite_error *err);
/** Unmaps; success with nothing mapped. */
void xen_unmap(struct xlite_xen *xen, struct xen_map *map);

#endif
