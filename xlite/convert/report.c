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

	report->counts[kind]++;
	if (report->nr_notes >= REPORT_MAX_NOTES)
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

static int compare(const void *left, const void *right)
{
	const struct report_note *a = left, *b = right;

	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	return a->nr < b->nr ? -1 : 1;
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

/* "web1.cfg: 9 keys taken over, 1 left out" */
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

	/* Of a file that is refused only what it is refused for. */
	for (size_t i = refused ? REPORT_GUEST : 0; i < REPORT_NR_KINDS; i++) {
		if (report->counts[i])
			buf_printf(&text, "%s%zu %s", text.len ? ", " : "", report->counts[i], words[i]);
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
	report->notes = NULL;
	report->nr_notes = 0;
}
