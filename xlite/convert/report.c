/* SPDX-License-Identifier: GPL-2.0-or-later
 * Notes: collecting and printing them.
 */
#include "xlite/convert/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

void report_vnote(struct report *report, enum report_kind kind, const struct cfg_place *place, const char *fmt, va_list ap)
{
	struct report_note note = { .kind = kind, .place = *place, .nr = report->nr_notes }, *more = report->notes;

	/* What is lost has as many notes as the file has values or elements: those are bounded. */
	if (report->counts[kind]++ >= REPORT_MAX_NOTES && kind != REPORT_GUEST)
		return;
	/* Grown at powers of two. */
	if (!(report->nr_notes & (report->nr_notes - 1)))
		more = reallocarray(more, report->nr_notes ? report->nr_notes * 2 : 1, sizeof(note));
	if (more)
		report->notes = more;
	if (!more || vasprintf(&note.message, fmt, ap) < 0) {
		report->failed = true;
		return;
	}
	note.place.file = report->name;
	report->notes[report->nr_notes++] = note;
}

void report_note(struct report *report, enum report_kind kind, const struct cfg_place *place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_vnote(report, kind, place, fmt, ap);
	va_end(ap);
}

bool report_refuses(const struct report *report, bool force)
{
	return report->counts[REPORT_ERROR] || (report->counts[REPORT_GUEST] && !force);
}

void report_key(struct report *report, const struct cfg_place *place)
{
	struct cfg_place *more = reallocarray(report->keys, report->nr_keys + 1, sizeof(*more));

	if (!more) {
		report->failed = true;
		return;
	}
	report->keys = more;
	report->keys[report->nr_keys++] = *place;
}

static int compare_places(const struct cfg_place *a, const struct cfg_place *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

static int compare(const void *left, const void *right)
{
	const struct report_note *a = left, *b = right;
	int order = compare_places(&a->place, &b->place);

	return order ? order : a->nr < b->nr ? -1 : 1;
}

static void print_note(const struct report *report, const struct report_note *note, bool error, struct buf *out)
{
	struct cfg_diag diag = { .place = note->place, .message = note->message,
		.warning = note->kind > REPORT_NOTHING && !error };
	auto_free char *source = NULL;

	if (error && note->place.line)
		source = cfg_source_line(report->text, report->len, note->place.line, note->place.column, &diag.caret);
	diag.source = source;
	cfg_diag_print(&diag, out);
}

/* The key that a note is about, which is the last one that begins before it; without keys each place is one. */
static const struct cfg_place *key_of(const struct report *report, const struct report_note *note)
{
	const struct cfg_place *found = NULL;

	for (size_t i = 0; i < report->nr_keys; i++) {
		const struct cfg_place *key = &report->keys[i];

		if (compare_places(key, &note->place) <= 0 && (!found || compare_places(key, found) > 0))
			found = key;
	}
	return found ? found : &note->place;
}

/* What became of a key, of two notes on it: one that was taken over is that in spite of a remark. */
static enum report_kind add_up(enum report_kind a, enum report_kind b)
{
	enum report_kind worse = a > b ? a : b;

	return worse < REPORT_GUEST && (a == REPORT_TAKEN || b == REPORT_TAKEN) ? REPORT_TAKEN : worse;
}

/* The keys by what became of them; what is missing in the file is none. The notes are in order. */
static void count_keys(const struct report *report, size_t counts[REPORT_NR_KINDS])
{
	for (size_t i = 0, next; i < report->nr_notes; i = next) {
		const struct cfg_place *key = key_of(report, &report->notes[i]);
		enum report_kind kind = report->notes[i].kind;

		for (next = i + 1; next < report->nr_notes; next++) {
			if (!key->line || compare_places(key_of(report, &report->notes[next]), key))
				break;
			kind = add_up(kind, report->notes[next].kind);
		}
		if (key->line || kind >= REPORT_GUEST)
			counts[kind]++;
	}
	/* There may be more notes than are kept. */
	for (size_t kind = REPORT_GUEST; kind < REPORT_NR_KINDS; kind++) {
		if (!counts[kind])
			counts[kind] = report->counts[kind];
	}
}

/* "web1.cfg: 9 taken over, 1 lost" */
static void print_counts(const struct report *report, bool force, struct buf *out)
{
	static const char *const words[] = {
		[REPORT_TAKEN] = "taken over", [REPORT_NOTHING] = "without a meaning for such a guest",
		[REPORT_HOST] = "without a counterpart", [REPORT_UNKNOWN] = "in doubt",
		[REPORT_GUEST] = "lost", [REPORT_ERROR] = "wrong",
	};
	auto_buf struct buf text = BUF_INIT;
	struct cfg_diag diag = { .place.file = report->name };
	bool refused = report_refuses(report, force);
	size_t counts[REPORT_NR_KINDS] = { 0 };

	count_keys(report, counts);
	/* Of a file that is refused only what it is refused for. */
	for (size_t i = refused ? REPORT_GUEST : 0; i < REPORT_NR_KINDS; i++) {
		if (counts[i])
			buf_printf(&text, "%s%zu %s", text.len ? ", " : "", counts[i], words[i]);
	}
	if (refused)
		buf_printf(&text, "%snot converted%s", text.len ? ": " : "", report->counts[REPORT_ERROR] ? "" :
			   " without --force");
	diag.message = text.data;
	if (text.len && !text.failed)
		cfg_diag_print(&diag, out);
	out->failed = out->failed || text.failed;
}

void report_print(struct report *report, bool all, bool force, struct buf *out)
{
	if (report->nr_notes)
		qsort(report->notes, report->nr_notes, sizeof(*report->notes), compare);
	for (size_t i = 0; i < report->nr_notes; i++) {
		const struct report_note *note = &report->notes[i];
		bool error = note->kind == REPORT_ERROR || (note->kind == REPORT_GUEST && !force);

		if (all || note->kind > REPORT_NOTHING)
			print_note(report, note, error, out);
	}
	print_counts(report, force, out);
}

void report_clear(struct report *report)
{
	for (size_t i = 0; i < report->nr_notes; i++)
		free(report->notes[i].message);
	free(report->notes);
	free(report->keys);
	report->notes = NULL;
	report->keys = NULL;
	report->nr_keys = 0;
	report->nr_notes = 0;
}
