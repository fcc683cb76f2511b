/* SPDX-License-Identifier: GPL-2.0-or-later
 * Addresses that another domain has, or that no guest of a network can have. Who has one is told by the filters in nft's
 * list, whose rules have the uuid of their domain: no record has to be read but that of who has it.
 */
#include <stdio.h>
#include <string.h>

#include "cfg/cfg.h"
#include "common/auto.h"
#include "hotplug/nft.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/network.h"
#include "xlite/reconcile/nft_rules.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"

/** One check of a plan. */
struct check {
	struct host *host;
	struct state *state;
	struct plan *plan;
	const struct hotplug_nft_list *rules;	/* NULL: there are none */
	bool again;		/* a domain was refused, and so keeps its addresses */
};

static bool is_routed(const struct cfg_vif *vif)
{
	return vif->kind == CFG_VIF_ROUTE;
}

/* A network of mode nat has its bridge under its own name, unless it says otherwise. All that is routed is one segment. */
static bool share_segment(const struct cfg_vif *a, const struct cfg_vif *b)
{
	if (is_routed(a) || is_routed(b))
		return is_routed(a) && is_routed(b);
	return a->vlan == b->vlan && !strcmp(a->target, b->target);
}

/* Without the prefix length. */
static bool same_address(const char *a, const char *b)
{
	size_t len = strcspn(a, "/");

	return len == strcspn(b, "/") && !strncmp(a, b, len);
}

static const struct cfg_vif *find_vif(const struct cfg_domain *domain, const struct cfg_vif *like, const char *ip)
{
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		for (size_t k = 0; k < domain->vifs[i].ip.nr; k++) {
			if (same_address(domain->vifs[i].ip.items[k], ip) && share_segment(&domain->vifs[i], like))
				return &domain->vifs[i];
		}
	}
	return NULL;
}

/* What a domain has already it keeps, whoever else has it: it must be possible to change or to rebuild the rest of it. */
static bool is_new(const struct plan_item *item, const struct cfg_vif *vif, const char *ip)
{
	return !item->have || !item->have->spec || !find_vif(item->have->spec, vif, ip);
}

static bool takes_addresses(const struct plan_item *item)
{
	if (!item->want || (!apply_builds(item) && item->action != PLAN_CHANGE))
		return false;
	for (size_t i = 0; i < item->want->nr_vifs; i++) {
		for (size_t k = 0; k < item->want->vifs[i].ip.nr; k++) {
			if (is_new(item, &item->want->vifs[i], item->want->vifs[i].ip.items[k]))
				return true;
		}
	}
	return false;
}

/* The domain that has the address and keeps it: of those that the plan has, the spec was compared with the others' already. */
static struct state_domain *holder_of(const struct check *check, const char *owner)
{
	struct state_domain *domain;
	uint8_t uuid[16];

	if (xlite_uuid_parse(owner, uuid))
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

static void refuse(struct plan_item *item, const char *ip, const struct cfg_place *place, const char *why)
{
	plan_refuse(item, XLITE_CONFLICT, "give the vif another address", "ip: %.*s %s (%s:%u:%u)", (int)strcspn(ip, "/"), ip, why,
		    place && place->file ? place->file : "?", place ? place->line : 0, place ? place->column : 0);
	item->foretold = true;
}

/* Whether the holder has it by a vif of the same segment: its record says so. */
static void ask_holder(struct check *check, struct plan_item *item, struct state_domain *holder, const struct cfg_vif *vif,
		       size_t nth)
{
	const char *ip = vif->ip.items[nth];
	const struct cfg_domain *spec;
	const struct cfg_vif *other;
	struct cfg_set *set = NULL;
	char why[160];

	if (observe_records(check->host, check->state, is_same, holder, NULL))
		return;
	spec = record_spec(&holder->record, &set);
	other = spec ? find_vif(spec, vif, ip) : NULL;
	if (other) {
		snprintf(why, sizeof(why), "is the address of vif %zu of %s (domid %u) already", (size_t)(other - spec->vifs),
			 spec->name, holder->info.domid);
		refuse(item, ip, vif->ip.places ? &vif->ip.places[nth] : &vif->place, why);
		check->again = true;
	}
	cfg_set_free(set);
}

static void check_holders(struct check *check, struct plan_item *item, const struct cfg_vif *vif, size_t nth)
{
	char own[37];

	xlite_uuid_text(item->want->uuid, own);
	for (size_t i = 0; check->rules && i < check->rules->nr_addresses && item->action != PLAN_REFUSED; i++) {
		const struct hotplug_nft_address *address = &check->rules->addresses[i];
		struct state_domain *holder;

		if (!strcmp(address->owner, own) || !same_address(address->text, vif->ip.items[nth]))
			continue;
		holder = holder_of(check, address->owner);
		if (holder)
			ask_holder(check, item, holder, vif, nth);
	}
}

/* A vif names a network, or its bridge; bridges are nearly always called as their networks. */
static bool is_of(const struct cfg_network *network, const struct cfg_vif *vif)
{
	if (vif->kind == CFG_VIF_BRIDGE)
		return network->bridge && !strcmp(network->bridge, vif->target);
	return network->mode == vif->kind && !strcmp(network->name, vif->target);
}

/* The network that the vif is in, as the host has it; NULL: none, or one of the documents, with which it was compared. */
static struct cfg_network *find_network(const struct check *check, const struct cfg_vif *vif)
{
	struct cfg_network *network = NULL;
	struct xlite_error err = { 0 };

	for (size_t i = 0; i < check->plan->nr_networks; i++) {
		if (check->plan->networks[i].want_network && is_of(check->plan->networks[i].want_network, vif))
			return NULL;
	}
	if (network_find(check->host, vif->target, &network, &err))
		return NULL;
	if (is_of(network, vif))
		return network;
	cfg_network_free(network);
	return NULL;
}

static void check_network(struct plan_item *item, const struct cfg_vif *vif, const struct cfg_network *network, size_t nth)
{
	const char *fault = cfg_network_address_fault(network, vif->ip.items[nth]);
	char why[120];

	if (!fault)
		return;
	snprintf(why, sizeof(why), "is %s of the network %s", fault, network->name);
	refuse(item, vif->ip.items[nth], vif->ip.places ? &vif->ip.places[nth] : &vif->place, why);
}

static void check_item(struct check *check, struct plan_item *item)
{
	for (size_t i = 0; i < item->want->nr_vifs; i++) {
		const struct cfg_vif *vif = &item->want->vifs[i];
		struct cfg_network *network = vif->ip.nr ? find_network(check, vif) : NULL;

		for (size_t k = 0; k < vif->ip.nr && item->action != PLAN_REFUSED; k++) {
			if (!is_new(item, vif, vif->ip.items[k]))
				continue;
			if (network)
				check_network(item, vif, network, k);
			if (item->action != PLAN_REFUSED)
				check_holders(check, item, vif, k);
		}
		cfg_network_free(network);
	}
}

int nft_rules_check_addresses(struct host *host, struct state *state, struct plan *plan, struct xlite_error *err)
{
	struct check check = { .host = host, .state = state, .plan = plan };
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < plan->nr; i++)
		any = any || takes_addresses(&plan->items[i]);
	if (any && hotplug_nft_used())
		rc = host_rules(host, &check.rules, err);
	if (rc)
		return rc;
	do {
		check.again = false;
		for (size_t i = 0; i < plan->nr; i++) {
			if (takes_addresses(&plan->items[i]))
				check_item(&check, &plan->items[i]);
		}
	} while (check.again);
	return 0;
}
