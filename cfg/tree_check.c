/* SPDX-License-Identifier: GPL-2.0-or-later
 * Faults of YAML itself: keys that stand twice, and what libyaml could not read, in words that help.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/tree.h"
#include "cfg/value.h"
#include "common/auto.h"

static int by_text(const void *left, const void *right)
{
	const struct cfg_node *a = *(struct cfg_node *const *)left, *b = *(struct cfg_node *const *)right;
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	if (order || a->len != b->len)
		return order ? order : a->len < b->len ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

int cfg_node_repeated(struct cfg_file *file, const struct cfg_node *map)
{
	auto_free struct cfg_node **keys = NULL;
	size_t nr = 0;

	for (const struct cfg_node *key = map->first; key; key = key->next ? key->next->next : NULL)
		nr++;
	keys = calloc(nr + 1, sizeof(struct cfg_node *));
	if (!keys)
		return -ENOMEM;
	nr = 0;
	for (struct cfg_node *key = map->first; key; key = key->next ? key->next->next : NULL) {
		if (key->kind == CFG_NODE_SCALAR)
			keys[nr++] = key;
	}
	qsort(keys, nr, sizeof(struct cfg_node *), by_text);
	for (size_t i = 1, first = 0; i < nr; i++) {
		auto_buf struct buf name = BUF_INIT;

		if (keys[i]->len != keys[first]->len || memcmp(keys[i]->text, keys[first]->text, keys[i]->len)) {
			first = i;
			continue;
		}
		cfg_quote(&name, keys[i]->text, keys[i]->len);
		cfg_file_error(file, keys[i]->line, keys[i]->column, "key %s is repeated; it stands in line %u already",
			       buf_str(&name), keys[first]->line);
	}
	return 0;
}

/* What libyaml says, whether the place where it began to go wrong is the useful one, and what we say. */
static const struct {
	const char *problem, *context;
	bool at_context;
	const char *message;
} phrases[] = {
	{ "found unexpected end of stream", "quoted scalar", true, "the quote that begins here is never closed" },
	{ "found unexpected document indicator", "quoted scalar", true,
	  "the quote that begins here is not closed in its document" },
	{ "did not find expected ',' or ']'", "flow sequence", true,
	  "the list that begins here is never closed: `,` or `]` is missing" },
	{ "did not find expected ',' or '}'", "flow mapping", true,
	  "the mapping that begins here is never closed: `,` or `}` is missing" },
	{ "could not find expected ':'", "simple key", true, "this line is not of the form `key: value`" },
	{ "mapping values are not allowed in this context", "", false,
	  "a `:` is not possible here: does the line before lack its own, or is this one indented wrongly?" },
	{ "did not find expected key", "block mapping", false,
	  "this does not fit the mapping above it: indentation, or text behind a closing quote?" },
	{ "did not find expected '-' indicator", "", false, "this does not fit the list above it: is it indented wrongly?" },
	{ "block sequence entries are not allowed in this context", "", false, "a list cannot begin here" },
	{ "found character that cannot start any token", "", false,
	  "no value can begin with this character: quote it (tabs cannot indent)" },
	{ "found a tab character that violates indentation", "", false, "tabs cannot indent: use spaces" },
	{ "found unknown escape character", "", false,
	  "this is no escape sequence: in double quotes \\ must be doubled, in single quotes it needs nothing" },
	{ "did not find expected alphabetic or numeric character", "alias", false,
	  "an alias needs a name: quote the `*` if it is text" },
	{ "did not find expected alphabetic or numeric character", "anchor", false,
	  "an anchor needs a name: quote the `&` if it is text" },
	{ "did not find expected <document start>", "", false, "a document was expected to begin here, with `---`" },
	{ "found undefined tag handle", "", false, "tags are not part of the language" },
};

void cfg_yaml_error(struct cfg_file *file, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	const char *context = parser->context ? parser->context : "";
	const yaml_mark_t *mark = &parser->problem_mark;

	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
		if (strcmp(phrases[i].problem, problem) || !strstr(context, phrases[i].context))
			continue;
		if (phrases[i].at_context)
			mark = &parser->context_mark;
		cfg_file_error(file, (unsigned)mark->line + 1, (unsigned)mark->column + 1, "%s", phrases[i].message);
		return;
	}
	cfg_file_error(file, (unsigned)mark->line + 1, (unsigned)mark->column + 1, "not YAML: %s%s%s", problem,
		       *context ? " " : "", context);
}
