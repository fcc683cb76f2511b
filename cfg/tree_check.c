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

enum where { AT_PROBLEM, AT_CONTEXT /* where it began to go wrong */, AT_OPEN /* where the open collection begins */ };

/* What libyaml says, which place is the useful one, and what we say. */
static const struct {
	const char *problem, *context;
	enum where where;
	const char *message;
} phrases[] = {
	{ "found unexpected end of stream", "quoted scalar", AT_CONTEXT, "the quote that begins here is never closed" },
	{ "found unexpected document indicator", "quoted scalar", AT_CONTEXT,
	  "the quote that begins here is not closed in its document" },
	{ "did not find expected ',' or ']'", "flow sequence", AT_CONTEXT,
	  "the list that begins here is never closed: `,` or `]` is missing" },
	{ "did not find expected ',' or '}'", "flow mapping", AT_CONTEXT,
	  "the mapping that begins here is never closed: `,` or `}` is missing" },
	{ "did not find expected node content", "flow node", AT_OPEN,
	  "in the list or mapping that begins here a value is missing, or it is never closed" },
	{ "could not find expected ':'", "simple key", AT_CONTEXT, "this line is not of the form `key: value`" },
	{ "mapping values are not allowed in this context", "", AT_PROBLEM,
	  "a `:` is not possible here: does the line before lack its own, or is this one indented wrongly?" },
	{ "did not find expected key", "block mapping", AT_PROBLEM,
	  "this does not fit the mapping above it: indentation, or text behind a closing quote?" },
	{ "did not find expected '-' indicator", "", AT_PROBLEM,
	  "this does not fit the list above it: is it indented wrongly?" },
	{ "block sequence entries are not allowed in this context", "", AT_PROBLEM, "a list cannot begin here" },
	{ "found character that cannot start any token", "", AT_PROBLEM,
	  "no value can begin with this character: quote it (tabs cannot indent)" },
	{ "found a tab character that violates indentation", "", AT_PROBLEM, "tabs cannot indent: use spaces" },
	{ "found unknown escape character", "", AT_PROBLEM,
	  "this is not an escape sequence: in double quotes \\ must be doubled, in single quotes it needs nothing" },
	{ "did not find expected alphabetic or numeric character", "alias", AT_PROBLEM,
	  "an alias needs a name: quote the `*` if it is text" },
	{ "did not find expected alphabetic or numeric character", "anchor", AT_PROBLEM,
	  "an anchor needs a name: quote the `&` if it is text" },
	{ "did not find expected <document start>", "", AT_PROBLEM,
	  "a document was expected to begin here, with `---`" },
	{ "found undefined tag handle", "", AT_PROBLEM, "tags are not part of the language" },
};

/* Has later errors behind this place dropped: they would be about what is not there. */
static void cut(struct cfg_file *file, size_t line, size_t column)
{
	file->cut.line = (unsigned)line + 1;
	file->cut.column = (unsigned)column + 1;
}

static void report(struct cfg_file *file, size_t line, size_t column, const char *message)
{
	cfg_file_error(file, (unsigned)line + 1, (unsigned)column + 1, "%s", message);
	cut(file, line, column);
}

/* `cmdline: foo: bar`: the place is that of a second colon, behind a value that begins in its line. */
static bool second_colon(const struct cfg_file *file, const yaml_mark_t *mark)
{
	const char *end, *line = cfg_file_line(file, (unsigned)mark->line + 1, &end);
	const char *colon = line ? strstr(line, ": ") : NULL;
	const char *at = line ? cfg_text_skip(line, end, (unsigned)mark->column) : NULL;

	return colon && colon < at && colon[2 + strspn(colon + 2, " ")] != '#' && colon + 2 + strspn(colon + 2, " ") < at;
}

/* What is invisible in the lines that libyaml could not read is the cause, most likely. */
static bool report_marks(struct cfg_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	size_t last = parser->problem_mark.line, first = parser->context ? parser->context_mark.line : last;

	if (!cfg_marks_report(reader->file, (first < last ? first : last) + 1, last + 1))
		return false;
	cut(reader->file, first < last ? first : last, 0);
	return true;
}

void cfg_yaml_error(struct cfg_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	const char *context = parser->context ? parser->context : "";
	const struct cfg_node *open = reader->depth ? reader->open[reader->depth - 1] : NULL;
	auto_buf struct buf text = BUF_INIT;

	if (report_marks(reader))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
		const yaml_mark_t *mark = phrases[i].where == AT_CONTEXT ? &parser->context_mark : &parser->problem_mark;

		if (strcmp(phrases[i].problem, problem) || !strstr(context, phrases[i].context))
			continue;
		if (phrases[i].where == AT_PROBLEM && *problem == 'm' && second_colon(reader->file, mark))
			report(reader->file, mark->line, mark->column,
			       "a second `: ` in one line: quote the value if it is text");
		else if (phrases[i].where == AT_OPEN && open)
			report(reader->file, open->line - 1, open->column - 1, phrases[i].message);
		else
			report(reader->file, mark->line, mark->column, phrases[i].message);
		return;
	}
	buf_printf(&text, "not YAML: %s%s%s", problem, *context ? " " : "", context);
	report(reader->file, parser->problem_mark.line, parser->problem_mark.column, buf_str(&text));
}
