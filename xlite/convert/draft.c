/* SPDX-License-Identifier: GPL-2.0-or-later
 * Writing a draft, and finding one's way back from it.
 */
#include "xlite/convert/draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/utf8.h"

/* ASCII without line ends: bytes are columns. */
static void put(struct draft *draft, const char *text)
{
	buf_puts(&draft->text, text);
	draft->column += (unsigned)strlen(text);
}

static void mark(struct draft *draft, const struct cfg_place *from)
{
	if (draft->nr_marks == draft->room) {
		size_t room = draft->room ? draft->room * 2 : 32;
		struct draft_mark *more = reallocarray(draft->marks, room, sizeof(*more));

		if (!more) {
			draft->failed = true;
			return;
		}
		draft->marks = more;
		draft->room = room;
	}
	draft->marks[draft->nr_marks++] = (struct draft_mark){ draft->line, draft->column, *from, NULL };
}

/* What a spec may have as an escape only. */
static bool needs_escape(uint32_t c)
{
	return utf8_is_control(c) || utf8_is_line_end(c) || utf8_is_space(c) || utf8_is_invisible(c) ||
	       utf8_is_direction(c);
}

/* In double quotes. */
static void put_quoted(struct draft *draft, const char *text)
{
	uint32_t c;

	put(draft, "\"");
	for (size_t left = strlen(text), bytes; left; text += bytes, left -= bytes) {
		char escaped[16];

		bytes = utf8_step(text, left, &c);
		if (c == '"' || c == '\\') {
			put(draft, c == '"' ? "\\\"" : "\\\\");
		} else if (needs_escape(c)) {
			snprintf(escaped, sizeof(escaped), c > 0xffff ? "\\U%08x" : "\\u%04x", c);
			put(draft, escaped);
		} else {
			buf_add(&draft->text, text, bytes);
			draft->column++;
		}
	}
	put(draft, "\"");
}

static void put_key(struct draft *draft, const struct cfg_place *from, const char *key)
{
	mark(draft, from);
	if (!key)
		return;
	put_quoted(draft, key);
	put(draft, ": ");
}

void draft_begin(struct draft *draft)
{
	draft->line = draft->column = 1;
	put(draft, "{");
}

void draft_text(struct draft *draft, const struct cfg_place *from, const char *key, const char *text)
{
	put_key(draft, from, key);
	put_quoted(draft, text);
	put(draft, ", ");
}

void draft_plain(struct draft *draft, const struct cfg_place *from, const char *key, const char *fmt, ...)
{
	char word[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(word, sizeof(word), fmt, ap);
	va_end(ap);
	put_key(draft, from, key);
	put(draft, word);
	put(draft, ", ");
}

void draft_said(struct draft *draft, const char *fmt, ...)
{
	struct draft_mark *last = draft->nr_marks ? &draft->marks[draft->nr_marks - 1] : NULL;
	va_list ap;

	if (!last)
		return;
	free(last->said);
	va_start(ap, fmt);
	if (vasprintf(&last->said, fmt, ap) < 0) {
		last->said = NULL;
		draft->failed = true;
	}
	va_end(ap);
}

void draft_open(struct draft *draft, const struct cfg_place *from, const char *key, char bracket)
{
	put_key(draft, from, key);
	put(draft, (const char[]){ bracket, '\0' });
}

void draft_close(struct draft *draft, char bracket)
{
	put(draft, (const char[]){ bracket, ',', ' ', '\0' });
}

void draft_line(struct draft *draft, unsigned line)
{
	for (; draft->line < line; draft->line++) {
		buf_puts(&draft->text, "\n");
		draft->column = 1;
	}
}

void draft_end(struct draft *draft)
{
	put(draft, "}\n");
	draft->failed = draft->failed || draft->text.failed;
}

const struct draft_mark *draft_mark_at(const struct draft *draft, const struct cfg_place *place)
{
	const struct draft_mark *found = NULL;

	for (size_t i = 0; i < draft->nr_marks; i++) {
		const struct draft_mark *m = &draft->marks[i];

		if (m->line > place->line || (m->line == place->line && m->column > place->column))
			break;
		found = m;
	}
	return found;
}

struct cfg_place draft_from(const struct draft *draft, const struct cfg_place *place)
{
	const struct draft_mark *mark = draft_mark_at(draft, place);

	return mark ? mark->from : (struct cfg_place){ 0 };
}

void draft_clear(struct draft *draft)
{
	buf_clear(&draft->text);
	for (size_t i = 0; i < draft->nr_marks; i++)
		free(draft->marks[i].said);
	free(draft->marks);
	*draft = (struct draft){ 0 };
}
