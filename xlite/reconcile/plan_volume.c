/* SPDX-License-Identifier: GPL-2.0-or-later
 * The plan's part about volumes: made, grown, never made smaller. And what is common to objects of all kinds. Pure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/plan.h"

const struct plan_item *plan_at(const struct plan *plan, size_t i)
{
	if (i < plan->nr_networks)
		return &plan->networks[i];
	i -= plan->nr_networks;
	if (i < plan->nr_volumes)
		return &plan->volumes[i];
	i -= plan->nr_volumes;
	return i < plan->nr ? &plan->items[i] : NULL;
}

const char *plan_item_kind(const struct plan_item *item)
{
	if (item->want_volume || item->have_volume)
		return "volume";
	return item->want_network || item->have_network ? "network" : "domain";
}

bool plan_makes_volume(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->nr_volumes; i++) {
		const struct plan_item *item = &plan->volumes[i];

		if (item->action == PLAN_CREATE && !strcmp(item->want_volume->path, path))
			return true;
	}
	return false;
}

bool plan_lacks_volume(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->nr_volumes; i++) {
		const struct plan_item *item = &plan->volumes[i];

		if (item->action == PLAN_REFUSED && item->want_volume && !item->have_volume &&
		    !strcmp(item->want_volume->path, path))
			return true;
	}
	return false;
}

static struct plan_item *grow(struct plan *plan)
{
	struct plan_item *items = reallocarray(plan->volumes, plan->nr_volumes + 1, sizeof(*items));

	if (!items)
		return NULL;
	plan->volumes = items;
	return memset(&items[plan->nr_volumes++], 0, sizeof(*items));
}

/* In the unit in which it is exact, as a spec says it. */
static char *size_text(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	uint64_t number = bytes / 1024;
	char *text;
	size_t i = 0;

	if (bytes % 1024)
		return asprintf(&text, "%llu bytes", (unsigned long long)bytes) < 0 ? NULL : text;
	for (; number && !(number % 1024) && i + 1 < ARRAY_SIZE(units); i++)
		number /= 1024;
	return asprintf(&text, "%llu%s", (unsigned long long)number, units[i]) < 0 ? NULL : text;
}

/* The size that it is to have, as where it is can give it. */
static uint64_t wanted_kib(const struct plan_item *item)
{
	uint64_t kib = item->want_volume->size_kib, grain = item->have_volume->grain / 1024;

	return grain ? (kib + grain - 1) / grain * grain : kib;
}

static int put_size(struct plan_item *item)
{
	struct cfg_diff *diff = calloc(1, sizeof(*diff));

	if (!diff)
		return -ENOMEM;
	item->diffs = diff;
	item->nr_diffs = 1;
	*diff = (struct cfg_diff){ .path = "size",
				   .how = '~',
				   .change = CFG_LIVE,
				   .place = item->want_volume->size_place,
				   .before = size_text(item->have_volume->bytes),
				   .after = size_text(wanted_kib(item) * 1024) };
	return diff->before && diff->after ? 0 : -ENOMEM;
}

static int refuse_shrinking(struct plan_item *item)
{
	auto_free char *from = size_text(item->have_volume->bytes), *to = size_text(wanted_kib(item) * 1024);

	if (!from || !to)
		return -ENOMEM;
	plan_refuse(item, XLITE_FAILED, "write the size that it has; a smaller disk is another volume",
		    "it has %s, and a volume is never made smaller (%s): what is at its end would be lost", from, to);
	return 0;
}

static int compare(struct plan_item *item)
{
	const struct cfg_volume *want = item->want_volume;
	const struct state_volume *have = item->have_volume;

	if (have->fault) {
		plan_refuse(item, XLITE_CONFLICT, "", "%s", have->fault);
		return 0;
	}
	if (have->format != want->format) {
		plan_refuse(item, XLITE_CONFLICT, "give this one another name, or take the format of what is there",
			    "it is there as %s (%s), and its format is not changed", cfg_format_name(have->format), have->path);
		return 0;
	}
	if (!want->size_kib || wanted_kib(item) == state_volume_kib(have))
		return 0;
	if (wanted_kib(item) * 1024 < have->bytes)
		return refuse_shrinking(item);
	item->action = PLAN_CHANGE;
	return put_size(item);
}

int plan_add_volume(struct plan *plan, const struct cfg_volume *want, const struct state *state)
{
	struct plan_item *item = grow(plan);

	if (!item)
		return -ENOMEM;
	item->want_volume = want;
	item->name = want->name;
	item->have_volume = state_find_volume(state, want->name, want->format);
	if (item->have_volume)
		return compare(item);
	item->action = PLAN_CREATE;
	return 0;
}

int plan_add_volume_delete(struct plan *plan, const struct state_volume *have)
{
	struct plan_item *item = grow(plan);

	if (!item)
		return -ENOMEM;
	item->have_volume = have;
	item->name = have->name;
	item->action = PLAN_DELETE;
	return 0;
}

int plan_add_volume_kept(struct plan *plan, const struct cfg_volume *want)
{
	struct plan_item *item = grow(plan);

	if (!item)
		return -ENOMEM;
	item->want_volume = want;
	item->name = want->name;
	item->kept = true;
	return 0;
}
