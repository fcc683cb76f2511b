/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who started the command: signals and the end of the connection, errors and result lines, colour.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "xlite/cli/cli.h"

volatile int cli_interrupted;

/* Workers die with this process. */
static void on_signal(int number)
{
	static const char text[] =
		"xlite: stops after the current step, and undoes what is half built; a second signal ends it at "
		"once and leaves that to the next apply\n";

	if (cli_interrupted)
		_exit(XLITE_INTERRUPTED);
	cli_interrupted = 1;
	if (write(2, text, sizeof(text) - 1) < 0)
		return;
}

/*
 * A run that -H began gets no signal when the connection ends: without a terminal sshd only closes what standard output
 * leads to, and dropbear, where one connection serves several commands, only the other end of standard input. A process
 * of its own notices either, and says so as a terminal would. It holds nothing that others wait for, and goes when the
 * run does.
 */
void cli_end_with_connection(void)
{
	/* sshd may use a socket, of which only one direction ends. */
	struct pollfd ends[2] = { { .fd = 0, .events = POLLRDHUP }, { .fd = 1 } };
	pid_t run = getpid();

	if (!getenv(CLI_ATTACHED) || fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (getppid() == run && poll(ends, 2, -1) < 0 && errno == EINTR)
		;
	if (getppid() == run)
		kill(run, SIGHUP);
	_exit(0);
}

void cli_catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	cli_end_with_connection();
}

int cli_fail(const struct xlite_error *err)
{
	fprintf(stderr, "xlite: %s\n", err->message);
	if (err->left[0])
		fprintf(stderr, "  not undone: %s\n", err->left);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
	return xlite_error_exit(err);
}

int cli_bad_usage(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	fputs("xlite: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (cli->verb)
		fprintf(stderr, "\nTry `xlite help %s'.\n", cli->verb->name);
	else
		fputs("\nTry `xlite help'.\n", stderr);
	return XLITE_USAGE;
}

void cli_result_of(const struct cli *cli, const char *kind, const char *name, const char *word)
{
	if (!cli->options.quiet)
		printf("%s/%s %s\n", kind, name, word);
	fflush(stdout);
}

void cli_result(const struct cli *cli, const char *name, const char *word)
{
	cli_result_of(cli, "domain", name, word);
}

bool cli_writes_to_terminal(void)
{
	return isatty(1) || getenv(CLI_TERMINAL);
}

bool cli_color(int fd)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fd) && !(no && *no);
}
