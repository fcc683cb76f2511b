/* SPDX-License-Identifier: GPL-2.0-or-later
 * memory_op (xen/memory.h): what is where in a domain's physical memory.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/memory.h>

#include "xen-core/domain/memory.h"

/* The lower bits name the operation, those above where a long one was left. */
#define MEMOP_CMD_MASK 0x3f
#define MEMOP_START_SHIFT 6
/* Clearing more at once would keep the other CPUs waiting. */
#define EXTENT_ORDER_MAX 9

static int show_grants(struct domain *d, gfn_t gfn, uint64_t idx)
{
	void *frame = idx < GRANT_FRAMES_MAX ? grant_frame(d, (unsigned)idx) : NULL;

	return frame ? memory_show(d, gfn, ptr_mfn(frame)) : -XEN_EINVAL;
}

static int64_t add_to_physmap(struct vcpu *v, const struct hypercall *call)
{
	struct xen_add_to_physmap a;
	struct domain *d;
	int rc;

	if (!call_read(v, call, &a, call->arg[1], "224ww"))
		return -XEN_EFAULT;
	rc = call_target(v, a.domid, &d);
	if (rc)
		return rc;
	switch (a.space) {
	case XENMAPSPACE_shared_info:
		return a.idx ? -XEN_EINVAL : memory_show(d, GFN(a.gpfn), ptr_mfn(d->shared));
	case XENMAPSPACE_grant_table:
		return show_grants(d, GFN(a.gpfn), a.idx);
	}
	return -XEN_ENOSYS;
}

/* Frames of another domain become visible, each with an error of its own. */
static int64_t add_foreign(struct vcpu *v, uint64_t va)
{
	struct xen_add_to_physmap_batch r;
	struct domain *d, *other;
	int rc;

	if (!guest_read_struct(v, &r, va))
		return -XEN_EFAULT;
	rc = call_target(v, r.domid, &d);
	if (rc)
		return rc;
	if (r.space != XENMAPSPACE_gmfn_foreign)
		return -XEN_ENOSYS;
	if (!v->domain->privileged)
		return -XEN_EPERM;
	other = domain_find(r.u.foreign_domid);
	for (unsigned i = 0; i < r.size; i++) {
		xen_ulong_t idx;
		xen_pfn_t gpfn;
		int err;

		if (!guest_read(v, &idx, HANDLE(r.idxs) + i * sizeof(idx), sizeof(idx)) ||
		    !guest_read(v, &gpfn, HANDLE(r.gpfns) + i * sizeof(gpfn), sizeof(gpfn)))
			return -XEN_EFAULT;
		err = !other || other->dying || other == d ? -XEN_ESRCH : memory_share(d, GFN(gpfn), other, GFN(idx));
		if (!guest_write(v, HANDLE(r.errs) + i * sizeof(err), &err, sizeof(err)))
			return -XEN_EFAULT;
	}
	return 0;
}

/* Pages of xen-core's that belong to a domain: its grant table. They stay as long as they are mapped. */
static int64_t acquire_resource(struct vcpu *v, uint64_t va)
{
	struct xen_mem_acquire_resource a;
	struct domain *d;
	int rc;

	if (!guest_read_struct(v, &a, va))
		return -XEN_EFAULT;
	rc = call_target(v, a.domid, &d);
	if (rc)
		return rc;
	if (d == v->domain || !v->domain->privileged)
		return -XEN_EPERM;
	if (a.type != XENMEM_resource_grant_table || a.id != XENMEM_resource_grant_table_id_shared)
		return -XEN_EOPNOTSUPP;
	if (!HANDLE(a.frame_list)) {
		a.nr_frames = d->grants.max_frames;
		return guest_write_struct(v, va, &a) ? 0 : -XEN_EFAULT;
	}
	for (uint32_t i = 0; i < a.nr_frames; i++) {
		void *frame = a.frame + i < GRANT_FRAMES_MAX ? grant_frame(d, (unsigned)(a.frame + i)) : NULL;
		xen_pfn_t gfn;

		if (!frame)
			return -XEN_EINVAL;
		if (!guest_read(v, &gfn, HANDLE(a.frame_list) + i * sizeof(gfn), sizeof(gfn)))
			return -XEN_EFAULT;
		frame_get(ptr_mfn(frame), OWNER_CORE);
		rc = memory_map_foreign(v->domain, GFN(gfn), ptr_mfn(frame));
		if (rc) {
			frame_put(ptr_mfn(frame));
			return rc;
		}
	}
	return 0;
}

static int64_t remove_from_physmap(struct vcpu *v, const struct hypercall *call)
{
	struct xen_remove_from_physmap r;
	struct domain *d;
	int rc;

	if (!call_read(v, call, &r, call->arg[1], "2w"))
		return -XEN_EFAULT;
	rc = call_target(v, r.domid, &d);
	return rc ? rc : memory_remove(d, GFN(r.gpfn));
}

/* A domain's own, or anybody's for dom0. */
static int64_t set_memory_map(struct vcpu *v, const struct hypercall *call)
{
	struct xen_foreign_memory_map m;
	struct domain *d;
	int rc;

	if (!call_read(v, call, &m, call->arg[1], "2p4w"))
		return -XEN_EFAULT;
	if (m.map.nr_entries > MEMORY_MAP_MAX)
		return -XEN_EINVAL;
	rc = call_target(v, m.domid, &d);
	return rc ? rc : memory_map_set(&d->map, v, HANDLE(m.map.buffer), m.map.nr_entries);
}

static int64_t get_memory_map(struct vcpu *v, const struct hypercall *call)
{
	const struct memory_map *map = &v->domain->map;
	struct xen_memory_map m;

	if (!call_read(v, call, &m, call->arg[1], "4w"))
		return -XEN_EFAULT;
	if (!map->nr)
		return -XEN_ENOSYS;
	m.nr_entries = MIN(m.nr_entries, map->nr);
	return memory_map_get(map, v, HANDLE(m.buffer), m.nr_entries) && call_write(v, call, call->arg[1], &m, "4w")
		       ? 0
		       : -XEN_EFAULT;
}

/* How many extents were done is the answer; those done before it stopped are counted in the upper bits of the command. */
static int64_t reservation(struct vcpu *v, struct hypercall *call, bool populate)
{
	struct xen_memory_reservation r;
	struct domain *d;
	xen_ulong_t i;
	int rc;

	if (!call_read(v, call, &r, call->arg[1], "ww442"))
		return -XEN_EFAULT;
	rc = call_target(v, r.domid, &d);
	if (rc)
		return rc;
	/* More do not fit into what says where to go on. */
	if (r.extent_order > EXTENT_ORDER_MAX || r.nr_extents > UINT32_MAX >> MEMOP_START_SHIFT)
		return 0;
	for (i = call->arg[0] >> MEMOP_START_SHIFT; i < r.nr_extents; i++) {
		uint64_t pfn;

		if (i > call->arg[0] >> MEMOP_START_SHIFT && hypercall_stop(call)) {
			call->arg[0] = (call->arg[0] & MEMOP_CMD_MASK) | i << MEMOP_START_SHIFT;
			return CALL_AGAIN;
		}
		if (!call_word(v, call, HANDLE(r.extent_start), i, &pfn))
			break;
		if (populate ? memory_populate(d, GFN(pfn), r.extent_order) : memory_release(d, GFN(pfn), r.extent_order))
			break;
	}
	return (int64_t)i;
}

int64_t call_memory(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	uint64_t cmd = arg[0] & MEMOP_CMD_MASK;
	uint16_t id;
	struct domain *d;
	int rc;

	switch (cmd) {
	case XENMEM_increase_reservation:
		return 0;
	case XENMEM_decrease_reservation:
		return reservation(v, call, false);
	case XENMEM_populate_physmap:
		return reservation(v, call, true);
	case XENMEM_add_to_physmap:
		return add_to_physmap(v, call);
	case XENMEM_remove_from_physmap:
		return remove_from_physmap(v, call);
	case XENMEM_add_to_physmap_batch:
		return call->narrow ? -XEN_ENOSYS : add_foreign(v, arg[1]);
	case XENMEM_acquire_resource:
		return call->narrow ? -XEN_ENOSYS : acquire_resource(v, arg[1]);
	case XENMEM_memory_map:
		return get_memory_map(v, call);
	case XENMEM_set_memory_map:
		return set_memory_map(v, call);
	case XENMEM_claim_pages:
	case XENMEM_set_pod_target:
		/* Claims are kept by who asks; there is no populate-on-demand. */
		return v->domain->privileged ? 0 : -XEN_EPERM;
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
		return (int64_t)(cmd == XENMEM_current_reservation ? frames_owned(d->id) : d->max_frames);
	}
	return -XEN_ENOSYS;
}
