/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Giving the domain its memory: runs of extents, the largest first, several runs in one batch. What Xen cannot give
 * in large extents is asked for again in smaller ones. With a target below the maximum, RAM is populated on
 * demand (PoD): Xen sets the target aside, and hands it out as the guest touches its pages until it has ballooned.
 * A PV guest gets its target, and knows how to ask for more.
 */
#include <errno.h>

#include "xlite/lib/build_int.h"
#include "xlite/lib/memory.h"

#include <xen/memory.h>

#define ORDER_1G 18
#define ORDER_2M 9

/* count extents of 2^order pages that follow one another. */
struct run {
	uint64_t gfn, count;
	unsigned order, flags;
};

/* Runs still to be done, as a stack. One that Xen does in part is replaced by two at most, of which the one of single
 * pages is done next; so that it holds the first ones (13 at most) and what one batch can add. */
struct runs {
	struct run items[64];
	unsigned nr;
	bool overflow;
};

static void run_push(struct runs *runs, uint64_t gfn, uint64_t count, unsigned order, unsigned flags)
{
	if (!count)
		return;
	if (runs->nr == sizeof(runs->items) / sizeof(runs->items[0])) {
		runs->overflow = true;
		return;
	}
	runs->items[runs->nr++] = (struct run){ gfn, count, order, flags };
}

/* Splits [gfn, end) at the boundaries of the larger extents: small, large, small. */
static void push_range(struct runs *runs, uint64_t gfn, uint64_t end, unsigned order, unsigned flags)
{
	uint64_t step = UINT64_C(1) << order;
	uint64_t first = (gfn + step - 1) & ~(step - 1), last = end & ~(step - 1);
	unsigned below = order == ORDER_1G ? ORDER_2M : 0;

	if (!order) {
		run_push(runs, gfn, end - gfn, 0, flags);
	} else if (first >= last) {
		push_range(runs, gfn, end, below, flags);
	} else {
		push_range(runs, last, end, below, flags);
		run_push(runs, first, (last - first) >> order, order, flags);
		push_range(runs, gfn, first, below, flags);
	}
}

static void push_plan(struct runs *runs, const struct xlite_build *build, unsigned ram_flags)
{
	const struct build_plan *plan = &build->plan;
	/* Xen numbers each frame of a PV domain by itself, all those of an extent in one go. */
	unsigned order = build->frames ? ORDER_2M : ORDER_1G;

	if (plan->special)
		run_push(runs, plan->special->first >> XEN_PAGE_SHIFT_, plan->special->nr, 0, 0);
	for (unsigned i = 0; i < plan->nr_ranges; i++) {
		uint64_t gfn = plan->ranges[i].start >> XEN_PAGE_SHIFT_, end = plan->ranges[i].end >> XEN_PAGE_SHIFT_;

		/* A PV guest asks for the rest of its range by itself. */
		if (build->frames && end > build->nr_frames)
			end = build->nr_frames;
		if (plan->ranges[i].type == PLAN_RAM)
			push_range(runs, gfn, end, order, ram_flags);
		else if (plan->ranges[i].type == PLAN_ACPI_TYPE)
			run_push(runs, gfn, end - gfn, 0, 0);
	}
}

/* Xen did the first `done` of the run. */
static int run_rest(struct runs *runs, const struct run *run, uint64_t done)
{
	uint64_t left = run->count - done, gfn = run->gfn + (done << run->order);

	if (!left)
		return 0;
	if (!run->order)
		return -ENOMEM;
	if (run->order == ORDER_1G) {
		run_push(runs, gfn, left << (ORDER_1G - ORDER_2M), ORDER_2M, run->flags);
	} else {
		run_push(runs, gfn + (UINT64_C(1) << run->order), left - 1, run->order, run->flags);
		run_push(runs, gfn, UINT64_C(1) << run->order, 0, run->flags);
	}
	return 0;
}

/* struct e820entry as hypercalls have it: 20 bytes. */
struct __attribute__((packed)) e820_entry {
	uint64_t addr, size;
	uint32_t type;
};

void build_add_map(struct xen_batch *batch, const struct xlite_build *build)
{
	const struct build_plan *plan = &build->plan;
	struct xen_foreign_memory_map *op = xen_batch_arg(batch, sizeof(*op));
	struct e820_entry *entries = xen_batch_room(batch, plan->nr_ranges * sizeof(*entries));
	struct plan_range range;
	unsigned nr = 0;

	for (unsigned i = 0; i < plan->nr_ranges && entries; i++) {
		if (build_plan_mapped(plan, i, &range))
			entries[nr++] = (struct e820_entry){ range.start, range.end - range.start, range.type };
	}
	op->domid = xen_domid(build->domid);
	op->map.nr_entries = nr;
	set_xen_guest_handle_raw(op->map.buffer, (void *)entries);
	xen_batch_add(batch, "set_memory_map", XEN_WRITES, __HYPERVISOR_memory_op, XENMEM_set_memory_map,
		      (unsigned long)op);
}

/* Room for a run's operand besides its extents. */
#define RUN_OVERHEAD 64

/* Moves as many runs into the batch as fit; returns how many. */
static unsigned add_runs(struct xen_batch *batch, struct runs *runs, const struct xlite_build *build, struct run *taken)
{
	unsigned nr = 0;

	while (runs->nr && batch->nr < XEN_BATCH_MAX && xen_batch_left(batch) > 2 * RUN_OVERHEAD) {
		uint64_t room = (xen_batch_left(batch) - RUN_OVERHEAD) / sizeof(xen_pfn_t);
		struct run run = runs->items[--runs->nr];

		if (run.count > room) {
			run_push(runs, run.gfn + (room << run.order), run.count - room, run.order, run.flags);
			run.count = room;
		}
		memory_add_populate(batch, build->domid, run.gfn, (size_t)run.count, run.order, run.flags);
		taken[nr++] = run;
	}
	return nr;
}

/* Xen puts the machine frames of a PV domain's extents where their numbers were. */
static void keep_frames(struct xlite_build *build, const struct xen_batch *batch, unsigned i, const struct run *run,
			uint64_t done)
{
	const struct xen_memory_reservation *op = (const void *)(uintptr_t)batch->entries[i].args[1];
	const xen_pfn_t *extents = op->extent_start.p;

	for (uint64_t k = 0; k < done && build->frames; k++) {
		for (uint64_t n = 0; n < UINT64_C(1) << run->order; n++)
			build->frames[run->gfn + (k << run->order) + n] = extents[k] + n;
	}
}

/* One batch. The extras come before the runs and must succeed. */
static int populate_step(struct xlite_build *build, struct xen_batch *batch, struct runs *runs, struct xlite_error *err)
{
	struct run taken[XEN_BATCH_MAX];
	unsigned extras = batch->nr, nr = add_runs(batch, runs, build, taken);
	int rc = xen_batch_send(batch, err);

	if (rc)
		return rc;
	for (unsigned i = 0; i < extras + nr; i++) {
		long result = xen_batch_result(batch, i);

		if (result < 0 && result != -ENOMEM)
			return xlite_error_sys(err, (int)result, "%s", batch->names[i]);
		if (i >= extras) {
			uint64_t done = result < 0 || (uint64_t)result > taken[i - extras].count ? 0 : (uint64_t)result;

			keep_frames(build, batch, i, &taken[i - extras], done);
			rc = run_rest(runs, &taken[i - extras], done);
		} else if (result < 0)
			rc = (int)result;
		if (rc)
			return build_no_memory(build, batch->names[i], err);
	}
	if (runs->overflow)
		return xlite_error_set(err, -E2BIG, "memory: too many pieces");
	return 0;
}

int build_populate(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	bool on_demand = !build->frames && config->memory_kib < config->max_memory_kib;
	struct runs runs = { .nr = 0 };
	struct xen_batch batch;
	int rc;

	push_plan(&runs, build, on_demand ? XENMEMF_populate_on_demand : 0);
	xen_batch_init(&batch, build->xen);
	/* First of all: Xen sizes its cache by what the domain has not got. */
	if (on_demand)
		memory_add_pod_target(&batch, build->domid, build_plan_ram_pages(&build->plan, config->memory_kib));
	build_add_map(&batch, build);
	for (;;) {
		rc = populate_step(build, &batch, &runs, err);
		if (rc || !runs.nr)
			break;
		xen_batch_init(&batch, build->xen);
	}
	return rc;
}

int build_pvh_memory(struct xlite_build *build, struct xlite_error *err)
{
	return build_populate(build, err);
}
