/* SPDX-License-Identifier: GPL-2.0-or-later
 * Help for a key, or for all of them, from the table.
 */
#include <errno.h>
#include <string.h>

#include "cfg/describe.h"
#include "common/auto.h"

#define NAME_WIDTH 16

/* Lines for the keys of a section: name, form, one line of help. */
static void list_keys(const struct cfg_section *section, struct buf *out)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf need = BUF_INIT;

		cfg_describe_need(section, key, &need);
		buf_printf(out, "  %-*s  %s", NAME_WIDTH, key->name, key->help);
		if (key->later)
			buf_puts(out, " (not supported yet)");
		else if (need.len)
			buf_printf(out, " (%s)", buf_str(&need));
		buf_puts(out, "\n");
	}
}

static void fact(const char *name, const struct buf *value, struct buf *out)
{
	if (value->len)
		buf_printf(out, "  %-8s %s\n", name, buf_str(value));
}

static void explain_words(const struct cfg_key *key, struct buf *out)
{
	buf_puts(out, "\n");
	for (size_t i = 0; i < key->nr_words; i++)
		buf_printf(out, "  %-*s  %s%s\n", NAME_WIDTH, key->words[i].name, key->words[i].help,
			   key->words[i].later ? " (not supported yet)" : "");
}

static void explain_key(const struct cfg_section *section, const struct cfg_key *key, const char *path, struct buf *out)
{
	auto_buf struct buf form = BUF_INIT, range = BUF_INIT, def = BUF_INIT, need = BUF_INIT, only = BUF_INIT;
	const struct cfg_value *value = key->section && key->section->shorthand ? key->section->keys[0].value : key->value;

	cfg_describe_form(key, &form);
	cfg_describe_range(key, &range);
	cfg_describe_default(key, &def);
	cfg_describe_need(section, key, &need);
	cfg_describe_only(section, key, &only);
	buf_printf(out, "%s: %s\n  ", path, buf_str(&form));
	cfg_describe_sentence(key->help, out);
	buf_puts(out, "\n");
	if (value && value->detail)
		buf_printf(out, "  %s\n", value->detail);
	if (key->detail)
		buf_printf(out, "  %s\n", key->detail);
	if (key->later)
		buf_puts(out, "  It is not supported yet.\n");
	else if (key->shape != CFG_KIND)
		buf_printf(out, "  %s\n", cfg_change_meaning(key->change));
	buf_puts(out, "\n");
	fact("range", &range, out);
	fact("default", &def, out);
	fact("need", &need, out);
	fact("only", &only, out);
	if (key->shape != CFG_KIND)
		buf_printf(out, "  %-8s %s\n", "change", cfg_change_name(key->change));
	if (key->words)
		explain_words(key, out);
	if (key->section) {
		buf_puts(out, "\n");
		list_keys(key->section, out);
	}
}

static int unknown(const struct cfg_section *section, const char *path, const char *word, size_t len, struct xlite_error *err)
{
	auto_buf struct buf near = BUF_INIT, quoted = BUF_INIT;
	char copy[64];

	cfg_quote(&quoted, path, strlen(path));
	if (len < sizeof(copy)) {
		memcpy(copy, word, len);
		copy[len] = '\0';
		cfg_suggest(section, copy, len, &near);
	}
	xlite_error_status(err, -ENOENT, XLITE_USAGE, "no key %s", buf_str(&quoted));
	if (near.len)
		xlite_error_hint(err, "did you mean `%.*s%s`?", (int)(word - path), path, buf_str(&near));
	else
		xlite_error_hint(err, "`xlite explain` lists the keys");
	return -ENOENT;
}

int cfg_explain(const char *path, struct buf *out, struct xlite_error *err)
{
	const struct cfg_section *section = &cfg_domain_section, *outer = section;
	const struct cfg_key *key = NULL;
	const char *word = path ? path : "";

	for (size_t i = 0; i < CFG_NR_KINDS; i++) {
		size_t len = strlen(cfg_kind_words[i].name);

		if (strncmp(word, cfg_kind_words[i].name, len) || (word[len] && word[len] != '.'))
			continue;
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
	if (!path || !*path)
		buf_puts(out, "\nOf a network document: `xlite explain network`, and `network.KEY` for one key.\n");
	return 0;
}
