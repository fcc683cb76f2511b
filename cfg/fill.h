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
/** Reads a list of values, or one; or labels. Whether it was right. */
bool cfg_fill_list(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name, struct cfg_node *node,
		   void *base);
bool cfg_fill_labels(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *name,
		     struct cfg_node *node, void *base);
/** Room for one more item of size bytes, zeroed, at the end of a list. NULL when out of memory (fill->failed). */
void *cfg_fill_grow(struct cfg_fill *fill, void **list, size_t *nr, size_t size);
/** Whether a list that has nr items has no room for node; says so. */
bool cfg_fill_too_many(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *node, size_t nr);
/** Reports what is missing in a section, and what excludes each other. */
void cfg_fill_check(struct cfg_checker *checker, const void *base);
/** Reports at a node. */
void cfg_fill_error(struct cfg_fill *fill, const struct cfg_node *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Sets *to to where node stands. */
void cfg_fill_place(const struct cfg_fill *fill, const struct cfg_node *node, struct cfg_place *to);
/** Reports "KEY: WHY" at a node; false. */
bool cfg_fill_complain(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *at, const char *why);
/** Reports "KEY: WHAT holds UNFIT"; false. */
bool cfg_fill_holds(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *at, const char *what,
		    const char *unfit);
/** Reports "takes X, not Y" (takes NULL: what the key's type says); false. */
bool cfg_fill_wrong_kind(struct cfg_fill *fill, const struct cfg_key *key, const struct cfg_node *node,
			 const char *takes);
/**
 * What a scalar holds that no value may have, "a control character"; NULL if nothing. Escapes in double quotes can
 * make such.
 */
const char *cfg_fill_unfit(const struct cfg_node *node);
/** Reports a key that the section does not have, with the one that was probably meant. */
void cfg_fill_unknown(struct cfg_checker *checker, const struct cfg_node *name);

#endif
