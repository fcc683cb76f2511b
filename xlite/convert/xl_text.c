/* SPDX-License-Identifier: GPL-2.0-or-later
 * Files that are none of xl's at all, which are said to be that once instead of line by line.
 */
#include <ctype.h>
#include <string.h>

#include "xlite/convert/xl_file.h"
#include "xlite/convert/xl_lex.h"

struct line {
	const char *at, *end;
	unsigned number;
};

/* The next line that has more than blanks and a comment. */
static bool next_line(const struct report *report, struct line *line)
{
	const char *end = report->text + report->len;

	for (const char *at = line->end; at && at < end; at = line->end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));

		*line = (struct line){ at, eol ? eol + 1 : end, line->number + 1 };
		while (line->at < line->end && strchr(" \t\r\n", *line->at) && *line->at)
			line->at++;
		if (line->at < line->end && *line->at != '#')
			return true;
	}
	return false;
}

/* "key:" with a blank or nothing behind it. */
static bool is_yaml_key(const struct line *line)
{
	const char *at = line->at;

	while (at < line->end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	if (at == line->at || at == line->end || *at != ':')
		return false;
	at++;
	return at == line->end || isspace((unsigned char)*at);
}

/* What a text is that has no setting; NULL: it looks as if it were xl's. */
static const char *language_of(const struct line *first)
{
	size_t len = (size_t)(first->end - first->at);

	if (*first->at == '{' || *first->at == '[')
		return "JSON";
	if ((len >= 3 && !memcmp(first->at, "---", 3)) || (len >= 5 && !memcmp(first->at, "%YAML", 5)) || is_yaml_key(first))
		return "YAML";
	return NULL;
}

static bool is_utf16(const struct report *report)
{
	const char *text = report->text;

	if (report->len < 2)
		return false;
	return !memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2) || !*text != !text[1];
}

bool xl_text_check(struct report *report)
{
	bool bom = report->len >= 3 && !memcmp(report->text, "\xef\xbb\xbf", 3);
	struct line line = { .end = report->text + (bom ? 3 : 0) }, first;
	struct cfg_place place = { 0 };
	const char *language;
	bool settings = false;

	if (is_utf16(report)) {
		report_note(report, REPORT_ERROR, &place, "the file is UTF-16, and xl reads UTF-8: "
			    "iconv -f UTF-16 -t UTF-8 converts it");
		return true;
	}
	if (!next_line(report, &line))
		return false;
	first = line;
	do
		settings = settings || xl_lex_begins_setting(line.at, line.end);
	while (!settings && next_line(report, &line));
	language = settings ? NULL : language_of(&first);
	if (!language)
		return false;
	place = (struct cfg_place){ .line = first.number, .column = 1 };
	report_note(report, REPORT_ERROR, &place, "this is %s, not a file of xl%s", language,
		    language[0] == 'Y' ? "; specs of xlite need no conversion" : "");
	return true;
}
