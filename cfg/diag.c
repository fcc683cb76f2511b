/* SPDX-License-Identifier: GPL-2.0-or-later
 * Diagnostics: collecting them with the source line they concern, and showing them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/set.h"
#include "common/auto.h"
#include "common/utf8.h"

#define WINDOW 120	/* characters of a long line that are shown */
#define BEFORE 60	/* of these, before the place */

bool cfg_file_full(const struct cfg_file *file)
{
	return file->kept >= CFG_MAX_DIAGS;
}

const char *cfg_text_skip(const char *p, const char *end, unsigned n)
{
	uint32_t c;

	while (n-- && p < end)
		p += utf8_step(p, (size_t)(end - p), &c);
	return p;
}

const char *cfg_file_line(const struct cfg_file *file, unsigned line, const char **end)
{
	const char *p = file->text, *last = p + file->len;

	while (--line && p)
		p = memchr(p, '\n', (size_t)(last - p)) ? (char *)memchr(p, '\n', (size_t)(last - p)) + 1 : NULL;
	if (!p)
		return NULL;
	*end = memchr(p, '\n', (size_t)(last - p));
	*end = *end ? *end : last;
	if (*end > p && (*end)[-1] == '\r')
		--*end;
	return p;
}

/* The part of the line around the column, and where in it the caret goes. */
static char *source_line(const struct cfg_file *file, unsigned line, unsigned column, unsigned *caret)
{
	const char *eol, *p = cfg_file_line(file, line, &eol), *from, *to;

	if (!p)
		return NULL;
	*caret = column;
	from = p;
	if (column > BEFORE + 1 && cfg_text_skip(p, eol, WINDOW) < eol) {
		from = cfg_text_skip(p, eol, column - BEFORE - 1);
		*caret = BEFORE + 1;
	}
	to = cfg_text_skip(from, eol, WINDOW);
	return strndup(from, (size_t)(to - from));
}

char *cfg_source_line(const char *text, size_t len, unsigned line, unsigned column, unsigned *caret)
{
	/* Only read from. */
	const struct cfg_file file = { .text = (char *)(uintptr_t)text, .len = len };

	return source_line(&file, line, column, caret);
}

/* The same fault can be met twice through an alias or defaults. */
static bool known(const struct cfg_file *file, const struct cfg_place *place, const char *message)
{
	const struct cfg_set *set = file->set;

	for (size_t i = set->nr_diags, left = file->kept; i-- && left; ) {
		const struct cfg_diag *diag = &set->diags[i];

		if (diag->file_nr != file->nr)
			continue;
		left--;
		if (diag->place.line == place->line && diag->place.column == place->column && !strcmp(diag->message, message))
			return true;
	}
	return false;
}

/* Takes message over. */
static void add(struct cfg_file *file, unsigned line, unsigned column, char *message)
{
	struct cfg_set *set = file->set;
	struct cfg_diag *diags = NULL,
			diag = { .place = { file->name, line, column }, .message = message, .file_nr = file->nr };

	/* Grown at powers of two. */
	if (message && !(set->nr_diags & (set->nr_diags - 1)))
		diags = reallocarray(set->diags, set->nr_diags ? set->nr_diags * 2 : 1, sizeof(*diags));
	else if (message)
		diags = set->diags;
	if (!diags) {
		free(message);
		set->failed = true;
		return;
	}
	if (line && file->text)
		diag.source = source_line(file, line, column, &diag.caret);
	set->diags = diags;
	set->diags[set->nr_diags++] = diag;
	file->kept++;
}

void cfg_file_count(struct cfg_file *file)
{
	file->met++;
	file->errors++;
}

void cfg_file_error(struct cfg_file *file, unsigned line, unsigned column, const char *fmt, ...)
{
	struct cfg_place place = { file->name, line, column };
	char *message = NULL;
	va_list ap;

	if (file->cut.line && (line > file->cut.line || (line == file->cut.line && column >= file->cut.column)))
		return;
	cfg_file_count(file);
	if (cfg_file_full(file))
		return;
	if (file->kept == CFG_MAX_DIAGS - 1) {
		add(file, line, column, strdup("too many errors: from here on they are not shown"));
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&message, fmt, ap) < 0)
		message = NULL;
	va_end(ap);
	if (message && known(file, &place, message)) {
		free(message);
		file->errors--;
		return;
	}
	add(file, line, column, message);
}

static int compare(const void *left, const void *right)
{
	const struct cfg_diag *a = left, *b = right;

	if (a->file_nr != b->file_nr)
		return a->file_nr < b->file_nr ? -1 : 1;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	return strcmp(a->message, b->message);
}

void cfg_diags_sort(struct cfg_set *set)
{
	if (set->nr_diags)
		qsort(set->diags, set->nr_diags, sizeof(*set->diags), compare);
}

size_t cfg_set_diags(const struct cfg_set *set, const struct cfg_diag **diags)
{
	*diags = set->diags;
	return set->nr_diags;
}
