/* SPDX-License-Identifier: GPL-2.0-or-later
 * memory_op (xen/memory.h): what is where in a domain's physical memory.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/memory.h>

#include "xen-core/domain/memory.h"

/* The lower bits name the operation, those above where a long one was left. */
#define MEMOP_CMD_MASK 0x3f

static int64_t add_to_physmap(struct vcpu *v, uint64_t va)
{
	struct xen_add_to_physmap a;
	struct domain *d;
	int rc;

	if (!guest_read_struct(v, &a, va))
		return -XEN_EFAULT;
	rc = call_target(v, a.domid, &d);
	if (rc)
		return rc;
	switch (a.space) {
	case XENMAPSPACE_shared_info:
		return a.idx ? -XEN_EINVAL : memory_show(d, GFN(a.gpfn), ptr_mfn(d->shared));
	}
	return -XEN_ENOSYS;
}

static int64_t remove_from_physmap(struct vcpu *v, uint64_t va)
{
	struct xen_remove_from_physmap r;
	struct domain *d;
	int rc;

	if (!guest_read_struct(v, &r, va))
		return -XEN_EFAULT;
	rc = call_target(v, r.domid, &d);
	return rc ? rc : memory_remove(d, GFN(r.gpfn));
}

static int64_t reservation(struct vcpu *v, uint64_t va, bool populate)
{
	struct xen_memory_reservation r;
	struct domain *d;
	xen_ulong_t i;
	int rc;

	if (!guest_read_struct(v, &r, va))
		return -XEN_EFAULT;
	rc = call_target(v, r.domid, &d);
	if (rc)
		return rc;
	if (r.extent_order > 18 || r.nr_extents > UINT64_C(1) << 32)
		return 0;
	for (i = 0; i < r.nr_extents; i++) {
		xen_pfn_t pfn;

		if (!guest_read(v, &pfn, HANDLE(r.extent_start) + i * sizeof(pfn), sizeof(pfn)))
			break;
		if (populate ? memory_populate(d, GFN(pfn), r.extent_order) : memory_release(d, GFN(pfn), r.extent_order))
			break;
	}
	return (int64_t)i;
}

int64_t call_memory(struct vcpu *v, const uint64_t *arg)
{
	uint64_t cmd = arg[0] & MEMOP_CMD_MASK;
	uint16_t id;
	struct domain *d;
	int rc;

	switch (cmd) {
	case XENMEM_increase_reservation:
		return 0;
	case XENMEM_decrease_reservation:
		return reservation(v, arg[1], false);
	case XENMEM_populate_physmap:
		return reservation(v, arg[1], true);
	case XENMEM_add_to_physmap:
		return add_to_physmap(v, arg[1]);
	case XENMEM_remove_from_physmap:
		return remove_from_physmap(v, arg[1]);
	case XENMEM_get_sharing_freed_pages:
	case XENMEM_get_sharing_shared_pages:
		return 0;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
		if (!guest_read_struct(v, &id, arg[1]))
			return -XEN_EFAULT;
		rc = call_target(v, id, &d);
		if (rc)
			return rc;
		return (int64_t)(cmd == XENMEM_current_reservation ? d->nr_frames : d->max_frames);
	}
	return -XEN_ENOSYS;
}
