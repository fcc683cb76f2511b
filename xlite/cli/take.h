/* SPDX-License-Identifier: GPL-2.0-or-later
 * The domain that save and migrate work on.
 */
#ifndef CLI_TAKE_H
#define CLI_TAKE_H

#include "xlite/cli/cli.h"

/**
 * Finds the domain of the first argument and takes it for this run; it is looked at again where another run was waited for. state and objects are
 * the caller's to clear and release.
 */
int cli_take_domain(struct cli *cli, struct host *host, struct run_objects *objects, struct state *state, struct state_domain **domain,
		    struct xlite_error *err);

#endif
