/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is missing in a section that has been read, or does not go together.
 */
#include "cfg/fill.h"

#include <string.h>

#include "common/auto.h"

/* The names of key's group: "`bridge`, `route` or `nat`". */
static void group_names(const struct cfg_section *section, const struct cfg_key *key, struct buf *out)
{
	size_t left = 0, nr = 0;

	for (size_t i = 0; i < section->nr; i++)
		left += cfg_key_satisfies(&section->keys[i], key);
	for (size_t i = 0; i < section->nr; i++) {
		if (!cfg_key_satisfies(&section->keys[i], key))
			continue;
		buf_printf(out, "%s`%s`", !nr++ ? "" : left == 1 ? " or " : ", ", section->keys[i].name);
		left--;
	}
}

static void check_groups(struct cfg_checker *checker)
{
	const struct cfg_section *section = checker->section;

	for (size_t j = 1; j < section->nr; j++) {
		for (size_t i = 0; checker->seen[j].key && i < j; i++) {
			if (!checker->seen[i].key || !cfg_keys_exclusive(&section->keys[i], &section->keys[j]))
				continue;
			cfg_fill_error(checker->fill, checker->seen[j].key, "`%s` and `%s` exclude each other",
				 section->keys[i].name, section->keys[j].name);
			break;
		}
	}
}

/*
 * Keys that make sense only with others, which are not there. What those are must be known for sure: what defaults do
 * not say a document may.
 */
static void check_applies(struct cfg_checker *checker, const void *base)
{
	const struct cfg_section *section = checker->section;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf names = BUF_INIT;
		const char *value;
		bool known = false;

		if (!checker->seen[i].key || cfg_key_applies(key, base))
			continue;
		for (size_t j = 0; j < section->nr; j++) {
			const struct cfg_key *other = &section->keys[j];

			known = known || (other->choice_at == key->only_at && checker->seen[j].valid) ||
				(other->words && other->offset == key->only_at &&
				 (checker->seen[j].valid || (!checker->seen[j].key && !checker->fill->defaults)));
		}
		cfg_key_only_names(section, key, &names);
		value = cfg_key_only_value(section, key, base);
		if (value)
			buf_printf(&names, ", not with `%s`", value);
		if (known)
			cfg_fill_error(checker->fill, checker->seen[i].key, "`%s` can only be used with %s", key->name,
				 buf_str(&names));
	}
}

/* Whether a key that is needed unless another one has a certain value is not needed. */
static bool excused(const struct cfg_section *section, const struct cfg_key *key, const void *base)
{
	auto_buf struct buf text = BUF_INIT;
	const struct cfg_key *other = cfg_key_excuse(section, key);

	if (!other)
		return false;
	other->value->format(other, cfg_field(other, base), &text);
	return !strcmp(buf_str(&text), key->unless_value);
}

/* Whether the key, or another one of its group, is there. */
static bool satisfied(const struct cfg_checker *checker, size_t i)
{
	const struct cfg_section *section = checker->section;

	for (size_t j = 0; j < section->nr; j++) {
		if ((checker->seen[j].key || checker->seen[j].meant) &&
		    (i == j || cfg_keys_exclusive(&section->keys[i], &section->keys[j])))
			return true;
	}
	return false;
}

/*
 * Whether there are entries of another key with which it is not needed; what was meant to be some counts. From a
 * running domain, which a record is of, they may have been taken since.
 */
static bool has_instead(const struct cfg_checker *checker, const struct cfg_key *key, const void *base)
{
	const struct cfg_key *other = cfg_key_instead(checker->section, key);
	size_t i = other ? (size_t)(other - checker->section->keys) : 0;

	if (!other)
		return false;
	if (!strcmp(checker->fill->file->name, CFG_RECORD))
		return true;
	if (other->choice_at && satisfied(checker, i))
		return true;
	return checker->seen[i].meant || (checker->seen[i].key && (!checker->seen[i].valid || !cfg_key_absent(other, base)));
}

/* Whether it has to be there, and is not. */
static bool is_missing(const struct cfg_checker *checker, size_t i, const void *base)
{
	const struct cfg_key *key = &checker->section->keys[i];

	return key->required && !satisfied(checker, i) && !excused(checker->section, key, base) &&
	       !has_instead(checker, key, base);
}

/* Keys that mean nothing without another one, which is not there. If it must be there, that is said elsewhere. */
static void check_needs(struct cfg_checker *checker, const void *base)
{
	const struct cfg_section *section = checker->section;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i], *other;

		if (!checker->seen[i].key || !key->needs)
			continue;
		other = cfg_section_key(section, key->needs, strlen(key->needs));
		if (!satisfied(checker, (size_t)(other - section->keys)) &&
		    !is_missing(checker, (size_t)(other - section->keys), base))
			cfg_fill_error(checker->fill, checker->seen[i].key, "`%s` can only be used with `%s`",
				       key->name, other->name);
	}
}

/* In what cases the key is not needed. */
static void add_excuses(const struct cfg_section *section, const struct cfg_key *key, struct buf *out)
{
	const struct cfg_key *instead = cfg_key_instead(section, key);
	bool excuse = cfg_key_excuse(section, key);

	if (excuse)
		buf_printf(out, " (it is needed unless `%s` is `%s`", key->unless_key, key->unless_value);
	if (instead)
		buf_printf(out, "%s there %s ", excuse ? ", or" : " (it is needed unless",
			   instead->shape == CFG_ITEMS ? "are" : "is a");
	if (instead)
		group_names(section, instead, out);
	buf_puts(out, excuse || instead ? ")" : "");
}

static void check_required(struct cfg_checker *checker, const void *base)
{
	const struct cfg_section *section = checker->section;
	const struct cfg_key *before = NULL;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf names = BUF_INIT;

		if (!is_missing(checker, i, base) ||
		    (before && key->choice_at && before->choice_at == key->choice_at))
			continue;
		before = key;
		group_names(section, key, &names);
		buf_puts(&names, " is missing");
		add_excuses(section, key, &names);
		cfg_fill_error(checker->fill, checker->node, "%s", buf_str(&names));
	}
}

void cfg_fill_check(struct cfg_checker *checker, const void *base)
{
	check_groups(checker);
	check_applies(checker, base);
	if (checker->fill->partial || checker->fill->defaults)
		return;
	check_needs(checker, base);
	check_required(checker, base);
}
