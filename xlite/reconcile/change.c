/* SPDX-License-Identifier: GPL-2.0-or-later
 * Changes in place: memory target, vCPUs online, affinity, scheduler, name, pause, and the record. The
 * record comes last: a run that dies before it is followed by one that finds the rest still to do.
 */
#include "xlite/reconcile/change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/disk.h"
#include "xlite/reconcile/affinity.h"
#include "xlite/reconcile/change_devices.h"
#include "xlite/reconcile/device_kind.h"
#include "xlite/reconcile/monitor.h"
#include "xlite/reconcile/numa.h"
#include "xlite/reconcile/pool.h"

/* What Xen's own tools leave above the target for pages that are not the guest's to count. */
#define SLACK_KIB 1024
#define STORE_MS 20000

static uint32_t domid_of(const struct change_job *job)
{
	return job->item->have->info.domid;
}

static int commit(struct change_job *job, struct xlite_store_batch *batch, struct xlite_error *err)
{
	int rc = xlite_store_batch_commit(job->host->store, batch, clock_deadline_ms(STORE_MS), err);

	xlite_store_batch_free(batch);
	return rc;
}

static struct xlite_store_batch *batch_new(struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();

	if (!batch)
		xlite_error_set(err, -ENOMEM, "out of memory");
	return batch;
}

/* What of an emulated PC's memory is its graphics card's: the guest's target is without it, and Xen's limits are with it. */
static int read_videoram(const struct change_job *job, uint64_t *kib, struct xlite_error *err)
{
	auto_free char *value = NULL;
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/memory/videoram", domid_of(job));
	rc = xlite_store_read(job->host->store, 0, path, &value, NULL, err);
	*kib = rc || *value == '-' ? 0 : strtoull(value, NULL, 10);
	return rc == -ENOENT ? 0 : rc;
}

static int check_memory(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	uint64_t want = job->item->want->memory_kib, have = job->item->have->info.mem_kib;
	struct xlite_host_info info;
	uint64_t videoram_kib = 0;
	int rc = read_videoram(job, &videoram_kib, err);

	if (!rc)
		rc = xlite_host_info(job->host->xen, &info, err);
	want += videoram_kib;
	if (rc || want <= have || xlite_host_unclaimed_kib(&info) >= want - have)
		return rc;
	return xlite_error_set(err, -ENOMEM, "memory: needs %llu MiB more, Xen has %llu MiB free",
			       (unsigned long long)(want - have) / 1024,
			       (unsigned long long)xlite_host_unclaimed_kib(&info) / 1024);
}

/*
 * As xl mem-set does it: the limit, what populate-on-demand may use, and the target that the guest follows. static-max
 * stays what the domain was built with: Linux takes what it has below that, when it first looks, for pages that it must
 * always give away.
 */
static int set_memory(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	uint64_t videoram_kib = 0;
	char value[24];
	int rc = read_videoram(job, &videoram_kib, err);

	if (!rc)
		rc = xlite_domain_set_max_mem(job->host->xen, domid_of(job), to->memory_kib + videoram_kib + SLACK_KIB, err);
	/* A PV guest has what it was given, and gives back or asks for the rest. */
	if (!rc && job->item->have->info.hvm)
		rc = xlite_domain_set_pod_target(job->host->xen, domid_of(job), to->memory_kib, err);
	if (rc)
		return rc;
	batch = batch_new(err);
	if (!batch)
		return -ENOMEM;
	snprintf(value, sizeof(value), "%llu", (unsigned long long)to->memory_kib);
	xlite_store_batch_write(batch, value, "/local/domain/%u/memory/target", domid_of(job));
	return commit(job, batch, err);
}

static int set_vcpus(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	struct xlite_store_batch *batch = batch_new(err);

	if (!batch)
		return -ENOMEM;
	for (unsigned i = 0; i < to->vcpus_max; i++)
		xlite_store_batch_write(batch, i < to->vcpus_online ? "online" : "offline",
					"/local/domain/%u/cpu/%u/availability", domid_of(job), i);
	return commit(job, batch, err);
}

/* The vCPUs that there are: max may wait for the next boot. */
static int set_affinity(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	return affinity_set(job->host, domid_of(job), job->item->have->info.max_vcpu_id + 1, to, err);
}

static int check_nodes(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return numa_check(job->host, job->item->want, err);
}

static int set_nodes(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	return numa_set(job->host, domid_of(job), to, err);
}

static int set_sched(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	return xlite_domain_set_sched(job->host->xen, domid_of(job), to->weight, to->cap, err);
}

/* The pool is there, and has CPUs on which the vCPUs may run. */
static int check_pool(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	uint32_t pool;
	int rc = pool_find(job->host, job->item->want->pool, &pool, err);

	return rc ? rc : affinity_check(job->host, pool, job->item->want, err);
}

/* In another pool a domain has the affinity and the scheduler's parameters of a new one: those of the spec are set again. */
static int set_pool(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	struct xlite_domain_info info;
	uint32_t pool;
	int rc = pool_find(job->host, to->pool, &pool, err);

	if (!rc)
		rc = xlite_domain_info(job->host->xen, domid_of(job), &info, err);
	/* Another name of the same pool. */
	if (!rc && info.cpupool == pool)
		return 0;
	if (!rc)
		rc = xlite_domain_move_pool(job->host->xen, domid_of(job), pool, err);
	if (!rc && (to->affinity.nr || to->soft_affinity.nr))
		rc = set_affinity(job, to, err);
	/* Not every scheduler has them. */
	if (!rc && (to->weight != 256 || to->cap))
		rc = set_sched(job, to, err);
	return rc;
}

static int set_name(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	struct xlite_store_batch *batch = batch_new(err);
	char uuid[37];

	if (!batch)
		return -ENOMEM;
	xlite_uuid_text(job->item->have->info.uuid, uuid);
	xlite_store_batch_write(batch, to->name, "/local/domain/%u/name", domid_of(job));
	xlite_store_batch_write(batch, to->name, "/vm/%s/name", uuid);
	return commit(job, batch, err);
}

static int set_state(struct change_job *job, const struct cfg_domain *to, struct xlite_error *err)
{
	if (to->state == CFG_STATE_PAUSED)
		return xlite_domain_pause(job->host->xen, domid_of(job), err);
	return xlite_domain_unpause(job->host->xen, domid_of(job), err);
}

/* A spec that waits for the next boot lies below the record, as a record of its own. */
static int add_next(const struct change_job *job, const struct cfg_domain *next, struct xlite_store_batch *batch,
		    struct xlite_error *err)
{
	struct xlite_record record = { .format = 1 };
	auto_buf struct buf spec = BUF_INIT;
	char path[48];

	xlite_uuid_text(job->item->have->info.uuid, record.uuid);
	snprintf(path, sizeof(path), "/libxl/%u/xlite/next", domid_of(job));
	cfg_print(next, false, &spec);
	if (spec.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	record.spec = (char *)buf_str(&spec);
	xlite_record_write_at(batch, path, &record);
	return 0;
}

static int write_record(struct change_job *job, const struct cfg_domain *to, const struct cfg_domain *next, const char *set,
			struct xlite_error *err)
{
	struct xlite_record record = { .format = 1, .finished = true, .waits = next, .asked = change_asks_guest(job->item) };
	struct xlite_store_batch *batch = batch_new(err);
	auto_buf struct buf spec = BUF_INIT;
	int rc;

	if (!batch)
		return -ENOMEM;
	xlite_uuid_text(job->item->have->info.uuid, record.uuid);
	record.set = (char *)set;
	cfg_print(to, false, &spec);
	record.spec = (char *)buf_str(&spec);
	xlite_record_write(batch, domid_of(job), &record);
	rc = spec.failed ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
	if (!rc && next)
		rc = add_next(job, next, batch, err);
	if (!rc)
		return commit(job, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

static int run_record(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return write_record(job, job->item->want, job->next, job->set ? job->set : job->item->have->record.set, err);
}

/* What was not ours has none again. */
static int drop_record(struct change_job *job, struct xlite_error *err)
{
	struct xlite_store_batch *batch = batch_new(err);

	if (!batch)
		return -ENOMEM;
	xlite_store_batch_rm(batch, "/libxl/%u/xlite", domid_of(job));
	return commit(job, batch, err);
}

static int undo_record(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	if (!state_owned(job->item->have))
		return drop_record(job, err);
	return write_record(job, job->item->have->spec, job->item->have->next, job->item->have->record.set, err);
}

/* Whether the plan says so: a disk that is detached, or exchanged, has no old size any more. */
static bool grows(const struct plan_item *item, const struct state_resized *resized)
{
	char path[64];

	plan_size_path(resized->vdev, path, sizeof(path));
	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!strcmp(item->diffs[i].path, path))
			return true;
	}
	return false;
}

static bool any_grows(const struct plan_item *item)
{
	for (size_t i = 0; i < item->have->nr_resized; i++) {
		if (grows(item, &item->have->resized[i]))
			return true;
	}
	return false;
}

/* Nothing is undone: a device that offers more than it did harms nobody. */
static int run_grow(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;
	const struct state_domain *have = job->item->have;
	int rc = 0;

	for (size_t i = 0; i < have->nr_resized && !rc; i++) {
		if (!grows(job->item, &have->resized[i]))
			continue;
		rc = hotplug_disk_grow(have->resized[i].device, err);
		if (rc)
			xlite_error_prefix(err, "disk %s", have->resized[i].vdev);
	}
	return rc;
}

/* run sets the wanted value, undo the one that was before. */
#define CHANGE(kind)										\
	static int run_##kind(void *ctx, struct xlite_error *err)				\
	{											\
		struct change_job *job = ctx;							\
		return set_##kind(job, job->item->want, err);					\
	}											\
	static int undo_##kind(void *ctx, struct xlite_error *err)				\
	{											\
		struct change_job *job = ctx;							\
		return set_##kind(job, job->item->have->spec, err);				\
	}

CHANGE(memory)
CHANGE(vcpus)
CHANGE(affinity)
CHANGE(nodes)
CHANGE(sched)
CHANGE(pool)
CHANGE(name)
CHANGE(state)

/* prefix: which differences need the step; "" is any at all. Without a step of its own a key lives in the record alone. */
static const struct {
	const char *prefix;
	struct step step;
} kinds[] = {
	{ "memory.target", { "memory-target", check_memory, run_memory, undo_memory } },
	{ "vcpus.online", { "vcpus-online", NULL, run_vcpus, undo_vcpus } },
	{ "pool", { "pool", check_pool, run_pool, undo_pool } },
	{ "vcpus.affinity", { "affinity", check_pool, run_affinity, undo_affinity } },
	{ "vcpus.soft_affinity", { "affinity", check_pool, run_affinity, undo_affinity } },
	{ "memory.nodes", { "nodes", check_nodes, run_nodes, undo_nodes } },
	{ "scheduler.", { "scheduler", NULL, run_sched, undo_sched } },
	{ "name", { "name", NULL, run_name, undo_name } },
	{ "state", { "state", NULL, run_state, undo_state } },
	{ "", { "record", NULL, run_record, undo_record } },
};

/* In this order: what goes may be what something new needs. */
static const struct step device_steps[] = {
	{ "detach", change_check_devices, change_detach_devices, change_undo_detach },
	{ "adjust-vifs", NULL, change_adjust_devices, change_undo_adjust },
	{ "attach", NULL, change_attach_devices, change_undo_attach },
	{ "forwards", NULL, change_common, change_undo_common },
};

/* Nothing is undone: it would have to be started with what it knew. So it comes last. */
static int run_monitor(void *ctx, struct xlite_error *err)
{
	struct change_job *job = ctx;

	return job->item->have->name ? monitor_end(job->item->have->name, err) : 0;
}

/* Of a domain that is taken over: what xl would do when it ends is xlite's from now on. */
static const struct step monitor_step = { "xl-process", NULL, run_monitor, NULL };

static const char *const record_only[] = {
	"memory.max", "on_", "labels", "depends_on", "shutdown_timeout",
};

static bool starts(const char *path, const char *prefix)
{
	return !strncmp(path, prefix, strlen(prefix));
}

bool change_knows(const char *path)
{
	for (size_t i = 0; i + 1 < ARRAY_SIZE(kinds); i++) {
		if (starts(path, kinds[i].prefix))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(record_only); i++) {
		if (starts(path, record_only[i]))
			return true;
	}
	return device_kind_of_path(path);
}

bool change_asks_guest(const struct plan_item *item)
{
	for (size_t i = 0; i < item->nr_diffs; i++) {
		const struct cfg_diff *diff = &item->diffs[i];

		if (!plan_at_next_boot(diff) && (!strcmp(diff->path, "memory.target") || !strcmp(diff->path, "vcpus.online")))
			return true;
	}
	return item->have->record.asked;
}

static bool changes_devices(const struct plan_item *item)
{
	if (item->have->record.begun)
		return true;
	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (change_is_device(&item->diffs[i]))
			return true;
	}
	return false;
}

static bool moves_pool(const struct plan_item *item)
{
	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!strcmp(item->diffs[i].path, "pool"))
			return true;
	}
	return false;
}

/* What the step of the pool does along with it, and its undo: one pool's CPUs may be none of the other's. */
static bool set_with_pool(const struct step *step)
{
	return step->run == run_affinity || step->run == run_sched;
}

void change_steps(const struct plan_item *item, struct step steps[CHANGE_STEPS_MAX])
{
	bool moves = moves_pool(item);
	size_t nr = 0;

	for (size_t i = 0; changes_devices(item) && i < ARRAY_SIZE(device_steps); i++)
		steps[nr++] = device_steps[i];
	if (any_grows(item))
		steps[nr++] = (struct step){ "grow-vbds", NULL, run_grow, NULL };
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if ((moves && set_with_pool(&kinds[i].step)) || (nr && steps[nr - 1].run == kinds[i].step.run))
			continue;
		for (size_t k = 0; k < item->nr_diffs; k++) {
			if (starts(item->diffs[k].path, kinds[i].prefix)) {
				steps[nr++] = kinds[i].step;
				break;
			}
		}
	}
	/* A domain that is taken over as it is gets a record and nothing else. */
	if (!item->nr_diffs)
		steps[nr++] = kinds[ARRAY_SIZE(kinds) - 1].step;
	if (!state_owned(item->have))
		steps[nr++] = monitor_step;
	memset(&steps[nr], 0, sizeof(steps[nr]));
}
