/* SPDX-License-Identifier: GPL-2.0-or-later
 * The words of a file of xl's.
 */
#ifndef CONVERT_XL_LEX_H
#define CONVERT_XL_LEX_H

#include "xlite/convert/report.h"

enum xl_token_kind {
	XL_END, XL_NEWLINE, XL_SEMICOLON, XL_COMMA, XL_OPEN, XL_CLOSE, XL_SET, XL_ADD,
	XL_NAME,	/* text: as it stands */
	XL_TEXT,	/* text: a quoted string without quotes and escapes, or a number as it stands */
	XL_BAD,		/* was noted as an error */
};

struct xl_token {
	enum xl_token_kind kind;
	struct cfg_place place;
	struct buf text;
};

struct xl_lex {
	struct report *report;
	const char *at, *end;
	unsigned line, column;		/* of at */
};

void xl_lex_init(struct xl_lex *lex, struct report *report);
/** The next word; token's buffer is used again. */
void xl_lex_next(struct xl_lex *lex, struct xl_token *token);
/** Whether the line at the place begins with `name =`. */
bool xl_lex_begins_setting(const char *at, const char *end);
/** Goes on to the next line that looks as if it began a setting: `name =`. */
void xl_lex_skip(struct xl_lex *lex);

#endif
