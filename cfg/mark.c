/* SPDX-License-Identifier: GPL-2.0-or-later
 * Characters that nobody can see, and comments that may be part of a value: cfg_text_check has marked where they stand,
 * here those are refused that a value holds.
 */
#include "cfg/tree.h"

#include <stdio.h>

#include "common/utf8.h"

static void refuse(struct cfg_file *file, const struct cfg_mark *mark)
{
	const char *what = utf8_is_space(mark->c) ? "a space that is not the usual one" : "which cannot be seen";
	char escape[16];

	snprintf(escape, sizeof(escape), mark->c > 0xffff ? "\\U%08x" : "\\u%04x", mark->c);
	cfg_file_error(file, mark->line, mark->column, "this is U+%04X, %s: replace it, or write \"%s\" if it is meant",
		       mark->c, what, escape);
}

static uint64_t place(size_t line, size_t column)
{
	return (uint64_t)line << 32 | column;
}

/* The next mark, if it stands before a place. */
static const struct cfg_mark *next_before(const struct cfg_reader *reader, uint64_t end)
{
	const struct cfg_file *file = reader->file;
	const struct cfg_mark *mark;

	if (reader->next_mark >= file->nr_marks)
		return NULL;
	mark = &file->marks[reader->next_mark];
	return place(mark->line, mark->column) < end ? mark : NULL;
}

bool cfg_marks_check(struct cfg_reader *reader, const yaml_event_t *scalar)
{
	size_t line = scalar->end_mark.line + 1, column = scalar->end_mark.column + 1;
	const struct cfg_mark *mark;
	bool sound = true;

	/* Comments, and what stands between values. */
	while (next_before(reader, place(scalar->start_mark.line + 1, scalar->start_mark.column + 1)))
		reader->next_mark++;
	for (; (mark = next_before(reader, place(line, column))); reader->next_mark++) {
		if (mark->c == '#')
			continue;
		refuse(reader->file, mark);
		sound = false;
	}
	mark = next_before(reader, UINT64_MAX);
	if (!mark || mark->c != '#' || !scalar->data.scalar.length || mark->line != line || mark->behind != column ||
	    scalar->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return sound;
	cfg_file_error(reader->file, mark->line, mark->column,
		       "a comment begins here: quote the value if the `#` belongs to it, "
		       "else put a space behind the `#`");
	return false;
}

bool cfg_marks_report(struct cfg_file *file, size_t first, size_t last)
{
	bool any = false;

	for (size_t i = 0; i < file->nr_marks; i++) {
		const struct cfg_mark *mark = &file->marks[i];

		if (mark->c == '#' || mark->line < first || mark->line > last)
			continue;
		refuse(file, mark);
		any = true;
	}
	return any;
}
