/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the library: memory operations as entries of a batch (xen/memory.h).
 */
#ifndef XLITE_LIB_MEMORY_H
#define XLITE_LIB_MEMORY_H

#include "xlite/lib/hypercall.h"

/** XEN_DOMCTL_max_mem. */
unsigned memory_add_limit(struct xen_batch *batch, uint32_t domid, uint64_t kib);
/** XENMEM_set_pod_target. */
unsigned memory_add_pod_target(struct xen_batch *batch, uint32_t domid, uint64_t pages);
/** XENMEM_claim_pages: pages are those the domain shall have in all; 0 ends the claim. */
unsigned memory_add_claim(struct xen_batch *batch, uint32_t domid, uint64_t pages);
/**
 * XENMEM_populate_physmap of nr extents of 2^order pages that follow one another from gfn on; the call's
 * result is how many were done. flags: XENMEMF_*.
 */
unsigned memory_add_populate(struct xen_batch *batch, uint32_t domid, uint64_t gfn, size_t nr, unsigned order,
			     unsigned flags);
/** The same of extents that stand in a list. */
unsigned memory_add_populate_list(struct xen_batch *batch, uint32_t domid, const uint64_t *gfns, size_t nr,
				  unsigned order);

#endif
