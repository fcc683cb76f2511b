/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ports of the host that two domains would take, and rules whose domain has gone. Both are told by nft's own list, which has
 * the uuid of each owner: no record has to be read for it.
 */
#include "xlite/reconcile/nft_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/nft.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/devices.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/vif_spec.h"

/** One check of a plan. */
struct check {
	struct host *host;
	struct state *state;
	struct plan *plan;
	const struct hotplug_nft_list *rules;
	bool again;		/* a domain was refused, and so keeps its ports */
};

static bool changes_vifs(const struct plan_item *item)
{
	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!strncmp(item->diffs[i].path, "vifs[", 5))
			return true;
	}
	return false;
}

static bool takes_ports(const struct plan_item *item)
{
	if (!item->want || !vif_spec_has_forwards(item->want))
		return false;
	return apply_builds(item) || (item->action == PLAN_CHANGE && changes_vifs(item));
}

/* The domain that has the port and keeps it: of those that the plan has, the spec was compared with the others' already. */
static struct state_domain *holder_of(const struct check *check, const struct hotplug_nft_port *port)
{
	struct state_domain *domain;
	uint8_t uuid[16];

	if (xlite_uuid_parse(port->owner, uuid))
		return NULL;
	domain = state_find_uuid(check->state, uuid);
	for (size_t i = 0; domain && i < check->plan->nr; i++) {
		if (check->plan->items[i].have == domain && check->plan->items[i].action != PLAN_REFUSED)
			return NULL;
	}
	return domain;
}

static bool is_same(const void *ctx, const struct state_domain *domain)
{
	return ctx == domain;
}

/* Fills text with "vif 0 of web2 (domid 5)", or what of it can be known. */
static void describe(const struct check *check, struct state_domain *holder, const struct hotplug_nft_port *port, char *text,
		     size_t size)
{
	struct cfg_domain *const *domains = NULL;
	const char *spec;
	struct cfg_set *set = cfg_set_new();
	size_t nr = 0;

	snprintf(text, size, "the domain with domid %u", holder->info.domid);
	if (set && !observe_records(check->host, check->state, is_same, holder, NULL) && (spec = holder->record.spec) &&
	    !cfg_set_parse(set, "<record>", spec, strlen(spec)))
		domains = cfg_set_domains(set, &nr);
	for (size_t i = 0; nr == 1 && i < domains[0]->nr_vifs; i++) {
		const struct cfg_vif *vif = &domains[0]->vifs[i];

		for (size_t k = 0; k < vif->nr_forwards; k++) {
			if (vif->forwards[k].port == port->port && (vif->forwards[k].protocol == CFG_UDP) == port->udp)
				snprintf(text, size, "vif %zu of %s (domid %u)", i, domains[0]->name, holder->info.domid);
		}
	}
	cfg_set_free(set);
}

/* The first that takes this port, other than the item's own domain; NULL if it is free. */
static const struct hotplug_nft_port *taken(const struct check *check, const struct plan_item *item,
					    const struct cfg_forward *forward, struct state_domain **holder)
{
	char own[37];

	xlite_uuid_text(item->want->uuid, own);
	for (size_t i = 0; i < check->rules->nr_ports; i++) {
		const struct hotplug_nft_port *port = &check->rules->ports[i];

		if (port->port != forward->port || port->udp != (forward->protocol == CFG_UDP) || !strcmp(port->owner, own))
			continue;
		*holder = holder_of(check, port);
		if (*holder)
			return port;
	}
	return NULL;
}

static void check_forward(struct check *check, struct plan_item *item, const struct cfg_forward *forward)
{
	struct state_domain *holder;
	const struct hotplug_nft_port *port = taken(check, item, forward, &holder);
	const struct cfg_place *place = &forward->place;
	char who[120];

	if (!port)
		return;
	describe(check, holder, port, who, sizeof(who));
	plan_refuse(item, XLITE_CONFLICT, "take another port of the host, or let the other domain go without it first",
		    "forward: %s port %u of the host leads to %s already (%s:%u:%u)", port->udp ? "udp" : "tcp", port->port, who,
		    place->file ? place->file : "?", place->line, place->column);
	item->foretold = true;
	check->again = true;
}

static void check_item(struct check *check, struct plan_item *item)
{
	for (size_t i = 0; i < item->want->nr_vifs; i++) {
		const struct cfg_vif *vif = &item->want->vifs[i];

		for (size_t k = 0; k < vif->nr_forwards && item->action != PLAN_REFUSED; k++)
			check_forward(check, item, &vif->forwards[k]);
	}
}

int nft_rules_check_ports(struct host *host, struct state *state, struct plan *plan, struct xlite_error *err)
{
	struct check check = { .host = host, .state = state, .plan = plan };
	bool any = false;
	int rc;

	for (size_t i = 0; i < plan->nr; i++)
		any = any || takes_ports(&plan->items[i]);
	if (!any || !hotplug_nft_used())
		return 0;
	rc = host_rules(host, &check.rules, err);
	if (rc)
		return rc;
	do {
		check.again = false;
		for (size_t i = 0; i < plan->nr; i++) {
			if (takes_ports(&plan->items[i]))
				check_item(&check, &plan->items[i]);
		}
	} while (check.again);
	return 0;
}

/** Who lives, asked when the first owner is in question. */
struct living {
	struct host *host;
	struct xlite_domain_info *list;
	size_t nr;
	bool listed, unknown;
};

static bool lives(void *ctx, const char *owner)
{
	struct living *living = ctx;
	uint8_t uuid[16];

	if (!living->listed)
		living->unknown = xlite_domain_list(living->host->xen, &living->list, &living->nr, NULL) != 0;
	living->listed = true;
	/* An owner that is no uuid is none of this program's. */
	if (living->unknown || xlite_uuid_parse(owner, uuid))
		return true;
	for (size_t i = 0; i < living->nr; i++) {
		if (!memcmp(living->list[i].uuid, uuid, sizeof(uuid)))
			return true;
	}
	return false;
}

int nft_rules_sweep(struct host *host, struct xlite_error *err)
{
	struct living living = { .host = host };
	int rc = hotplug_nft_used() ? hotplug_nft_sweep(lives, &living, NULL, clock_deadline_ms(VIF_SPEC_NFT_MS), err) : 0;

	free(living.list);
	return rc ? xlite_error_prefix(err, "rules that no domain has any more") : 0;
}
