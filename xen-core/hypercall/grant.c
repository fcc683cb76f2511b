/* SPDX-License-Identifier: GPL-2.0-or-later
 * grant_table_op (xen/grant_table.h): each operation is a list, of which each member gets a status of its own.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/grant_table.h>

#include "xen-core/domain/sched.h"

static void op_map(struct vcpu *v, void *arg)
{
	struct gnttab_map_grant_ref *op = arg;

	if (!(op->flags & GNTMAP_host_map) || (op->flags & (GNTMAP_device_map | GNTMAP_contains_pte)) ||
	    (op->host_addr & (PAGE_SIZE - 1))) {
		op->status = GNTST_general_error;
		return;
	}
	op->status = (int16_t)grant_map(v->domain, op->dom == DOMID_SELF ? v->domain->id : op->dom, op->ref,
					!(op->flags & GNTMAP_readonly), GFN(op->host_addr >> PAGE_SHIFT), &op->handle);
	op->dev_bus_addr = op->status ? 0 : mfn_addr(p2m_lookup(&v->domain->p2m, GFN(op->host_addr >> PAGE_SHIFT)).mfn).v;
}

/* One end of a copy: a grant of somebody's, or memory of the caller's own. */
static int side_get(struct vcpu *v, const struct gnttab_copy_ptr *side, bool is_ref, bool write, struct domain **d, mfn_t *mfn)
{
	struct p2m_entry entry;

	*d = domain_find(side->domid);
	if (!*d || (*d)->dying)
		return GNTST_bad_domain;
	if (is_ref)
		return grant_acquire(v->domain, *d, side->u.ref, write, mfn);
	if (*d != v->domain)
		return GNTST_permission_denied;
	/* What is mapped of others may be copied from, and to, as far as the mapping goes. */
	entry = p2m_lookup(&v->domain->p2m, GFN(side->u.gmfn));
	if ((entry.type != P2M_RAM && entry.type != P2M_GRANT && entry.type != P2M_FOREIGN) || (write && !entry.writable))
		return GNTST_bad_page;
	*mfn = entry.mfn;
	return frame_get(*mfn, frame_owner(*mfn)) ? GNTST_okay : GNTST_bad_page;
}

static void side_put(const struct gnttab_copy_ptr *side, bool is_ref, bool write, struct domain *d, mfn_t mfn)
{
	if (is_ref)
		grant_release(d, side->u.ref, write, mfn);
	else
		frame_put(mfn);
}

static void op_copy(struct vcpu *v, void *arg)
{
	struct gnttab_copy *op = arg;
	bool from_ref = op->flags & GNTCOPY_source_gref, to_ref = op->flags & GNTCOPY_dest_gref;
	struct domain *from, *to;
	mfn_t source, dest;

	if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE) {
		op->status = GNTST_bad_copy_arg;
		return;
	}
	op->status = (int16_t)side_get(v, &op->source, from_ref, false, &from, &source);
	if (op->status)
		return;
	op->status = (int16_t)side_get(v, &op->dest, to_ref, true, &to, &dest);
	if (!op->status) {
		memmove((char *)mfn_ptr(dest) + op->dest.offset, (char *)mfn_ptr(source) + op->source.offset, op->len);
		side_put(&op->dest, to_ref, true, to, dest);
	}
	side_put(&op->source, from_ref, false, from, source);
}

static void op_query_size(struct vcpu *v, void *arg)
{
	struct gnttab_query_size *op = arg;
	struct domain *d;

	if (call_target(v, op->dom, &d)) {
		op->status = GNTST_bad_domain;
		return;
	}
	op->nr_frames = d->grants.nr_frames;
	op->max_nr_frames = d->grants.max_frames;
	op->status = GNTST_okay;
}

static const struct {
	void (*op)(struct vcpu *v, void *arg);
	size_t size;
	const char *layout;
} ops[] = {
	[GNTTABOP_map_grant_ref] = { op_map, sizeof(struct gnttab_map_grant_ref), "8442248" },
	[GNTTABOP_copy] = { op_copy, sizeof(struct gnttab_copy), "w22pw22p222" },
	[GNTTABOP_query_size] = { op_query_size, sizeof(struct gnttab_query_size), "2442" },
};

/* So many end with one flush of the other CPUs that run the caller. */
#define UNMAP_BATCH 32

/*
 * The first *nr of those at va are taken out of the caller's memory. *nr is how many were looked at, *ended has
 * nr_ended of them.
 */
static int64_t unmap_begin(struct vcpu *v, uint64_t va, unsigned *nr, struct grant_map *ended, unsigned *nr_ended)
{
	unsigned wanted = *nr;

	for (*nr = *nr_ended = 0; *nr < wanted; (*nr)++, va += sizeof(struct gnttab_unmap_grant_ref)) {
		struct gnttab_unmap_grant_ref op;

		if (!guest_read_struct(v, &op, va))
			return -XEN_EFAULT;
		op.status = (int16_t)grant_unmap_begin(v->domain, op.handle, GFN(op.host_addr >> PAGE_SHIFT),
						       &ended[*nr_ended]);
		*nr_ended += op.status == GNTST_okay;
		if (!guest_write_struct(v, va, &op))
			return -XEN_EFAULT;
	}
	return 0;
}

/* The granters are told when no CPU knows the mappings any more, and not before. */
static int64_t unmap_list(struct vcpu *v, struct hypercall *call)
{
	struct grant_map ended[UNMAP_BATCH];
	uint64_t *arg = call->arg;

	for (bool first = true; arg[2]; first = false) {
		unsigned nr = (unsigned)MIN(arg[2], (uint64_t)UNMAP_BATCH), nr_ended;
		int64_t rc;

		if (!first && hypercall_stop(call))
			return CALL_AGAIN;
		rc = unmap_begin(v, arg[1], &nr, ended, &nr_ended);
		if (nr_ended)
			domain_flush(v->domain);
		for (unsigned i = 0; i < nr_ended; i++)
			grant_unmap_end(&ended[i]);
		if (rc)
			return rc;
		arg[1] += nr * sizeof(struct gnttab_unmap_grant_ref);
		arg[2] -= nr;
	}
	return 0;
}

/* Version 1 is all there is. */
static int64_t version(struct vcpu *v, uint64_t cmd, uint64_t va)
{
	struct gnttab_set_version set;
	struct gnttab_get_version get;

	if (cmd == GNTTABOP_get_version) {
		if (!guest_read_struct(v, &get, va))
			return -XEN_EFAULT;
		get.version = 1;
		return guest_write_struct(v, va, &get) ? 0 : -XEN_EFAULT;
	}
	if (!guest_read_struct(v, &set, va))
		return -XEN_EFAULT;
	if (set.version != 1)
		return set.version == 2 ? -XEN_ENOSYS : -XEN_EINVAL;
	return guest_write_struct(v, va, &set) ? 0 : -XEN_EFAULT;
}

int64_t call_grant(struct vcpu *v, struct hypercall *call)
{
	uint64_t *arg = call->arg, cmd = arg[0], buf[LAYOUT_MAX / 8];
	const char *layout;
	size_t step;

	if (cmd == GNTTABOP_set_version || cmd == GNTTABOP_get_version)
		return version(v, cmd, arg[1]);
	/* It has 32 bits for Xen. */
	arg[2] &= UINT32_MAX;
	if (cmd == GNTTABOP_unmap_grant_ref)
		return unmap_list(v, call);
	if (cmd >= ARRAY_SIZE(ops) || !ops[cmd].op)
		return -XEN_ENOSYS;
	layout = call_form(call, ops[cmd].layout);
	step = layout ? layout_size(layout, true) : ops[cmd].size;
	for (bool first = true; arg[2]; first = false, arg[1] += step, arg[2]--) {
		if (!first && hypercall_stop(call))
			return CALL_AGAIN;
		if (!guest_read_as(v, buf, ops[cmd].size, arg[1], layout))
			return -XEN_EFAULT;
		ops[cmd].op(v, buf);
		if (!guest_write_as(v, arg[1], buf, ops[cmd].size, layout))
			return -XEN_EFAULT;
	}
	return 0;
}
