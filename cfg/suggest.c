/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which key was probably meant: by what xl and others call it, by where it stands, or by spelling.
 */
#include <string.h>

#include "cfg/keys.h"

/* Whether a section that is part of this one has the key; prefix is then its path. */
static const struct cfg_key *look(const struct cfg_section *section, const char *word, size_t len, const char **prefix)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i], *found;

		if (cfg_listed(key->aka, word, len))
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

void cfg_suggest(const struct cfg_section *section, const char *word, size_t len, struct buf *out)
{
	const char *names[CFG_MAX_KEYS], *prefix = NULL;
	const struct cfg_key *key = look(section, word, len, &prefix);

	for (size_t i = 0; i < section->nr; i++)
		names[i] = section->keys[i].name;
	if (prefix)
		buf_printf(out, "%s.", prefix);
	if (key)
		buf_puts(out, key->name);
	else if (!word[len] && cfg_nearest(word, names, section->nr))
		buf_puts(out, cfg_nearest(word, names, section->nr));
}
