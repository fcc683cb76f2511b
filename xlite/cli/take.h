/* SPDX-License-Identifier: GPL-2.0-or-later
 * The domain that save and migrate work on.
 */
#ifndef CLI_TAKE_H
#define CLI_TAKE_H

#include "xlite/cli/cli.h"

/** For a guest to suspend, in seconds, unless --timeout says otherwise. */
#define CLI_SUSPEND_S 60

/**
 * Finds the domain of the first argument and takes it for this run; it is looked at again where another run was waited
 * for. state and objects are the caller's to clear and release.
 */
int cli_take_domain(struct cli *cli, struct host *host, struct run_objects *objects, struct state *state,
		    struct state_domain **domain, struct xlite_error *err);
/**
 * Tells what became of it: names it in err, where rc is not 0, and writes an event, and a line in the log of the host
 * if it was tried. word is for success ("saved").
 */
void cli_tell_taken(struct cli *cli, struct host *host, const struct state_domain *domain, const char *word, bool tried,
		    int rc, struct xlite_error *err);

#endif
