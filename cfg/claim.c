/* SPDX-License-Identifier: GPL-2.0-or-later
 * What may be used once; see claim.h. Sorts rather than compares all pairs.
 */
#include "cfg/claim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cfg_file *cfg_place_file(const struct cfg_set *set, const struct cfg_place *place)
{
	for (size_t i = 0; i < set->nr_files; i++) {
		if (set->files[i]->name == place->file)
			return set->files[i];
	}
	return NULL;
}

void cfg_claim(struct cfg_claims *claims, const struct cfg_claim *item)
{
	if (claims->nr == claims->room) {
		size_t room = claims->room ? claims->room * 2 : 64;
		struct cfg_claim *items = reallocarray(claims->items, room, sizeof(*items));

		if (!items) {
			claims->failed = true;
			return;
		}
		claims->items = items;
		claims->room = room;
	}
	claims->items[claims->nr++] = *item;
}

static int compare(const void *left, const void *right)
{
	const struct cfg_claim *a = left, *b = right;
	int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);

	if (order || a->len != b->len)
		return order ? order : a->len < b->len ? -1 : 1;
	order = strcmp(a->scope ? a->scope : "", b->scope ? b->scope : "");
	if (order)
		return order;
	if (a->file_nr != b->file_nr)
		return a->file_nr < b->file_nr ? -1 : 1;
	if (a->place->line != b->place->line)
		return a->place->line < b->place->line ? -1 : 1;
	return a->place->column < b->place->column ? -1 : a->place->column > b->place->column;
}

static bool same(const struct cfg_claim *a, const struct cfg_claim *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len) &&
	       !strcmp(a->scope ? a->scope : "", b->scope ? b->scope : "");
}

void cfg_place_error(struct cfg_set *set, const struct cfg_place *place, const char *fmt, ...)
{
	struct cfg_file *file = cfg_place_file(set, place);
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (file)
		cfg_file_error(file, place->line, place->column, "%s", text);
}

/* Documents of one name have everything else in common as well, which needs no saying. */
static bool namesakes(const struct cfg_claim *a, const struct cfg_claim *b)
{
	return a->name && b->name && a->bytes != a->name && !strcmp(a->name, b->name);
}

static bool agreed(const struct cfg_claims *claims, const struct cfg_claim *a, const struct cfg_claim *b)
{
	if (a->owner == b->owner)
		return !claims->within;
	/* Readers do not disturb each other, and sharing is agreed upon by both. */
	return namesakes(a, b) || (!a->writes && !b->writes) || (a->shared && b->shared);
}

/* Sorted, what is equal lies side by side, and what was written first comes first. */
void cfg_claims_settle(struct cfg_set *set, struct cfg_claims *claims, const char *what)
{
	if (claims->nr)
		qsort(claims->items, claims->nr, sizeof(*claims->items), compare);
	for (size_t i = 1, first = 0; i < claims->nr; i++) {
		const struct cfg_claim *a = &claims->items[first], *b = &claims->items[i];

		if (!same(a, b)) {
			first = i;
			continue;
		}
		if (agreed(claims, a, b)) {
			if (b->writes && !a->writes)
				first = i;
			continue;
		}
		cfg_place_error(set, b->place, "%s already used by `%s` (%s:%u:%u)%s%s", what, a->name ? a->name : "?",
				a->place->file, a->place->line, a->place->column, b->advice ? "; " : "",
				b->advice ? b->advice : "");
	}
	free(claims->items);
	if (claims->failed)
		set->failed = true;
}
