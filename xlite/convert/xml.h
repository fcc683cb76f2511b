/* SPDX-License-Identifier: GPL-2.0-or-later
 * A document of XML as a tree, read by libexpat. Document types are refused, and with them entities.
 */
#ifndef CONVERT_XML_H
#define CONVERT_XML_H

#include "xlite/convert/report.h"

#define XML_MAX_DEPTH 32
#define XML_MAX_NODES 20000	/* elements and attributes */

struct xml_attribute {
	char *name, *value;
};

struct xml_node {
	char *name;
	struct cfg_place place;		/* of its tag */
	char *text;			/* directly in it, without blanks around it; NULL: none */
	struct xml_attribute *attributes;
	size_t nr_attributes;
	struct xml_node **children;	/* owned */
	size_t nr_children;
	struct xml_node *parent;
	bool told;			/* what became of it is in the report already */
};

/** Parses the report's source. NULL when it is no XML, which is noted, or out of memory (report->failed). */
struct xml_node *xml_parse(struct report *report);
void xml_free(struct xml_node *node);
/** The first child of that name, or NULL; node may be NULL. */
struct xml_node *xml_child(const struct xml_node *node, const char *name);
/** The child's text, "" for an empty one, NULL if there is no child. */
const char *xml_child_text(const struct xml_node *node, const char *name);
/** An attribute's value, or NULL; node may be NULL. */
const char *xml_attribute(const struct xml_node *node, const char *name);
/** Whether an attribute has that value. */
bool xml_attribute_is(const struct xml_node *node, const char *name, const char *value);

#endif
