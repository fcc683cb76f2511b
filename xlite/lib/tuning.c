/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Scheduling parameters of many domains in few hypercalls: what drift is looked for in at every run.
 */
#include <errno.h>
#include <string.h>

#include "xlite/lib/hypercall.h"

#include <xen/domctl.h>

/* Both have weight and cap in the same place; a domain's pool has one of them, which accepts only its own number. */
static const uint32_t schedulers[] = { XEN_SCHEDULER_CREDIT2, XEN_SCHEDULER_CREDIT };
#define NR_SCHEDULERS (sizeof(schedulers) / sizeof(schedulers[0]))

#define ASKS_SCHED (-1)
#define ASKS_NODES (-2)

/* What one entry of the batch asks: of a vCPU, or one of these. */
struct question {
	struct xlite_domain_tuning *item;
	const struct xen_domctl_scheduler_op *sched;
	const uint8_t *hard, *soft;
	const uint64_t *nodes;
	int vcpu;
};

struct tuning_flight {
	struct xen_batch batch;
	struct question questions[XEN_BATCH_MAX];
};

static void take_answer(const struct question *question, long result)
{
	struct xlite_domain_tuning *item = question->item;

	if (question->vcpu == ASKS_NODES) {
		item->nodes_known = !result && question->nodes;
		item->nodes = item->nodes_known ? *question->nodes : 0;
	} else if (question->vcpu == ASKS_SCHED) {
		if (result)
			return;
		item->sched_known = true;
		item->weight = question->sched->u.credit.weight;
		item->cap = question->sched->u.credit.cap;
	} else if (result || !question->hard || !question->soft) {
		item->cpus_known = false;
	} else {
		memcpy(item->hard + (size_t)question->vcpu * item->map_bytes, question->hard, item->map_bytes);
		memcpy(item->soft + (size_t)question->vcpu * item->map_bytes, question->soft, item->map_bytes);
	}
}

static int flight_send(struct xlite_xen *xen, struct tuning_flight *flight, struct xlite_error *err)
{
	int rc = xen_batch_send(&flight->batch, err);

	for (unsigned i = 0; i < flight->batch.nr && !rc; i++)
		take_answer(&flight->questions[i], xen_batch_result(&flight->batch, i));
	xen_batch_init(&flight->batch, xen);
	return rc;
}

static void ask_sched(struct tuning_flight *flight, struct xlite_domain_tuning *item, uint32_t scheduler)
{
	unsigned i = flight->batch.nr;
	struct xen_domctl_scheduler_op *op =
		xen_batch_domctl(&flight->batch, "scheduler_op", XEN_READS, XEN_DOMCTL_scheduler_op, item->domid);

	op->sched_id = scheduler;
	op->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	flight->questions[i] = (struct question){ .item = item, .sched = op, .vcpu = ASKS_SCHED };
}

static void ask_affinity(struct tuning_flight *flight, struct xlite_domain_tuning *item, unsigned vcpu)
{
	unsigned i = flight->batch.nr;
	struct xen_domctl_vcpuaffinity *op =
		xen_batch_domctl(&flight->batch, "getvcpuaffinity", XEN_READS, XEN_DOMCTL_getvcpuaffinity, item->domid);
	uint8_t *hard = xen_batch_room(&flight->batch, item->map_bytes),
		*soft = xen_batch_room(&flight->batch, item->map_bytes);

	op->vcpu = vcpu;
	op->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	set_xen_guest_handle_raw(op->cpumap_hard.bitmap, hard);
	set_xen_guest_handle_raw(op->cpumap_soft.bitmap, soft);
	op->cpumap_hard.nr_bits = op->cpumap_soft.nr_bits = (uint32_t)item->map_bytes * 8;
	flight->questions[i] = (struct question){ .item = item, .hard = hard, .soft = soft, .vcpu = (int)vcpu };
}

static void ask_nodes(struct tuning_flight *flight, struct xlite_domain_tuning *item)
{
	unsigned i = flight->batch.nr;
	struct xen_domctl_nodeaffinity *op =
		xen_batch_domctl(&flight->batch, "getnodeaffinity", XEN_READS, XEN_DOMCTL_getnodeaffinity, item->domid);
	uint64_t *nodes = xen_batch_room(&flight->batch, sizeof(*nodes));

	set_xen_guest_handle_raw(op->nodemap.bitmap, (uint8_t *)nodes);
	op->nodemap.nr_bits = sizeof(*nodes) * 8;
	flight->questions[i] = (struct question){ .item = item, .nodes = nodes, .vcpu = ASKS_NODES };
}

int xlite_domain_get_tuning(struct xlite_xen *xen, struct xlite_domain_tuning *items, size_t nr, struct xlite_error *err)
{
	struct tuning_flight flight;
	int rc = 0;

	xen_batch_init(&flight.batch, xen);
	for (size_t i = 0; i < nr && !rc; i++) {
		struct xlite_domain_tuning *item = &items[i];

		item->sched_known = item->nodes_known = false;
		item->cpus_known = item->nr_vcpus;
		for (unsigned k = 0; k < NR_SCHEDULERS + item->nr_vcpus + item->ask_nodes && !rc; k++) {
			if (flight.batch.nr == XEN_BATCH_MAX)
				rc = flight_send(xen, &flight, err);
			if (k < NR_SCHEDULERS)
				ask_sched(&flight, item, schedulers[k]);
			else if (k == NR_SCHEDULERS + item->nr_vcpus)
				ask_nodes(&flight, item);
			else
				ask_affinity(&flight, item, k - (unsigned)NR_SCHEDULERS);
		}
	}
	return rc ? rc : flight_send(xen, &flight, err);
}

int xlite_domain_set_sched(struct xlite_xen *xen, uint32_t domid, unsigned weight, unsigned cap, struct xlite_error *err)
{
	struct xen_domctl_scheduler_op *op;
	struct xen_batch batch;
	int rc = 0;

	if (!weight || weight > 65535)
		return xlite_error_set(err, -EINVAL, "scheduler weight: %u is not in 1 to 65535", weight);
	/* 65535 means "leave it" to Xen. */
	if (cap >= 65535)
		return xlite_error_set(err, -EINVAL, "scheduler cap: %u is not in 0 to 65534", cap);
	xen_batch_init(&batch, xen);
	for (size_t i = 0; i < NR_SCHEDULERS; i++) {
		op = xen_batch_domctl(&batch, "scheduler_op", XEN_WRITES, XEN_DOMCTL_scheduler_op, domid);
		op->sched_id = schedulers[i];
		op->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
		op->u.credit.weight = (uint16_t)weight;
		op->u.credit.cap = (uint16_t)cap;
	}
	rc = xen_batch_send(&batch, err);
	if (rc)
		return rc;
	for (unsigned i = 0; i < NR_SCHEDULERS; i++) {
		rc = (int)xen_batch_result(&batch, i);
		if (rc != -EINVAL)
			return rc ? xlite_error_sys(err, rc, "scheduler_op") : 0;
	}
	return xlite_error_set(err, -EOPNOTSUPP, "the domain's scheduler has no weight and cap (neither credit nor credit2)");
}
