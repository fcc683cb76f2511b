/* SPDX-License-Identifier: GPL-2.0-or-later
 * The command: finds the verb, carries it to another host where -H says so, runs it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "xlite/cli/cli.h"

int main(int argc, char **argv)
{
	struct cli cli;
	int status = cli_parse(&cli, argc, argv);

	signal(SIGPIPE, SIG_IGN);
	/* Who starts this may have left it ignored: nobody could then tell how a process has ended. */
	signal(SIGCHLD, SIG_DFL);
	if (status >= 0)
		return status;
	if (cli.options.host && cli.verb->needs_host && !cli.options.against)
		return cli_host_is_list(cli.options.host) ? cli_remote_many(&cli) : cli_remote(&cli);
	/* What goes on finds them at each look. */
	if (cli.options.selector && !cli.options.watch && cli.verb->run != verb_top && (status = cli_select(&cli)) >= 0)
		return status;
	status = cli.verb->run(&cli);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "xlite: cannot write the output: %s\n", strerror(errno));
		return status ? status : XLITE_FAILED;
	}
	return status;
}
