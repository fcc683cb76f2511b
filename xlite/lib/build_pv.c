/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The phases of a PV domain up to its images: limits, memory with the list of its machine frames, kernel and ramdisk. What the
 * guest finds when it starts is in build_pv_boot.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/lib/build_int.h"
#include "xlite/lib/memory.h"

#include <xen/domctl.h>

/* start_info's, with its NUL (xen/xen.h: MAX_GUEST_CMDLINE). */
#define PV_CMDLINE_MAX (MAX_GUEST_CMDLINE - 1)

static int check_cmdline(const struct xlite_build_config *config, struct xlite_error *err)
{
	if (!config->cmdline || strlen(config->cmdline) <= PV_CMDLINE_MAX)
		return 0;
	return xlite_error_set(err, -E2BIG, "cmdline: %zu bytes, more than the %d of a PV guest",
			       strlen(config->cmdline), PV_CMDLINE_MAX);
}

/* What is known to be too big before anything is unpacked. */
static int check_fit(const struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_image_pv least = { .high = xlite_image_least_size(build->image),
					      .virt_room = UINT64_MAX,
					      .ramdisk_by_frame = true };
	struct pv_plan plan;
	int rc = pv_plan_make(&plan, &least, XEN_KIB_PAGES(build->config.memory_kib), build->ramdisk_bytes, err);

	if (rc)
		xlite_error_prefix(err, "%s", build->config.kernel);
	return rc;
}

int build_pv_open(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	int rc = build_check_config(config, err);

	if (!rc)
		rc = check_cmdline(config, err);
	if (!rc)
		rc = build_plan_memory_pv(&build->plan, config->memory_kib, config->max_memory_kib, err);
	if (!rc)
		rc = xlite_image_open_pv(&build->image, config->kernel, build_kernel_limit(config), err);
	if (!rc)
		rc = build_open_ramdisk(build, err);
	return rc ? rc : check_fit(build, err);
}

static int load_pv(struct xlite_build *build, const struct xlite_image_sink *sink, struct xlite_error *err)
{
	return xlite_image_load_pv(build->image, sink, &build->pv_image, err);
}

static int place(struct xlite_build *build, struct xlite_error *err)
{
	int rc = pv_plan_make(&build->pv, &build->pv_image, XEN_KIB_PAGES(build->config.memory_kib), build->ramdisk_bytes, err);

	if (rc)
		xlite_error_prefix(err, "%s", build->config.kernel);
	build->plan.ramdisk = build->pv.ramdisk << XEN_PAGE_SHIFT_;
	build->plan.ramdisk_bytes = build->ramdisk_bytes;
	return rc;
}

int build_pv_check(struct xlite_build *build, struct xlite_error *err)
{
	int rc = build_kernel_nowhere(build, load_pv, err);

	return rc ? rc : place(build, err);
}

int build_pv_limits(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	struct xen_domctl_max_vcpus *vcpus;
	struct xen_batch batch;

	xen_batch_init(&batch, build->xen);
	vcpus = xen_batch_domctl(&batch, "max_vcpus", XEN_WRITES, XEN_DOMCTL_max_vcpus, build->domid);
	vcpus->max = config->vcpus_max;
	/* It is not populated on demand: what it has beyond its target it would have to be given. */
	return build_send_limits(build, &batch, config->memory_kib, err);
}

int build_pv_memory(struct xlite_build *build, struct xlite_error *err)
{
	uint64_t nr = XEN_KIB_PAGES(build->config.memory_kib);

	build->frames = calloc(nr, sizeof(*build->frames));
	if (!build->frames)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	build->nr_frames = nr;
	return build_populate(build, err);
}

int build_pv_image(struct xlite_build *build, struct xlite_error *err)
{
	int rc = build_kernel(build, load_pv, err);

	if (!rc)
		rc = place(build, err);
	if (!rc)
		rc = build_ramdisk(build, err);
	xen_unmap(build->xen, &build->window);
	return rc;
}
