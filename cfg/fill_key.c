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

void cfg_fill_place(const struct cfg_fill *fill, const struct cfg_node *node, struct cfg_place *to)
{
	*to = (struct cfg_place){ .file = fill->file->name, .line = node->line, .column = node->column };
}

/* name is the node of the key, NULL where there is none (items of lists, shorthands). */
bool cfg_fill_complain(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *at, const char *why)
{
	cfg_file_error(fill->file, at->line, at->column, "%s: %s", fill->written_as ? fill->written_as : key->name, why);
	return false;
}

/* "takes X, not Y" */
bool cfg_fill_wrong_kind(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *node, const char *takes)
{
	auto_buf struct buf why = BUF_INIT;

	if (node->kind == CFG_NODE_BAD || cfg_file_full(fill->file)) {
		if (node->kind != CFG_NODE_BAD)
			cfg_file_count(fill->file);
		return false;
	}
	buf_puts(&why, "takes ");
	if (takes)
		buf_puts(&why, takes);
	else
		cfg_value_takes(key, &why);
	buf_printf(&why, ", not %s", kind_names[node->kind]);
	return cfg_fill_complain(fill, key, node, buf_str(&why));
}

/* Escapes in double quotes can still make control characters and line ends. */
bool cfg_fill_has_control(const struct cfg_node *node)
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
		return cfg_fill_wrong_kind(fill, key, node, NULL);
	if (cfg_node_null(node))
		return cfg_fill_complain(fill, key, name && !node->len ? name : node, "needs a value");
	if (key->value->json != CFG_JSON_STRING && !node->plain)
		return cfg_fill_complain(fill, key, node, key->value->json == CFG_JSON_INTEGER ? "takes a number, not text: remove the quotes" :
				"takes true or false, not text: remove the quotes");
	if (cfg_fill_has_control(node)) {
		return cfg_fill_complain(fill, key, node, memchr(node->text, '\n', node->len) ?
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
	return !rc || cfg_fill_complain(fill, key, node, buf_str(&why));
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
		return cfg_fill_items(fill, key, name, node, base);
	case CFG_LIST:
		return cfg_fill_list(fill, key, name, node, base);
	case CFG_LABELS:
		return cfg_fill_labels(fill, key, name, node, base);
	}
	return false;
}

bool cfg_fill_key(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
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
