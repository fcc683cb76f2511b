/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The memory of a PVH domain: whether it can be saved now, and whether the domain is suspended (save_memory.c) or runs
 * on meanwhile (save_live.c).
 */
#include <errno.h>

#include "xlite/lib/save_int.h"

#include <xen/memory.h>

/*
 * Looking at a page that is populated on demand populates it, and Xen ends a domain for which it has none left: until
 * the guest has given back what it has beyond its target.
 */
static int check_on_demand(struct xlite_save *save, struct xlite_error *err)
{
	struct xen_pod_target *op;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, save->xen);
	op = xen_batch_arg(&batch, sizeof(*op));
	op->domid = xen_domid(save->domid);
	xen_batch_add(&batch, "get_pod_target", XEN_READS, __HYPERVISOR_memory_op, XENMEM_get_pod_target, (unsigned long)op);
	rc = xen_batch_run(&batch, err);
	if (rc || op->pod_entries <= op->pod_cache_pages)
		return rc;
	xlite_error_set(err, -EBUSY, "the guest has yet to give back %llu KiB of memory before it can be saved",
			(unsigned long long)XEN_PAGES_KIB(op->pod_entries - op->pod_cache_pages));
	xlite_error_hint(err, "its balloon driver does that as it starts; `xlite plan' of its spec shows when it has");
	return -EBUSY;
}

int save_pvh_memory(struct xlite_save *save, struct xlite_error *err)
{
	int rc = check_on_demand(save, err);

	if (rc)
		return rc;
	return save->live ? save_live_memory(save, err) : save_all_memory(save, err);
}
