/* SPDX-License-Identifier: GPL-2.0-or-later
 * logs: what a guest has printed on its console, from the file that xenconsoled keeps of it. The file is of the name, so
 * that it can be read, too, when the domain is gone. On a terminal control bytes are escaped: guests print what they like.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/lib/console.h"
#include "xlite/lib/console_log.h"

#define BLOCK 16384

/* The copying of one log to standard output. */
struct copy {
	const char *name;	/* the domain's */
	int fd;
	bool terminal;
	struct xlite_console_safe safe;
};

static int put(const char *bytes, size_t len, struct xlite_error *err)
{
	if (fwrite(bytes, 1, len, stdout) != len || fflush(stdout))
		return xlite_error_sys(err, errno ? -errno : -EIO, "standard output");
	return 0;
}

/* What there is, up to the end as it is now. */
static int copy_rest(struct copy *copy, struct xlite_error *err)
{
	char bytes[BLOCK], escaped[4 * BLOCK + 20];
	ssize_t got;
	int rc = 0;

	while (!rc && (got = read(copy->fd, bytes, sizeof(bytes)))) {
		if (got < 0)
			return xlite_error_sys(err, -errno, "%s: its console's log", copy->name);
		if (copy->terminal)
			rc = put(escaped, xlite_console_escape(&copy->safe, bytes, (size_t)got, escaped), err);
		else
			rc = put(bytes, (size_t)got, err);
	}
	return rc;
}

/* Goes to the begin of a file that has been cut short, and over to a new one of that name. */
static int copy_renew(struct copy *copy, struct xlite_error *err)
{
	struct stat now, there;
	int fd, rc;

	if (fstat(copy->fd, &now))
		return xlite_error_sys(err, -errno, "%s: its console's log", copy->name);
	if (now.st_size < lseek(copy->fd, 0, SEEK_CUR))
		lseek(copy->fd, 0, SEEK_SET);
	fd = xlite_console_log_open(copy->name);
	/* None for a moment: logrotate has moved it. */
	if (fd < 0)
		return 0;
	if (!fstat(fd, &there) && there.st_ino == now.st_ino && there.st_dev == now.st_dev) {
		close(fd);
		return 0;
	}
	rc = copy_rest(copy, err);
	close(copy->fd);
	copy->fd = fd;
	return rc;
}

/* Whether what has happened in the folder is of the log; what was lost may have been. */
static bool is_of(const char *bytes, ssize_t len, const char *file)
{
	const struct inotify_event *event;

	for (const char *at = bytes; at < bytes + len; at += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)(const void *)at;
		if (!event->len || !strcmp(event->name, file))
			return true;
	}
	return false;
}

/* Until something has happened to the log; file is its name in the folder. */
static void wait_for_more(int events, const char *file)
{
	char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct pollfd poller = { .fd = events, .events = POLLIN };
	ssize_t len;

	do {
		poll(&poller, 1, -1);
		len = read(events, bytes, sizeof(bytes));
	} while (len <= 0 || !is_of(bytes, len, file));
}

/* Until a signal ends the command, or there is nobody to write for. */
static int follow(struct copy *copy, struct xlite_error *err)
{
	auto_close int events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char path[320];
	int rc;

	if (events < 0 ||
	    inotify_add_watch(events, XLITE_CONSOLE_LOG_DIR, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		return xlite_error_sys(err, -errno, "cannot follow what is in " XLITE_CONSOLE_LOG_DIR);
	rc = xlite_console_log_path(copy->name, path, sizeof(path));
	while (!rc) {
		rc = copy_renew(copy, err);
		if (!rc)
			rc = copy_rest(copy, err);
		if (!rc)
			wait_for_more(events, strrchr(path, '/') + 1);
	}
	return rc;
}

static int hint_log(struct xlite_error *err)
{
	xlite_error_hint(err,
			 "xenconsoled keeps logs where it is started with --log=guest (Debian: XENCONSOLED_ARGS in /etc/default/xen); "
			 "`xlite console' shows what comes from now on");
	return err->code;
}

/* The log of a domain that has the name; of a uuid or domid, of the domain that it means. */
static int open_log(struct cli *cli, struct copy *copy, char name[256], struct xlite_error *err)
{
	struct state_domain *domain;
	struct state state = { 0 };
	struct host host;
	int rc;

	copy->name = cli_domain_arg(cli->args[0]);
	copy->fd = xlite_console_log_open(copy->name);
	if (copy->fd >= 0)
		return 0;
	rc = cli_host_open(cli, &host, err);
	if (!rc)
		rc = cli_find_domain(&host, cli->args[0], &state, &domain, err);
	if (!rc) {
		snprintf(name, 256, "%s", domain->name ? domain->name : "");
		copy->name = name;
		copy->fd = xlite_console_log_open(name);
		if (copy->fd < 0) {
			rc = xlite_error_sys(err, copy->fd,
					     "%s: there is no log of its console in " XLITE_CONSOLE_LOG_DIR,
					     cli->args[0]);
			hint_log(err);
		}
	}
	state_clear(&state);
	cli_host_close(cli, &host);
	return rc;
}

int verb_logs(struct cli *cli)
{
	struct copy copy = { .terminal = cli_writes_to_terminal() };
	struct xlite_error err = { 0 };
	char name[256], left[20];
	off_t from = 0;
	int rc = open_log(cli, &copy, name, &err);

	if (rc)
		return cli_fail(&err);
	cli_end_with_connection();
	if (cli->options.tail)
		from = xlite_console_log_tail(copy.fd, cli->options.tail, 0);
	if (from < 0 || lseek(copy.fd, from, SEEK_SET) < 0)
		rc = xlite_error_sys(&err, from < 0 ? (int)from : -errno, "%s: its console's log", copy.name);
	if (!rc)
		rc = copy_rest(&copy, &err);
	if (!rc && cli->options.follow)
		rc = follow(&copy, &err);
	if (!rc && copy.terminal) {
		size_t len = xlite_console_escape_end(&copy.safe, left);

		rc = put(left, len, &err);
	}
	close(copy.fd);
	/* Nobody reads on: `xlite logs web1 | head'. */
	if (rc == -EPIPE)
		return 0;
	return rc ? cli_fail(&err) : 0;
}
