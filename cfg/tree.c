/* SPDX-License-Identifier: GPL-2.0-or-later
 * Documents from libyaml's events; see tree.h.
 */
#include "cfg/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

int cfg_reader_init(struct cfg_reader *reader, struct cfg_file *file)
{
	const char *text = file->text;
	size_t len = file->len;

	memset(reader, 0, sizeof(*reader));
	reader->file = file;
	if (!yaml_parser_initialize(&reader->parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, len);
	return 0;
}

static void forget(struct cfg_reader *reader)
{
	while (reader->nodes) {
		struct cfg_node *node = reader->nodes;

		reader->nodes = node->allocated;
		free(node);
	}
	while (reader->nr_anchors)
		free(reader->anchors[--reader->nr_anchors].name);
	reader->depth = 0;
	reader->skipping = 0;
	reader->expanded = 0;
}

void cfg_reader_clear(struct cfg_reader *reader)
{
	forget(reader);
	yaml_parser_delete(&reader->parser);
}

struct cfg_node *cfg_node_resolve(struct cfg_node *node)
{
	return node->kind == CFG_NODE_ALIAS ? node->target : node;
}

bool cfg_node_null(const struct cfg_node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (node->kind != CFG_NODE_SCALAR || !node->plain)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++) {
		if (strlen(nulls[i]) == node->len && !memcmp(nulls[i], node->text, node->len))
			return true;
	}
	return false;
}

static struct cfg_node *node_new(struct cfg_reader *reader, enum cfg_node_kind kind, const yaml_mark_t *mark,
				 const void *text, size_t len)
{
	struct cfg_node *node = calloc(1, sizeof(*node) + len + 1);

	if (!node)
		return NULL;
	node->kind = kind;
	node->line = (unsigned)mark->line + 1;
	node->column = (unsigned)mark->column + 1;
	node->weight = 1;
	node->len = len;
	if (len)
		memcpy(node->text, text, len);
	node->allocated = reader->nodes;
	reader->nodes = node;
	return node;
}

static void refuse(struct cfg_reader *reader, struct cfg_node *node, const char *why)
{
	cfg_file_error(reader->file, node->line, node->column, "%s", why);
	node->kind = CFG_NODE_BAD;
}

/* Adds a finished child's weight and height to the collection it is in. */
static void account(struct cfg_node *parent, const struct cfg_node *child)
{
	parent->weight += child->weight;
	if (child->height >= parent->height)
		parent->height = child->height + 1;
}

/* Hangs node into the innermost open collection. Only leaves and aliases are accounted for: a collection is at its end. */
static void attach(struct cfg_reader *reader, struct cfg_node *node)
{
	struct cfg_node *parent = reader->depth ? reader->open[reader->depth - 1] : NULL;

	if (!parent)
		return;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	if (!node->open)
		account(parent, node);
}

/* Remembers node under its anchor, if it has one. */
static int anchor(struct cfg_reader *reader, struct cfg_node *node, const yaml_char_t *name)
{
	size_t i;

	if (!name)
		return 0;
	for (i = 0; i < reader->nr_anchors && strcmp(reader->anchors[i].name, (const char *)name); i++)
		;
	if (i == CFG_MAX_ANCHORS) {
		cfg_file_error(reader->file, node->line, node->column, "more than %u anchors in a document", CFG_MAX_ANCHORS);
		return 0;
	}
	if (i == reader->nr_anchors) {
		reader->anchors[i].name = strdup((const char *)name);
		if (!reader->anchors[i].name)
			return -ENOMEM;
		reader->nr_anchors++;
	}
	reader->anchors[i].node = node;
	return 0;
}

/* The name of the anchor that is nearest to name, for did-you-mean. */
static const char *near_anchor(const struct cfg_reader *reader, const char *name)
{
	const char *names[CFG_MAX_ANCHORS] = {NULL};

	for (size_t i = 0; i < reader->nr_anchors; i++)
		names[i] = reader->anchors[i].name;
	return cfg_nearest(name, names, reader->nr_anchors);
}

static void alias_check(struct cfg_reader *reader, struct cfg_node *node, const char *name)
{
	const char *near;
	size_t i;

	for (i = 0; i < reader->nr_anchors && strcmp(reader->anchors[i].name, name); i++)
		;
	node->kind = CFG_NODE_BAD;
	if (cfg_file_full(reader->file)) {
		cfg_file_count(reader->file);
	} else if (i == reader->nr_anchors) {
		near = near_anchor(reader, name);
		cfg_file_error(reader->file, node->line, node->column, "alias `%.60s` is not defined%s%s%s", name,
			       near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
	} else if (reader->anchors[i].node->open) {
		cfg_file_error(reader->file, node->line, node->column, "alias `%.60s` stands inside the value it is for", name);
	} else if (reader->depth + reader->anchors[i].node->height > CFG_MAX_DEPTH) {
		cfg_file_error(reader->file, node->line, node->column, "nested more than %u levels deep by this alias",
			       CFG_MAX_DEPTH);
	} else if (reader->expanded + reader->anchors[i].node->weight > CFG_MAX_WEIGHT) {
		cfg_file_error(reader->file, node->line, node->column, "aliases make this document more than %u values longer",
			       CFG_MAX_WEIGHT);
	} else {
		node->kind = CFG_NODE_ALIAS;
		node->target = cfg_node_resolve(reader->anchors[i].node);
		node->weight = node->target->weight;
		node->height = node->target->height;
		reader->expanded += node->weight;
	}
}

static int leaf(struct cfg_reader *reader, const yaml_event_t *event, struct cfg_node **root)
{
	bool alias = event->type == YAML_ALIAS_EVENT;
	struct cfg_node *node;
	int rc = 0;

	if (reader->skipping)
		return 0;
	if (alias) {
		node = node_new(reader, CFG_NODE_ALIAS, &event->start_mark, NULL, 0);
	} else {
		node = node_new(reader, CFG_NODE_SCALAR, &event->start_mark, event->data.scalar.value,
				event->data.scalar.length);
	}
	if (!node)
		return -ENOMEM;
	if (alias) {
		alias_check(reader, node, (const char *)event->data.alias.anchor);
	} else {
		node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		rc = anchor(reader, node, event->data.scalar.anchor);
		if (!cfg_marks_check(reader, event))
			node->kind = CFG_NODE_BAD;
		if (event->data.scalar.tag)
			refuse(reader, node, "tags are not part of the language");
	}
	attach(reader, node);
	if (!reader->depth)
		*root = node;
	return rc;
}

static int collection(struct cfg_reader *reader, const yaml_event_t *event, struct cfg_node **root)
{
	bool map = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	struct cfg_node *node;

	if (reader->skipping) {
		/* Every level costs libyaml time for every token: what is absurdly deep is not read to its end. */
		if (++reader->skipping > CFG_MAX_SKIP)
			reader->ended = true;
		return 0;
	}
	node = node_new(reader, map ? CFG_NODE_MAP : CFG_NODE_LIST, &event->start_mark, NULL, 0);
	if (!node)
		return -ENOMEM;
	node->height = 1;
	if (tag)
		cfg_file_error(reader->file, node->line, node->column, "tags are not part of the language");
	if (reader->depth == CFG_MAX_DEPTH) {
		cfg_file_error(reader->file, node->line, node->column, "nested more than %u levels deep", CFG_MAX_DEPTH);
		node->kind = CFG_NODE_BAD;
		attach(reader, node);
		reader->skipping = 1;
		return 0;
	}
	node->open = true;
	attach(reader, node);
	if (!reader->depth)
		*root = node;
	reader->open[reader->depth++] = node;
	return anchor(reader, node, map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor);
}

static int close_collection(struct cfg_reader *reader)
{
	struct cfg_node *node;

	if (reader->skipping) {
		reader->skipping--;
		return 0;
	}
	node = reader->open[--reader->depth];
	node->open = false;
	if (reader->depth)
		account(reader->open[reader->depth - 1], node);
	return node->kind == CFG_NODE_MAP ? cfg_node_repeated(reader->file, node) : 0;
}

/* Handles one event; 1 at the end of a document. */
static int take(struct cfg_reader *reader, const yaml_event_t *event, struct cfg_node **root)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
		return leaf(reader, event, root);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return collection(reader, event, root);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(reader);
	case YAML_DOCUMENT_END_EVENT:
		return 1;
	case YAML_STREAM_END_EVENT:
		reader->ended = true;
		return 0;
	default:
		return 0;
	}
}

/* After a syntax error, or in the depths: ends what is open, so that what was read can be looked at. */
static int cut_short(struct cfg_reader *reader, struct cfg_node **root, bool *partial)
{
	int rc = 0;

	reader->ended = true;
	if (reader->parser.error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (reader->parser.error)
		cfg_yaml_error(reader);
	reader->skipping = 0;
	while (reader->depth && !rc)
		rc = close_collection(reader);
	*partial = true;
	return rc ? rc : *root != NULL;
}

int cfg_reader_next(struct cfg_reader *reader, struct cfg_node **root, bool *partial)
{
	forget(reader);
	*root = NULL;
	*partial = false;
	while (!reader->ended) {
		yaml_event_t event;
		int rc;

		if (!yaml_parser_parse(&reader->parser, &event))
			return cut_short(reader, root, partial);
		rc = take(reader, &event, root);
		yaml_event_delete(&event);
		if (rc)
			return rc;
		if (reader->skipping > CFG_MAX_SKIP)
			return cut_short(reader, root, partial);
	}
	return 0;
}
