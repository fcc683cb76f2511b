/* SPDX-License-Identifier: GPL-2.0-or-later
 * The tree, as libexpat's events build it.
 */
#include "xlite/convert/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/utf8.h"

struct reader {
	XML_Parser parser;
	struct report *report;
	struct xml_node *root, *node;	/* node: the one that is open */
	struct buf text;		/* of the open element, so far */
	size_t nr, depth;
	bool stopped;			/* the reason is in the report */
	/* how far places have been counted */
	size_t at;
	unsigned line, column;
};

/* The place of the event; they come in the order of the text. */
static struct cfg_place here(struct reader *reader)
{
	long index = XML_GetCurrentByteIndex(reader->parser);
	const char *text = reader->report->text;
	uint32_t c;

	while (index > 0 && reader->at < (size_t)index && reader->at < reader->report->len) {
		bool end = text[reader->at] == '\n';

		reader->at += utf8_step(text + reader->at, reader->report->len - reader->at, &c);
		reader->line += end;
		reader->column = end ? 1 : reader->column + 1;
	}
	return (struct cfg_place){ NULL, reader->line, reader->column };
}

static void stop(struct reader *reader, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void stop(struct reader *reader, const char *fmt, ...)
{
	const struct cfg_place place = here(reader);
	va_list ap;

	if (reader->stopped)
		return;
	va_start(ap, fmt);
	report_vnote(reader->report, REPORT_ERROR, &place, fmt, ap);
	va_end(ap);
	reader->stopped = true;
	XML_StopParser(reader->parser, XML_FALSE);
}

static void out_of_memory(struct reader *reader)
{
	reader->report->failed = reader->stopped = true;
	XML_StopParser(reader->parser, XML_FALSE);
}

/* Hangs a new element into the open one; NULL when out of memory. */
static struct xml_node *add_node(struct reader *reader, const char *name)
{
	struct xml_node *node = calloc(1, sizeof(*node)), *parent = reader->node, **more;

	if (!node)
		return NULL;
	node->name = strdup(name);
	node->place = here(reader);
	node->parent = parent;
	if (!parent) {
		reader->root = node;
		return node->name ? node : NULL;
	}
	/* Grown at powers of two. */
	more = parent->children;
	if (!(parent->nr_children & (parent->nr_children - 1)))
		more = reallocarray(more, parent->nr_children ? parent->nr_children * 2 : 1, sizeof(*more));
	if (!more) {
		xml_free(node);
		return NULL;
	}
	parent->children = more;
	parent->children[parent->nr_children++] = node;
	return node->name ? node : NULL;
}

static bool add_attributes(struct xml_node *node, const char **pairs, size_t nr)
{
	node->attributes = nr ? calloc(nr, sizeof(*node->attributes)) : NULL;
	if (nr && !node->attributes)
		return false;
	for (; node->nr_attributes < nr; node->nr_attributes++) {
		struct xml_attribute *attribute = &node->attributes[node->nr_attributes];

		attribute->name = strdup(pairs[node->nr_attributes * 2]);
		attribute->value = strdup(pairs[node->nr_attributes * 2 + 1]);
		if (!attribute->name || !attribute->value) {
			node->nr_attributes++;
			return false;
		}
	}
	return true;
}

static void begin(void *ctx, const char *name, const char **pairs)
{
	struct reader *reader = ctx;
	struct xml_node *node;
	size_t nr = 0;

	if (reader->stopped)
		return;
	while (pairs[nr * 2])
		nr++;
	reader->nr += 1 + nr;
	if (++reader->depth > XML_MAX_DEPTH) {
		stop(reader, "elements are nested more than %d deep", XML_MAX_DEPTH);
		return;
	}
	if (reader->nr > XML_MAX_NODES) {
		stop(reader, "the file has more than %d elements and attributes", XML_MAX_NODES);
		return;
	}
	node = add_node(reader, name);
	if (!node || !add_attributes(node, pairs, nr)) {
		out_of_memory(reader);
		return;
	}
	/* Text between elements is of no use. */
	buf_clear(&reader->text);
	reader->node = node;
}

static void take_text(void *ctx, const char *text, int len)
{
	struct reader *reader = ctx;

	if (!reader->stopped && reader->node)
		buf_add(&reader->text, text, (size_t)len);
	if (reader->text.failed)
		out_of_memory(reader);
}

static void end(void *ctx, const char *name)
{
	static const char blanks[] = " \t\r\n";
	struct reader *reader = ctx;
	const char *text = buf_str(&reader->text);
	size_t len;

	if (reader->stopped || !reader->node)
		return;
	text += strspn(text, blanks);
	for (len = strlen(text); len && strchr(blanks, text[len - 1]); len--)
		;
	if (len) {
		reader->node->text = strndup(text, len);
		if (!reader->node->text) {
			out_of_memory(reader);
			return;
		}
	}
	buf_clear(&reader->text);
	reader->node = reader->node->parent;
	reader->depth--;
}

static void refuse_doctype(void *ctx, const char *name, const char *system, const char *public, int internal)
{
	stop(ctx, "document types are not taken");
}

/* Places are counted in UTF-8. */
static void check_encoding(void *ctx, const char *version, const char *encoding, int standalone)
{
	if (encoding && strcasecmp(encoding, "UTF-8") && strcasecmp(encoding, "US-ASCII"))
		stop(ctx, "the encoding %s is not taken, only UTF-8", encoding);
}

struct xml_node *xml_parse(struct report *report)
{
	struct reader reader = { .parser = XML_ParserCreate(NULL), .report = report, .line = 1, .column = 1 };
	enum XML_Status status;

	if (!reader.parser) {
		report->failed = true;
		return NULL;
	}
	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, begin, end);
	XML_SetCharacterDataHandler(reader.parser, take_text);
	XML_SetStartDoctypeDeclHandler(reader.parser, refuse_doctype);
	XML_SetXmlDeclHandler(reader.parser, check_encoding);
	status = report->len <= INT_MAX ? XML_Parse(reader.parser, report->text, (int)report->len, 1) : XML_STATUS_ERROR;
	if (status != XML_STATUS_OK && !reader.stopped)
		stop(&reader, "%s", XML_ErrorString(XML_GetErrorCode(reader.parser)));
	XML_ParserFree(reader.parser);
	buf_clear(&reader.text);
	if (reader.stopped) {
		xml_free(reader.root);
		return NULL;
	}
	return reader.root;
}

/* Depth is bounded while it is built. */
void xml_free(struct xml_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->nr_children; i++)
		xml_free(node->children[i]);
	for (size_t i = 0; i < node->nr_attributes; i++) {
		free(node->attributes[i].name);
		free(node->attributes[i].value);
	}
	free(node->children);
	free(node->attributes);
	free(node->name);
	free(node->text);
	free(node);
}

struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
	for (size_t i = 0; node && i < node->nr_children; i++) {
		if (!strcmp(node->children[i]->name, name))
			return node->children[i];
	}
	return NULL;
}

const char *xml_child_text(const struct xml_node *node, const char *name)
{
	const struct xml_node *child = xml_child(node, name);

	if (!child)
		return NULL;
	return child->text ? child->text : "";
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
	for (size_t i = 0; node && i < node->nr_attributes; i++) {
		if (!strcmp(node->attributes[i].name, name))
			return node->attributes[i].value;
	}
	return NULL;
}

bool xml_attribute_is(const struct xml_node *node, const char *name, const char *value)
{
	const char *is = xml_attribute(node, name);

	return is && !strcmp(is, value);
}
