/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the writer and the reader of saved plans share.
 */
#ifndef RECONCILE_SAVED_INT_H
#define RECONCILE_SAVED_INT_H

#include <jansson.h>

#include "xlite/reconcile/saved.h"

/* The first key of a saved plan; its value is the version of the format. */
#define SAVED_KEY "xlite-plan"
#define SAVED_FORMAT 1

struct saved_plan {
	json_t *root;
	struct saved_options options;
};

/** This host: its name, and an identity that does not give its machine-id away. NULL when out of memory. */
json_t *saved_host(void);
/** One object of a plan with what was seen of it. NULL when out of memory. */
json_t *saved_item(const struct plan *plan, const struct plan_item *item);
/** Of all objects, in the order of plan_at. NULL when out of memory. */
json_t *saved_items(const struct plan *plan);

#endif
