/* SPDX-License-Identifier: GPL-2.0-or-later
 * The steps of a creation. The order: what can be refused without a change is checked first; the domain
 * exists before its nodes, since they carry its domid; record and devices appear in one flight, so
 * that the backends work while the kernel is unpacked; unpausing is the commit.
 */
#include "xlite/reconcile/create.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cfg/cfg.h"
#include "common/auto.h"
#include "common/clock.h"
#include "xlite/lib/save.h"
#include "xlite/reconcile/affinity.h"
#include "xlite/reconcile/announce.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/kernel_cache.h"
#include "xlite/reconcile/numa.h"
#include "xlite/reconcile/pool.h"
#include "xlite/reconcile/step.h"

/* For who has the host's lock when a guest has arrived. */
#define ARRIVAL_LOCK_MS 60000

void create_job_init(struct create_job *job, struct host *host, const struct guest_type *type,
		     const struct cfg_domain *want, const char *set)
{
	memset(job, 0, sizeof(*job));
	job->host = host;
	job->type = type;
	job->want = want;
	job->set = set;
	job->deadline_ns = clock_deadline_ms(60000);
}

void create_job_clear(struct create_job *job)
{
	xlite_build_free(job->build);
	free(job->cmdline);
	buf_clear(&job->cloud_image);
	create_close_devices(job, NULL);
	free(job->devices);
}

void create_layout(const struct create_job *job, struct xlite_layout_domain *layout)
{
	const struct xlite_build_result *result = xlite_build_result(job->build);
	const struct cfg_domain *want = job->want;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*layout = (struct xlite_layout_domain){
		.type = job->type->build,
		.domid = job->domid,
		.name = want->name,
		.memory_kib = want->memory_kib,
		.max_memory_kib = want->max_memory_kib,
		.vcpus_max = want->vcpus_max,
		.vcpus_online = want->vcpus_online,
		.store_port = result->store_port,
		.console_port = result->console_port,
		.store_gfn = result->store_gfn,
		.console_gfn = result->console_gfn,
		.start_time_ns = (int64_t)now.tv_sec * NS_PER_SEC + now.tv_nsec,
		.bios = job->firmware.bios,
		.video_kib = cfg_video_kib(want),
	};
	memcpy(layout->uuid, want->uuid, 16);
}

/* Without a kernel in its spec, the domain boots from its own disk. GRUB does that inside of it: here no disk is read. */
int create_find_kernel(struct create_job *job, struct xlite_build_config *config, const char **about, struct xlite_error *err)
{
	const struct hotplug_grub *grub;
	int rc;

	job->kernel = job->want->kernel;
	config->ramdisk = job->want->ramdisk;
	config->cmdline = job->cmdline;
	if (cfg_boots_by_grub(job->want)) {
		rc = host_grub(job->host, job->type, &grub, err);
		if (rc)
			return rc;
		job->kernel = grub->path;
		*about = grub->about;
	}
	config->kernel = job->kernel;
	return 0;
}

int create_check_images(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	const struct cfg_domain *want = job->want;
	const char *about = NULL;
	struct xlite_build_config config = {
		.type = job->type->build,
		.memory_kib = want->memory_kib,
		.max_memory_kib = want->max_memory_kib,
		.vcpus_max = want->vcpus_max,
		.vcpus_online = want->vcpus_online,
	};

	int rc = xlite_guest_supported(job->host->xen, config.type, err);

	if (!rc)
		rc = announce_cmdline(job->host, want, &job->cmdline, err);
	if (!rc)
		rc = job->type->find_images(job, &config, &about, err);
	if (rc)
		return rc;
	rc = xlite_build_new(&job->build, &config, err);
	if (rc && about)
		xlite_error_prefix(err, "%s, which boots domains without `kernel' from their disks", about);
	return rc;
}

/* The saved domain in the place of images, on this host. */
static int check_stream(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	const struct cfg_domain *want = job->want;
	const struct xlite_build_config config = {
		.type = job->type->build,
		.restore = job->restore,
		.memory_kib = want->memory_kib,
		.max_memory_kib = want->max_memory_kib,
		.vcpus_max = want->vcpus_max,
		.vcpus_online = want->vcpus_online,
	};
	int rc = xlite_restore_check(job->restore, job->host->xen, err);

	if (!rc)
		rc = xlite_save_check(job->host->xen, config.type, err);
	return rc ? rc : xlite_build_new(&job->build, &config, err);
}

static int check_memory(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct xlite_host_info info;
	uint64_t free_kib, need_kib = job->want->memory_kib + cfg_video_kib(job->want);
	int rc = xlite_host_info(job->host->xen, &info, err);

	if (rc)
		return rc;
	free_kib = xlite_host_unclaimed_kib(&info);
	if (free_kib >= need_kib)
		return 0;
	xlite_error_set(err, -ENOMEM, "memory: needs %llu MiB, Xen has %llu MiB free",
			(unsigned long long)need_kib / 1024, (unsigned long long)free_kib / 1024);
	xlite_error_hint(err, "stop a domain, or shrink one (memory.target), or lower dom0_mem= on Xen's command line");
	return -ENOMEM;
}

static int check_pool(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;

	int rc = pool_find(job->host, job->want->pool, &job->pool, err);

	if (!rc)
		rc = affinity_check(job->host, job->pool, job->want, err);
	return rc ? rc : numa_check(job->host, job->want, err);
}

static int run_domain(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	const struct cfg_domain *want = job->want;
	struct xlite_domain_config config = {
		.type = job->type->build,
		.vcpus_max = want->vcpus_max,
		.cpupool = job->pool,
		.max_grant_frames = want->max_grant_frames ? (int)want->max_grant_frames : -1,
		.max_maptrack_frames = -1,
		.max_grant_version = want->max_grant_version,
		.max_event_channels = want->max_event_channels,
	};
	int rc;

	memcpy(config.uuid, want->uuid, 16);
	rc = xlite_domain_create(job->host->xen, &config, &job->domid, err);
	job->created = !rc;
	return rc;
}

static int undo_domain(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;

	if (!job->created)
		return 0;
	return apply_destroy(job->host, job->domid, job->want->uuid, 0, err);
}

/* Limits first, since the event channels that the nodes name are bound there. */
static int run_limits(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	const struct cfg_domain *want = job->want;
	int rc = xlite_build_domain(job->build, job->host->xen, job->domid, err);

	if (!rc && (want->weight != 256 || want->cap))
		rc = xlite_domain_set_sched(job->host->xen, job->domid, want->weight, want->cap, err);
	if (!rc && (want->affinity.nr || want->soft_affinity.nr))
		rc = affinity_set(job->host, job->domid, want->vcpus_max, want, err);
	if (!rc && want->memory_nodes.nr)
		rc = numa_set(job->host, job->domid, want, err);
	return rc;
}

static int run_nodes(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_layout_domain layout;
	struct xlite_record record = { .format = 1, .set = (char *)job->set };
	struct buf spec = BUF_INIT;
	int rc = -ENOMEM;

	create_layout(job, &layout);
	/* xenconsoled maps a ring as soon as it is named: not before there is one. */
	layout.store_port = layout.console_port = 0;
	xlite_uuid_text(job->want->uuid, record.uuid);
	cfg_print(job->want, false, &spec);
	record.spec = (char *)buf_str(&spec);
	if (batch && !spec.failed) {
		/*
		 * What an earlier domain of that number left would keep its values, and who may read and write them
		 * (XSA-322).
		 */
		xlite_layout_remove(batch, job->domid, XLITE_DOM0, job->want->uuid);
		xlite_record_write(batch, job->domid, &record);
		xlite_layout_domain(batch, &layout);
		create_device_nodes(job, batch);
		rc = xlite_store_batch_apply(job->host->store, batch, err);
	} else {
		xlite_error_set(err, rc, "out of memory");
	}
	buf_clear(&spec);
	xlite_store_batch_free(batch);
	return rc;
}

static int run_memory(void *ctx, struct xlite_error *err)
{
	return xlite_build_memory(((struct create_job *)ctx)->build, err);
}

static int run_image(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct kernel_cache cache;

	xlite_build_keep_kernel(job->build, kernel_cache_open(&cache));
	return xlite_build_image(job->build, err);
}

static int run_boot(void *ctx, struct xlite_error *err)
{
	return xlite_build_boot(((struct create_job *)ctx)->build, err);
}

/*
 * Of a domain that was saved. What comes from another host takes as long as the guest there needs: other runs are not kept
 * waiting meanwhile. The domain is in this one's hand, and its memory is set aside.
 */
static int run_stream(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	int rc, lock;

	if (!job->arrival)
		return run_memory(ctx, err);
	host_unlock(job->host);
	rc = run_memory(ctx, err);
	lock = host_lock(job->host, ARRIVAL_LOCK_MS, rc ? NULL : err);
	return rc ? rc : lock;
}

/* Of a domain that was saved, whose kernel is in its memory. */
static int run_state(void *ctx, struct xlite_error *err)
{
	int rc = run_image(ctx, err);

	return rc ? rc : run_boot(ctx, err);
}

static int run_arrival(void *ctx, struct xlite_error *err)
{
	const struct apply_arrival *arrival = ((struct create_job *)ctx)->arrival;

	return arrival ? arrival->whole(arrival->ctx, err) : 0;
}

/*
 * The rings are named after the domain is introduced. xenconsoled looks at all domains whenever it hears of any, and
 * maps the ring of one that names it; xenstored tells it only of the end of those that were introduced. Named before,
 * the ring of a domain that never came so far (its run was killed, or failed) stayed mapped, and what was left of the
 * domain with it, until another one came or went.
 */
static int run_introduce(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_layout_domain layout;
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	create_layout(job, &layout);
	rc = xlite_store_introduce(job->host->store, job->domid, layout.store_gfn, layout.store_port, err);
	xlite_layout_rings(batch, &layout);
	if (!rc)
		rc = xlite_store_batch_apply(job->host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

static void add_next(struct xlite_store_batch *batch, const struct create_job *job)
{
	struct xlite_record next = { .format = 1, .set = (char *)(uintptr_t)job->set, .spec = (char *)(uintptr_t)job->next };
	char path[40];

	xlite_uuid_text(job->want->uuid, next.uuid);
	snprintf(path, sizeof(path), "/libxl/%u/xlite/next", job->domid);
	xlite_record_write_at(batch, path, &next);
}

static int run_commit(void *ctx, struct xlite_error *err)
{
	struct create_job *job = ctx;
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_record record = { 0 };
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	if (job->ends)
		record.ends = *job->ends;
	record.waits = job->next != NULL;
	if (job->next)
		add_next(batch, job);
	xlite_record_finish(batch, job->domid, &record);
	rc = xlite_store_batch_apply(job->host->store, batch, err);
	xlite_store_batch_free(batch);
	if (!rc && job->want->state == CFG_STATE_RUNNING && !job->paused)
		rc = xlite_domain_unpause(job->host->xen, job->domid, err);
	return rc;
}

/* Those of every type: what differs is in the phases of xlite_build. */
const struct step create_steps[] = {
	{ "images", create_check_images, NULL, NULL },
	{ "host-memory", check_memory, NULL, NULL },
	{ "devices", create_check_devices, create_open_devices, create_close_devices },
	{ "domain", check_pool, run_domain, undo_domain },
	{ "qemu", NULL, create_start_qemu, NULL },	/* undone with the domain; it gets ready while the rest is built */
	{ "limits", NULL, run_limits, NULL },
	{ "cloud-init", create_check_cloud, create_write_cloud, NULL },	/* as the nodes are */
	{ "nodes", NULL, run_nodes, NULL },	/* undone with the domain: apply_destroy removes them */
	{ "memory", NULL, run_memory, NULL },
	{ "kernel", NULL, run_image, NULL },
	{ "boot-state", NULL, run_boot, NULL },
	{ "device-model", NULL, create_start_model, NULL },	/* undone with the domain */
	{ "introduce", NULL, run_introduce, NULL },
	{ "attach", NULL, create_settle_devices, NULL },
	{ "pc", NULL, create_wait_model, NULL },
	{ "unpause", NULL, run_commit, NULL },
	{ NULL, NULL, NULL, NULL },
};

/* The same of a domain that was saved: the stream has been opened, and is read to its end by one step. */
const struct step create_restore_steps[] = {
	{ "stream", check_stream, NULL, NULL },
	{ "host-memory", check_memory, NULL, NULL },
	{ "devices", create_check_devices, create_open_devices, create_close_devices },
	{ "domain", check_pool, run_domain, undo_domain },
	{ "qemu", NULL, create_start_qemu, NULL },
	{ "limits", NULL, run_limits, NULL },
	{ "cloud-init", create_check_cloud, create_write_cloud, NULL },
	{ "nodes", NULL, run_nodes, NULL },
	{ "memory", NULL, run_stream, NULL },
	{ "boot-state", NULL, run_state, NULL },
	{ "introduce", NULL, run_introduce, NULL },
	{ "attach", NULL, create_settle_devices, NULL },
	{ "arrival", NULL, run_arrival, NULL },
	{ "unpause", NULL, run_commit, NULL },
	{ NULL, NULL, NULL, NULL },
};
