/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reads single values, as their type in the table asks for.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cfg/fill.h"
#include "common/auto.h"
#include "common/utf8.h"

static const char *const kind_names[] = {
	[CFG_NODE_SCALAR] = "a single value", [CFG_NODE_LIST] = "a list", [CFG_NODE_MAP] = "a mapping",
	[CFG_NODE_ALIAS] = "an alias", [CFG_NODE_BAD] = "this",
};

void cfg_fill_place(const struct cfg_fill *fill, const struct cfg_node *node, struct cfg_place *to)
{
	*to = (struct cfg_place){ .file = fill->file->name, .line = node->line, .column = node->column };
}

void cfg_fill_error(struct cfg_fill *fill, const struct cfg_node *node, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cfg_file_error(fill->file, node->line, node->column, "%s", text);
}

/* name is the node of the key, NULL where there is none (items of lists, shorthands). */
bool cfg_fill_complain(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *at, const char *why)
{
	cfg_file_error(fill->file, at->line, at->column, "%s: %s", fill->written_as ? fill->written_as : key->name, why);
	return false;
}

bool cfg_fill_holds(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *at, const char *what,
		    const char *unfit)
{
	auto_buf struct buf why = BUF_INIT;

	buf_printf(&why, "%sholds %s", what, unfit);
	return cfg_fill_complain(fill, key, at, buf_str(&why));
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

const char *cfg_fill_unfit(const struct cfg_node *node)
{
	uint32_t c;

	for (size_t i = 0; i < node->len; ) {
		i += utf8_step(node->text + i, node->len - i, &c);
		if (utf8_is_control(c) || utf8_is_line_end(c))
			return "a control character";
		if (utf8_is_noncharacter(c))
			return "a character that text does not have";
	}
	return NULL;
}

static bool scalar_wellformed(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name,
			      const struct cfg_node *node)
{
	const char *unfit = cfg_fill_unfit(node);

	if (node->kind != CFG_NODE_SCALAR)
		return cfg_fill_wrong_kind(fill, key, node, NULL);
	if (cfg_node_null(node))
		return cfg_fill_complain(fill, key, name && !node->len ? name : node, "needs a value");
	if (key->value->json != CFG_JSON_STRING && !node->plain)
		return cfg_fill_complain(fill, key, node,
					 key->value->json == CFG_JSON_INTEGER
						 ? "takes a number, not text: remove the quotes"
						 : "takes true or false, not text: remove the quotes");
	if (memchr(node->text, '\n', node->len))
		return cfg_fill_complain(fill, key, node, "must be one line: for long text use `>-`");
	return !unfit || cfg_fill_holds(fill, key, node, "", unfit);
}

bool cfg_fill_scalar(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name,
		     const struct cfg_node *node, void *field)
{
	auto_buf struct buf why = BUF_INIT;
	int rc;

	if (!scalar_wellformed(fill, key, name, node))
		return false;
	/* Their rules have become stricter; what a record holds was printed from a spec that kept those of its time. */
	if (!strcmp(fill->file->name, CFG_RECORD) && (key->value == &cfg_value_domain || key->value == &cfg_value_ip)) {
		fill->failed = fill->failed || cfg_store(field, node->text);
		return !fill->failed;
	}
	rc = key->value->parse(key, node->text, field, &why);
	if (rc == -ENOMEM)
		fill->failed = true;
	return !rc || cfg_fill_complain(fill, key, node, buf_str(&why));
}
