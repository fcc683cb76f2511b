/* SPDX-License-Identifier: GPL-2.0-or-later
 * A YAML document as a tree that knows where everything stands. Built from libyaml's events; refuses what
 * the language does not have: tags, merge keys, repeated keys, deep nesting, aliases that explode.
 */
#ifndef CFG_TREE_H
#define CFG_TREE_H

#include <yaml.h>

#include "cfg/set.h"

enum cfg_node_kind {
	CFG_NODE_SCALAR, CFG_NODE_LIST, CFG_NODE_MAP,
	CFG_NODE_ALIAS,		/* stands for target */
	CFG_NODE_BAD,		/* was refused, and that was said: not to be looked at */
};

struct cfg_node {
	enum cfg_node_kind kind;
	unsigned line, column;
	bool plain;			/* scalar without quotes */
	size_t len;
	struct cfg_node *first, *last;	/* children; of a map keys and values in turn */
	struct cfg_node *next;		/* sibling */
	struct cfg_node *target;	/* of an alias; never itself an alias */
	struct cfg_node *allocated;	/* chain of all nodes of the document */
	unsigned weight;		/* nodes below and itself, aliases followed */
	unsigned height;		/* collections below and itself */
	bool open;			/* its end has not come yet */
	char text[];			/* scalar, NUL-terminated */
};

#define CFG_MAX_WEIGHT 100000	/* values that aliases may add to a document */
#define CFG_MAX_SKIP 100	/* levels past the deepest that is allowed, after which reading ends */
#define CFG_MAX_ANCHORS 256	/* in a document */

/** A reader of one file's documents, one after the other. */
struct cfg_reader {
	yaml_parser_t parser;
	struct cfg_file *file;
	struct cfg_node *nodes;		/* chain of the current document's */
	struct cfg_node *open[CFG_MAX_DEPTH];
	unsigned depth;
	unsigned skipping;		/* inside collections that are too deep */
	struct { char *name; struct cfg_node *node; } anchors[CFG_MAX_ANCHORS];
	size_t nr_anchors;
	size_t next_mark;		/* of the file, to be looked at */
	unsigned expanded;		/* values added by aliases so far */
	bool ended;
};

/** 0 or -ENOMEM. Errors of the text go to the file. */
int cfg_reader_init(struct cfg_reader *reader, struct cfg_file *file);
void cfg_reader_clear(struct cfg_reader *reader);
/**
 * Reads the next document; it lives until the next call. *root is NULL for an empty one. *partial says that a
 * syntax error cut it short. Returns 1, 0 at the end, or -ENOMEM.
 */
int cfg_reader_next(struct cfg_reader *reader, struct cfg_node **root, bool *partial);
/** The node itself, or what an alias stands for. */
struct cfg_node *cfg_node_resolve(struct cfg_node *node);
/** Whether it is a plain scalar that YAML reads as nothing: empty, ~ or null. */
bool cfg_node_null(const struct cfg_node *node);
/** Reports keys that stand twice in a map. 0 or -ENOMEM. */
int cfg_node_repeated(struct cfg_file *file, const struct cfg_node *map);
/**
 * Reports what a value, just read, holds of the file's marks. Called for each value, in order. Whether it holds none.
 */
bool cfg_marks_check(struct cfg_reader *reader, const yaml_event_t *scalar);
/** Reports the characters that nobody can see in some lines. Whether there are any. */
bool cfg_marks_report(struct cfg_file *file, size_t first, size_t last);
/**
 * Reports the parser's error in words of ours, at the most useful place: libyaml has two, the open collection is a
 * third.
 */
void cfg_yaml_error(struct cfg_reader *reader);

#endif
