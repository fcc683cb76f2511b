/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reads the value of one key, as its shape and type in the table ask for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/fill.h"
#include "common/auto.h"

static const char *const kind_names[] = {
	[CFG_NODE_SCALAR] = "a single value", [CFG_NODE_LIST] = "a list", [CFG_NODE_MAP] = "a mapping",
	[CFG_NODE_ALIAS] = "an alias", [CFG_NODE_BAD] = "this",
};

static void place(const struct cfg_fill *fill, const struct cfg_node *node, struct cfg_place *to)
{
	*to = (struct cfg_place){ .file = fill->file->name, .line = node->line, .column = node->column };
}

/* name is the node of the key, NULL where there is none (items of lists, shorthands). */
static bool complain(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *at, const char *why)
{
	cfg_file_error(fill->file, at->line, at->column, "%s: %s", fill->written_as ? fill->written_as : key->name, why);
	return false;
}

/* "takes X, not Y" */
static bool wrong_kind(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *node, const char *takes)
{
	auto_buf struct buf why = BUF_INIT;

	if (node->kind == CFG_NODE_BAD || cfg_file_full(fill->file)) {
		fill->file->errors += node->kind != CFG_NODE_BAD;
		return false;
	}
	buf_puts(&why, "takes ");
	if (takes)
		buf_puts(&why, takes);
	else
		cfg_value_takes(key, &why);
	buf_printf(&why, ", not %s", kind_names[node->kind]);
	return complain(fill, key, node, buf_str(&why));
}

/* Escapes in double quotes can still make control characters and line ends. */
static bool has_control(const struct cfg_node *node)
{
	for (size_t i = 0; i < node->len; i++) {
		const unsigned char *c = (const unsigned char *)node->text + i;

		if (*c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0) ||
		    !strncmp((const char *)c, "\xe2\x80\xa8", 3) || !strncmp((const char *)c, "\xe2\x80\xa9", 3))
			return true;
	}
	return false;
}

static bool scalar_wellformed(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name,
			      const struct cfg_node *node)
{
	if (node->kind != CFG_NODE_SCALAR)
		return wrong_kind(fill, key, node, NULL);
	if (cfg_node_null(node))
		return complain(fill, key, name && !node->len ? name : node, "needs a value");
	if (key->value->json != CFG_JSON_STRING && !node->plain)
		return complain(fill, key, node, key->value->json == CFG_JSON_INTEGER ? "takes a number, not text: remove the quotes" :
				"takes true or false, not text: remove the quotes");
	if (has_control(node)) {
		return complain(fill, key, node, memchr(node->text, '\n', node->len) ?
				"must be one line: for long text use `>-`" : "holds a control character");
	}
	return true;
}

bool cfg_fill_scalar(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name,
		     const struct cfg_node *node, void *field)
{
	auto_buf struct buf why = BUF_INIT;
	int rc;

	if (!scalar_wellformed(fill, key, name, node))
		return false;
	rc = key->value->parse(key, node->text, field, &why);
	if (rc == -ENOMEM)
		fill->failed = true;
	return !rc || complain(fill, key, node, buf_str(&why));
}

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

static bool fill_items(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		       void *base)
{
	void **list = cfg_field(key, base);
	size_t *nr = (size_t *)((char *)base + key->nr_offset);
	unsigned errors = fill->file->errors;

	if (cfg_node_null(node))
		return complain(fill, key, name, "needs a value; without entries, write `[]` or leave it out");
	if (node->kind != CFG_NODE_LIST)
		return wrong_kind(fill, key, node, "a list of mappings (`- key: value`)");
	for (struct cfg_node *child = node->first; child; child = child->next) {
		struct cfg_node *item = cfg_node_resolve(child);
		void *to;

		if (too_many(fill, key, child, *nr))
			return false;
		if (item->kind != CFG_NODE_MAP) {
			wrong_kind(fill, key, item, "a mapping for each entry");
			continue;
		}
		to = grow(fill, list, nr, key->section->size);
		if (!to || cfg_section_defaults(key->section, to)) {
			fill->failed = true;
			return false;
		}
		/* Places come first in every item. */
		place(fill, child, to);
		cfg_fill_section(fill, key->section, item, to);
	}
	return fill->file->errors == errors;
}

static bool fill_list(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		      void *base)
{
	struct cfg_strings *list = cfg_field(key, base);
	struct cfg_node *child = node->kind == CFG_NODE_LIST ? node->first : node;
	bool valid = true;

	if (node->kind == CFG_NODE_MAP)
		return wrong_kind(fill, key, node, "a list of values, or one");
	for (; child; child = node->kind == CFG_NODE_LIST ? child->next : NULL) {
		void *items = list->items;
		void *to;

		if (too_many(fill, key, child, list->nr))
			return false;
		to = grow(fill, &items, &list->nr, sizeof(char *));
		list->items = items;
		if (!to)
			return false;
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
		return wrong_kind(fill, key, name, "names before the colons");
	if (has_control(name))
		return complain(fill, key, name, "a name holds a control character");
	rc = cfg_value_label_name.parse(key, name->text, &label->name, &why);
	if (rc == -EINVAL)
		return complain(fill, key, name, buf_str(&why));
	fill->failed = fill->failed || rc;
	return !rc && cfg_fill_scalar(fill, key, name, value, &label->value);
}

static bool fill_labels(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
			void *base)
{
	void **list = cfg_field(key, base);
	size_t *nr = (size_t *)((char *)base + key->nr_offset);
	bool valid = true;

	if (cfg_node_null(node))
		return complain(fill, key, name, "needs a value");
	if (node->kind != CFG_NODE_MAP)
		return wrong_kind(fill, key, node, "a mapping of names to values");
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

static bool fill_inner(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		       void *base)
{
	const struct cfg_section *section = key->section;
	unsigned errors = fill->file->errors;

	if (cfg_node_null(node))
		return complain(fill, key, name, "needs a value");
	if (node->kind != CFG_NODE_MAP && !(section->shorthand && node->kind == CFG_NODE_SCALAR)) {
		auto_buf struct buf takes = BUF_INIT;

		if (section->shorthand) {
			cfg_value_takes(section->keys, &takes);
			buf_puts(&takes, " or a mapping");
		} else {
			buf_puts(&takes, "a mapping");
		}
		return wrong_kind(fill, key, node, buf_str(&takes));
	}
	fill->written_as = node->kind == CFG_NODE_SCALAR ? key->name : NULL;
	cfg_fill_section(fill, section, node, base);
	fill->written_as = NULL;
	return fill->file->errors == errors;
}

static bool fill_value(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		       void *base)
{
	int ignored;

	switch (key->shape) {
	case CFG_SCALAR:
		return cfg_fill_scalar(fill, key, name, node, cfg_field(key, base));
	case CFG_SUGAR:
	case CFG_KIND:
		return cfg_fill_scalar(fill, key, name, node, &ignored);
	case CFG_SECTION:
		return fill_inner(fill, key, name, node, base);
	case CFG_ITEMS:
		return fill_items(fill, key, name, node, base);
	case CFG_LIST:
		return fill_list(fill, key, name, node, base);
	case CFG_LABELS:
		return fill_labels(fill, key, name, node, base);
	}
	return false;
}

bool cfg_fill_key(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		  void *base)
{
	char **text = key->shape == CFG_SCALAR && key->value->text ? cfg_field(key, base) : NULL;
	bool valid;

	if (key->place_at)
		place(fill, node, (struct cfg_place *)((char *)base + key->place_at));
	/* Two keys of a group share a field: the first stays, the conflict is reported later. */
	if (text && *text) {
		char *first = *text;

		*text = NULL;
		valid = fill_value(fill, key, name, node, base);
		free(*text);
		*text = first;
		return valid;
	}
	valid = fill_value(fill, key, name, node, base);
	if (valid && key->choice_at)
		*(int *)((char *)base + key->choice_at) = key->choice;
	if (valid && key->given_at)
		*((bool *)base + key->given_at) = true;
	return valid;
}
