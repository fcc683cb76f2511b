/* SPDX-License-Identifier: GPL-2.0-or-later
 * The plan's part about networks. Pure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/reconcile/plan.h"

/* A key that a later version knows is enough. */
#define UNREADABLE "its record cannot be read by this version of xlite (format %u)"

static struct plan_item *grow(struct plan *plan)
{
	struct plan_item *items = realloc(plan->networks, (plan->nr_networks + 1) * sizeof(*items));

	if (!items)
		return NULL;
	plan->networks = items;
	items += plan->nr_networks++;
	memset(items, 0, sizeof(*items));
	return items;
}

static void weigh(struct plan_item *item, const struct plan_options *options)
{
	const struct cfg_diff *stuck = NULL;

	for (size_t i = 0; i < item->nr_diffs && !stuck; i++)
		stuck = item->diffs[i].change == CFG_REPLACES ? &item->diffs[i] : NULL;
	if (stuck) {
		plan_refuse(item, XLITE_FAILED, "--replace removes the network and makes it again",
			    "%s cannot be changed in place", stuck->path);
		if (options->replace) {
			item->action = PLAN_REPLACE;
			item->hint[0] = '\0';
		}
	} else if (item->nr_diffs || item->have_network->fault) {
		item->action = PLAN_CHANGE;
		if (item->have_network->fault)
			snprintf(item->reason, sizeof(item->reason), "%s", item->have_network->fault);
	}
}

int plan_add_network(struct plan *plan, const struct cfg_network *want, const struct state *state,
		     const struct plan_options *options)
{
	struct plan_item *item = grow(plan);
	int rc;

	if (!item)
		return -ENOMEM;
	item->want_network = want;
	item->name = want->name;
	item->have_network = state_find_network(state, want->name);
	if (!item->have_network) {
		item->action = PLAN_CREATE;
		return 0;
	}
	if (!item->have_network->spec) {
		plan_refuse(item, XLITE_FAILED, "", UNREADABLE, item->have_network->record.format);
		return 0;
	}
	/* Two sets that have it would move it to and fro, and each prune of the one delete what the other needs. */
	if (options->set && !options->adopt && item->have_network->record.set &&
	    strcmp(options->set, item->have_network->record.set)) {
		plan_refuse(item, XLITE_CONFLICT,
			    "leave it out of this set, whose vifs can name it all the same; --adopt moves it here",
			    "it is a member of the set `%s'", item->have_network->record.set);
		return 0;
	}
	rc = cfg_diff_network(item->have_network->spec, want, &item->diffs, &item->nr_diffs);
	if (!rc)
		rc = plan_add_set(item, &item->have_network->record, options);
	if (!rc)
		weigh(item, options);
	return rc;
}

int plan_add_network_delete(struct plan *plan, struct state_network *have)
{
	struct plan_item *item = grow(plan);

	if (!item)
		return -ENOMEM;
	item->have_network = have;
	item->name = have->name;
	item->action = PLAN_DELETE;
	/* What it has on the host stands there. */
	if (!have->spec)
		plan_refuse(item, XLITE_FAILED, "delete it by the version that made it", UNREADABLE, have->record.format);
	return 0;
}
