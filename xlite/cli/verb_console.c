/* SPDX-License-Identifier: GPL-2.0-or-later
 * console: attaches to a guest's terminal. What a guest prints passes as it is only to a person who sits at
 * a terminal and asked for this; shown on a terminal otherwise, control bytes are escaped.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "xlite/cli/cli.h"
#include "xlite/lib/console.h"

/* How long xenconsoled may take to make the terminal of a domain that has just been built. */
#define TTY_MS 10000

int verb_console(struct cli *cli)
{
	bool person = isatty(0);
	struct xlite_console_options options = {
		.in_fd = 0,
		.out_fd = 1,
		.escape = XLITE_CONSOLE_ESCAPE,
		.stay = !person,
		.safe = !person && cli_writes_to_terminal(),
	};
	struct xlite_error err = { 0 };
	struct host host;
	struct state state = { 0 };
	struct state_domain *domain;
	enum xlite_console_end end = XLITE_CONSOLE_LEFT;
	int rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = cli_find_domain(&host, cli->args[0], &state, &domain, &err);
	if (!rc && person)
		fprintf(stderr, "Connected to %s; leave with Ctrl-].\r\n", cli->args[0]);
	if (!rc)
		rc = xlite_console_attach(host.store, domain->info.domid, &options, clock_deadline_ms(TTY_MS), &end, &err);
	if (!rc && person)
		fprintf(stderr, "\r\n%s\r\n", end == XLITE_CONSOLE_ENDED ? "The guest's terminal is gone." : "Left.");
	if (rc && rc != -ESRCH)
		xlite_error_prefix(&err, "%s", cli->args[0]);
	state_clear(&state);
	cli_host_close(cli, &host);
	return rc ? cli_fail(&err) : 0;
}
