/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words: names, texts in quotes, numbers. It takes a little more than xl does: carriage returns before line ends, and a
 * comment in a last line that has no end.
 */
#include "xlite/convert/xl_lex.h"

#include <ctype.h>
#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"
#include "common/utf8.h"

void xl_lex_init(struct xl_lex *lex, struct report *report)
{
	*lex = (struct xl_lex){
		.report = report, .at = report->text, .end = report->text + report->len, .line = 1, .column = 1,
	};
	/* A byte order mark, as editors put it there. */
	if (report->len >= 3 && !memcmp(report->text, "\xef\xbb\xbf", 3))
		lex->at += 3;
}

static size_t left(const struct xl_lex *lex)
{
	return (size_t)(lex->end - lex->at);
}

/* Steps over one character. */
static void step(struct xl_lex *lex)
{
	uint32_t c;

	if (*lex->at == '\n') {
		lex->at++;
		lex->line++;
		lex->column = 1;
		return;
	}
	lex->at += utf8_step(lex->at, left(lex), &c);
	lex->column++;
}

static bool at_line_end(const struct xl_lex *lex)
{
	return lex->at == lex->end || *lex->at == '\n' || (*lex->at == '\r' && (left(lex) == 1 || lex->at[1] == '\n'));
}

/* Blanks, comments, and carriage returns that end a line. */
static void skip_blanks(struct xl_lex *lex)
{
	while (lex->at < lex->end) {
		if (*lex->at == '#')
			while (!at_line_end(lex))
				step(lex);
		else if (*lex->at == ' ' || *lex->at == '\t' || (*lex->at == '\r' && at_line_end(lex)))
			step(lex);
		else
			break;
	}
}

static void bad(struct xl_lex *lex, struct xl_token *token, const struct cfg_place *place, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void bad(struct xl_lex *lex, struct xl_token *token, const struct cfg_place *place, const char *fmt, ...)
{
	va_list ap;

	token->kind = XL_BAD;
	va_start(ap, fmt);
	report_vnote(lex->report, REPORT_ERROR, place, fmt, ap);
	va_end(ap);
}

/* What stands behind a backslash; '\0' for what xl refuses, or reads otherwise than it looks (its numbers). */
static char escape(char c)
{
	static const char from[] = "\"'\\abfnrtv", to[] = "\"'\\\a\b\f\n\r\t\v";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : '\0';
}

static void take_quoted(struct xl_lex *lex, struct xl_token *token)
{
	char quote = *lex->at;

	token->kind = XL_TEXT;
	for (step(lex); !at_line_end(lex) && *lex->at != quote; ) {
		const char *from = lex->at;
		struct cfg_place place = { NULL, lex->line, lex->column };

		step(lex);
		if (*from != '\\') {
			buf_add(&token->text, from, (size_t)(lex->at - from));
			continue;
		}
		if (at_line_end(lex))
			break;
		if (!escape(*lex->at) && token->kind != XL_BAD)
			bad(lex, token, &place, "`\\%.1s` stands for no character; a backslash itself is written `\\\\`",
			    isprint((unsigned char)*lex->at) ? lex->at : "");
		buf_add(&token->text, (const char[]){ escape(*lex->at) }, 1);
		step(lex);
	}
	if (!at_line_end(lex))
		step(lex);
	else if (token->kind != XL_BAD)
		bad(lex, token, &token->place, "the text has no end in this line");
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* A name, a number, or what should have had quotes. */
static void take_word(struct xl_lex *lex, struct xl_token *token)
{
	const char *from = lex->at;
	bool number = isdigit((unsigned char)*from);

	while (lex->at < lex->end && is_word(*lex->at))
		step(lex);
	buf_add(&token->text, from, (size_t)(lex->at - from));
	token->kind = number ? XL_TEXT : XL_NAME;
	if (number && strspn(buf_str(&token->text), "0123456789abcdefx") < token->text.len)
		bad(lex, token, &token->place, "`%s` is not a number, and text needs quotes", buf_str(&token->text));
}

/* What editors and web pages make of blanks and quotes; U+00A0 looks like a blank. */
static void bad_character(struct xl_lex *lex, struct xl_token *token, const char *from)
{
	auto_buf struct buf shown = BUF_INIT;
	uint32_t c;

	utf8_step(from, (size_t)(lex->end - from), &c);
	if (c == 0xa0)
		bad(lex, token, &token->place, "this is a no-break space, U+00A0: write a plain one");
	else if (c >= 0x2018 && c <= 0x201f)
		bad(lex, token, &token->place, "this is a typographic quote, U+%04X: write \" or '", (unsigned)c);
	else if (c != 0xfffd && (utf8_is_space(c) || utf8_is_invisible(c) || utf8_is_direction(c)))
		bad(lex, token, &token->place, "this is U+%04X, which is not seen: remove it", (unsigned)c);
	if (token->kind == XL_BAD)
		return;
	cfg_quote(&shown, from, (size_t)(lex->at - from));
	bad(lex, token, &token->place, *from && strchr("+-*.():%", *from) ?
	    "%s: xm took programs in Python here, xl takes values only" :
	    "%s has no meaning here; text needs quotes", buf_str(&shown));
}

/* "-1" */
static void take_negative(struct xl_lex *lex, struct xl_token *token, const char *from)
{
	while (lex->at < lex->end && is_word(*lex->at))
		step(lex);
	buf_add(&token->text, from, (size_t)(lex->at - from));
	bad(lex, token, &token->place, "`%s`: xl takes no negative numbers here", buf_str(&token->text));
}

static void take_other(struct xl_lex *lex, struct xl_token *token)
{
	static const struct { char c; enum xl_token_kind kind; } marks[] = {
		{ '\n', XL_NEWLINE }, { ';', XL_SEMICOLON }, { ',', XL_COMMA }, { '[', XL_OPEN }, { ']', XL_CLOSE },
		  { '=', XL_SET },
	};
	const char *from = lex->at;

	step(lex);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (*from == marks[i].c) {
			token->kind = marks[i].kind;
			return;
		}
	}
	if (*from == '+' && lex->at < lex->end && *lex->at == '=') {
		step(lex);
		token->kind = XL_ADD;
		return;
	}
	if (*from == '-' && lex->at < lex->end && isdigit((unsigned char)*lex->at))
		take_negative(lex, token, from);
	else
		bad_character(lex, token, from);
}

void xl_lex_next(struct xl_lex *lex, struct xl_token *token)
{
	buf_clear(&token->text);
	skip_blanks(lex);
	token->place = (struct cfg_place){ NULL, lex->line, lex->column };
	if (lex->at == lex->end)
		token->kind = XL_END;
	else if (*lex->at == '"' || *lex->at == '\'')
		take_quoted(lex, token);
	else if (isalnum((unsigned char)*lex->at) || *lex->at == '_')
		take_word(lex, token);
	else
		take_other(lex, token);
	lex->report->failed = lex->report->failed || token->text.failed;
}

bool xl_lex_begins_setting(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end || !(isalpha((unsigned char)*at) || *at == '_'))
		return false;
	while (at < end && is_word(*at))
		at++;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	at += at < end && *at == '+';
	return at < end && *at == '=';
}

void xl_lex_skip(struct xl_lex *lex)
{
	do {
		const char *eol = memchr(lex->at, '\n', left(lex));

		if (!eol) {
			lex->at = lex->end;
			return;
		}
		lex->at = eol + 1;
		lex->line++;
		lex->column = 1;
	} while (!xl_lex_begins_setting(lex->at, lex->end));
}
