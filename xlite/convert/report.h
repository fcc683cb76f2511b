/* SPDX-License-Identifier: GPL-2.0-or-later
 * What became of a file that was converted: notes with their places, in the order of the file.
 */
#ifndef CONVERT_REPORT_H
#define CONVERT_REPORT_H

#include <stdarg.h>

#include "cfg/cfg.h"

#define REPORT_MAX_NOTES 1000	/* of one kind, except of what is lost; further ones are counted only */

/** How much a note says; the first two are shown on request. */
enum report_kind {
	REPORT_TAKEN,		/* became a key of the spec */
	REPORT_NOTHING,		/* means nothing to such a guest, in xl either */
	REPORT_HOST,		/* has no counterpart; the guest does not notice */
	REPORT_UNKNOWN,		/* xl does not know it either, or reads it in another way than it looks */
	REPORT_GUEST,		/* has no counterpart, and the guest would be another */
	REPORT_ERROR,		/* cannot be converted */
	REPORT_NR_KINDS,
};

struct report_note {
	enum report_kind kind;
	struct cfg_place place;
	char *message;
	size_t nr;		/* position among the notes, to sort by */
};

/** Of one file; name and text are the caller's, and outlive it. */
struct report {
	const char *name, *text;
	size_t len;
	struct report_note *notes;
	size_t nr_notes;
	size_t counts[REPORT_NR_KINDS];
	struct cfg_place *keys;		/* where keys begin */
	size_t nr_keys;
	bool failed;		/* out of memory at some point */
};

/** Adds a note. */
void report_note(struct report *report, enum report_kind kind, const struct cfg_place *place, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** The same with a list of arguments. */
void report_vnote(struct report *report, enum report_kind kind, const struct cfg_place *place, const char *fmt,
		  va_list ap) __attribute__((format(printf, 4, 0)));
/** Says where a key begins: the last line counts the notes from here to the next key as one. */
void report_key(struct report *report, const struct cfg_place *place);
/** Whether the file cannot be converted: it has errors or, without force, loses something of its guest. */
bool report_refuses(const struct report *report, bool force);
/** The notes as lines for people, and a last line that counts them. all: also what was taken over or means nothing. */
void report_print(struct report *report, bool all, bool force, struct buf *out);
void report_clear(struct report *report);

#endif
