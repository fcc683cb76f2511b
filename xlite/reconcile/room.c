/* SPDX-License-Identifier: GPL-2.0-or-later
 * Memory for all domains of a plan at once, so that a set which cannot fit is refused before its first domain is built.
 */
#include "xlite/reconcile/apply.h"

#include <errno.h>

int apply_check_room(struct host *host, const struct plan *plan, struct xlite_error *err)
{
	uint64_t need_kib = 0, free_kib = 0;
	struct xlite_host_info info;
	size_t nr = 0;
	int rc;

	for (size_t i = 0; i < plan->nr; i++) {
		const struct plan_item *item = &plan->items[i];

		if (!apply_builds(item))
			continue;
		nr++;
		need_kib += item->want->memory_kib;
		free_kib += item->have ? item->have->info.mem_kib : 0;
	}
	/* One alone is checked by its own steps. */
	if (nr < 2)
		return 0;
	rc = xlite_host_info(host->xen, &info, err);
	if (rc)
		return rc;
	free_kib += xlite_host_unclaimed_kib(&info);
	if (free_kib >= need_kib)
		return 0;
	xlite_error_set(err, -ENOMEM, "memory: the %zu domains to be built need %llu MiB, Xen has %llu MiB for them; none is built",
			nr, (unsigned long long)need_kib / 1024, (unsigned long long)free_kib / 1024);
	xlite_error_hint(err, "stop domains, or give these less, or lower dom0_mem= on Xen's command line");
	return -ENOMEM;
}
