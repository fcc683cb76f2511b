/* SPDX-License-Identifier: GPL-2.0-or-later
 * migrate: a guest to another host while it runs, over ssh to `xlite receive' there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xlite/cli/cli.h"
#include "xlite/cli/remote_int.h"
#include "xlite/cli/take.h"
#include "xlite/reconcile/migrate.h"
#include "xlite/reconcile/save.h"

/* ssh, and the pipes to it. */
struct line {
	struct remote remote;
	struct migrate_link link;
	pid_t pid;
};

static void build_command(struct cli *cli, struct buf *command)
{
	auto_buf struct buf from = BUF_INIT;

	buf_puts(&from, CLI_FROM "=");
	cli_log_from(cli, &from);
	/* Not as what -H runs, which ends with its connection: behind the commit it must not. */
	buf_puts(command, "exec env -u XLITE_HOST -u " CLI_ATTACHED);
	cli_remote_quote(command, buf_str(&from));
	buf_puts(command, " xlite receive");
}

/*
 * A connection of its own, so that no other one's end is its end; and one that notices when the other host is gone. The
 * pipes end with this process, whatever ends it.
 */
static int open_line(struct cli *cli, struct line *line, struct xlite_error *err)
{
	static const char *const options[] = { "-S", "none", "-o", "ServerAliveInterval=15" };
	int to[2], from[2], rc = cli_remote_choose(&line->remote, cli->args[1], err);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]) && !rc; i++)
		line->remote.ssh[line->remote.nr++] = options[i];
	if (rc)
		return rc;
	build_command(cli, &line->remote.command);
	cli_remote_end(&line->remote);
	if (pipe2(to, O_CLOEXEC))
		return xlite_error_sys(err, -errno, "pipe");
	if (pipe2(from, O_CLOEXEC)) {
		rc = xlite_error_sys(err, -errno, "pipe");
		close(to[0]);
		close(to[1]);
		return rc;
	}
	fflush(NULL);
	line->pid = fork();
	if (!line->pid) {
		/* Ctrl-C is this process's to understand: the link goes when it says so. */
		signal(SIGINT, SIG_IGN);
		dup2(to[0], 0);
		dup2(from[1], 1);
		cli_remote_exec(&line->remote);
	}
	close(to[0]);
	close(from[1]);
	line->link = (struct migrate_link){ .to = to[1], .from = from[0] };
	return line->pid < 0 ? xlite_error_sys(err, -errno, "fork") : 0;
}

/* The end of the link is the target's, too: it may have to take back what it did. Returns ssh's exit status. */
static int close_line(struct line *line)
{
	int status = 0;

	close(line->link.to);
	if (line->pid > 0) {
		while (waitpid(line->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(line->link.from);
	return line->pid > 0 ? cli_remote_status(status) : XLITE_FAILED;
}

/* A link that never was one: ssh has said why, or there is no such verb on the other side. */
static int migrate_over(struct cli *cli, struct host *host, struct line *line, const struct state_domain *domain,
			struct xlite_error *err)
{
	const struct migrate_options options = {
		.link = &line->link, .target = cli->args[1], .downtime_ms = cli->options.downtime_ms, .progress = cli_amount,
		.timeout_s = cli->options.timeout_s ? cli->options.timeout_s : CLI_SUSPEND_S, .progress_ctx = cli->args[0],
	};
	bool handed_over = false;
	int rc = migrate_domain(host, domain, &options, &handed_over, err), status;

	status = close_line(line);
	cli_amount(NULL, 0, 0);
	if (rc == -EPIPE && !handed_over)
		cli_remote_tell_end(&line->remote, cli->args[1], status);
	return rc;
}

static int migrate(struct cli *cli, struct host *host, struct state_domain *domain, struct xlite_error *err)
{
	struct line line = { .remote = { .output = -1 } };
	int rc = state_handed_over(domain) ? 0 : migrate_check(host, domain, err);
	bool tried = false;

	if (!rc)
		rc = open_line(cli, &line, err);
	if (!rc) {
		tried = true;
		rc = migrate_over(cli, host, &line, domain, err);
	}
	buf_clear(&line.remote.command);
	cli_tell_taken(cli, host, domain, "migrated", tried, rc, err);
	return rc;
}

int verb_migrate(struct cli *cli)
{
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct state_domain *domain = NULL;
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct host host;
	int rc;

	if (cli_remote_check(cli->args[1], NULL))
		return cli_bad_usage(cli, "`%s' is none of lab, lab:NAME and ssh://[USER@]NAME[:PORT]", cli->args[1]);
	cli_catch_signals();
	signal(SIGPIPE, SIG_IGN);
	if (cli_host_open(cli, &host, &err))
		return cli_fail(&err);
	rc = cli_take_domain(cli, &host, &objects, &state, &domain, &err);
	if (!rc)
		rc = migrate(cli, &host, domain, &err);
	if (!rc)
		cli_result(cli, domain->name, "migrated");
	state_clear(&state);
	cli_host_close(cli, &host);
	run_objects_release(&objects);
	return rc ? cli_fail(&err) : 0;
}
