/* SPDX-License-Identifier: GPL-2.0-or-later
 * What list and get share: a domain as a row and as JSON; and list as it goes on.
 */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include <jansson.h>

#include "xlite/cli/cli.h"

/** Titles of the columns: LIST_NARROW, and two more of -o wide. */
extern const char *const list_columns[];
#define LIST_NARROW 6
#define LIST_WIDE 8

/** Adds a row; state is its word, state_word(domain) unless more is known. */
void list_add_row(struct cli_table *table, const struct state_domain *domain, const char *state, bool wide);
/** The same as an object, the caller's; with the spec where details were observed. NULL when out of memory. */
json_t *list_json(const struct state_domain *domain, const char *state);
/** Whether its record decides the word for its state: of a paused or suspended one. For observe_records. */
bool list_needs_record(const void *ctx, const struct state_domain *domain);
/** Lists, and goes on with a line for each change until a signal comes or nobody reads. Returns an exit status. */
int list_watch(struct cli *cli);

#endif
