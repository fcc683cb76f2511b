/* SPDX-License-Identifier: GPL-2.0-or-later
 * Private to -H and to migrations: another host, and the ssh that reaches it.
 */
#ifndef CLI_REMOTE_INT_H
#define CLI_REMOTE_INT_H

#include <limits.h>

#include "common/buf.h"
#include "xlite/cli/cli.h"

#define SSH_ARGS_MAX 16

struct remote {
	const char *ssh[SSH_ARGS_MAX];	/* ssh and its arguments, up to the host's name */
	size_t nr;
	char config[PATH_MAX], host[256], port[8];
	struct buf command;		/* for the shell there, quoted */
	int output;			/* what its standard output goes to; -1: this one's */
};

/** A word for the shell there, behind a space. */
void cli_remote_quote(struct buf *out, const char *word);
/** Begins ssh's arguments for a target as -H takes it. */
int cli_remote_choose(struct remote *remote, const char *target, struct xlite_error *err);
/** Ends them: host and command. */
void cli_remote_end(struct remote *remote);
/** In a child, whose standard input and output are as ssh's are to be: does not return. */
void cli_remote_exec(const struct remote *remote) __attribute__((noreturn));
/**
 * The exit status that the status of wait(2) means: ssh exits with 255 for its own failures; the verb's comes
 * through otherwise.
 */
int cli_remote_status(int status);
/** The status of the command itself, or what kept it from being one, with a message. */
int cli_remote_tell_end(struct remote *remote, const char *target, int status);

#endif
