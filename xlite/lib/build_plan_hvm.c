/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The layout of an emulated PC's memory, as hvmloader and device models expect it (xen: tools/libs/guest, hvm/e820.h):
 *
 *   0                RAM, to the display's window
 *   0x9f000          a page whose half hvmloader finds its parameters in
 *   0xa0000          the display's window: no memory
 *   0xc0000          RAM: firmware, then hvmloader from 1 MiB on, the firmware's file and start_info after it
 *   0xf0000000       end of that at the latest: devices' memory
 *   0xfeff0000       pages of ioreq servers, 8
 *   0xfeff8000       paging, access, sharing, buffered requests, XenStore, requests, identity page table, console
 *   0x100000000      RAM, what did not fit below
 */
#include <errno.h>

#include "xlite/lib/build_plan.h"

#define WINDOW UINT64_C(0xa0000)
#define WINDOW_END UINT64_C(0xc0000)
#define FIRST_MIB UINT64_C(0x100000)

static const struct plan_special hvm_special = {
	.first = PLAN_IOREQ_SERVERS, .nr = PLAN_SPECIAL_PAGES_MAX, .ident_pt = PLAN_HVM_IDENT_PT, .store = PLAN_HVM_STORE,
	.console = PLAN_CONSOLE,
};

static void plan_add(struct build_plan *plan, uint64_t start, uint64_t end)
{
	if (start < end)
		plan->ranges[plan->nr_ranges++] = (struct plan_range){ start, end, PLAN_RAM };
}

int build_plan_hvm(struct build_plan *plan, uint64_t memory_kib, uint64_t max_memory_kib, struct xlite_error *err)
{
	uint64_t bytes = max_memory_kib << 10, low_end;
	/* The sizes themselves are judged as PVH's are. */
	int rc = build_plan_memory(plan, memory_kib, max_memory_kib, 0, err);

	if (rc)
		return rc;
	if (memory_kib < PLAN_HVM_KIB_MIN)
		return xlite_error_set(err, -EINVAL, "memory: an emulated PC needs %llu MiB at least",
				       (unsigned long long)PLAN_HVM_KIB_MIN / 1024);
	*plan = (struct build_plan){
		.special = &hvm_special,
		.map_start = FIRST_MIB,
		.pages_less = (WINDOW_END - WINDOW) >> 12,
		.module = "firmware",
	};
	low_end = bytes < PLAN_LOW_END ? bytes : PLAN_LOW_END;
	plan_add(plan, 0, WINDOW);
	plan_add(plan, WINDOW_END, low_end);
	plan_add(plan, PLAN_HIGH, PLAN_HIGH + (bytes - low_end));
	plan->image_end = memory_kib << 10 < low_end ? memory_kib << 10 : low_end;
	return 0;
}
