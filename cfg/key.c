/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the table of keys says about a structure: its defaults, what it owns, and
 * which fields differ from their default.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/auto.h"

const struct cfg_key *cfg_section_key(const struct cfg_section *section, const char *name, size_t len)
{
	for (size_t i = 0; i < section->nr; i++) {
		if (!strncmp(section->keys[i].name, name, len) && !section->keys[i].name[len])
			return &section->keys[i];
	}
	return NULL;
}

bool cfg_key_chosen(const struct cfg_key *key, const void *base)
{
	return !key->choice_at || *(const int *)((const char *)base + key->choice_at) == key->choice;
}

bool cfg_keys_exclusive(const struct cfg_key *a, const struct cfg_key *b)
{
	return (a->choice_at && a->choice_at == b->choice_at) || (a->shape == CFG_SUGAR && a->choice_at == b->offset) ||
	       (b->shape == CFG_SUGAR && b->choice_at == a->offset);
}

bool cfg_key_satisfies(const struct cfg_key *other, const struct cfg_key *key)
{
	return !other->later && (key == other || cfg_keys_exclusive(key, other));
}

const struct cfg_key *cfg_key_excuse(const struct cfg_section *section, const struct cfg_key *key)
{
	const struct cfg_key *other;

	if (!key->unless_key)
		return NULL;
	other = cfg_section_key(section, key->unless_key, strlen(key->unless_key));
	return other && !other->later ? other : NULL;
}

const struct cfg_key *cfg_key_instead(const struct cfg_section *section, const struct cfg_key *key)
{
	const struct cfg_key *other;

	if (!key->unless_given)
		return NULL;
	other = cfg_section_key(section, key->unless_given, strlen(key->unless_given));
	return other && !other->later ? other : NULL;
}

bool cfg_key_applies(const struct cfg_key *key, const void *base)
{
	return !key->only_at || key->only & 1u << *(const unsigned *)((const char *)base + key->only_at);
}

/* The key that says what only_at says, or one value of it: `mode`, `bridge`. Other spellings of a value are not named. */
static const char *only_name(const struct cfg_key *other, const struct cfg_key *key, unsigned value)
{
	if (other->shape == CFG_SUGAR)
		return NULL;
	if (other->choice_at == key->only_at && other->choice == (int)value)
		return other->name;
	if (other->words && other->offset == key->only_at && value < other->nr_words)
		return other->words[value].name;
	return NULL;
}

void cfg_key_only_names(const struct cfg_section *section, const struct cfg_key *key, struct buf *out)
{
	size_t nr = 0;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *other = &section->keys[i];

		for (unsigned value = 0; value < 8; value++) {
			const char *name = key->only & 1u << value ? only_name(other, key, value) : NULL;

			if (name)
				buf_printf(out, "%s%s%s`%s`", nr ? " or " : "", nr || other->choice_at ? "" : other->name,
					   nr || other->choice_at ? "" : " ", name);
			nr += name != NULL;
		}
	}
}

const char *cfg_key_only_value(const struct cfg_section *section, const struct cfg_key *key, const void *base)
{
	unsigned value = *(const unsigned *)((const char *)base + key->only_at);

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *other = &section->keys[i];

		if (other->words && other->offset == key->only_at && value < other->nr_words)
			return other->words[value].name;
	}
	return NULL;
}

static bool all_zero(const char *field, size_t size)
{
	while (size && !*field++)
		size--;
	return !size;
}

static bool is_number(const struct cfg_key *key)
{
	return key->value == &cfg_value_uint || key->value == &cfg_value_memory || key->value == &cfg_value_rate ||
	       key->value == &cfg_value_seconds;
}

bool cfg_key_absent(const struct cfg_key *key, const void *base)
{
	if (!cfg_key_chosen(key, base) || !cfg_key_applies(key, base))
		return true;
	switch (key->shape) {
	case CFG_SUGAR:
		return true;
	case CFG_KIND:
	case CFG_SECTION:
		return false;
	case CFG_LIST:
		return !key->def && !((const struct cfg_strings *)cfg_field(key, base))->nr;
	case CFG_ITEMS:
	case CFG_LABELS:
		return !*(const size_t *)((const char *)base + key->nr_offset);
	case CFG_SCALAR:
		break;
	}
	if (key->def)
		return false;
	if (key->value->text)
		return !*(char *const *)cfg_field(key, base);
	return is_number(key) && all_zero(cfg_field(key, base), key->value->size);
}

static bool same_as_other(const struct cfg_key *key, const void *base)
{
	const void *field = cfg_field(key, base), *other = (const char *)base + key->same_as;

	if (!key->value->text)
		return !memcmp(field, other, key->value->size);
	return *(char *const *)other && !strcmp(*(char *const *)field, *(char *const *)other);
}

bool cfg_key_is_default(const struct cfg_key *key, const void *base)
{
	auto_buf struct buf text = BUF_INIT;

	if (key->shape == CFG_KIND)
		return !key->required;
	if (cfg_key_absent(key, base))
		return true;
	if (key->given_at && (*((const bool *)base + key->given_at) || !key->def))
		return !*((const bool *)base + key->given_at);
	if (key->shape == CFG_LIST)
		return !((const struct cfg_strings *)cfg_field(key, base))->nr;
	if (key->shape != CFG_SCALAR)
		return false;
	if (key->same_as)
		return same_as_other(key, base);
	if (!key->def)
		return false;
	if (key->value->text && !*(char *const *)cfg_field(key, base))
		return true;
	key->value->format(key, cfg_field(key, base), &text);
	return !strcmp(buf_str(&text), key->def);
}

int cfg_section_defaults(const struct cfg_section *section, void *base)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf why = BUF_INIT;
		int rc = 0;

		if (key->shape == CFG_SECTION)
			rc = cfg_section_defaults(key->section, base);
		else if (key->shape == CFG_SCALAR && key->def && !key->value->text)
			rc = key->value->parse(key, key->def, cfg_field(key, base), &why);
		if (rc)
			return rc;
	}
	return 0;
}
