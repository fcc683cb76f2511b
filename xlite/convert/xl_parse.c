/* SPDX-License-Identifier: GPL-2.0-or-later
 * Settings: `key = value` and `key += value`, with line ends or semicolons between.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/utf8.h"
#include "xlite/convert/xl_file.h"
#include "xlite/convert/xl_lex.h"

struct parser {
	struct xl_lex lex;
	struct xl_token token;		/* the one that is looked at */
	struct xl_file *file;
	struct report *report;
};

static void next(struct parser *parser)
{
	xl_lex_next(&parser->lex, &parser->token);
}

/* Notes what is wrong about the token; false. Of a bad one it is known already. */
static bool wrong(struct parser *parser, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(struct parser *parser, const char *fmt, ...)
{
	va_list ap;

	if (parser->token.kind == XL_BAD)
		return false;
	va_start(ap, fmt);
	report_vnote(parser->report, REPORT_ERROR, &parser->token.place, fmt, ap);
	va_end(ap);
	return false;
}

static void value_clear(struct xl_value *value)
{
	for (size_t i = 0; i < value->nr; i++)
		value_clear(&value->items[i]);
	free(value->items);
	free(value->text);
	*value = (struct xl_value){ 0 };
}

/* Takes item over in any case. */
static bool list_add(struct xl_value *list, struct xl_value *item)
{
	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 4;
		struct xl_value *more = reallocarray(list->items, room, sizeof(*more));

		if (!more) {
			value_clear(item);
			return false;
		}
		list->items = more;
		list->room = room;
	}
	list->items[list->nr++] = *item;
	return true;
}

static void skip_newlines(struct parser *parser)
{
	while (parser->token.kind == XL_NEWLINE)
		next(parser);
}

/* What a name without quotes was probably meant to be. */
static bool unquoted(struct parser *parser, const struct xl_value *list)
{
	const char *name = buf_str(&parser->token.text);

	if (parser->lex.at < parser->lex.end && *parser->lex.at == '(')
		return wrong(parser, "`%s(`: xm took programs in Python here, xl takes values only", name);
	if (!strcasecmp(name, "true") || !strcasecmp(name, "false"))
		return wrong(parser, "xl knows no `%s`: write %d", name, !strcasecmp(name, "true"));
	if (!strcasecmp(name, "none"))
		return wrong(parser, "xl knows no `%s`: leave the key out", name);
	if (list)
		return wrong(parser, "text needs quotes: \"%s\", or the list that begins in line %u has no end", name,
			     list->place.line);
	return wrong(parser, "text needs quotes: \"%s\"", name);
}

static bool parse_value(struct parser *parser, struct xl_value *value, const struct xl_value *list, unsigned depth);

/* Behind the bracket; the bracket at the end is stepped over. */
static bool parse_list(struct parser *parser, struct xl_value *list, unsigned depth)
{
	next(parser);
	skip_newlines(parser);
	while (parser->token.kind != XL_CLOSE) {
		struct xl_value item = { 0 };

		if (parser->token.kind == XL_END) {
			report_note(parser->report, REPORT_ERROR, &list->place, "this list has no end");
			return false;
		}
		if (!parse_value(parser, &item, list, depth + 1)) {
			value_clear(&item);
			return false;
		}
		if (!list_add(list, &item)) {
			parser->report->failed = true;
			return false;
		}
		skip_newlines(parser);
		if (parser->token.kind == XL_COMMA) {
			next(parser);
			skip_newlines(parser);
		} else if (parser->token.kind == XL_TEXT || parser->token.kind == XL_OPEN) {
			return wrong(parser, "a comma is missing before this");
		} else if (parser->token.kind != XL_CLOSE && parser->token.kind != XL_END) {
			return wrong(parser, "a comma or the `]` of the list is expected here");
		}
	}
	next(parser);
	return true;
}

static bool take_text(struct parser *parser, struct xl_value *value)
{
	const struct buf *text = &parser->token.text;

	if (strlen(buf_str(text)) < text->len)
		return wrong(parser, "this text holds a NUL byte");
	if (!utf8_valid(buf_str(text), text->len))
		return wrong(parser, "this text is not UTF-8");
	if (text->len > XL_MAX_TEXT)
		return wrong(parser, "this text has more than %d bytes", XL_MAX_TEXT);
	value->text = strdup(buf_str(text));
	if (value->text)
		next(parser);
	else
		parser->report->failed = true;
	return value->text;
}

/* list: the one that the value is in, or NULL. */
static bool parse_value(struct parser *parser, struct xl_value *value, const struct xl_value *list, unsigned depth)
{
	value->place = parser->token.place;
	if (++parser->file->nr_values > XL_MAX_VALUES)
		return wrong(parser, "the file has more than %d values", XL_MAX_VALUES);
	switch (parser->token.kind) {
	case XL_TEXT:
		return take_text(parser, value);
	case XL_OPEN:
		value->list = true;
		if (depth >= XL_MAX_DEPTH)
			return wrong(parser, "lists are nested more than %d deep", XL_MAX_DEPTH);
		return parse_list(parser, value, depth);
	case XL_NAME:
		return unquoted(parser, list);
	default:
		return wrong(parser, "a value is expected here: text in quotes, a number or a list");
	}
}

/* Puts what was there before in front of value, as += has it. */
static bool prepend(struct parser *parser, struct xl_value *before, struct xl_value *value,
		    const struct xl_setting *setting)
{
	auto_buf struct buf text = BUF_INIT;

	if (before->list != value->list) {
		report_note(parser->report, REPORT_ERROR, &setting->place,
			    "a text cannot be added to a list, nor a list to a text");
		return false;
	}
	if (!value->list && strlen(before->text) + strlen(value->text) > XL_MAX_TEXT) {
		report_note(parser->report, REPORT_ERROR, &setting->place,
			    "with this the text has more than %d bytes", XL_MAX_TEXT);
		return false;
	}
	if (value->list) {
		for (size_t i = 0; i < value->nr; i++) {
			if (!list_add(before, &value->items[i]))
				parser->report->failed = true;
		}
		value->nr = 0;
	} else {
		buf_printf(&text, "%s%s", before->text, value->text);
		free(before->text);
		before->text = buf_take(&text);
		if (!before->text) {
			parser->report->failed = true;
			return false;
		}
	}
	value_clear(value);
	*value = *before;
	*before = (struct xl_value){ 0 };
	return true;
}

static void setting_clear(struct xl_setting *setting)
{
	value_clear(&setting->value);
	free(setting->name);
	*setting = (struct xl_setting){ 0 };
}

/* Takes setting over in any case. */
static void store(struct parser *parser, struct xl_setting *setting)
{
	struct xl_setting *old = xl_file_get(parser->file, setting->name), *more;
	struct xl_file *file = parser->file;

	if (old && setting->added && !prepend(parser, &old->value, &setting->value, setting)) {
		setting_clear(setting);
		return;
	}
	if (old) {
		if (!setting->added)
			report_note(parser->report, REPORT_UNKNOWN, &setting->place,
				    "%s: is set twice; xl takes this one, not that of line %u",
				    setting->name, old->place.line);
		setting_clear(old);
		*old = *setting;
		return;
	}
	if (file->nr == XL_MAX_KEYS) {
		report_note(parser->report, REPORT_ERROR, &setting->place, "the file has more than %d keys", XL_MAX_KEYS);
		file->nr_values = XL_MAX_VALUES + 1;
		setting_clear(setting);
		return;
	}
	more = reallocarray(file->settings, file->nr + 1, sizeof(*more));
	if (!more) {
		parser->report->failed = true;
		setting_clear(setting);
		return;
	}
	file->settings = more;
	file->settings[file->nr++] = *setting;
}

/* What stands at the beginning of a line, and no `=` behind it. */
static bool no_setting(struct parser *parser, const struct xl_setting *setting)
{
	static const char *const words[] = { "import", "from", "def", "if", "elif", "else", "for", "print", "return" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(setting->name, words[i]))
			continue;
		report_note(parser->report, REPORT_ERROR, &setting->place,
			    "`%s`: xm took programs in Python here, xl takes values only", words[i]);
		return false;
	}
	return wrong(parser, "a `=` is expected here");
}

/* Up to what ends it, which is stepped over. */
static bool parse_setting(struct parser *parser, struct xl_setting *setting)
{
	const char *name = buf_str(&parser->token.text);

	if (parser->token.kind != XL_NAME)
		return wrong(parser, "a key is expected here, as in `memory = 512`");
	if (parser->token.text.len > XL_MAX_NAME)
		return wrong(parser, "no key of xl's has more than %d letters", XL_MAX_NAME);
	for (const char *c = name; *c; c++) {
		if (*c == '_' ? c == name : *c >= 'A' && *c <= 'Z')
			return wrong(parser, "%s: keys are of small letters, digits and _", name);
	}
	setting->place = parser->token.place;
	setting->name = buf_take(&parser->token.text);
	if (!setting->name) {
		parser->report->failed = true;
		return false;
	}
	next(parser);
	setting->added = parser->token.kind == XL_ADD;
	if (parser->token.kind != XL_SET && !setting->added)
		return no_setting(parser, setting);
	next(parser);
	if (!parse_value(parser, &setting->value, NULL, 0))
		return false;
	if (parser->token.kind != XL_NEWLINE && parser->token.kind != XL_SEMICOLON && parser->token.kind != XL_END)
		return wrong(parser, "the end of the line or a `;` is expected here");
	return true;
}

int xl_file_parse(struct xl_file *file, struct report *report)
{
	struct parser parser = { .file = file, .report = report };

	xl_lex_init(&parser.lex, report);
	next(&parser);
	while (parser.token.kind != XL_END && !report->failed && file->nr_values <= XL_MAX_VALUES) {
		struct xl_setting setting = { 0 };

		if (parser.token.kind == XL_NEWLINE || parser.token.kind == XL_SEMICOLON) {
			next(&parser);
		} else if (parse_setting(&parser, &setting)) {
			store(&parser, &setting);
		} else {
			setting_clear(&setting);
			/* The token may be the end of the line itself. */
			if (parser.token.kind != XL_NEWLINE)
				xl_lex_skip(&parser.lex);
			next(&parser);
		}
	}
	buf_clear(&parser.token.text);
	return report->failed ? -ENOMEM : 0;
}

void xl_file_clear(struct xl_file *file)
{
	for (size_t i = 0; i < file->nr; i++)
		setting_clear(&file->settings[i]);
	free(file->settings);
	*file = (struct xl_file){ 0 };
}

struct xl_setting *xl_file_get(const struct xl_file *file, const char *name)
{
	for (size_t i = 0; i < file->nr; i++) {
		if (!strcmp(file->settings[i].name, name))
			return &file->settings[i];
	}
	return NULL;
}
