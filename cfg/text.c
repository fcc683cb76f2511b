/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a text must be before YAML is looked for in it: UTF-8 without control characters, with plain line ends. What may
 * stand in a comment and not in a value is marked here, and refused by the reader where it is part of one (mark.c).
 */
#include "cfg/set.h"

#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define MAX_BAD_LINES 10	/* a binary file should not fill the screen */

/* What is wrong with a character, wherever it stands; NULL if nothing. */
static const char *refused(uint32_t c, char next)
{
	if (!c)
		return "a NUL byte";
	if (c == '\r' && next != '\n')
		return "a carriage return that ends no line";
	if (utf8_is_control(c) && c != '\t' && c != '\n' && c != '\r')
		return "a control character";
	/* YAML 1.1 takes these for line ends, YAML 1.2 and editors do not. */
	if (utf8_is_line_end(c))
		return "a Unicode line separator";
	/* A comment that is shown in another order than it is read can pass for something else. */
	if (utf8_is_direction(c))
		return "a character that changes the direction of text";
	if (utf8_is_noncharacter(c) || c == 0xfeff)
		return "a character that text does not have";
	return NULL;
}

static void complain(struct cfg_file *file, unsigned line, unsigned column, const char *what, uint32_t c)
{
	cfg_file_error(file, line, column, c > 0x7f ? "the text holds %s (U+%04X)" : "the text holds %s (0x%02x)", what, c);
}

static void mark(struct cfg_file *file, struct cfg_mark mark)
{
	struct cfg_mark *more = file->marks;

	/* Grown at powers of two. */
	if (!(file->nr_marks & (file->nr_marks - 1)))
		more = reallocarray(more, file->nr_marks ? file->nr_marks * 2 : 1, sizeof(mark));
	if (!more) {
		file->set->failed = true;
		return;
	}
	file->marks = more;
	file->marks[file->nr_marks++] = mark;
}

/* A `#` behind a blank, with text at once behind it: perhaps a comment, perhaps a part of the value. */
static bool doubtful_comment(const char *at, const char *text)
{
	return *at == '#' && at > text && (at[-1] == ' ' || at[-1] == '\t') && at[1] && !strchr(" \t\r\n#", at[1]);
}

bool cfg_text_check(struct cfg_file *file)
{
	unsigned line = 1, column = 1, behind = 1, bad_lines = 0, last_bad = 0;
	const char *end = file->text + file->len;
	bool record = !strcmp(file->name, CFG_RECORD);

	for (const char *at = file->text; at < end && bad_lines < MAX_BAD_LINES; column++) {
		uint32_t c = (unsigned char)*at;
		int bytes = utf8_decode(at, (size_t)(end - at), &c);
		const char *what = bytes > 0 ? refused(c, at[bytes]) : "bytes that are not UTF-8";

		if (record && bytes > 0 && utf8_is_direction(c))
			what = NULL;
		if (what && last_bad != line) {
			if (bytes > 0)
				complain(file, line, column, what, c);
			else
				cfg_file_error(file, line, column, "the text holds %s (0x%02x)", what, (unsigned char)*at);
			last_bad = line;
			bad_lines++;
		}
		if (!what && !record && (utf8_is_space(c) || utf8_is_invisible(c) || doubtful_comment(at, file->text)))
			mark(file, (struct cfg_mark){ line, column, behind, c });
		if (*at == '\n') {
			line++;
			column = 0;
		}
		if (*at != ' ' && *at != '\t')
			behind = column + 1;
		at += bytes > 0 ? bytes : 1;
	}
	return !bad_lines;
}

/* A line that begins as an assignment of xl's does. */
static bool is_assignment(const char *line)
{
	size_t len = strspn(line, WORD);

	return len && line[len + strspn(line + len, " \t")] == '=';
}

/* One that only YAML has. */
static bool is_yaml(const char *line)
{
	size_t len = strspn(line, WORD);

	return !strncmp(line, "---", 3) || !strncmp(line, "- ", 2) ||
	       (len && line[len] == ':' && strchr(" \r\n", line[len + 1]));
}

unsigned cfg_text_of_xl(const struct cfg_file *file)
{
	unsigned line = 1, first = 0;

	for (const char *at = file->text; at; line++) {
		if (is_yaml(at))
			return 0;
		if (!first && !strchr("#\r\n", at[strspn(at, " \t")])) {
			if (!is_assignment(at))
				return 0;
			first = line;
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return first;
}
