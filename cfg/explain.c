/* SPDX-License-Identifier: GPL-2.0-or-later
 * Help for a key, or for all of them, from the table.
 */
#include <errno.h>
#include <string.h>

#include "cfg/describe.h"
#include "common/auto.h"

#define LINE_WIDTH 80
#define NAME_WIDTH 16
#define HELP_COLUMN (NAME_WIDTH + 4)
#define FACT_WIDTH 8

/* Ends a line that has come to a column with these words, and goes on below indent where they are too many. */
static void put_words(const char *words, size_t column, size_t indent, struct buf *out)
{
	for (bool first = true; *words; first = false) {
		size_t len = strcspn(words, " ");

		if (!first && column + 1 + len > LINE_WIDTH) {
			buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			buf_puts(out, " ");
			column++;
		}
		buf_add(out, words, len);
		column += len;
		words += len + (words[len] == ' ');
	}
	buf_puts(out, "\n");
}

static void paragraph(const char *words, struct buf *out)
{
	buf_puts(out, "  ");
	put_words(words, 2, 2, out);
}

/* A name, and what it is. */
static void entry(const char *name, bool later, const char *help, const char *note, struct buf *out)
{
	auto_buf struct buf words = BUF_INIT;

	buf_printf(&words, "%s%s", later ? "(not supported yet) " : "", help);
	if (!later && *note)
		buf_printf(&words, " (%s)", note);
	buf_printf(out, "  %-*s  ", NAME_WIDTH, name);
	put_words(buf_str(&words), HELP_COLUMN, HELP_COLUMN, out);
}

/* Lines for the keys of a section: name, form, one line of help. */
static void list_keys(const struct cfg_section *section, struct buf *out)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf need = BUF_INIT;

		cfg_describe_need(section, key, &need);
		entry(key->name, key->later, key->help, buf_str(&need), out);
	}
}

static void fact(const char *name, const struct buf *value, struct buf *out)
{
	if (!value->len)
		return;
	buf_printf(out, "  %-*s ", FACT_WIDTH, name);
	put_words(buf_str(value), FACT_WIDTH + 3, FACT_WIDTH + 3, out);
}

static void explain_words(const struct cfg_key *key, struct buf *out)
{
	buf_puts(out, "\n");
	for (size_t i = 0; i < key->nr_words; i++)
		entry(key->words[i].name, key->words[i].later, key->words[i].help, "", out);
}

static void explain_key(const struct cfg_section *section, const struct cfg_key *key, const char *path, struct buf *out)
{
	auto_buf struct buf form = BUF_INIT, help = BUF_INIT, range = BUF_INIT, def = BUF_INIT, need = BUF_INIT,
			    only = BUF_INIT;
	const struct cfg_value *value = key->section && key->section->shorthand ? key->section->keys[0].value : key->value;

	cfg_describe_form(key, &form);
	cfg_describe_range(key, &range);
	cfg_describe_default(key, &def);
	cfg_describe_need(section, key, &need);
	cfg_describe_only(section, key, &only);
	buf_printf(out, "%s: ", path);
	put_words(buf_str(&form), strlen(path) + 2, 2, out);
	cfg_describe_sentence(key->help, &help);
	paragraph(buf_str(&help), out);
	if (value && value->detail)
		paragraph(value->detail, out);
	if (key->detail)
		paragraph(key->detail, out);
	if (key->later)
		paragraph("It is not supported yet.", out);
	else if (key->shape != CFG_KIND)
		paragraph(cfg_change_meaning(key->change), out);
	buf_puts(out, "\n");
	fact("range", &range, out);
	fact("default", &def, out);
	fact("need", &need, out);
	fact("only", &only, out);
	if (key->shape != CFG_KIND)
		buf_printf(out, "  %-*s %s\n", FACT_WIDTH, "change", cfg_change_name(key->change));
	if (key->words)
		explain_words(key, out);
	if (key->section) {
		buf_puts(out, "\n");
		list_keys(key->section, out);
	}
}

/* Adds the paths of all keys of that very name in a section and those inside of it. */
static void add_namesakes(const struct cfg_section *section, const char *before, const char *name, struct buf *out)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf path = BUF_INIT;

		buf_printf(&path, "%s%s", before, key->name);
		if (!strcmp(key->name, name))
			buf_printf(out, "%s`%s`", out->len ? " or " : "", buf_str(&path));
		buf_puts(&path, ".");
		if (key->section)
			add_namesakes(key->section, buf_str(&path), name, out);
	}
}

/* A key of that name elsewhere goes before one that is spelt alike. */
static int unknown(const struct cfg_section *section, const char *path, const char *word, size_t len, struct xlite_error *err)
{
	auto_buf struct buf near = BUF_INIT, quoted = BUF_INIT, namesakes = BUF_INIT;
	char copy[64];

	cfg_quote(&quoted, path, strlen(path));
	if (len + 1 < sizeof(copy)) {
		memcpy(copy, word, len);
		copy[len] = copy[len + 1] = '\0';
		add_namesakes(&cfg_domain_section, "", copy, &namesakes);
		add_namesakes(&cfg_network_section, "network.", copy, &namesakes);
		add_namesakes(&cfg_volume_section, "volume.", copy, &namesakes);
		add_namesakes(&cfg_pool_section, "pool.", copy, &namesakes);
		/* Of a word that goes on the spelling is not judged. */
		if (namesakes.len)
			copy[len] = '.';
		cfg_suggest(section, copy, len, &near);
	}
	if (namesakes.len && near.len && word == path && !strstr(buf_str(&namesakes), buf_str(&near)))
		buf_printf(&namesakes, " or `%s`", buf_str(&near));
	xlite_error_status(err, -ENOENT, XLITE_USAGE, "no key %s", buf_str(&quoted));
	if (namesakes.len)
		xlite_error_hint(err, "did you mean %s?", buf_str(&namesakes));
	else if (near.len)
		xlite_error_hint(err, "did you mean `%.*s%s`?", (int)(word - path), path, buf_str(&near));
	else
		xlite_error_hint(err, "`xlite explain` lists the keys");
	return -ENOENT;
}

int cfg_explain(const char *path, struct buf *out, struct xlite_error *err)
{
	const struct cfg_section *section = &cfg_domain_section, *outer = section, *twin = NULL;
	const struct cfg_key *key = NULL;
	const char *word = path ? path : "";

	for (size_t i = 0; i < CFG_NR_KINDS; i++) {
		size_t len = strlen(cfg_kind_words[i].name);

		if (strncmp(word, cfg_kind_words[i].name, len) || (word[len] && word[len] != '.'))
			continue;
		/* Domains have a key of that name, too. */
		if (!word[len] && cfg_section_key(&cfg_domain_section, word, len)) {
			twin = cfg_kinds[i];
			break;
		}
		section = cfg_kinds[i];
		word += len + (word[len] == '.');
		break;
	}
	for (; *word && section; word += *word == '.') {
		size_t len = strcspn(word, ".[");

		key = cfg_section_key(section, word, len);
		if (!key)
			return unknown(section, path, word, len, err);
		outer = section;
		section = key->section;
		word += strcspn(word, ".");
	}
	if (*word)
		return unknown(outer, path, word, strlen(word), err);
	if (key)
		explain_key(outer, key, path, out);
	else
		list_keys(section, out);
	if (twin) {
		buf_printf(out, "\nA document of kind %s has these keys:\n", path);
		list_keys(twin, out);
	}
	if (!path || !*path)
		buf_puts(out,
			 "\nOf other documents: `xlite explain network`, `volume` and `pool`, and\n`network.KEY` for one key.\n");
	return 0;
}
