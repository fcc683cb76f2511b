/* SPDX-License-Identifier: GPL-2.0-or-later
 * The reference section of xlite.yaml(5) in mdoc(7), from the table.
 */
#include <string.h>

#include "cfg/describe.h"
#include "common/auto.h"

#define LINE_WIDTH 78

/* Appends a word to a line of mdoc text: backslashes, and dots that would begin a macro, made harmless. */
static void word(const char *p, size_t len, bool first, struct buf *out)
{
	if (first && (*p == '.' || *p == '\''))
		buf_puts(out, "\\&");
	for (; len; p++, len--) {
		if (*p == '\\')
			buf_puts(out, "\\e");
		else
			buf_add(out, p, 1);
	}
}

/* Text for mdoc, in short lines; a sentence begins a line. */
static void text(const char *words, struct buf *out)
{
	size_t column = 0;

	while (*words) {
		size_t len = strcspn(words, " ");

		if (column && (column + len > LINE_WIDTH || words[-2] == '.')) {
			buf_puts(out, "\n");
			column = 0;
		} else if (column) {
			buf_puts(out, " ");
		}
		word(words, len, !column, out);
		column += len + 1;
		words += len + (words[len] == ' ');
	}
	buf_puts(out, "\n");
}

static void sentence(const char *before, const struct buf *what, const char *after, struct buf *out)
{
	auto_buf struct buf line = BUF_INIT;

	if (!what->len)
		return;
	buf_printf(&line, "%s%s%s", before, buf_str(what), after);
	text(buf_str(&line), out);
}

/* A form on an .It line: words in capitals are arguments, words of an enumeration are literal. */
static void form(const struct cfg_key *key, struct buf *out)
{
	auto_buf struct buf words = BUF_INIT;

	cfg_describe_form(key, &words);
	for (const char *p = buf_str(&words); *p; ) {
		size_t n = strcspn(p, " ");
		bool argument = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;

		buf_printf(out, " %s%.*s", argument ? "Ar " : *p == '|' ? "" : key->words ? "Cm " : "No ", (int)n, p);
		p += n + (p[n] == ' ');
	}
}

static void man_words(const struct cfg_key *key, struct buf *out)
{
	buf_puts(out, ".Bl -tag -width Ds -compact\n");
	for (size_t i = 0; i < key->nr_words; i++) {
		if (key->words[i].later)
			continue;
		buf_printf(out, ".It Cm %s\n", key->words[i].name);
		text(key->words[i].help, out);
	}
	buf_puts(out, ".El\n");
}

static void man_key(const struct cfg_section *section, const struct cfg_key *key, struct buf *out)
{
	auto_buf struct buf range = BUF_INIT, def = BUF_INIT, need = BUF_INIT, help = BUF_INIT, only = BUF_INIT;

	cfg_describe_range(key, &range);
	cfg_describe_default(key, &def);
	cfg_describe_need(section, key, &need);
	cfg_describe_only(section, key, &only);
	cfg_describe_sentence(key->help, &help);
	buf_printf(out, ".It Ic %s :", key->name);
	form(key, out);
	buf_puts(out, "\n");
	text(buf_str(&help), out);
	if (key->section)
		buf_printf(out, "See\n.Sx %s .\n", key->section->name);
	if (key->value && key->value->detail)
		text(key->value->detail, out);
	if (key->detail)
		text(key->detail, out);
	sentence("Range: ", &range, ".", out);
	sentence("Default: ", &def, ".", out);
	sentence("This key is ", &need, ".", out);
	sentence("It can only be used with ", &only, ".", out);
	if (key->shape != CFG_KIND)
		buf_printf(out, "Change: %s.\n", cfg_change_name(key->change));
	if (key->words && key->shape == CFG_SCALAR)
		man_words(key, out);
}

/* What is known but refused so far. */
static void man_later(const struct cfg_section *section, struct buf *out)
{
	auto_buf struct buf names = BUF_INIT;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];

		if (key->later)
			buf_printf(&names, "%s%s", names.len ? ", " : "", key->name);
		for (size_t w = 0; !key->later && w < key->nr_words; w++) {
			if (key->words[w].later)
				buf_printf(&names, "%s%s: %s", names.len ? ", " : "", key->name, key->words[w].name);
		}
	}
	if (names.len)
		buf_puts(out, ".Pp\n");
	sentence("Known, but not supported yet: ", &names, ".", out);
}

static void man_section(const struct cfg_section *section, const char *title, struct buf *out)
{
	buf_printf(out, ".Ss %s\n", title);
	if (section->shorthand) {
		buf_printf(out, "A single value stands for\n.Ic %s .\n", section->keys[0].name);
	}
	buf_puts(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < section->nr; i++) {
		if (!section->keys[i].later)
			man_key(section, &section->keys[i], out);
	}
	buf_puts(out, ".El\n");
	man_later(section, out);
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];

		if (key->section && !key->later)
			man_section(key->section, key->section->name, out);
	}
}

void cfg_man(struct buf *out)
{
	man_section(&cfg_domain_section, "A domain", out);
	man_section(&cfg_network_section, "A network", out);
	man_section(&cfg_volume_section, "A volume", out);
	man_section(&cfg_pool_section, "A pool of volumes", out);
}
