/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a structure owns, by the table of keys: freeing and duplicating it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"

static void labels_free(struct cfg_label *labels, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		free(labels[i].name);
		free(labels[i].value);
	}
	free(labels);
}

void cfg_strings_clear(struct cfg_strings *strings)
{
	for (size_t i = 0; i < strings->nr; i++)
		free(strings->items[i]);
	free(strings->items);
	free(strings->places);
	*strings = (struct cfg_strings){ 0 };
}

int cfg_strings_add(struct cfg_strings *strings, char *item)
{
	char **items = item ? reallocarray(strings->items, strings->nr + 1, sizeof(*items)) : NULL;

	if (!items) {
		free(item);
		return -ENOMEM;
	}
	strings->items = items;
	items[strings->nr++] = item;
	/* What is made here comes from no file. */
	free(strings->places);
	strings->places = NULL;
	return 0;
}

static void key_clear(const struct cfg_key *key, void *base)
{
	void *field = cfg_field(key, base);
	size_t *nr = (size_t *)((char *)base + key->nr_offset);

	switch (key->shape) {
	case CFG_SUGAR:
	case CFG_KIND:
		break;
	case CFG_SECTION:
		cfg_section_clear(key->section, base);
		break;
	case CFG_SCALAR:
		/* Also where another key of its group was chosen: a broken document may hold both. */
		if (key->value->text) {
			free(*(char **)field);
			*(char **)field = NULL;
		}
		break;
	case CFG_LIST:
		cfg_strings_clear(field);
		break;
	case CFG_LABELS:
		labels_free(*(struct cfg_label **)field, *nr);
		*(struct cfg_label **)field = NULL;
		*nr = 0;
		break;
	case CFG_ITEMS:
		for (size_t i = 0; i < *nr; i++)
			cfg_section_clear(key->section, *(char **)field + i * key->section->size);
		free(*(void **)field);
		*(void **)field = NULL;
		*nr = 0;
		break;
	}
}

void cfg_section_clear(const struct cfg_section *section, void *base)
{
	for (size_t i = 0; i < section->nr; i++)
		key_clear(&section->keys[i], base);
}

static int text_dup(char **text)
{
	char *old = *text;

	*text = old ? strdup(old) : NULL;
	return *text || !old ? 0 : -ENOMEM;
}

static int strings_dup(struct cfg_strings *strings)
{
	struct cfg_strings old = *strings;
	int rc;

	*strings = (struct cfg_strings){ .items = old.nr ? calloc(old.nr, sizeof(char *)) : NULL };
	if (old.nr && !strings->items)
		return -ENOMEM;
	if (old.nr && old.places) {
		strings->places = malloc(old.nr * sizeof(*old.places));
		if (!strings->places)
			return -ENOMEM;
		memcpy(strings->places, old.places, old.nr * sizeof(*old.places));
	}
	for (; strings->nr < old.nr; strings->nr++) {
		strings->items[strings->nr] = old.items[strings->nr];
		rc = text_dup(&strings->items[strings->nr]);
		if (rc)
			return rc;
	}
	return 0;
}

int cfg_strings_copy(struct cfg_strings *to, const struct cfg_strings *from)
{
	*to = *from;
	return strings_dup(to);
}

static int labels_dup(struct cfg_label **labels, size_t *nr)
{
	struct cfg_label *old = *labels;
	size_t wanted = *nr;
	int rc = 0;

	*nr = 0;
	*labels = wanted ? calloc(wanted, sizeof(**labels)) : NULL;
	if (wanted && !*labels)
		return -ENOMEM;
	while (!rc && *nr < wanted) {
		struct cfg_label *label = &(*labels)[*nr];

		*label = old[(*nr)++];
		rc = text_dup(&label->name);
		int failed = text_dup(&label->value);

		rc = failed ? failed : rc;
	}
	return rc;
}

static int items_dup(const struct cfg_key *key, void **items, size_t *nr)
{
	const char *old = *items;
	size_t size = key->section->size, wanted = *nr;
	int rc = 0;

	*nr = 0;
	*items = wanted ? calloc(wanted, size) : NULL;
	if (wanted && !*items)
		return -ENOMEM;
	while (!rc && *nr < wanted) {
		char *item = (char *)*items + *nr * size;

		memcpy(item, old + *nr * size, size);
		++*nr;
		rc = cfg_section_dup(key->section, item);
	}
	return rc;
}

/* Duplicates what one key owns; on -ENOMEM its field holds nothing of the original. */
static int key_dup(const struct cfg_key *key, void *base)
{
	void *field = cfg_field(key, base);
	size_t *nr = (size_t *)((char *)base + key->nr_offset);

	switch (key->shape) {
	case CFG_SUGAR:
	case CFG_KIND:
		return 0;
	case CFG_SECTION:
		return cfg_section_dup(key->section, base);
	case CFG_SCALAR:
		return key->value->text && cfg_key_chosen(key, base) ? text_dup(field) : 0;
	case CFG_LIST:
		return strings_dup(field);
	case CFG_LABELS:
		return labels_dup(field, nr);
	case CFG_ITEMS:
		return items_dup(key, field, nr);
	}
	return 0;
}

int cfg_section_dup(const struct cfg_section *section, void *base)
{
	int rc = 0;

	/* Every key, also after a failure: what stays must not be the original's. */
	for (size_t i = 0; i < section->nr; i++) {
		int one = key_dup(&section->keys[i], base);

		rc = rc ?: one;
	}
	return rc;
}
