/* SPDX-License-Identifier: GPL-2.0-or-later
 * Puts defaults under a document: keys that it lacks, key by key also inside sections and labels. Lists are
 * replaced whole. Nothing of either tree is changed, as aliases may share any part of it.
 */
#include "cfg/merge.h"

#include <stdlib.h>
#include <string.h>

void cfg_defaults_clear(struct cfg_defaults *defaults)
{
	while (defaults->nodes) {
		struct cfg_node *node = defaults->nodes;

		defaults->nodes = node->allocated;
		free(node);
	}
	defaults->root = NULL;
}

void cfg_defaults_take(struct cfg_defaults *defaults, struct cfg_reader *reader, struct cfg_node *root, bool broken)
{
	cfg_defaults_clear(defaults);
	defaults->root = root;
	defaults->nodes = reader->nodes;
	defaults->broken = broken;
	reader->nodes = NULL;
}

/* A new node at the place of another. */
static struct cfg_node *node_at(struct cfg_reader *reader, const struct cfg_node *place, enum cfg_node_kind kind,
				const char *text, size_t len)
{
	struct cfg_node *node = calloc(1, sizeof(*node) + len + 1);

	if (!node)
		return NULL;
	node->kind = kind;
	node->line = place->line;
	node->column = place->column;
	node->plain = place->plain;
	node->len = len;
	if (len)
		memcpy(node->text, text, len);
	node->allocated = reader->nodes;
	reader->nodes = node;
	return node;
}

/* Adds a key and its value, which stay where they are, to a map. */
static bool add(struct cfg_reader *reader, struct cfg_node *map, const struct cfg_node *name, const char *text, size_t len,
		struct cfg_node *value)
{
	struct cfg_node *key = node_at(reader, name, name->kind, text, len);
	struct cfg_node *alias = node_at(reader, value, CFG_NODE_ALIAS, NULL, 0);

	if (!key || !alias)
		return false;
	key->target = name->target;
	alias->target = cfg_node_resolve(value);
	key->next = alias;
	if (map->last)
		map->last->next = key;
	else
		map->first = key;
	map->last = alias;
	return true;
}

static struct cfg_node *find(const struct cfg_node *map, const struct cfg_node *name)
{
	for (struct cfg_node *key = map->first; key && key->next; key = key->next->next) {
		if (key->kind == CFG_NODE_SCALAR && key->len == name->len && !memcmp(key->text, name->text, name->len))
			return cfg_node_resolve(key->next);
	}
	return NULL;
}

static const struct cfg_key *key_of(const struct cfg_section *section, const struct cfg_node *name)
{
	return name->kind == CFG_NODE_SCALAR ? cfg_section_key(section, name->text, name->len) : NULL;
}

/* Whether the document has the key, or one that excludes it. */
static bool has(const struct cfg_section *section, const struct cfg_node *map, const struct cfg_key *key)
{
	for (const struct cfg_node *name = map->first; name && name->next; name = name->next->next) {
		const struct cfg_key *other = key_of(section, name);

		if (other && (other == key || cfg_keys_exclusive(other, key)))
			return true;
	}
	return false;
}

static struct cfg_node *merge_maps(struct cfg_reader *reader, const struct cfg_section *section, struct cfg_node *ours,
				   struct cfg_node *theirs);

/* Whether a section's value is a mapping, or stands for one. */
static bool is_section(const struct cfg_section *section, const struct cfg_node *node)
{
	return node->kind == CFG_NODE_MAP || (section->shorthand && node->kind == CFG_NODE_SCALAR && !cfg_node_null(node));
}

/* A section as a map, also where it was written as one value. NULL when out of memory. */
static struct cfg_node *as_map(struct cfg_reader *reader, const struct cfg_section *section, struct cfg_node *node)
{
	const char *name = section->keys[0].name;
	struct cfg_node *map;

	if (node->kind == CFG_NODE_MAP)
		return node;
	map = node_at(reader, node, CFG_NODE_MAP, NULL, 0);
	return map && add(reader, map, node, name, strlen(name), node) ? map : NULL;
}

/* What a key has that both give. NULL when out of memory. */
static struct cfg_node *merge_values(struct cfg_reader *reader, const struct cfg_key *key, struct cfg_node *ours,
				     struct cfg_node *theirs)
{
	if (key->shape == CFG_LABELS && ours->kind == CFG_NODE_MAP && theirs->kind == CFG_NODE_MAP)
		return merge_maps(reader, NULL, ours, theirs);
	if (key->shape != CFG_SECTION || !is_section(key->section, ours) || !is_section(key->section, theirs))
		return ours;
	ours = as_map(reader, key->section, ours);
	theirs = as_map(reader, key->section, theirs);
	return ours && theirs ? merge_maps(reader, key->section, ours, theirs) : NULL;
}

/* section NULL: names of the user's own. */
static struct cfg_node *merge_maps(struct cfg_reader *reader, const struct cfg_section *section, struct cfg_node *ours,
				   struct cfg_node *theirs)
{
	struct cfg_node *map = node_at(reader, ours, CFG_NODE_MAP, NULL, 0);
	bool ok = map;

	for (struct cfg_node *name = ours->first; ok && name && name->next; name = name->next->next) {
		const struct cfg_key *key = section ? key_of(section, name) : NULL;
		struct cfg_node *value = cfg_node_resolve(name->next), *other = key ? find(theirs, name) : NULL;

		if (other)
			value = merge_values(reader, key, value, other);
		ok = value && add(reader, map, name, name->text, name->len, value);
	}
	for (struct cfg_node *name = theirs->first; ok && name && name->next; name = name->next->next) {
		const struct cfg_key *key = section ? key_of(section, name) : NULL;

		if (section ? !key || key->shape == CFG_KIND || has(section, ours, key) : find(ours, name) != NULL)
			continue;
		ok = add(reader, map, name, name->text, name->len, name->next);
	}
	return ok ? map : NULL;
}

struct cfg_node *cfg_defaults_merge(struct cfg_defaults *defaults, struct cfg_reader *reader, struct cfg_node *root)
{
	if (!defaults->root || defaults->broken)
		return root;
	defaults->expanded += defaults->root->weight;
	if (defaults->expanded > CFG_MAX_WEIGHT) {
		cfg_file_error(reader->file, root->line, root->column, "defaults make this file more than %u values longer",
			       CFG_MAX_WEIGHT);
		defaults->broken = true;
		return root;
	}
	return merge_maps(reader, &cfg_domain_section, root, defaults->root);
}
