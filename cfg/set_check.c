/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks across documents: what of domains may exist only once on a host. Networks and what vifs want of them
 * are in set_network.c, volumes and pools in set_volume.c, dependencies in order.c.
 */
#include <errno.h>
#include <string.h>

#include "cfg/claim.h"
#include "common/auto.h"

/* Every claim of one sort that a domain makes. */
static void claim_name(struct cfg_claims *claims, struct cfg_claim *item)
{
	const struct cfg_domain *domain = item->owner;

	if (!domain->name)
		return;
	item->place = &domain->name_place;
	item->bytes = domain->name;
	item->len = strlen(domain->name);
	cfg_claim(claims, item);
}

static void claim_uuid(struct cfg_claims *claims, struct cfg_claim *item)
{
	const struct cfg_domain *domain = item->owner;

	item->place = domain->uuid_given ? &domain->uuid_place : &domain->place;
	item->bytes = domain->uuid;
	item->len = sizeof(domain->uuid);
	if (domain->name || domain->uuid_given)
		cfg_claim(claims, item);
}

/*
 * Segments are told by their bridges, a nat network's being called as itself unless it says otherwise. All that is
 * routed counts as one. Of the 23 bits that a derived address has, ten thousand domains use some twice.
 */
static void claim_macs(struct cfg_claims *claims, struct cfg_claim *item)
{
	static const char derived[] = "derived from its uuid, it is the same by chance: give one of the two a `mac`";
	const struct cfg_domain *domain = item->owner;

	for (size_t i = 0; i < domain->nr_vifs; i++) {
		const struct cfg_vif *vif = &domain->vifs[i];

		item->place = &vif->place;
		item->bytes = vif->mac;
		item->len = sizeof(vif->mac);
		item->scope = vif->kind == CFG_VIF_ROUTE ? NULL : vif->target;
		item->advice = vif->mac_given ? NULL : derived;
		cfg_claim(claims, item);
	}
}

static void claim_ifnames(struct cfg_claims *claims, struct cfg_claim *item)
{
	const struct cfg_domain *domain = item->owner;

	for (size_t i = 0; i < domain->nr_vifs; i++) {
		if (!domain->vifs[i].ifname)
			continue;
		item->place = &domain->vifs[i].ifname_place;
		item->bytes = domain->vifs[i].ifname;
		item->len = strlen(domain->vifs[i].ifname);
		cfg_claim(claims, item);
	}
}

static void claim_sources(struct cfg_claims *claims, struct cfg_claim *item)
{
	const struct cfg_domain *domain = item->owner;

	for (size_t i = 0; i < domain->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &domain->vbds[i];

		/* A volume that is in no document is told by its name, which is no source: those have a slash or a sign. */
		if (!vbd->source && !vbd->volume)
			continue;
		item->place = vbd->source_place.line ? &vbd->source_place : &vbd->volume_place;
		item->bytes = vbd->source ? vbd->source : vbd->volume;
		item->len = strlen(item->bytes);
		item->writes = vbd->mode == CFG_VBD_RW;
		item->shared = vbd->shared;
		cfg_claim(claims, item);
	}
}

/* Addresses without their prefix length: their text is canonical. */
static void claim_addresses(struct cfg_claims *claims, struct cfg_claim *item)
{
	const struct cfg_domain *domain = item->owner;

	for (size_t i = 0; i < domain->nr_vifs; i++) {
		const struct cfg_vif *vif = &domain->vifs[i];

		for (size_t j = 0; j < vif->ip.nr; j++) {
			item->place = vif->ip.places ? &vif->ip.places[j] : &vif->place;
			item->bytes = vif->ip.items[j];
			item->len = strcspn(vif->ip.items[j], "/");
			cfg_claim(claims, item);
		}
	}
}

static void claim_host_ports(struct cfg_claims *claims, struct cfg_claim *item)
{
	const struct cfg_domain *domain = item->owner;

	for (size_t i = 0; i < domain->nr_vifs; i++) {
		for (size_t j = 0; j < domain->vifs[i].nr_forwards; j++) {
			const struct cfg_forward *forward = &domain->vifs[i].forwards[j];

			/* Protocol and port lie side by side. */
			item->place = &forward->place;
			item->bytes = &forward->protocol;
			item->len = sizeof(forward->protocol) + sizeof(forward->port);
			cfg_claim(claims, item);
		}
	}
}
_Static_assert(offsetof(struct cfg_forward, port) == offsetof(struct cfg_forward, protocol) + sizeof(enum cfg_protocol),
	       "protocol and port are compared as one");

static const struct {
	void (*collect)(struct cfg_claims *claims, struct cfg_claim *item);
	const char *what;
	bool within;
} rules[] = {
	{ claim_name, "this name is" },
	{ claim_uuid, "this uuid is" },
	{ claim_macs, "this vif's MAC address is" },
	{ claim_ifnames, "this name of an interface is", .within = true },
	{ claim_sources, "this source may be written to and is" },
	{ claim_addresses, "this address is", .within = true },
	{ claim_host_ports, "this port of the host is", .within = true },
};

static void collect(const struct cfg_set *set, const struct cfg_domains *domains, struct cfg_claims *claims, size_t rule)
{
	for (size_t i = 0; i < domains->nr; i++) {
		const struct cfg_domain *domain = domains->items[i];
		struct cfg_file *file = cfg_place_file(set, &domain->place);
		struct cfg_claim item = { .owner = domain, .name = domain->name, .writes = true,
					  .file_nr = file ? file->nr : 0 };

		/* A domain that is to be stopped uses nothing but its identity. */
		if (domain->state != CFG_STATE_STOPPED || rules[rule].collect == claim_name ||
		    rules[rule].collect == claim_uuid)
			rules[rule].collect(claims, &item);
	}
}

static unsigned errors(const struct cfg_set *set)
{
	unsigned sum = 0;

	for (size_t i = 0; i < set->nr_files; i++)
		sum += set->files[i]->errors;
	return sum;
}

/* Comments alone are no fault of a file, as long as another one says something. */
static void check_any(struct cfg_set *set)
{
	for (size_t i = 0; !set->nr_documents && i < set->nr_files; i++) {
		if (set->files[i]->text && !set->files[i]->errors)
			cfg_file_error(set->files[i], 1, 1, "holds no document");
	}
}

int cfg_set_check(struct cfg_set *set)
{
	unsigned before = errors(set);

	check_any(set);
	/* Before the sources of disks are compared. */
	cfg_volumes_check(set);
	for (size_t rule = 0; rule < ARRAY_SIZE(rules); rule++) {
		struct cfg_claims claims = { .within = rules[rule].within };

		collect(set, &set->domains, &claims, rule);
		collect(set, &set->broken, &claims, rule);
		cfg_claims_settle(set, &claims, rules[rule].what);
	}
	cfg_vdevs_check(set);
	cfg_networks_check(set);
	cfg_dependencies_check(set);
	cfg_diags_sort(set);
	return set->failed ? -ENOMEM : (int)(errors(set) - before);
}
