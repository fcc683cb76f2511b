/* SPDX-License-Identifier: GPL-2.0-or-later
 * Fills sections: each key of the map is looked up in the table, then what is missing or in conflict is
 * reported. How one key is read is in fill_key.c.
 */
#include "cfg/fill.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"

static void error_at(struct cfg_fill *fill, const struct cfg_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void error_at(struct cfg_fill *fill, const struct cfg_node *node, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cfg_file_error(fill->file, node->line, node->column, "%s", text);
}

/* Says of a key that is known but cannot be used yet, or here. */
static void unusable(struct cfg_checker *checker, const struct cfg_key *key, size_t i)
{
	const struct cfg_node *value = checker->seen[i].value;

	if (key->later) {
		error_at(checker->fill, checker->seen[i].key, "`%s` is not supported yet", key->name);
		return;
	}
	if (key->identity && checker->fill->defaults)
		error_at(checker->fill, checker->seen[i].key, "`%s` can have no default: it is the identity of one domain", key->name);
	for (size_t w = 0; value->kind == CFG_NODE_SCALAR && w < key->nr_words; w++) {
		if (key->words[w].later && !strcmp(key->words[w].name, value->text))
			error_at(checker->fill, value, "%s `%s` is not supported yet", key->name, value->text);
	}
}

static void take_key(struct cfg_checker *checker, const struct cfg_node *name, struct cfg_node *value, void *base)
{
	const struct cfg_section *section = checker->section;
	const struct cfg_key *key;
	size_t i;

	if (name->kind == CFG_NODE_BAD)
		return;
	if (name->kind != CFG_NODE_SCALAR) {
		error_at(checker->fill, name, "a key must be a word");
		return;
	}
	if (name->len >= 2 && !strncmp(name->text, "x-", 2))
		return;
	key = memchr(name->text, '\0', name->len) ? NULL : cfg_section_key(section, name->text, name->len);
	if (!key) {
		cfg_fill_unknown(checker, name);
		return;
	}
	i = (size_t)(key - section->keys);
	if (checker->seen[i].key)
		return;	/* reported by the reader of the tree */
	checker->seen[i].key = name;
	checker->seen[i].value = value;
	checker->seen[i].valid = cfg_fill_key(checker->fill, key, name, value, base);
	unusable(checker, key, i);
}

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
			error_at(checker->fill, checker->seen[j].key, "`%s` and `%s` exclude each other",
				 section->keys[i].name, section->keys[j].name);
			break;
		}
	}
}

/* Keys that make sense only with others, which are not there. What those are must be known for sure. */
static void check_applies(struct cfg_checker *checker, const void *base)
{
	const struct cfg_section *section = checker->section;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf names = BUF_INIT;
		bool known = false;

		if (!checker->seen[i].key || cfg_key_applies(key, base))
			continue;
		for (size_t j = 0; j < section->nr; j++) {
			const struct cfg_key *other = &section->keys[j];

			known = known || (other->choice_at == key->only_at && checker->seen[j].valid) ||
				(other->words && other->offset == key->only_at &&
				 (checker->seen[j].valid || !checker->seen[j].key));
		}
		cfg_key_only_names(section, key, &names);
		if (known)
			error_at(checker->fill, checker->seen[i].key, "`%s` can only be used with %s", key->name,
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

static void check_required(struct cfg_checker *checker, const void *base)
{
	const struct cfg_section *section = checker->section;
	const struct cfg_key *before = NULL;

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf names = BUF_INIT;

		if (!key->required || satisfied(checker, i) || excused(section, key, base) ||
		    (before && key->choice_at && before->choice_at == key->choice_at))
			continue;
		before = key;
		group_names(section, key, &names);
		if (cfg_key_excuse(section, key))
			buf_printf(&names, " is missing (it is needed unless `%s` is `%s`)", key->unless_key, key->unless_value);
		else
			buf_puts(&names, " is missing");
		error_at(checker->fill, checker->node, "%s", buf_str(&names));
	}
}

/* Fields whose default is another field's value, once that is known; text is the business of the section's check. */
static void copy_same(struct cfg_checker *checker, void *base)
{
	for (size_t i = 0; i < checker->section->nr; i++) {
		const struct cfg_key *key = &checker->section->keys[i];

		if (key->same_as && !key->value->text && !checker->seen[i].valid)
			memcpy(cfg_field(key, base), (char *)base + key->same_as, key->value->size);
	}
}

/* A section that is not mentioned still has fields that follow others. */
static void fill_absent(struct cfg_checker *checker, void *base)
{
	for (size_t i = 0; i < checker->section->nr; i++) {
		const struct cfg_key *key = &checker->section->keys[i];
		struct cfg_checker inner = { .fill = checker->fill, .section = key->section };

		if (key->shape == CFG_SECTION && !checker->seen[i].key)
			copy_same(&inner, base);
	}
}

void cfg_fill_section(struct cfg_fill *fill, const struct cfg_section *section, struct cfg_node *node, void *base)
{
	struct cfg_checker checker = { .fill = fill, .section = section, .node = node };

	if (node->kind == CFG_NODE_SCALAR) {
		/* The shorthand: the value of the first key. */
		checker.seen[0].key = checker.seen[0].value = node;
		checker.seen[0].valid = cfg_fill_scalar(fill, section->keys, NULL, node, cfg_field(section->keys, base));
	}
	for (struct cfg_node *key = node->first, *value; key; key = value->next) {
		value = key->next;
		if (!value)
			break;
		take_key(&checker, key, cfg_node_resolve(value), base);
	}
	copy_same(&checker, base);
	fill_absent(&checker, base);
	check_groups(&checker);
	check_applies(&checker, base);
	if (!fill->partial && !fill->defaults)
		check_required(&checker, base);
	if (section->check)
		section->check(&checker, base);
}
