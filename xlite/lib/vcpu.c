/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vCPUs as Xen schedules them: state, affinity, and the domain's share of the CPUs.
 */
#include <errno.h>
#include <string.h>

#include "xlite/lib/hypercall.h"

#include <xen/domctl.h>

int xlite_vcpu_info(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, struct xlite_vcpu_info *info,
		    struct xlite_error *err)
{
	struct xen_domctl_getvcpuinfo *op;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, xen);
	op = xen_batch_domctl(&batch, "getvcpuinfo", XEN_READS, XEN_DOMCTL_getvcpuinfo, domid);
	op->vcpu = vcpu;
	rc = xen_batch_run(&batch, err);
	if (rc)
		return rc;
	*info = (struct xlite_vcpu_info){
		.online = op->online,
		.blocked = op->blocked,
		.running = op->running,
		.cpu_time_ns = op->cpu_time,
		.cpu = op->cpu,
	};
	return 0;
}

/* Room for 32768 CPUs, more than any release knows. */
#define AFFINITY_BYTES_MAX 4096

static int affinity(struct xlite_xen *xen, uint32_t cmd, uint32_t domid, unsigned vcpu, uint8_t *map, size_t nr_bytes,
		    struct xlite_error *err)
{
	bool set = cmd == XEN_DOMCTL_setvcpuaffinity;
	struct xen_domctl_vcpuaffinity *op;
	struct xen_batch batch;
	uint8_t *bits;
	int rc;

	if (!nr_bytes || nr_bytes > AFFINITY_BYTES_MAX)
		return xlite_error_set(err, -EINVAL, "affinity: a map of %zu bytes", nr_bytes);
	xen_batch_init(&batch, xen);
	op = xen_batch_domctl(&batch, set ? "setvcpuaffinity" : "getvcpuaffinity", set ? XEN_WRITES : XEN_READS, cmd, domid);
	bits = xen_batch_room(&batch, nr_bytes);
	op->vcpu = vcpu;
	op->flags = XEN_VCPUAFFINITY_HARD;
	set_xen_guest_handle_raw(op->cpumap_hard.bitmap, bits);
	op->cpumap_hard.nr_bits = (uint32_t)nr_bytes * 8;
	if (bits && set)
		memcpy(bits, map, nr_bytes);
	rc = xen_batch_run(&batch, err);
	if (!rc && bits && !set)
		memcpy(map, bits, nr_bytes);
	return rc;
}

int xlite_vcpu_set_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, const uint8_t *hard,
			    size_t nr_bytes, struct xlite_error *err)
{
	return affinity(xen, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, (uint8_t *)hard, nr_bytes, err);
}

int xlite_vcpu_get_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, uint8_t *hard,
			    size_t nr_bytes, struct xlite_error *err)
{
	return affinity(xen, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, hard, nr_bytes, err);
}

/* Both have weight and cap in the same place; a domain's pool has one of them, which accepts only its own number. */
static const uint32_t schedulers[] = { XEN_SCHEDULER_CREDIT2, XEN_SCHEDULER_CREDIT };
#define NR_SCHEDULERS (sizeof(schedulers) / sizeof(schedulers[0]))

static int sched(struct xlite_xen *xen, uint32_t cmd, uint32_t domid, struct xen_domctl_sched_credit *value,
		 struct xlite_error *err)
{
	struct xen_domctl_scheduler_op *ops[NR_SCHEDULERS];
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, xen);
	for (size_t i = 0; i < NR_SCHEDULERS; i++) {
		ops[i] = xen_batch_domctl(&batch, "scheduler_op",
					  cmd == XEN_DOMCTL_SCHEDOP_putinfo ? XEN_WRITES : XEN_READS,
					  XEN_DOMCTL_scheduler_op, domid);
		ops[i]->sched_id = schedulers[i];
		ops[i]->cmd = cmd;
		ops[i]->u.credit = *value;
	}
	rc = xen_batch_send(&batch, err);
	if (rc)
		return rc;
	for (unsigned i = 0; i < NR_SCHEDULERS; i++) {
		rc = (int)xen_batch_result(&batch, i);
		if (rc != -EINVAL) {
			*value = ops[i]->u.credit;
			return rc ? xlite_error_sys(err, rc, "scheduler_op") : 0;
		}
	}
	return xlite_error_set(err, -EOPNOTSUPP, "the domain's scheduler has no weight and cap (neither credit nor credit2)");
}

int xlite_domain_get_sched(struct xlite_xen *xen, uint32_t domid, unsigned *weight, unsigned *cap, struct xlite_error *err)
{
	struct xen_domctl_sched_credit value = { 0 };
	int rc = sched(xen, XEN_DOMCTL_SCHEDOP_getinfo, domid, &value, err);

	if (rc)
		return rc;
	*weight = value.weight;
	*cap = value.cap;
	return 0;
}

int xlite_domain_set_sched(struct xlite_xen *xen, uint32_t domid, unsigned weight, unsigned cap, struct xlite_error *err)
{
	struct xen_domctl_sched_credit value = { .weight = (uint16_t)weight, .cap = (uint16_t)cap };

	if (!weight || weight > 65535)
		return xlite_error_set(err, -EINVAL, "scheduler weight: %u is not in 1 to 65535", weight);
	/* 65535 means "leave it" to Xen. */
	if (cap >= 65535)
		return xlite_error_set(err, -EINVAL, "scheduler cap: %u is not in 0 to 65534", cap);
	return sched(xen, XEN_DOMCTL_SCHEDOP_putinfo, domid, &value, err);
}
