/* SPDX-License-Identifier: GPL-2.0-or-later
 * Saved plans: a plan as one JSON text, with all that is needed to carry out that plan and no other: the documents, the
 * options that decide it, the host, and what was seen of each object.
 */
#ifndef RECONCILE_SAVED_H
#define RECONCILE_SAVED_H

#include "xlite/reconcile/plan.h"

/** What decides a plan beside the documents and the host. */
struct saved_options {
	const char *set;		/* or NULL */
	bool prune, replace, adopt, yes;
};

/** A saved plan that was read. */
struct saved_plan;

/** Whether the text is meant to be a saved plan: an object whose first key is "xlite-plan". */
bool saved_is_plan(const char *text, size_t len);
/**
 * Writes plan, which the documents of set were compared for, as text. version is that of this xlite: no other carries
 * the plan out. Looks at the files that domains are built from. Returns 0; -ENOMEM; -EPERM where an object is refused,
 * since such a plan cannot be carried out.
 */
int saved_print(const struct plan *plan, const struct cfg_set *set, const struct saved_options *options,
		const char *version, struct buf *out, struct xlite_error *err);
/**
 * Reads a text of saved_print. *saved is the caller's (saved_free). -EINVAL (XLITE_BAD_SPEC) where it is damaged or of
 * another format; -ESTALE (XLITE_AGAIN) where another version of xlite wrote it.
 */
int saved_parse(const char *text, size_t len, const char *version, struct saved_plan **saved, struct xlite_error *err);
/** The options that the plan was made with; the saved plan's. */
const struct saved_options *saved_options(const struct saved_plan *saved);
/**
 * Parses its documents into set, where they are called by file and their names. Returns the number of errors, or
 * -ENOMEM.
 */
int saved_documents(const struct saved_plan *saved, const char *file, struct cfg_set *set);
/** -ESTALE (XLITE_AGAIN) where the plan was made on another host. */
int saved_check_host(const struct saved_plan *saved, struct xlite_error *err);
/**
 * Whether now, made of the same documents and options, is the plan that was saved, for a host that is as it was seen
 * then: -ESTALE (XLITE_AGAIN) names the objects and what differs. A domain is known by its uuid: that it was built anew
 * since, with the same spec, makes no other plan.
 */
int saved_check(const struct saved_plan *saved, const struct plan *now, struct xlite_error *err);
void saved_free(struct saved_plan *saved);

#endif
