/* SPDX-License-Identifier: GPL-2.0-or-later
 * -H: the same command on another host, by ssh. Spec files are read here and sent as a bundle on
 * standard input; files that the specs name are looked up there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "config.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/remote_int.h"
#include "xlite/reconcile/saved.h"

/* What a shell exits with that does not find a command. */
#define NO_COMMAND 127

static int add_to_bundle(void *ctx, const char *name, const char *text, size_t len)
{
	return cli_bundle_add(ctx, name, text, len);
}

/* Whether the bundle carries what the argument means. */
static bool is_bundled(const struct cli *cli, const char *arg)
{
	return cli->verb->takes_files && (cli->verb->run != verb_delete || cli_is_file(arg));
}

static void quote_word(void *command, const char *word)
{
	cli_remote_quote(command, word);
}

/*
 * The verb, what was understood of its options, and the arguments but for the files that the bundle carries. It is not
 * to go on to another host from there, whatever the environment says.
 */
static void build_command(struct cli *cli, struct buf *command, bool bundle)
{
	auto_buf struct buf from = BUF_INIT;

	buf_puts(&from, CLI_FROM "=");
	cli_log_from(cli, &from);
	buf_puts(command, "exec env -u XLITE_HOST " CLI_ATTACHED "=1");
	if (cli_writes_to_terminal())
		buf_puts(command, " " CLI_TERMINAL "=1");
	cli_remote_quote(command, buf_str(&from));
	buf_puts(command, " xlite");
	cli_remote_quote(command, cli->verb->name);
	cli_each_option(cli, quote_word, command);
	if (bundle)
		cli_remote_quote(command, "--bundle");
	buf_puts(command, " --");
	for (int i = 0; i < cli->nr_args; i++) {
		if (!bundle || !is_bundled(cli, cli->args[i]))
			cli_remote_quote(command, cli->args[i]);
	}
}

static int bundle_failed(int rc)
{
	struct xlite_error err = { 0 };

	if (rc == -EFBIG)
		xlite_error_status(&err, rc, XLITE_BAD_SPEC, "-H: the specs are more than the %zu MiB that can be sent",
				   CLI_BUNDLE_MAX >> 20);
	else
		xlite_error_sys(&err, rc, "reading the specs");
	return cli_fail(&err);
}

static int bundle_files(struct cli *cli, struct cli_bundle *bundle)
{
	auto_free char **files = calloc((size_t)cli->nr_args + 1, sizeof(*files));
	struct cfg_set *set;
	int nr = 0, status, rc = -ENOMEM;

	for (int i = 0; files && i < cli->nr_args; i++) {
		if (is_bundled(cli, cli->args[i]))
			files[nr++] = cli->args[i];
	}
	if (files && !nr)
		return 0;
	set = files ? cfg_set_new() : NULL;
	if (set)
		rc = cli_each_source(files, nr, false, add_to_bundle, bundle, set);
	if (!rc)
		rc = cli_bundle_end(bundle);
	status = rc ? bundle_failed(rc) : cli_print_diags(set) ? XLITE_BAD_SPEC : 0;
	cfg_set_free(set);
	return status;
}

static int feed(int fd, const struct buf *bundle)
{
	size_t at = 0;

	while (at < bundle->len) {
		ssize_t n = write(fd, bundle->data + at, bundle->len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			at += (size_t)n;
	}
	return 0;
}

/*
 * Ends ssh when nobody reads what it prints any more: by itself it would not notice before it has more to print,
 * and a guest's console may be silent for ever. True if it did; else ssh has ended.
 */
static bool watch_reader(pid_t pid)
{
	struct pollfd fds[2] = { { .fd = pidfd_open(pid, 0), .events = POLLIN }, { .fd = 1, .events = 0 } };
	bool unread;
	int n;

	if (fds[0].fd < 0)
		return false;
	do {
		n = poll(fds, ARRAY_SIZE(fds), -1);
	} while (n < 0 && errno == EINTR);
	unread = n > 0 && !fds[0].revents;
	if (unread)
		pidfd_send_signal(fds[0].fd, SIGTERM, NULL, 0);
	close(fds[0].fd);
	return unread;
}

/*
 * Standard input is a pipe from here, or a console's; ssh would else take what is the caller's, as a loop that reads a
 * list. Nothing closes the pipe before this process ends: by that the other host notices that it did.
 */
static void choose_input(int pipe_fd)
{
	/* It is 0 already where the caller had closed that. */
	if (pipe_fd > 0)
		dup2(pipe_fd, 0);
	else
		fcntl(0, F_SETFD, 0);
}

static pid_t start_ssh(const struct remote *remote, int pipe_fd)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	choose_input(pipe_fd);
	if (remote->output >= 0)
		dup2(remote->output, 1);
	cli_remote_exec(remote);
}

/* bundle may be NULL. Of what is long its reader's end is the end, too; a console has the caller's standard input. */
static int run_ssh(struct remote *remote, const struct buf *bundle, bool is_long, bool console)
{
	struct xlite_error err = { 0 };
	int pipefd[2] = { -1, -1 }, status, fed = 0;
	bool unread;
	pid_t pid;

	if (!console && pipe2(pipefd, O_CLOEXEC)) {
		xlite_error_sys(&err, -errno, "pipe");
		return cli_fail(&err);
	}
	pid = start_ssh(remote, pipefd[0]);
	if (pid < 0) {
		xlite_error_sys(&err, -errno, "fork");
		return cli_fail(&err);
	}
	if (!console)
		close(pipefd[0]);
	if (bundle)
		fed = feed(pipefd[1], bundle);
	unread = is_long && watch_reader(pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!console)
		close(pipefd[1]);
	if (unread)
		return 0;
	/* Why it ended before it had read all is for it to say, unless it claims that all is well. */
	if (fed && !cli_remote_status(status)) {
		xlite_error_sys(&err, fed, "-H: sending the specs");
		return cli_fail(&err);
	}
	return cli_remote_status(status);
}

/*
 * A plan that the other host makes is kept here, as the files are: when all of it has come. Until then no file is
 * there that a signal could leave.
 */
static int run_for_plan(struct remote *remote, const struct buf *bundle, const char *path)
{
	auto_close int fd = memfd_create("xlite", MFD_CLOEXEC);
	auto_buf struct buf text = BUF_INIT;
	struct xlite_error err = { 0 };
	int status, rc;

	if (fd < 0) {
		xlite_error_sys(&err, -errno, "memfd_create");
		return cli_fail(&err);
	}
	remote->output = fd;
	status = run_ssh(remote, bundle, false, false);
	if (status && status != XLITE_DIFFERS)
		return status;
	rc = lseek(fd, 0, SEEK_SET) ? -errno : buf_read(&text, fd, SIZE_MAX);
	if (rc)
		xlite_error_sys(&err, rc, "--out: %s", path);
	else if (saved_is_plan(text.data, text.len))
		rc = cli_plan_file_write(path, &text, &err);
	else
		rc = xlite_error_set(&err, -EPROTO, "--out: %s is not written: what %s has sent is no plan", path,
				     remote->host);
	return rc ? cli_fail(&err) : status;
}

/* What is well-formed here was not understood there: the message was the other side's, and the reason may be its version. */
static void tell_version(struct remote *remote, const char *target)
{
	auto_close int fd = memfd_create("xlite", MFD_CLOEXEC);
	char theirs[128];
	ssize_t n;

	remote->output = fd;
	remote->ssh[remote->nr - 1] = "exec env -u XLITE_HOST xlite version";
	if (fd < 0 || run_ssh(remote, NULL, false, false) == XLITE_USAGE)
		return;
	n = pread(fd, theirs, sizeof(theirs) - 1, 0);
	theirs[n > 0 ? n : 0] = '\0';
	theirs[strcspn(theirs, "\n")] = '\0';
	if (strcmp(theirs, "xlite " PACKAGE_VERSION))
		fprintf(stderr, "xlite: %s has `%s', and this is xlite " PACKAGE_VERSION ": it lacks what this one asks for\n"
			"  hint: `xlite -H %s install' puts this one there\n", remote->host, theirs, target);
}

/* The status of the command itself, or what kept it from being one. */
int cli_remote_tell_end(struct remote *remote, const char *target, int status)
{
	if (status == XLITE_USAGE)
		tell_version(remote, target);
	if (status != NO_COMMAND)
		return status;
	fprintf(stderr, "xlite: %s has no xlite\n  hint: `xlite -H %s install' puts this one there\n", remote->host, target);
	return XLITE_FAILED;
}

int cli_remote(struct cli *cli)
{
	struct remote remote = { .output = -1 };
	const char *plan = cli->options.out && strcmp(cli->options.out, "-") ? cli->options.out : NULL;
	struct xlite_error err = { 0 };
	struct cli_bundle bundle = { .text = BUF_INIT };
	bool console = cli->verb->run == verb_console || (cli->verb->run == verb_top && !cli->options.batch);
	int status = 0;

	if (cli_remote_choose(&remote, cli->options.host, &err) || (plan && cli_plan_file_check(plan, &err)))
		return cli_fail(&err);
	if (cli->verb->takes_files)
		status = bundle_files(cli, &bundle);
	if (status) {
		buf_clear(&bundle.text);
		return status;
	}
	if (console) {
		/* A connection of its own, whose end is the end of the console there, too. */
		remote.ssh[remote.nr++] = "-S";
		remote.ssh[remote.nr++] = "none";
		if (isatty(0))
			remote.ssh[remote.nr++] = "-t";
	}
	if (plan)
		cli->options.out = "-";
	if (cli->verb->run == verb_install)
		status = cli_install_command(&remote.command, &bundle.text, &err) ? cli_fail(&err) : 0;
	else
		build_command(cli, &remote.command, bundle.nr);
	cli_remote_end(&remote);
	if (plan)
		status = run_for_plan(&remote, bundle.nr ? &bundle.text : NULL, plan);
	else if (!status)
		status = run_ssh(&remote, bundle.nr || cli->verb->run == verb_install ? &bundle.text : NULL,
				 console || cli->options.watch || cli->options.follow || cli->options.batch, console);
	status = cli_remote_tell_end(&remote, cli->options.host, status);
	buf_clear(&remote.command);
	buf_clear(&bundle.text);
	return status;
}
