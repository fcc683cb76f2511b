/* SPDX-License-Identifier: GPL-2.0-or-later
 * list --watch: the domains as they were shown last.
 */
#ifndef CLI_LIST_SHOWN_H
#define CLI_LIST_SHOWN_H

#include "xlite/cli/cli.h"

struct list_item;

struct list_shown {
	struct cli *cli;
	struct host host;
	struct cli_table table;
	bool full;			/* the records of all domains are needed */
	struct list_item *items;
	size_t nr;
};

/**
 * Looks at the host, prints a line for each domain that is not as it was shown, and has XenStore tell of what may
 * change of each.
 */
int list_shown_look(struct list_shown *shown, struct xlite_error *err);
/** Takes an event of a watch with this token: what is to be read anew at the next look. */
void list_shown_event(struct list_shown *shown, const char *token);
/** Forgets all domains. */
void list_shown_clear(struct list_shown *shown);

#endif
