/* SPDX-License-Identifier: GPL-2.0-or-later
 * Differences of two specs, key by key as the table has them, in its order.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/auto.h"

struct differ {
	struct cfg_diff *items;
	size_t nr;
	bool failed;
};

void cfg_diff_free(struct cfg_diff *diffs, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		free(diffs[i].before);
		free(diffs[i].after);
	}
	free(diffs);
}

/* Adds a difference; before and after are taken over. */
static void add(struct differ *differ, const char *path, char *before, char *after, enum cfg_change change,
		const struct cfg_place *place)
{
	struct cfg_diff *items = differ->items, *item;

	if (!(differ->nr & (differ->nr - 1)))
		items = reallocarray(items, differ->nr ? differ->nr * 2 : 1, sizeof(*items));
	if (!items) {
		differ->failed = true;
		free(before);
		free(after);
		return;
	}
	differ->items = items;
	item = &items[differ->nr++];
	*item = (struct cfg_diff){ .before = before, .after = after, .change = change,
				   .how = !before ? '+' : !after ? '-' : '~' };
	snprintf(item->path, sizeof(item->path), "%s", path);
	if (after && place)
		item->place = *place;
}

/* The value as it would be written, in *text; NULL where there is none. */
static int write_value(const struct cfg_key *key, const void *base, char **text)
{
	struct buf out = BUF_INIT;
	const struct cfg_strings *strings;

	*text = NULL;
	if (!base || cfg_key_absent(key, base))
		return 0;
	if (key->shape == CFG_LIST && key->lone && ((const struct cfg_strings *)cfg_field(key, base))->nr < 2) {
		strings = cfg_field(key, base);
		buf_puts(&out, strings->nr ? strings->items[0] : key->def);
	} else if (key->shape == CFG_LIST) {
		strings = cfg_field(key, base);
		for (size_t i = 0; i < strings->nr; i++)
			buf_printf(&out, "%s%s", i ? ", " : "[", strings->items[i]);
		buf_puts(&out, "]");
	} else {
		key->value->format(key, cfg_field(key, base), &out);
	}
	*text = buf_take(&out);
	return *text ? 0 : -ENOMEM;
}

static const struct cfg_place *place_of(const struct cfg_key *key, const void *base, const struct cfg_place *outer)
{
	const struct cfg_place *place = key->place_at && base ?
		(const struct cfg_place *)((const char *)base + key->place_at) : NULL;

	return place && place->line ? place : outer;
}

static bool is_of_type(const struct cfg_key *key)
{
	const struct cfg_section *domain = &cfg_domain_section;

	return key->only_at && key >= domain->keys && key < domain->keys + domain->nr;
}

static void compare_value(struct differ *differ, const char *path, const struct cfg_key *key, const void *before,
			  const void *after, const struct cfg_place *place)
{
	char *old, *new;

	/* What only one of two types of guests has differs with the type. */
	if (before && after && is_of_type(key) && cfg_key_applies(key, before) != cfg_key_applies(key, after))
		return;
	if (write_value(key, before, &old) || write_value(key, after, &new)) {
		differ->failed = true;
		free(old);
		return;
	}
	if (old == new || (old && new && !strcmp(old, new))) {
		free(old);
		free(new);
		return;
	}
	add(differ, path, old, new, key->change, place_of(key, after, place));
}

static void compare_section(struct differ *differ, const char *prefix, const struct cfg_section *section, const void *before,
			    const void *after, const struct cfg_place *place);

/* What an item is called in paths and summaries: its identifying value, or its position. */
static void item_name(const struct cfg_section *section, const void *item, size_t nr, struct buf *out)
{
	const struct cfg_key *key = section->id < 0 ? NULL : &section->keys[section->id];

	if (key)
		key->value->format(key, cfg_field(key, item), out);
	else
		buf_printf(out, "%zu", nr);
}

/* One line for an item as a whole: "{bridge: xenbr0, mtu: 9000}". */
static char *item_summary(const struct cfg_section *section, const void *item)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		char *text = NULL;

		if (key->shape == CFG_ITEMS || (int)i == section->id || cfg_key_is_default(key, item))
			continue;
		if (write_value(key, item, &text))
			out.failed = true;
		if (text)
			buf_printf(&out, "%s%s: %s", out.len ? ", " : "{", key->name, text);
		free(text);
	}
	buf_puts(&out, out.len ? "}" : "{}");
	return buf_take(&out);
}

static const void *item_at(const struct cfg_key *key, const void *base, size_t i)
{
	return *(char *const *)cfg_field(key, base) + i * key->section->size;
}

static size_t item_count(const struct cfg_key *key, const void *base)
{
	return *(const size_t *)((const char *)base + key->nr_offset);
}

/* The item of base that is the same as item (number nr of its own list). */
static const void *counterpart(const struct cfg_key *key, const void *base, const void *item, size_t nr)
{
	auto_buf struct buf name = BUF_INIT;

	item_name(key->section, item, nr, &name);
	for (size_t i = 0; i < item_count(key, base); i++) {
		auto_buf struct buf other = BUF_INIT;

		item_name(key->section, item_at(key, base, i), i, &other);
		if (!strcmp(buf_str(&name), buf_str(&other)))
			return item_at(key, base, i);
	}
	return NULL;
}

static void compare_items(struct differ *differ, const char *prefix, const struct cfg_key *key, const void *before,
			  const void *after)
{
	for (int side = 0; side < 2; side++) {
		const void *base = side ? after : before, *other = side ? before : after;

		for (size_t i = 0; i < item_count(key, base); i++) {
			const void *item = item_at(key, base, i), *twin = counterpart(key, other, item, i);
			auto_buf struct buf path = BUF_INIT;
			char *summary;

			buf_printf(&path, "%s%s[", prefix, key->name);
			item_name(key->section, item, i, &path);
			buf_puts(&path, "]");
			if (twin && side) {
				buf_puts(&path, ".");
				compare_section(differ, buf_str(&path), key->section, twin, item, item);
			} else if (!twin) {
				summary = item_summary(key->section, item);
				differ->failed = differ->failed || !summary;
				add(differ, buf_str(&path), side ? NULL : summary, side ? summary : NULL, key->change, item);
			}
		}
	}
}

static const struct cfg_label *label_find(const struct cfg_key *key, const void *base, const char *name)
{
	const struct cfg_label *labels = *(struct cfg_label *const *)cfg_field(key, base);

	for (size_t i = 0; i < item_count(key, base); i++) {
		if (!strcmp(labels[i].name, name))
			return &labels[i];
	}
	return NULL;
}

static void compare_label(struct differ *differ, const struct cfg_key *key, const char *name, const struct cfg_label *before,
			  const struct cfg_label *after, const struct cfg_place *place)
{
	auto_buf struct buf path = BUF_INIT;
	char *old = before ? strdup(before->value) : NULL, *new = after ? strdup(after->value) : NULL;

	buf_printf(&path, "%s[%s]", key->name, name);
	if ((before && !old) || (after && !new)) {
		differ->failed = true;
		free(old);
		free(new);
		return;
	}
	add(differ, buf_str(&path), old, new, key->change, place);
}

static void compare_labels(struct differ *differ, const struct cfg_key *key, const void *before, const void *after,
			   const struct cfg_place *place)
{
	const struct cfg_label *old = *(struct cfg_label *const *)cfg_field(key, before);
	const struct cfg_label *new = *(struct cfg_label *const *)cfg_field(key, after);

	for (size_t i = 0; i < item_count(key, before); i++) {
		if (!label_find(key, after, old[i].name))
			compare_label(differ, key, old[i].name, &old[i], NULL, NULL);
	}
	for (size_t i = 0; i < item_count(key, after); i++) {
		const struct cfg_label *twin = label_find(key, before, new[i].name);

		if (!twin || strcmp(twin->value, new[i].value))
			compare_label(differ, key, new[i].name, twin, &new[i], place);
	}
}

static void compare_section(struct differ *differ, const char *prefix, const struct cfg_section *section, const void *before,
			    const void *after, const struct cfg_place *place)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf path = BUF_INIT;

		buf_printf(&path, "%s%s", prefix, key->name);
		switch (key->shape) {
		case CFG_SUGAR:
		case CFG_KIND:
			break;
		case CFG_SCALAR:
		case CFG_LIST:
			compare_value(differ, buf_str(&path), key, before, after, place);
			break;
		case CFG_SECTION:
			buf_puts(&path, ".");
			compare_section(differ, buf_str(&path), key->section, before, after, place_of(key, after, place));
			break;
		case CFG_ITEMS:
			compare_items(differ, prefix, key, before, after);
			break;
		case CFG_LABELS:
			compare_labels(differ, key, before, after, place);
			break;
		}
		differ->failed = differ->failed || path.failed;
	}
}

static int diff(const struct cfg_section *section, const void *before, const void *after, const struct cfg_place *place,
		struct cfg_diff **diffs, size_t *nr)
{
	struct differ differ = { NULL };

	*diffs = NULL;
	*nr = 0;
	compare_section(&differ, "", section, before, after, place);
	if (differ.failed) {
		cfg_diff_free(differ.items, differ.nr);
		return -ENOMEM;
	}
	*diffs = differ.items;
	*nr = differ.nr;
	return 0;
}

int cfg_diff(const struct cfg_domain *before, const struct cfg_domain *after, struct cfg_diff **diffs, size_t *nr)
{
	return diff(&cfg_domain_section, before, after, &after->place, diffs, nr);
}

int cfg_diff_network(const struct cfg_network *before, const struct cfg_network *after, struct cfg_diff **diffs, size_t *nr)
{
	return diff(&cfg_network_section, before, after, &after->place, diffs, nr);
}
