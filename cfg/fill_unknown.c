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
	else if (!near.len && item_section(section, name->text, name->len))
		buf_printf(&message, "; it belongs into an entry of `%s`", item_section(section, name->text, name->len));
	else if (near.len)
		buf_printf(&message, "; did you mean `%s`?", buf_str(&near));
	cfg_file_error(file, name->line, name->column, "%s", buf_str(&message));
}
