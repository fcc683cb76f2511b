/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reads what holds many: lists of mappings, lists of values, labels.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/fill.h"
#include "common/auto.h"

/* Room for one more of size bytes, zeroed, at the end of a list. */
static void *grow(struct cfg_fill *fill, void **list, size_t *nr, size_t size)
{
	char *more = *nr & (*nr - 1) ? *list : reallocarray(*list, *nr ? *nr * 2 : 1, size);

	if (!more) {
		fill->failed = true;
		return NULL;
	}
	*list = more;
	more += *nr * size;
	memset(more, 0, size);
	++*nr;
	return more;
}

static bool too_many(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *node, size_t nr)
{
	if (nr < key->max)
		return false;
	cfg_file_error(fill->file, node->line, node->column, "%s: more than %llu entries", key->name,
		       (unsigned long long)key->max);
	return true;
}

bool cfg_fill_items(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		       void *base)
{
	void **list = cfg_field(key, base);
	size_t *nr = (size_t *)((char *)base + key->nr_offset);
	unsigned met = fill->file->met;
	bool defaults = fill->defaults;

	if (cfg_node_null(node))
		return cfg_fill_complain(fill, key, name, "needs a value; without entries, write `[]` or leave it out");
	if (node->kind != CFG_NODE_LIST)
		return cfg_fill_wrong_kind(fill, key, node, key->section->shorthand ?
					   "a list" : "a list of mappings (`- key: value`)");
	/* Lists are replaced as a whole, so that their entries must be whole. */
	fill->defaults = false;
	for (struct cfg_node *child = node->first; child; child = child->next) {
		struct cfg_node *item = cfg_node_resolve(child);
		void *to;

		if (too_many(fill, key, child, *nr))
			break;
		if (item->kind != CFG_NODE_MAP && !(key->section->shorthand && item->kind == CFG_NODE_SCALAR)) {
			cfg_fill_wrong_kind(fill, key, item, key->section->shorthand ? "a value or a mapping for each entry" :
					    "a mapping for each entry");
			continue;
		}
		to = grow(fill, list, nr, key->section->size);
		if (!to || cfg_section_defaults(key->section, to)) {
			fill->failed = true;
			break;
		}
		/* Places come first in every item. */
		cfg_fill_place(fill, child, to);
		fill->written_as = item->kind == CFG_NODE_SCALAR ? key->name : NULL;
		cfg_fill_section(fill, key->section, item, to);
		fill->written_as = NULL;
	}
	fill->defaults = defaults;
	return fill->file->met == met;
}

/* Room for one more string and its place. */
static char **grow_strings(struct cfg_fill *fill, struct cfg_strings *list)
{
	void *items = list->items, *places = list->places;
	size_t nr = list->nr;
	void *place = grow(fill, &places, &nr, sizeof(*list->places));
	char **to;

	list->places = places;
	if (!place)
		return NULL;
	to = grow(fill, &items, &list->nr, sizeof(char *));
	list->items = items;
	return to;
}

bool cfg_fill_list(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		      void *base)
{
	struct cfg_strings *list = cfg_field(key, base);
	struct cfg_node *child = node->kind == CFG_NODE_LIST ? node->first : node;
	bool valid = true;

	if (node->kind == CFG_NODE_MAP)
		return cfg_fill_wrong_kind(fill, key, node, "a list of values, or one");
	for (; child; child = node->kind == CFG_NODE_LIST ? child->next : NULL) {
		char **to;

		if (too_many(fill, key, child, list->nr))
			return false;
		to = grow_strings(fill, list);
		if (!to)
			return false;
		cfg_fill_place(fill, child, &list->places[list->nr - 1]);
		if (!cfg_fill_scalar(fill, key, child == node ? name : NULL, cfg_node_resolve(child), to)) {
			list->nr--;
			valid = false;
		}
	}
	return valid;
}

static bool fill_label(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name,
		       const struct cfg_node *value, struct cfg_label *label)
{
	auto_buf struct buf why = BUF_INIT;
	int rc;

	if (name->kind != CFG_NODE_SCALAR)
		return cfg_fill_wrong_kind(fill, key, name, "names before the colons");
	if (cfg_fill_has_control(name))
		return cfg_fill_complain(fill, key, name, "a name holds a control character");
	rc = cfg_value_label_name.parse(key, name->text, &label->name, &why);
	if (rc == -EINVAL)
		return cfg_fill_complain(fill, key, name, buf_str(&why));
	fill->failed = fill->failed || rc;
	return !rc && cfg_fill_scalar(fill, key, name, value, &label->value);
}

bool cfg_fill_labels(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
			void *base)
{
	void **list = cfg_field(key, base);
	size_t *nr = (size_t *)((char *)base + key->nr_offset);
	bool valid = true;

	if (cfg_node_null(node))
		return cfg_fill_complain(fill, key, name, "needs a value");
	if (node->kind != CFG_NODE_MAP)
		return cfg_fill_wrong_kind(fill, key, node, "a mapping of names to values");
	for (struct cfg_node *child = node->first, *value; child; child = value->next) {
		struct cfg_label *label;

		value = child->next;
		if (!value)
			break;
		if (too_many(fill, key, child, *nr))
			return false;
		label = grow(fill, list, nr, sizeof(*label));
		if (!label)
			return false;
		if (fill_label(fill, key, child, cfg_node_resolve(value), label))
			continue;
		free(label->name);
		free(label->value);
		--*nr;
		valid = false;
	}
	return valid;
}
