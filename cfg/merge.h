/* SPDX-License-Identifier: GPL-2.0-or-later
 * Documents of kind defaults: kept as trees, and put under the domain documents behind them, so that
 * whatever reads a document need not know where its values stand.
 */
#ifndef CFG_MERGE_H
#define CFG_MERGE_H

#include "cfg/keys.h"
#include "cfg/tree.h"

/** The defaults in force at one place of a file. */
struct cfg_defaults {
	struct cfg_node *root;	/* NULL: none */
	struct cfg_node *nodes;	/* chain of what root is made of */
	bool broken;		/* they have errors: what a document lacks may be in them */
	unsigned expanded;	/* values added to documents so far */
};

/** Takes the reader's document over, in place of the defaults before it. */
void cfg_defaults_take(struct cfg_defaults *defaults, struct cfg_reader *reader, struct cfg_node *root, bool broken);
void cfg_defaults_clear(struct cfg_defaults *defaults);
/**
 * The document with what it lacks taken from the defaults; its nodes are the reader's. The document itself where there
 * are no defaults; NULL when out of memory.
 */
struct cfg_node *cfg_defaults_merge(struct cfg_defaults *defaults, struct cfg_reader *reader, struct cfg_node *root);

#endif
