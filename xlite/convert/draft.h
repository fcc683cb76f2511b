/* SPDX-License-Identifier: GPL-2.0-or-later
 * A document in the making: YAML in flow style, that remembers for each key the place that it comes from. The
 * language's own parser reads it, so that nothing can be converted to what xlite would refuse, and its errors are shown
 * at the place in the file that was converted.
 */
#ifndef CONVERT_DRAFT_H
#define CONVERT_DRAFT_H

#include "cfg/cfg.h"

struct draft_mark {
	unsigned line, column;		/* in the draft */
	struct cfg_place from;
	char *said;			/* what stands there, for messages; owned, or NULL */
};

struct draft {
	struct buf text;
	unsigned line, column;		/* of its end */
	struct draft_mark *marks;	/* in order */
	size_t nr_marks, room;
	bool failed;			/* out of memory at some point */
};

/** Begins the document. */
void draft_begin(struct draft *draft);
/** key: "text". key is NULL in a list. */
void draft_text(struct draft *draft, const struct cfg_place *from, const char *key, const char *text);
/** key: a number or a word, without quotes. */
void draft_plain(struct draft *draft, const struct cfg_place *from, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** How the file says the key or item that was written last, for messages: "vif: rate=1Gb/s". */
void draft_said(struct draft *draft, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Begins a mapping ({) or a list ([). */
void draft_open(struct draft *draft, const struct cfg_place *from, const char *key, char bracket);
void draft_close(struct draft *draft, char bracket);
/** Goes on in this line, if the draft has not come further: so lines in messages are those of the file. */
void draft_line(struct draft *draft, unsigned line);
void draft_end(struct draft *draft);
/** The key or item that a place of the draft is in; NULL before the first. */
const struct draft_mark *draft_mark_at(const struct draft *draft, const struct cfg_place *place);
/** Where what stands at a place of the draft comes from; line 0: from nowhere in the file. */
struct cfg_place draft_from(const struct draft *draft, const struct cfg_place *place);
void draft_clear(struct draft *draft);

#endif
