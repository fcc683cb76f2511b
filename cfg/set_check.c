/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks across documents: what may exist only once on a host. Sorts rather than compares all pairs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/set.h"
#include "common/auto.h"

/** Something that must be unique: its bytes, where it stands, and whose it is. */
struct claim {
	const void *bytes;
	size_t len;
	const struct cfg_place *place;
	const struct cfg_domain *domain;
	unsigned file_nr;
	bool writes, shared;
};

struct claims {
	struct claim *items;
	size_t nr, room;
	bool failed;
};

struct cfg_file *cfg_place_file(const struct cfg_set *set, const struct cfg_place *place)
{
	for (size_t i = 0; i < set->nr_files; i++) {
		if (set->files[i]->name == place->file)
			return set->files[i];
	}
	return NULL;
}

static void claim(struct claims *claims, const struct claim *item)
{
	if (claims->nr == claims->room) {
		size_t room = claims->room ? claims->room * 2 : 64;
		struct claim *items = reallocarray(claims->items, room, sizeof(*items));

		if (!items) {
			claims->failed = true;
			return;
		}
		claims->items = items;
		claims->room = room;
	}
	claims->items[claims->nr++] = *item;
}

static int compare(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	if (order || a->len != b->len)
		return order ? order : a->len < b->len ? -1 : 1;
	if (a->file_nr != b->file_nr)
		return a->file_nr < b->file_nr ? -1 : 1;
	if (a->place->line != b->place->line)
		return a->place->line < b->place->line ? -1 : 1;
	return a->place->column < b->place->column ? -1 : a->place->column > b->place->column;
}

static bool same(const struct claim *a, const struct claim *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static void report(struct cfg_set *set, const struct claim *first, const struct claim *again, const char *what)
{
	struct cfg_file *file = cfg_place_file(set, again->place);

	if (file)
		cfg_file_error(file, again->place->line, again->place->column, "%s already used by `%s` (%s:%u)", what,
			       first->domain->name ? first->domain->name : "?", first->place->file, first->place->line);
}

/* Documents of one name have everything else in common as well, which needs no saying. */
static bool namesakes(const struct claim *a, const struct claim *b)
{
	return a->domain->name && b->domain->name && a->bytes != a->domain->name && !strcmp(a->domain->name, b->domain->name);
}

/* Sorted, what is equal lies side by side, and what was written first comes first. */
static void settle(struct cfg_set *set, struct claims *claims, const char *what)
{
	if (claims->nr)
		qsort(claims->items, claims->nr, sizeof(*claims->items), compare);
	for (size_t i = 1, first = 0; i < claims->nr; i++) {
		const struct claim *a = &claims->items[first], *b = &claims->items[i];

		if (!same(a, b)) {
			first = i;
			continue;
		}
		/* Readers do not disturb each other, and sharing is agreed upon by both. */
		if (a->domain == b->domain || namesakes(a, b) || (!a->writes && !b->writes) || (a->shared && b->shared)) {
			if (b->writes && !a->writes)
				first = i;
			continue;
		}
		report(set, a, b, what);
	}
	free(claims->items);
	if (claims->failed)
		set->failed = true;
}

/* Every claim of one sort that a domain makes. */
static void claim_name(struct claims *claims, struct claim *item)
{
	const struct cfg_domain *domain = item->domain;

	if (!domain->name)
		return;
	item->place = &domain->name_place;
	item->bytes = domain->name;
	item->len = strlen(domain->name);
	claim(claims, item);
}

static void claim_uuid(struct claims *claims, struct claim *item)
{
	item->place = item->domain->uuid_given ? &item->domain->uuid_place : &item->domain->place;
	item->bytes = item->domain->uuid;
	item->len = sizeof(item->domain->uuid);
	if (item->domain->name || item->domain->uuid_given)
		claim(claims, item);
}

static void claim_macs(struct claims *claims, struct claim *item)
{
	for (size_t i = 0; i < item->domain->nr_vifs; i++) {
		const struct cfg_vif *vif = &item->domain->vifs[i];

		item->place = &vif->place;
		item->bytes = vif->mac;
		item->len = sizeof(vif->mac);
		claim(claims, item);
	}
}

static void claim_sources(struct claims *claims, struct claim *item)
{
	for (size_t i = 0; i < item->domain->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &item->domain->vbds[i];

		if (!vbd->source)
			continue;
		item->place = &vbd->source_place;
		item->bytes = vbd->source;
		item->len = strlen(vbd->source);
		item->writes = vbd->mode == CFG_VBD_RW;
		item->shared = vbd->shared;
		claim(claims, item);
	}
}

static const struct {
	void (*collect)(struct claims *claims, struct claim *item);
	const char *what;
} rules[] = {
	{ claim_name, "this name is" },
	{ claim_uuid, "this uuid is" },
	{ claim_macs, "this vif's MAC address is" },
	{ claim_sources, "this source may be written to and is" },
};

static void collect(const struct cfg_set *set, const struct cfg_domains *domains, struct claims *claims, size_t rule)
{
	for (size_t i = 0; i < domains->nr; i++) {
		const struct cfg_domain *domain = domains->items[i];
		struct cfg_file *file = cfg_place_file(set, &domain->place);
		struct claim item = { .domain = domain, .writes = true, .file_nr = file ? file->nr : 0 };

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

int cfg_set_check(struct cfg_set *set)
{
	unsigned before = errors(set);

	for (size_t rule = 0; rule < ARRAY_SIZE(rules); rule++) {
		struct claims claims = { NULL };

		collect(set, &set->domains, &claims, rule);
		collect(set, &set->broken, &claims, rule);
		settle(set, &claims, rules[rule].what);
	}
	cfg_diags_sort(set);
	return set->failed ? -ENOMEM : (int)(errors(set) - before);
}
