/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reads what holds many values: lists, and labels.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/fill.h"
#include "common/auto.h"

void *cfg_fill_grow(struct cfg_fill *fill, void **list, size_t *nr, size_t size)
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

bool cfg_fill_too_many(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *node, size_t nr)
{
	if (nr < key->max)
		return false;
	cfg_file_error(fill->file, node->line, node->column, "%s: more than %llu entries", key->name,
		       (unsigned long long)key->max);
	return true;
}

/* Room for one more string and its place. */
static char **grow_strings(struct cfg_fill *fill, struct cfg_strings *list)
{
	void *items = list->items, *places = list->places;
	size_t nr = list->nr;
	void *place = cfg_fill_grow(fill, &places, &nr, sizeof(*list->places));
	char **to;

	list->places = places;
	if (!place)
		return NULL;
	to = cfg_fill_grow(fill, &items, &list->nr, sizeof(char *));
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

		if (cfg_fill_too_many(fill, key, child, list->nr))
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
	const char *unfit = cfg_fill_unfit(name);
	auto_buf struct buf why = BUF_INIT;
	int rc;

	if (name->kind != CFG_NODE_SCALAR)
		return cfg_fill_wrong_kind(fill, key, name, "names before the colons");
	if (unfit)
		return cfg_fill_holds(fill, key, name, "a name ", unfit);
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
		if (cfg_fill_too_many(fill, key, child, *nr))
			return false;
		label = cfg_fill_grow(fill, list, nr, sizeof(*label));
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
