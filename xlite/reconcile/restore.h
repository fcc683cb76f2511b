/* SPDX-License-Identifier: GPL-2.0-or-later
 * The spec that travels in a saved domain.
 */
#ifndef RECONCILE_RESTORE_H
#define RECONCILE_RESTORE_H

#include "common/buf.h"
#include "xlite/lib/save.h"

/** What xlite knew of a domain that was saved; each may be empty. */
struct restore_text {
	struct buf spec;		/* YAML */
	struct buf next;		/* the spec that waited for the next boot */
	struct buf set;
	bool foreign;			/* another tool saved it: spec is what could be made of its configuration */
};

/**
 * Reads the text of the header. -EINVAL (XLITE_BAD_SPEC) where it cannot be understood, or, of another tool's, has what
 * a spec cannot say: the message names the key.
 */
int restore_text_read(const struct xlite_restore_head *head, struct restore_text *text, struct xlite_error *err);
void restore_text_clear(struct restore_text *text);

#endif
