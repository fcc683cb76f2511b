/* SPDX-License-Identifier: GPL-2.0-or-later
 * Keys that do not exist, and which one was probably meant: by spelling, or by what xl and others call it.
 */
#include <string.h>

#include "cfg/fill.h"

/* Whether word is one of the words in a list separated by spaces. */
static bool listed(const char *list, const char *word, size_t len)
{
	while (list && *list) {
		size_t n = strcspn(list, " ");

		if (n == len && !strncasecmp(list, word, len))
			return true;
		list += n + strspn(list + n, " ");
	}
	return false;
}

/* Whether a section that is part of this one has the key; prefix is then its path. */
static const struct cfg_key *look(const struct cfg_section *section, const char *word, size_t len, const char **prefix)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i], *found;

		if (listed(key->aka, word, len))
			return key;
		if (key->shape != CFG_SECTION)
			continue;
		found = cfg_section_key(key->section, word, len);
		if (!found)
			found = look(key->section, word, len, prefix);
		if (found) {
			*prefix = key->name;
			return found;
		}
	}
	return NULL;
}

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

void cfg_fill_unknown(struct cfg_fill *fill, const struct cfg_section *section, const struct cfg_node *name)
{
	auto_buf struct buf message = BUF_INIT;
	const char *names[CFG_MAX_KEYS], *near, *prefix = NULL;
	const struct cfg_key *key;

	if (cfg_file_full(fill->file)) {
		fill->file->errors++;
		return;
	}
	for (size_t i = 0; i < section->nr; i++)
		names[i] = section->keys[i].name;
	buf_puts(&message, "unknown key ");
	cfg_quote(&message, name->text, name->len);
	key = look(section, name->text, name->len, &prefix);
	near = key ? key->name : cfg_nearest(name->text, names, section->nr);
	if (name->plain && !strcmp(name->text, "<<"))
		buf_puts(&message, ": merge keys are not part of the language; an alias can only stand for a whole value");
	else if (!near && item_section(section, name->text, name->len))
		buf_printf(&message, "; it belongs into an entry of `%s`", item_section(section, name->text, name->len));
	else if (near)
		buf_printf(&message, "; did you mean `%s%s%s`?", prefix ? prefix : "", prefix ? "." : "", near);
	cfg_file_error(fill->file, name->line, name->column, "%s", buf_str(&message));
}
