/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The layout of a PVH domain's memory.
 */
#include "xlite/lib/build_plan.h"

#include <errno.h>

#define PAGE UINT64_C(4096)

static const struct plan_special pvh_special = {
	.first = PLAN_IDENT_PT,
	.nr = PLAN_SPECIAL_PAGES,
	.ident_pt = PLAN_IDENT_PT,
	.store = PLAN_STORE,
	.console = PLAN_CONSOLE,
};

static uint64_t page_up(uint64_t bytes)
{
	return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static void plan_add(struct build_plan *plan, uint64_t start, uint64_t end, enum plan_type type)
{
	if (start < end)
		plan->ranges[plan->nr_ranges++] = (struct plan_range){ start, end, type };
}

static int check_memory(uint64_t memory_kib, uint64_t max_memory_kib, uint64_t acpi_bytes, struct xlite_error *err)
{
	if (memory_kib < PLAN_MEMORY_KIB_MIN || max_memory_kib > PLAN_MEMORY_KIB_MAX)
		return xlite_error_set(err, -EINVAL, "memory: %llu KiB is not within 1 MiB and 16 TiB",
				       (unsigned long long)(memory_kib < PLAN_MEMORY_KIB_MIN ? memory_kib : max_memory_kib));
	if ((memory_kib | max_memory_kib) % 4)
		return xlite_error_set(err, -EINVAL, "memory: not a multiple of 4 KiB");
	if (max_memory_kib < memory_kib)
		return xlite_error_set(err, -EINVAL, "memory: the maximum, %llu KiB, is below the target, %llu KiB",
				       (unsigned long long)max_memory_kib, (unsigned long long)memory_kib);
	if (acpi_bytes > PLAN_ACPI_BYTES_MAX)
		return xlite_error_set(err, -EINVAL, "ACPI tables: %llu bytes are too many", (unsigned long long)acpi_bytes);
	return 0;
}

int build_plan_memory(struct build_plan *plan, uint64_t memory_kib, uint64_t max_memory_kib, uint64_t acpi_bytes,
		      struct xlite_error *err)
{
	uint64_t bytes, low_end;
	int rc = check_memory(memory_kib, max_memory_kib, acpi_bytes, err);

	if (rc)
		return rc;
	*plan = (struct build_plan){ .special = &pvh_special };
	bytes = max_memory_kib << 10;
	low_end = bytes < PLAN_LOW_END ? bytes : PLAN_LOW_END;
	plan_add(plan, 0, low_end, PLAN_RAM);
	plan_add(plan, PLAN_ACPI, PLAN_ACPI + page_up(acpi_bytes), PLAN_ACPI_TYPE);
	plan_add(plan, PLAN_RESERVED, PLAN_RESERVED_END, PLAN_RESERVED_TYPE);
	plan_add(plan, PLAN_HIGH, PLAN_HIGH + (bytes - low_end), PLAN_RAM);
	/* Populated on demand, no more than memory_kib can be written to before the guest balloons. */
	plan->image_end = memory_kib << 10 < low_end ? memory_kib << 10 : low_end;
	return 0;
}

int build_plan_memory_pv(struct build_plan *plan, uint64_t memory_kib, uint64_t max_memory_kib, struct xlite_error *err)
{
	int rc = check_memory(memory_kib, max_memory_kib, 0, err);

	if (rc)
		return rc;
	*plan = (struct build_plan){ .image_end = memory_kib << 10 };
	plan_add(plan, 0, max_memory_kib << 10, PLAN_RAM);
	return 0;
}

int build_plan_kernel(struct build_plan *plan, uint64_t low, uint64_t high, struct xlite_error *err)
{
	if (low >= high || high > plan->image_end)
		return xlite_error_set(err, -ENOSPC, "the kernel needs memory up to %llu MiB, the domain has %llu MiB",
				       (unsigned long long)(high + 0xfffff) >> 20, (unsigned long long)plan->image_end >> 20);
	plan->kernel = low;
	plan->kernel_end = page_up(high);
	return 0;
}

int build_plan_rest(struct build_plan *plan, uint64_t ramdisk_bytes, uint64_t start_info_bytes, struct xlite_error *err)
{
	uint64_t end = plan->image_end, room = plan->kernel_end <= end ? end - plan->kernel_end : 0;

	/* Before any sum: sizes may be anything. */
	if (ramdisk_bytes > room || start_info_bytes > room || page_up(ramdisk_bytes) + page_up(start_info_bytes) > room)
		return xlite_error_set(
			err, -ENOSPC,
			"the ramdisk (%llu MiB) does not fit between the kernel, which ends at %llu MiB, and the end of memory at %llu MiB",
			((unsigned long long)ramdisk_bytes + 0xfffff) >> 20, (unsigned long long)plan->kernel_end >> 20,
			(unsigned long long)end >> 20);
	plan->ramdisk = plan->kernel_end;
	plan->ramdisk_bytes = ramdisk_bytes;
	plan->start_info = plan->ramdisk + page_up(ramdisk_bytes);
	plan->start_info_bytes = start_info_bytes;
	return 0;
}

bool build_plan_mapped(const struct build_plan *plan, unsigned i, struct plan_range *range)
{
	*range = plan->ranges[i];
	if (range->start < plan->map_start)
		range->start = plan->map_start;
	return range->start < range->end;
}

uint64_t build_plan_ram_pages(const struct build_plan *plan, uint64_t memory_kib)
{
	return (memory_kib >> 2) - plan->pages_less;
}

uint64_t build_plan_pages(const struct build_plan *plan, uint64_t memory_kib)
{
	uint64_t pages = build_plan_ram_pages(plan, memory_kib) + (plan->special ? plan->special->nr : 0);

	for (unsigned i = 0; i < plan->nr_ranges; i++)
		if (plan->ranges[i].type == PLAN_ACPI_TYPE)
			pages += (plan->ranges[i].end - plan->ranges[i].start) >> 12;
	return pages;
}
