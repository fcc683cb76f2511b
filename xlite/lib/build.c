/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The builder's beginning: images opened and sizes checked, then the domain's limits. Memory, images and
 * the state at boot are in files of their own.
 */
#include "xlite/lib/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/acpi.h"
#include "xlite/lib/build_int.h"
#include "xlite/lib/memory.h"
#include "xlite/lib/restore_int.h"
#include "xlite/lib/topology.h"

#include <xen/domctl.h>
#include <xen/event_channel.h>

#define KERNEL_LIMIT (UINT64_C(256) << 20)
#define RAMDISK_LIMIT (UINT64_C(1) << 30)
#define CMDLINE_MAX 4095
/* Two pages hold the tables of 128 vCPUs; this is room to spare. */
#define ACPI_ROOM ((size_t)64 << 10)

int build_check_config(const struct xlite_build_config *config, struct xlite_error *err)
{
	if (!config->vcpus_max || config->vcpus_max > XEN_VCPUS_MAX)
		return xlite_error_set(err, -EINVAL, "vcpus: %u is not in 1 to %d", config->vcpus_max, XEN_VCPUS_MAX);
	if (!config->vcpus_online || config->vcpus_online > config->vcpus_max)
		return xlite_error_set(err, -EINVAL, "vcpus: %u online of %u", config->vcpus_online, config->vcpus_max);
	if (config->cmdline && strlen(config->cmdline) > CMDLINE_MAX)
		return xlite_error_set(err, -E2BIG, "cmdline: %zu bytes, more than %d", strlen(config->cmdline), CMDLINE_MAX);
	if (!config->kernel)
		return xlite_error_set(err, -EINVAL, "kernel: none given");
	return 0;
}

static int make_acpi(struct xlite_build *build, struct xlite_error *err)
{
	long bytes;

	build->acpi = calloc(1, ACPI_ROOM);
	if (!build->acpi)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	bytes = xlite_acpi_build(build->acpi, ACPI_ROOM, PLAN_ACPI, build->config.vcpus_max);
	if (bytes < 0)
		return xlite_error_sys(err, (int)bytes, "ACPI tables for %u vCPUs", build->config.vcpus_max);
	build->acpi_bytes = (size_t)bytes;
	return 0;
}

uint64_t build_kernel_limit(const struct xlite_build_config *config)
{
	return config->kernel_limit ? config->kernel_limit : KERNEL_LIMIT;
}

/* O_NONBLOCK: not to hang on a FIFO. */
static int open_ramdisk(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	uint64_t limit = config->ramdisk_limit ? config->ramdisk_limit : RAMDISK_LIMIT;
	struct stat st;

	build->ramdisk_fd = open(config->ramdisk, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (build->ramdisk_fd < 0)
		return xlite_error_sys(err, -errno, "open");
	if (fstat(build->ramdisk_fd, &st))
		return xlite_error_sys(err, -errno, "stat");
	if (!S_ISREG(st.st_mode))
		return xlite_error_set(err, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL, "not a regular file");
	if (!st.st_size)
		return xlite_error_set(err, -EINVAL, "the file is empty");
	build->ramdisk_bytes = (uint64_t)st.st_size;
	if (build->ramdisk_bytes > limit)
		return xlite_error_set(err, -EFBIG, "%llu bytes, more than the limit of %llu",
				       (unsigned long long)build->ramdisk_bytes, (unsigned long long)limit);
	return 0;
}

const char *build_module(const struct xlite_build *build)
{
	return build->plan.module ? build->plan.module : "ramdisk";
}

int build_open_ramdisk(struct xlite_build *build, struct xlite_error *err)
{
	int rc = build->config.ramdisk ? open_ramdisk(build, err) : 0;

	if (rc)
		xlite_error_prefix(err, "%s %s", build_module(build), build->config.ramdisk);
	return rc;
}

/* What is known to be too big before anything is unpacked. */
static int check_fit(const struct xlite_build *build, struct xlite_error *err)
{
	struct build_plan plan = build->plan;
	uint64_t least = xlite_image_least_size(build->image);
	int rc = build_plan_kernel(&plan, 0, least ? least : 1, err);

	if (rc) {
		xlite_error_prefix(err, "%s", build->config.kernel);
		return rc;
	}
	rc = build_plan_rest(&plan, build->ramdisk_bytes,
			     build_start_bytes(&plan, build->config.cmdline, build->ramdisk_bytes), err);
	if (rc && build->config.ramdisk)
		xlite_error_prefix(err, "%s", build->config.ramdisk);
	return rc;
}

int build_open_images(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	int rc = xlite_image_open(&build->image, config->kernel, build_kernel_limit(config), err);

	if (rc)
		return xlite_error_prefix(err, "%s", build->plan.module ? "hvmloader" : "kernel");
	rc = build_open_ramdisk(build, err);
	return rc ? rc : check_fit(build, err);
}

int build_pvh_open(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	int rc = build_check_config(config, err);

	if (!rc)
		rc = make_acpi(build, err);
	if (!rc)
		rc = build_plan_memory(&build->plan, config->memory_kib, config->max_memory_kib, build->acpi_bytes, err);
	return rc ? rc : build_open_images(build, err);
}

int xlite_build_new(struct xlite_build **out, const struct xlite_build_config *config, struct xlite_error *err)
{
	struct xlite_build *build = calloc(1, sizeof(*build));
	int rc;

	if (!build)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	build->config = *config;
	build->ramdisk_fd = -1;
	build->ops = config->restore ? config->type->restorer : config->type->builder;
	rc = build->ops->open(build, err);
	if (rc) {
		xlite_build_free(build);
		return rc;
	}
	*out = build;
	return 0;
}

int xlite_build_check(struct xlite_build *build, struct xlite_error *err)
{
	if (build->phase != BUILD_NEW)
		return xlite_error_set(err, -EINVAL, "the images are checked before the first phase");
	return build->ops->check(build, err);
}

void xlite_build_free(struct xlite_build *build)
{
	if (!build)
		return;
	if (build->xen)
		xen_unmap(build->xen, &build->window);
	if (build->ramdisk_fd >= 0)
		close(build->ramdisk_fd);
	xlite_image_close(build->image);
	restore_state_free(build->restoring);
	free(build->touched);
	free(build->frames);
	free(build->acpi);
	free(build);
}

const struct xlite_build_result *xlite_build_result(const struct xlite_build *build)
{
	return &build->result;
}

/* One phase of the type's, which must follow the last that succeeded. */
static int run_phase(struct xlite_build *build, enum build_phase phase,
		     int (*run)(struct xlite_build *build, struct xlite_error *err), struct xlite_error *err)
{
	int rc;

	if (build->phase + 1 != phase)
		return xlite_error_set(err, -EINVAL, "the builder's phases are out of order (at %d, not %d)",
				       build->phase, phase - 1);
	rc = run(build, err);
	if (!rc)
		build->phase = phase;
	return rc;
}

int build_no_memory(struct xlite_build *build, const char *call, struct xlite_error *err)
{
	uint64_t needs = XEN_PAGES_KIB(build_plan_pages(&build->plan, build->config.memory_kib));
	struct xlite_host_info info;

	if (xlite_host_info(build->xen, &info, NULL))
		return xlite_error_sys(err, -ENOMEM, "memory: needs %llu KiB: %s", (unsigned long long)needs, call);
	info.free_kib = xlite_host_unclaimed_kib(&info);
	if (info.free_kib < needs)
		return xlite_error_set(err, -ENOMEM, "memory: needs %llu KiB, Xen has %llu KiB free",
				       (unsigned long long)needs, (unsigned long long)info.free_kib);
	return xlite_error_sys(err, -ENOMEM, "memory: needs %llu KiB of %llu KiB free: %s", (unsigned long long)needs,
			       (unsigned long long)info.free_kib, call);
}

/* What Xen's own tools reserve for page tables: 1 MiB for each vCPU, 4 KiB for each MiB of memory. */
static uint64_t paging_pool_bytes(const struct xlite_build_config *config)
{
	return ((uint64_t)config->vcpus_max << 20) + ((config->max_memory_kib + 1023) / 1024 << 12);
}

static void add_paging_pool(struct xen_batch *batch, const struct xlite_build *build)
{
	uint64_t bytes = paging_pool_bytes(&build->config);

	if (batch->xen->domctl->paging_mempool) {
		struct xen_domctl_paging_mempool *op = xen_batch_domctl(batch, "set_paging_mempool_size", XEN_WRITES,
									XEN_DOMCTL_set_paging_mempool_size, build->domid);

		op->size = bytes;
	} else {
		struct xen_domctl_shadow_op *op = xen_batch_domctl(batch, "shadow_op", XEN_WRITES, XEN_DOMCTL_shadow_op,
								   build->domid);

		op->op = XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION;
		op->mb = (uint32_t)((bytes + (1 << 20) - 1) >> 20);
	}
}

/* A port of the domain that dom0 may bind. */
static struct evtchn_alloc_unbound *add_port(struct xen_batch *batch, uint32_t domid)
{
	struct evtchn_alloc_unbound *op = xen_batch_arg(batch, sizeof(*op));

	op->dom = xen_domid(domid);
	op->remote_dom = 0;
	xen_batch_add(batch, "alloc_unbound", XEN_WRITES, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
		      (unsigned long)op);
	return op;
}

/* Beyond memory itself: what Xen's own tools allow for special pages, and what `xl mem-set` counts on. */
#define LIMIT_SLACK_KIB 1024

int build_send_limits(struct xlite_build *build, struct xen_batch *batch, uint64_t limit_kib, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	struct evtchn_alloc_unbound *store, *console;
	unsigned claim;
	int rc;

	memory_add_limit(batch, build->domid, limit_kib + LIMIT_SLACK_KIB);
	store = add_port(batch, build->domid);
	console = add_port(batch, build->domid);
	claim = memory_add_claim(batch, build->domid, build_plan_pages(&build->plan, config->memory_kib));
	rc = xen_batch_send(batch, err);
	for (unsigned i = 0; i < batch->nr && !rc; i++) {
		rc = (int)xen_batch_result(batch, i);
		/* -EINVAL: the caller has claimed already, as for several domains at once. -ENOSYS: the same as no claim. */
		if (i == claim && (rc == -EINVAL || rc == -ENOSYS))
			rc = 0;
		if (rc == -ENOMEM)
			return build_no_memory(build, batch->names[i], err);
		if (rc)
			return xlite_error_sys(err, rc, "%s", batch->names[i]);
	}
	build->result.store_port = store->port;
	build->result.console_port = console->port;
	return rc;
}

int build_pvh_limits(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	struct xen_domctl_max_vcpus *vcpus;
	struct xen_batch batch;
	int rc = config->restore ? 0 : topology_read(build->xen, err);

	if (rc)
		return rc;
	xen_batch_init(&batch, build->xen);
	vcpus = xen_batch_domctl(&batch, "max_vcpus", XEN_WRITES, XEN_DOMCTL_max_vcpus, build->domid);
	vcpus->max = config->vcpus_max;
	add_paging_pool(&batch, build);
	/* A guest that was saved goes on to see what it saw. */
	if (!config->restore)
		topology_add(&batch, build->domid, config->vcpus_max);
	return build_send_limits(build, &batch, config->max_memory_kib + config->video_kib, err);
}

int xlite_build_domain(struct xlite_build *build, struct xlite_xen *xen, uint32_t domid, struct xlite_error *err)
{
	if (build->phase == BUILD_NEW) {
		build->xen = xen;
		build->domid = domid;
	}
	return run_phase(build, BUILD_DOMAIN, build->ops->limits, err);
}

int xlite_build_memory(struct xlite_build *build, struct xlite_error *err)
{
	return run_phase(build, BUILD_MEMORY, build->ops->memory, err);
}

void xlite_build_keep_kernel(struct xlite_build *build, const struct xlite_image_cache *cache)
{
	if (build->image)
		xlite_image_keep(build->image, cache);
}

int xlite_build_image(struct xlite_build *build, struct xlite_error *err)
{
	return run_phase(build, BUILD_IMAGE, build->ops->image, err);
}

int xlite_build_boot(struct xlite_build *build, struct xlite_error *err)
{
	return run_phase(build, BUILD_BOOT, build->ops->boot, err);
}
