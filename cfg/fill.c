/* SPDX-License-Identifier: GPL-2.0-or-later
 * Fills sections: each key of the map is looked up in the table and read as its shape there asks for. A section may hold
 * sections. Single values are read in fill_value.c, lists of them in fill_list.c.
 */
#include "cfg/fill.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

/* Says of a key that is known but cannot be used yet, or here. */
static void unusable(struct cfg_checker *checker, const struct cfg_key *key, size_t i)
{
	const struct cfg_node *value = checker->seen[i].value;

	if (key->later) {
		cfg_fill_error(checker->fill, checker->seen[i].key, "`%s` is not supported yet", key->name);
		return;
	}
	if (key->identity && checker->fill->defaults)
		cfg_fill_error(checker->fill, checker->seen[i].key,
			       "`%s` can have no default: it is the identity of one domain", key->name);
	if (!strcmp(checker->fill->file->name, CFG_RECORD))
		return;
	for (size_t w = 0; value->kind == CFG_NODE_SCALAR && w < key->nr_words; w++) {
		if (key->words[w].later && !strcmp(key->words[w].name, value->text))
			cfg_fill_error(checker->fill, value, "%s `%s` is not supported yet", key->name, value->text);
	}
}

static bool fill_inner(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		       void *base)
{
	const struct cfg_section *section = key->section;
	unsigned met = fill->file->met;

	if (cfg_node_null(node))
		return cfg_fill_complain(fill, key, name, "needs a value");
	if (node->kind != CFG_NODE_MAP && !(section->shorthand && node->kind == CFG_NODE_SCALAR)) {
		auto_buf struct buf takes = BUF_INIT;

		if (section->shorthand) {
			cfg_value_takes(section->keys, &takes);
			buf_puts(&takes, " or a mapping");
		} else {
			buf_puts(&takes, "a mapping");
		}
		return cfg_fill_wrong_kind(fill, key, node, buf_str(&takes));
	}
	fill->written_as = node->kind == CFG_NODE_SCALAR ? key->name : NULL;
	cfg_fill_section(fill, section, node, base);
	fill->written_as = NULL;
	return fill->file->met == met;
}

static bool fill_items(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		       void *base)
{
	void **list = cfg_field(key, base);
	size_t *nr = (size_t *)((char *)base + key->nr_offset);
	struct cfg_node *child = node->kind == CFG_NODE_LIST ? node->first : node;
	unsigned met = fill->file->met;
	bool defaults = fill->defaults;

	if (cfg_node_null(node))
		return cfg_fill_complain(fill, key, name, "needs a value; without entries, write `[]` or leave it out");
	if (node->kind != CFG_NODE_LIST && !(key->section->shorthand && node->kind == CFG_NODE_SCALAR))
		return cfg_fill_wrong_kind(fill, key, node, key->section->shorthand ?
					   "a list, or one value" : "a list of mappings (`- key: value`)");
	/* Lists are replaced as a whole, so that their entries must be whole. */
	fill->defaults = false;
	for (; child; child = node->kind == CFG_NODE_LIST ? child->next : NULL) {
		struct cfg_node *item = cfg_node_resolve(child);
		void *to;

		if (cfg_fill_too_many(fill, key, child, *nr))
			break;
		if (item->kind != CFG_NODE_MAP && !(key->section->shorthand && item->kind == CFG_NODE_SCALAR)) {
			cfg_fill_wrong_kind(fill, key, item, key->section->shorthand ? "a value or a mapping for each entry" :
					    "a mapping for each entry");
			continue;
		}
		to = cfg_fill_grow(fill, list, nr, key->section->size);
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
		return cfg_fill_list(fill, key, name, node, base);
	case CFG_LABELS:
		return cfg_fill_labels(fill, key, name, node, base);
	}
	return false;
}

static bool fill_key(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		  void *base)
{
	char **text = key->shape == CFG_SCALAR && key->value->text ? cfg_field(key, base) : NULL;
	bool valid;

	if (key->place_at)
		cfg_fill_place(fill, node, (struct cfg_place *)((char *)base + key->place_at));
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

static void take_key(struct cfg_checker *checker, const struct cfg_node *name, struct cfg_node *value, void *base)
{
	const struct cfg_section *section = checker->section;
	const struct cfg_key *key;
	size_t i;

	if (name->kind == CFG_NODE_BAD)
		return;
	if (name->kind != CFG_NODE_SCALAR) {
		cfg_fill_error(checker->fill, name, "a key must be a word");
		return;
	}
	if (name->len >= 2 && !strncmp(name->text, "x-", 2))
		return;
	key = memchr(name->text, '\0', name->len) ? NULL : cfg_section_key(section, name->text, name->len);
	if (!key) {
		cfg_fill_unknown(checker, name);
		return;
	}
	i = (size_t)(key - section->keys);
	if (checker->seen[i].key)
		return;	/* reported by the reader of the tree */
	checker->seen[i].key = name;
	checker->seen[i].value = value;
	checker->seen[i].valid = fill_key(checker->fill, key, name, value, base);
	unusable(checker, key, i);
}

/* Fields whose default is another field's value, once that is known; text is the business of the section's check. */
static void copy_same(struct cfg_checker *checker, void *base)
{
	for (size_t i = 0; i < checker->section->nr; i++) {
		const struct cfg_key *key = &checker->section->keys[i];

		if (key->same_as && !key->value->text && !checker->seen[i].valid)
			memcpy(cfg_field(key, base), (char *)base + key->same_as, key->value->size);
	}
}

/* A section that is not mentioned still has fields that follow others. */
static void fill_absent(struct cfg_checker *checker, void *base)
{
	for (size_t i = 0; i < checker->section->nr; i++) {
		const struct cfg_key *key = &checker->section->keys[i];
		struct cfg_checker inner = { .fill = checker->fill, .section = key->section };

		if (key->shape == CFG_SECTION && !checker->seen[i].key)
			copy_same(&inner, base);
	}
}

void cfg_fill_section(struct cfg_fill *fill, const struct cfg_section *section, struct cfg_node *node, void *base)
{
	struct cfg_checker checker = { .fill = fill, .section = section, .node = node };

	if (node->kind == CFG_NODE_SCALAR) {
		/* The shorthand: the value of the first key. */
		checker.seen[0].key = checker.seen[0].value = node;
		checker.seen[0].valid = cfg_fill_scalar(fill, section->keys, NULL, node, cfg_field(section->keys, base));
	}
	for (struct cfg_node *key = node->first, *value; key; key = value->next) {
		value = key->next;
		if (!value)
			break;
		take_key(&checker, key, cfg_node_resolve(value), base);
	}
	copy_same(&checker, base);
	fill_absent(&checker, base);
	cfg_fill_check(&checker, base);
	if (section->check)
		section->check(&checker, base);
}
