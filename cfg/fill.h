/* SPDX-License-Identifier: GPL-2.0-or-later
 * From a document's tree to a typed spec, by the table of keys.
 */
#ifndef CFG_FILL_H
#define CFG_FILL_H

#include "cfg/keys.h"
#include "cfg/tree.h"

/** Filling in one document. */
struct cfg_fill {
	struct cfg_file *file;
	bool partial;		/* cut short by a syntax error: nothing is missing for sure */
	bool defaults;		/* a kind: defaults document: nothing is required */
	bool failed;		/* out of memory */
	unsigned met_before;	/* errors met in the file before this document was read */
	const char *written_as;	/* name of the key whose shorthand is being read: messages name what was written */
};

/** One section of it: which of its keys were there. */
struct cfg_checker {
	struct cfg_fill *fill;
	const struct cfg_section *section;
	const struct cfg_node *node;
	struct {
		const struct cfg_node *key, *value;
		bool valid;
		bool meant;	/* an unknown key was probably meant to be this one: not to be called missing */
	} seen[CFG_MAX_KEYS];
};

/** Fills the structure at base from a map (or, where the section has a shorthand, a scalar). Errors go to the file. */
void cfg_fill_section(struct cfg_fill *fill, const struct cfg_section *section, struct cfg_node *node, void *base);
/** Reads a scalar node by key's type into field; says what is wrong with it. Whether it was right. */
bool cfg_fill_scalar(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name,
		     const struct cfg_node *node, void *field);
/** Reads what a key's shape needs. Whether it was right. */
bool cfg_fill_key(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		  void *base);
/** What cfg_fill_key does for lists of mappings, lists of values, and labels. */
bool cfg_fill_items(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		    void *base);
bool cfg_fill_list(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		   void *base);
bool cfg_fill_labels(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		     void *base);
/** Sets *to to where node stands. */
void cfg_fill_place(const struct cfg_fill *fill, const struct cfg_node *node, struct cfg_place *to);
/** Reports "KEY: WHY" at a node; false. */
bool cfg_fill_complain(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *at, const char *why);
/** Reports "takes X, not Y" (takes NULL: what the key's type says); false. */
bool cfg_fill_wrong_kind(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *node, const char *takes);
/** Whether a scalar holds a control character: escapes in double quotes can still make them, and line ends. */
bool cfg_fill_has_control(const struct cfg_node *node);
/** Reports a key that the section does not have, with the one that was probably meant. */
void cfg_fill_unknown(struct cfg_checker *checker, const struct cfg_node *name);

#endif
