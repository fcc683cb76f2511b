/* SPDX-License-Identifier: LGPL-2.1-or-later
 * What the builder does otherwise for an emulated PC: hvmloader is the kernel, its firmware the module, and it is told of
 * memory and vCPUs by a table of its own (xen/hvm/hvm_info_table.h). Memory and images are as PVH's, by another plan.
 */
#include <errno.h>
#include <string.h>

#include "xlite/lib/build_int.h"

#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>

_Static_assert(HVM_INFO_PFN == PLAN_HVM_INFO >> XEN_PAGE_SHIFT_, "HVM_INFO_PFN");
_Static_assert(HVM_MAX_VCPUS >= XEN_VCPUS_MAX, "HVM_MAX_VCPUS");

#define VIRIDIAN (HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_apic_assist | HVMPV_crash_ctl)
#define VIRIDIAN_VCPUS (HVMPV_no_vp_limit | HVMPV_cpu_hotplug)

int build_hvm_open(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;
	int rc = build_check_config(config, err);

	if (!rc && !config->ramdisk)
		rc = xlite_error_set(err, -EINVAL, "firmware: none given");
	if (!rc)
		rc = build_plan_hvm(&build->plan, config->memory_kib, config->max_memory_kib, err);
	if (!rc)
		rc = build_open_images(build, err);
	if (!rc)
		xlite_image_plain(build->image);
	return rc;
}

/* RAM's end below or above 4 GiB, as a page frame; 0: there is none. */
static uint32_t ram_end(const struct build_plan *plan, bool high)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < plan->nr_ranges; i++) {
		if (plan->ranges[i].type == PLAN_RAM && (plan->ranges[i].start >= PLAN_HIGH) == high)
			end = plan->ranges[i].end;
	}
	return (uint32_t)(end >> XEN_PAGE_SHIFT_);
}

static void info_fill(const struct xlite_build *build, struct hvm_info_table *info)
{
	uint8_t sum = 0;

	*info = (struct hvm_info_table){
		.signature = { 'H', 'V', 'M', ' ', 'I', 'N', 'F', 'O' },
		.length = sizeof(*info),
		.apic_mode = 1,
		.nr_vcpus = build->config.vcpus_max,
		.low_mem_pgend = ram_end(&build->plan, false),
		.high_mem_pgend = ram_end(&build->plan, true),
		.reserved_mem_pgstart = PLAN_IOREQ_SERVERS >> XEN_PAGE_SHIFT_,
	};
	for (unsigned i = 0; i < build->config.vcpus_online; i++)
		info->vcpu_online[i / 8] |= (uint8_t)(1u << i % 8);
	for (size_t i = 0; i < sizeof(*info); i++)
		sum = (uint8_t)(sum + ((const uint8_t *)info)[i]);
	info->checksum = (uint8_t)-sum;
}

static int info_write(struct xlite_build *build, struct xlite_error *err)
{
	struct hvm_info_table info;
	struct xen_map map;
	int rc = xen_map_range(build->xen, build->domid, HVM_INFO_PFN, 1, &map, err);

	if (rc)
		return rc;
	info_fill(build, &info);
	memset(map.ptr, 0, XEN_PAGE_BYTES);
	memcpy((uint8_t *)map.ptr + HVM_INFO_OFFSET, &info, sizeof(info));
	xen_unmap(build->xen, &map);
	return 0;
}

void build_hvm_add_state(struct xen_batch *batch, const struct xlite_build *build)
{
	static const struct {
		uint32_t index;
		uint64_t page;
	} pages[] = {
		{ HVM_PARAM_BUFIOREQ_PFN, PLAN_BUFIOREQ }, { HVM_PARAM_IOREQ_PFN, PLAN_IOREQ },
		{ HVM_PARAM_PAGING_RING_PFN, PLAN_PAGING }, { HVM_PARAM_MONITOR_RING_PFN, PLAN_ACCESS },
		{ HVM_PARAM_SHARING_RING_PFN, PLAN_SHARING }, { HVM_PARAM_IOREQ_SERVER_PFN, PLAN_IOREQ_SERVERS },
	};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		build_add_param(batch, build, pages[i].index, pages[i].page >> XEN_PAGE_SHIFT_);
	/* The pages before this: it says how many of them there are. */
	build_add_param(batch, build, HVM_PARAM_NR_IOREQ_SERVER_PAGES, PLAN_IOREQ_SERVER_PAGES);
	build_add_param(batch, build, HVM_PARAM_HPET_ENABLED, build->config.hpet);
	/* Timers of vCPUs tick together, as with Xen's own tools. */
	build_add_param(batch, build, HVM_PARAM_VPT_ALIGN, 1);
	if (build->config.viridian)
		build_add_param(batch, build, HVM_PARAM_VIRIDIAN,
				VIRIDIAN | (build->xen->domctl->viridian_vcpus ? VIRIDIAN_VCPUS : 0));
}

int build_hvm_boot(struct xlite_build *build, struct xlite_error *err)
{
	int rc = info_write(build, err);

	return rc ? rc : build_pvh_boot(build, err);
}
