/* SPDX-License-Identifier: GPL-2.0-or-later
 * Refusals in a plan, and what follows from them for others. Pure.
 */
#include "xlite/reconcile/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void plan_refuse(struct plan_item *item, enum xlite_status status, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(item->reason, sizeof(item->reason), fmt, ap);
	va_end(ap);
	snprintf(item->hint, sizeof(item->hint), "%s", hint);
	item->action = PLAN_REFUSED;
	item->status = status;
}

int plan_refused(const struct plan_item *item, struct xlite_error *err)
{
	xlite_error_status(err, -EBUSY, item->status, "%s", item->reason);
	xlite_error_hint(err, "%s", item->hint);
	return -EBUSY;
}

/* Dependencies come before their dependants (cfg/order.c). */
static const struct plan_item *plan_refused_dependency(const struct plan *plan, const struct cfg_domain *want)
{
	for (size_t i = 0; i < want->nr_depends_on; i++) {
		for (size_t k = 0; k < plan->nr; k++) {
			const struct plan_item *other = &plan->items[k];

			if (other->want && other->action == PLAN_REFUSED && !strcmp(other->name, want->depends_on[i].name))
				return other;
		}
	}
	return NULL;
}

void plan_refuse_dependants(struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++) {
		struct plan_item *item = &plan->items[i];
		const struct plan_item *before;

		if (item->action != PLAN_CREATE && item->action != PLAN_RESTART && item->action != PLAN_REPLACE)
			continue;
		before = plan_refused_dependency(plan, item->want);
		if (!before)
			continue;
		plan_refuse(item, before->status, "", "not started: %s, which it depends on, is refused", before->name);
		item->foretold = before->foretold;
	}
}

static const struct plan_item *plan_first_refused(const struct plan_item *items, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (!items[i].pruned && items[i].action == PLAN_REFUSED)
			return &items[i];
	}
	return NULL;
}

static void plan_hold(struct plan_item *items, size_t nr, const char *refused)
{
	for (size_t i = 0; i < nr; i++) {
		if (items[i].pruned && items[i].action == PLAN_DELETE)
			plan_refuse(&items[i], XLITE_FAILED, "", "not pruned, as %s is refused", refused);
	}
}

/* What is refused may be what was to take the place of a domain that goes. */
void plan_hold_prune(struct plan *plan)
{
	const struct plan_item *refused = plan_first_refused(plan->items, plan->nr);

	if (!refused)
		refused = plan_first_refused(plan->networks, plan->nr_networks);
	if (!refused)
		refused = plan_first_refused(plan->volumes, plan->nr_volumes);
	if (!refused)
		return;
	plan_hold(plan->items, plan->nr, refused->name);
	plan_hold(plan->networks, plan->nr_networks, refused->name);
}
