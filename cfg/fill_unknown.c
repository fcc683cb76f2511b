/* SPDX-License-Identifier: GPL-2.0-or-later
 * Keys that do not exist, and what was probably meant by them.
 */
#include <string.h>

#include "cfg/fill.h"

/* `mode` at top level is a vbd's or a vif's: the only section of items that has it. */
static const char *item_section(const struct cfg_section *section, const char *word, size_t len)
{
	const char *found = NULL;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];

		if (key->shape != CFG_ITEMS || !cfg_section_key(key->section, word, len))
			continue;
		if (found)
			return NULL;
		found = key->name;
	}
	return found;
}

/* A document without its kind is taken for a domain's, and one may have another's: the kind that has the key. */
static const char *other_kind(const struct cfg_section *section, const char *word, size_t len)
{
	const char *found = NULL;
	bool document = false;

	for (size_t i = 0; i < CFG_NR_KINDS; i++) {
		document = document || cfg_kinds[i] == section;
		if (!found && cfg_kinds[i] && cfg_kinds[i] != section && cfg_section_key(cfg_kinds[i], word, len))
			found = cfg_kind_words[i].name;
	}
	return document ? found : NULL;
}

static void say_where(const struct cfg_section *section, const struct cfg_node *name, struct buf *message)
{
	const char *items = item_section(section, name->text, name->len);
	const char *kind = other_kind(section, name->text, name->len);

	if (items)
		buf_printf(message, "; it belongs into an entry of `%s`", items);
	if (kind)
		buf_printf(message, "%s a document with `kind: %s`", items ? ", or into" : "; it belongs into", kind);
}

void cfg_fill_unknown(struct cfg_checker *checker, const struct cfg_node *name)
{
	const struct cfg_section *section = checker->section;
	struct cfg_file *file = checker->fill->file;
	auto_buf struct buf message = BUF_INIT, near = BUF_INIT;
	const struct cfg_key *meant;

	if (cfg_file_full(file)) {
		cfg_file_count(file);
		return;
	}
	cfg_suggest(section, name->text, name->len, &near);
	meant = cfg_section_key(section, buf_str(&near), strcspn(buf_str(&near), "."));
	if (meant)
		checker->seen[meant - section->keys].meant = true;
	buf_puts(&message, "unknown key ");
	cfg_quote(&message, name->text, name->len);
	if (name->plain && !strcmp(name->text, "<<"))
		buf_puts(&message, ": merge keys are not part of the language; an alias can only stand for a whole value");
	else if (!near.len)
		say_where(section, name, &message);
	else
		buf_printf(&message, "; did you mean `%s`?", buf_str(&near));
	cfg_file_error(file, name->line, name->column, "%s", buf_str(&message));
}
