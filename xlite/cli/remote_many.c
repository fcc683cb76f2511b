/* SPDX-License-Identifier: GPL-2.0-or-later
 * -H with a list of hosts: the same command on each, several at a time, each in a process of its own. Every line of
 * their output is told with the host's name in front.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"

#define AT_ONCE 16

/* One host's run. */
struct side {
	const char *host;
	pid_t pid;			/* 0: not begun */
	int fds[2];			/* its standard output and standard error; -1: ended */
	struct buf lines[2];		/* what has come of a line */
	int status;
};

struct sides {
	struct side *items;
	size_t nr, begun, running;
};

bool cli_host_is_list(const char *host)
{
	return host[0] == '@' || strchr(host, ',');
}

static int add_host(struct sides *sides, const char *text, size_t len)
{
	struct side *items;
	char *host;

	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (!len || *text == '#')
		return 0;
	items = reallocarray(sides->items, sides->nr + 1, sizeof(*items));
	host = strndup(text, len);
	if (items)
		sides->items = items;
	if (!items || !host) {
		free(host);
		return -ENOMEM;
	}
	items[sides->nr++] = (struct side){ .host = host, .fds = { -1, -1 } };
	return 0;
}

static int read_hosts(struct sides *sides, const char *path, struct xlite_error *err)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int rc = 0;

	if (!file)
		return xlite_error_sys(err, -errno, "-H: %s", path);
	while (!rc && (len = getline(&line, &room, file)) >= 0)
		rc = add_host(sides, line, (size_t)len);
	if (!rc && ferror(file))
		rc = xlite_error_sys(err, -errno, "-H: %s", path);
	free(line);
	fclose(file);
	return rc;
}

static int list_hosts(struct sides *sides, const char *text, struct xlite_error *err)
{
	int rc = 0;

	if (text[0] == '@') {
		rc = read_hosts(sides, text + 1, err);
	} else {
		for (size_t len; !rc && *text; text += len + !!text[len]) {
			len = strcspn(text, ",");
			rc = add_host(sides, text, len);
		}
	}
	if (rc == -ENOMEM)
		xlite_error_set(err, rc, "out of memory");
	/* Before the command runs on the first. */
	for (size_t i = 0; i < sides->nr && !rc; i++)
		rc = cli_remote_check(sides->items[i].host, err);
	if (!rc && !sides->nr)
		rc = xlite_error_status(err, -EINVAL, XLITE_USAGE, "-H: the list names no host");
	return rc;
}

/* What only one host can be asked: the others' answers would be mixed with its own. */
static int refuse(const struct cli *cli)
{
	if (cli->verb->run == verb_console || cli->options.follow || cli->options.watch || cli->verb->run == verb_top)
		return cli_bad_usage(cli, "-H: %s is for one host at a time", cli->verb->name);
	if (cli->options.out)
		return cli_bad_usage(cli, "-H: --out is for one host at a time: a plan is one host's");
	if (cli->options.json_events || (cli->options.output_given && cli->options.output >= CLI_JSON))
		return cli_bad_usage(cli, "-H: the formats of machines are for one host at a time");
	/* A guest whose memory is among lines with a host's name in front is lost. */
	if ((cli->verb->run == verb_save || cli->verb->run == verb_screenshot) && cli->nr_args > 1 &&
	    !strcmp(cli->args[1], "-"))
		return cli_bad_usage(
			cli,
			"-H: what %s writes to standard output is for one host at a time; name a file, which each has",
			cli->verb->name);
	for (int i = 0; i < cli->nr_args && cli->verb->takes_files; i++) {
		if (!strcmp(cli->args[i], "-"))
			return cli_bad_usage(cli, "-H: standard input can be sent to one host only");
	}
	return 0;
}

/* Does not return. It ends with the process that began it: then its connection ends, and what runs there is interrupted. */
static void be_side(struct cli *cli, const char *host, pid_t parent, int out, int err)
{
	int status;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(XLITE_INTERRUPTED);
	if (cli_writes_to_terminal())
		setenv(CLI_TERMINAL, "1", 1);
	dup2(out, 1);
	dup2(err, 2);
	cli->options.host = host;
	status = cli_remote(cli);
	fflush(NULL);
	_exit(status);
}

static int begin(struct cli *cli, struct sides *sides, struct xlite_error *err)
{
	struct side *side = &sides->items[sides->begun++];
	pid_t parent = getpid();
	int out[2], errors[2];

	if (pipe2(out, O_CLOEXEC))
		return xlite_error_sys(err, -errno, "pipe");
	if (pipe2(errors, O_CLOEXEC)) {
		close(out[0]);
		close(out[1]);
		return xlite_error_sys(err, -errno, "pipe");
	}
	fflush(NULL);
	side->pid = fork();
	if (!side->pid)
		be_side(cli, side->host, parent, out[1], errors[1]);
	close(out[1]);
	close(errors[1]);
	if (side->pid < 0) {
		close(out[0]);
		close(errors[0]);
		return xlite_error_sys(err, -EAGAIN, "fork");
	}
	side->fds[0] = out[0];
	side->fds[1] = errors[0];
	sides->running++;
	return 0;
}

static void print_line(const struct side *side, FILE *to, const char *line, size_t len)
{
	fprintf(to, "%s: ", side->host);
	fwrite(line, 1, len, to);
	putc('\n', to);
}

/* Lines may have any bytes: `logs' passes on what a guest has printed. */
static void print_lines(struct side *side, int i, bool all)
{
	struct buf *lines = &side->lines[i];
	const char *at = buf_str(lines), *last = at + lines->len, *end;
	auto_buf struct buf rest = BUF_INIT;
	FILE *to = i ? stderr : stdout;

	while ((end = memchr(at, '\n', (size_t)(last - at)))) {
		print_line(side, to, at, (size_t)(end - at));
		at = end + 1;
	}
	if (all && at < last) {
		print_line(side, to, at, (size_t)(last - at));
		at = last;
	}
	fflush(stdout);
	buf_add(&rest, at, (size_t)(last - at));
	buf_clear(lines);
	*lines = rest;
	rest = (struct buf)BUF_INIT;
}

/* Which of several is told: a failure before mere differences, and of failures the first host's. */
static int worse(int status, int other)
{
	if (!status || (status == XLITE_DIFFERS && other))
		return other;
	return status;
}

static void end(struct sides *sides, struct side *side)
{
	int status;

	while (waitpid(side->pid, &status, 0) < 0 && errno == EINTR)
		;
	side->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	sides->running--;
}

static void hear(struct sides *sides, struct side *side, int i)
{
	char chunk[4096];
	ssize_t n = read(side->fds[i], chunk, sizeof(chunk));

	if (n < 0 && errno == EINTR)
		return;
	if (n > 0)
		buf_add(&side->lines[i], chunk, (size_t)n);
	print_lines(side, i, n <= 0);
	if (n > 0)
		return;
	close(side->fds[i]);
	side->fds[i] = -1;
	if (side->fds[!i] < 0)
		end(sides, side);
}

static void listen_once(struct sides *sides)
{
	struct pollfd *fds = calloc(2 * sides->nr, sizeof(*fds));

	/* A negative one is passed over. */
	for (size_t i = 0; fds && i < 2 * sides->nr; i++)
		fds[i] = (struct pollfd){ .fd = sides->items[i / 2].fds[i % 2], .events = POLLIN };
	if (fds && poll(fds, 2 * sides->nr, -1) > 0) {
		for (size_t i = 0; i < 2 * sides->nr; i++) {
			if (fds[i].revents)
				hear(sides, &sides->items[i / 2], (int)(i % 2));
		}
	}
	free(fds);
}

static int run_all(struct cli *cli, struct sides *sides)
{
	struct xlite_error err = { 0 };
	int status = 0;

	while (sides->running || sides->begun < sides->nr) {
		while (sides->begun < sides->nr && sides->running < AT_ONCE) {
			if (begin(cli, sides, &err)) {
				status = cli_fail(&err);
				sides->begun = sides->nr;
			}
		}
		if (sides->running)
			listen_once(sides);
	}
	for (size_t i = 0; i < sides->nr; i++)
		status = worse(status, sides->items[i].status);
	return status;
}

int cli_remote_many(struct cli *cli)
{
	struct sides sides = { 0 };
	struct xlite_error err = { 0 };
	int status = refuse(cli);

	if (!status && list_hosts(&sides, cli->options.host, &err))
		status = cli_fail(&err);
	if (!status)
		status = run_all(cli, &sides);
	for (size_t i = 0; i < sides.nr; i++) {
		free((char *)sides.items[i].host);
		buf_clear(&sides.items[i].lines[0]);
		buf_clear(&sides.items[i].lines[1]);
	}
	free(sides.items);
	return status;
}
