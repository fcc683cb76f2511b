/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Memory operations as entries of a batch.
 */
#include "xlite/lib/memory.h"

#include <string.h>

#include <xen/domctl.h>
#include <xen/memory.h>

unsigned memory_add_limit(struct xen_batch *batch, uint32_t domid, uint64_t kib)
{
	struct xen_domctl_max_mem *op = xen_batch_domctl(batch, "max_mem", XEN_WRITES, XEN_DOMCTL_max_mem, domid);

	op->max_memkb = kib;
	return batch->nr - 1;
}

unsigned memory_add_pod_target(struct xen_batch *batch, uint32_t domid, uint64_t pages)
{
	struct xen_pod_target *op = xen_batch_arg(batch, sizeof(*op));

	op->target_pages = pages;
	op->domid = xen_domid(domid);
	return xen_batch_add(batch, "set_pod_target", XEN_WRITES, __HYPERVISOR_memory_op, XENMEM_set_pod_target,
			     (unsigned long)op);
}

unsigned memory_add_claim(struct xen_batch *batch, uint32_t domid, uint64_t pages)
{
	struct xen_memory_reservation *op = xen_batch_arg(batch, sizeof(*op));

	op->nr_extents = pages;
	op->domid = xen_domid(domid);
	return xen_batch_add(batch, "claim_pages", XEN_WRITES, __HYPERVISOR_memory_op, XENMEM_claim_pages,
			     (unsigned long)op);
}

unsigned memory_add_populate(struct xen_batch *batch, uint32_t domid, uint64_t gfn, size_t nr, unsigned order,
			     unsigned flags)
{
	struct xen_memory_reservation *op = xen_batch_arg(batch, sizeof(*op));
	xen_pfn_t *extents = xen_batch_room(batch, nr * sizeof(*extents));

	for (size_t i = 0; i < nr && extents; i++)
		extents[i] = gfn + ((uint64_t)i << order);
	set_xen_guest_handle_raw(op->extent_start, extents);
	op->nr_extents = nr;
	op->extent_order = order;
	op->mem_flags = flags;
	op->domid = xen_domid(domid);
	return xen_batch_add(batch, "populate_physmap", XEN_WRITES, __HYPERVISOR_memory_op, XENMEM_populate_physmap,
			     (unsigned long)op);
}

unsigned memory_add_populate_list(struct xen_batch *batch, uint32_t domid, const uint64_t *gfns, size_t nr, unsigned order)
{
	struct xen_memory_reservation *op = xen_batch_arg(batch, sizeof(*op));
	xen_pfn_t *extents = xen_batch_room(batch, nr * sizeof(*extents));

	if (extents)
		memcpy(extents, gfns, nr * sizeof(*extents));
	set_xen_guest_handle_raw(op->extent_start, extents);
	op->nr_extents = nr;
	op->extent_order = order;
	op->domid = xen_domid(domid);
	return xen_batch_add(batch, "populate_physmap", XEN_WRITES, __HYPERVISOR_memory_op, XENMEM_populate_physmap,
			     (unsigned long)op);
}
