/* SPDX-License-Identifier: GPL-2.0-or-later
 * Memory for all domains of a plan at once, so that a set which cannot fit is refused before its first domain is built.
 */
#include "xlite/reconcile/apply.h"

#include <errno.h>

/* What a plan needs and frees. */
struct room {
	size_t nr;			/* domains to be built */
	uint64_t need_kib;
	uint64_t free_kib;		/* by those that are replaced, later with what Xen has */
	uint64_t ends_kib;		/* by those that are deleted */
};

static void room_count(const struct plan *plan, struct room *room)
{
	*room = (struct room){ 0 };
	for (size_t i = 0; i < plan->nr; i++) {
		const struct plan_item *item = &plan->items[i];

		if (item->action == PLAN_DELETE)
			room->ends_kib += item->have->info.mem_kib;
		if (!apply_builds(item))
			continue;
		room->nr++;
		room->need_kib += item->want->memory_kib + cfg_video_kib(item->want);
		room->free_kib += item->have ? item->have->info.mem_kib : 0;
	}
}

static int room_ask(struct host *host, struct room *room, struct xlite_error *err)
{
	struct xlite_host_info info;
	int rc = xlite_host_info(host->xen, &info, err);

	if (!rc)
		room->free_kib += xlite_host_unclaimed_kib(&info);
	return rc;
}

int apply_order_room(struct host *host, struct plan *plan, struct xlite_error *err)
{
	struct room room;
	int rc;

	room_count(plan, &room);
	if (!room.nr || !room.ends_kib)
		return 0;
	rc = room_ask(host, &room, err);
	plan->ends_first = !rc && room.need_kib > room.free_kib;
	return rc;
}

int apply_check_memory(struct host *host, const struct plan *plan, struct xlite_error *err)
{
	struct room room;
	int rc;

	room_count(plan, &room);
	/* One alone is checked by its own steps. */
	if (room.nr < 2)
		return 0;
	rc = room_ask(host, &room, err);
	if (rc)
		return rc;
	room.free_kib += room.ends_kib;
	if (room.free_kib >= room.need_kib)
		return 0;
	xlite_error_set(err, -ENOMEM,
			"memory: the %zu domains to be built need %llu MiB, Xen has %llu MiB for them%s; none is built",
			room.nr, (unsigned long long)room.need_kib / 1024, (unsigned long long)room.free_kib / 1024,
			room.ends_kib ? " with the memory of the domains that are deleted" : "");
	xlite_error_hint(err, "stop domains, or give these less, or lower dom0_mem= on Xen's command line");
	return -ENOMEM;
}
