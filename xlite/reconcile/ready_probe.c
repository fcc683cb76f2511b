/* SPDX-License-Identifier: GPL-2.0-or-later
 * One look at a node, a port or a console. The console is read from the log that xenconsoled keeps of it, which survives
 * any reader. Where there is none it is the terminal itself, whose output goes to whoever reads it first: what was read
 * here, a console that is attached later does not show.
 */
#include "xlite/reconcile/ready.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/lib/console.h"
#include "xlite/lib/console_log.h"

/* A guest whose link comes up late is asked again before TCP itself would. */
#define CONNECT_NS NS_PER_SEC
/* Read of a console in one look, so that a guest that prints without end does not keep us. */
#define LOOK_BYTES (1 << 20)

int ready_probe_xenstore(struct ready *ready, struct host *host, struct xlite_error *err)
{
	auto_free char *value = NULL;
	struct xlite_error why = { 0 };
	char path[320];
	size_t len = 0;
	int rc;

	snprintf(path, sizeof(path), "/local/domain/%u/%s", ready->domid, ready->want->text);
	rc = xlite_store_read(host->store, 0, path, &value, &len, &why);
	ready->lacks = "it has not written its node";
	if (rc == -ENOENT)
		return 0;
	if (rc) {
		*err = why;
		return rc;
	}
	return len > 0;
}

void ready_clear(struct ready *ready)
{
	if (ready->fd >= 0)
		close(ready->fd);
	ready->fd = -1;
}

static int connect_begin(struct ready *ready, struct xlite_error *err)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)ready->want->port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)ready->want->port) };
	bool is_six = strchr(ready->address, ':');
	const struct sockaddr *to = is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;

	if (inet_pton(is_six ? AF_INET6 : AF_INET, ready->address, is_six ? (void *)&six.sin6_addr : &four.sin_addr) != 1)
		return xlite_error_set(err, -EINVAL, "%s is no address", ready->address);
	ready->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (ready->fd < 0)
		return xlite_error_sys(err, -errno, "socket");
	ready->tried_ns = clock_now_ns();
	if (!connect(ready->fd, to, is_six ? sizeof(six) : sizeof(four)))
		return 1;
	if (errno != EINPROGRESS)
		ready_clear(ready);
	return 0;
}

int ready_probe_tcp(struct ready *ready, struct xlite_error *err)
{
	struct pollfd poller = { .fd = ready->fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int failed = 0;

	ready->lacks = "its port takes no connection";
	if (ready->fd < 0)
		return connect_begin(ready, err);
	if (poll(&poller, 1, 0) > 0) {
		if (!getsockopt(ready->fd, SOL_SOCKET, SO_ERROR, &failed, &len) && !failed)
			return 1;
		ready_clear(ready);
	} else if (clock_now_ns() - ready->tried_ns > CONNECT_NS) {
		ready_clear(ready);
	}
	return 0;
}

void ready_note_log(struct ready *ready)
{
	auto_close int fd = ready->want->ready == CFG_READY_CONSOLE ? xlite_console_log_open(ready->want->name) : -1;

	ready->log_from = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
}

/* Opens the log, else the terminal; neither may be there yet. */
static int console_open(struct ready *ready, struct host *host, struct xlite_error *err)
{
	auto_free char *tty = NULL;
	char path[64];
	size_t len;

	ready->fd = xlite_console_log_open(ready->want->name);
	if (ready->fd >= 0) {
		/* A log that has become shorter was begun anew. */
		if (lseek(ready->fd, 0, SEEK_END) >= ready->log_from)
			lseek(ready->fd, ready->log_from, SEEK_SET);
		else
			lseek(ready->fd, 0, SEEK_SET);
		return 0;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", ready->domid);
	if (xlite_store_read(host->store, 0, path, &tty, &len, NULL) || !len)
		return 0;
	/* xenconsoled names the terminal a moment before it begins the log. */
	if (!ready->terminal) {
		ready->terminal = true;
		return 0;
	}
	return xlite_console_open(tty, &ready->fd, err);
}

/* Whether the text ends in what came now; it may have begun in what came before. */
static bool console_search(struct ready *ready, char *bytes, size_t len)
{
	size_t length = strlen(ready->want->text), keep;

	if (memmem(bytes, len, ready->want->text, length))
		return true;
	keep = length - 1 < len ? length - 1 : len;
	memcpy(ready->tail, bytes + len - keep, keep);
	ready->nr_tail = keep;
	return false;
}

int ready_probe_console(struct ready *ready, struct host *host, struct xlite_error *err)
{
	char bytes[sizeof(ready->tail) + 4096];
	size_t looked = 0;
	ssize_t got;
	int rc = 0;

	ready->lacks = "it has not printed the text";
	if (ready->fd < 0)
		rc = console_open(ready, host, err);
	while (!rc && ready->fd >= 0 && looked < LOOK_BYTES) {
		memcpy(bytes, ready->tail, ready->nr_tail);
		got = read(ready->fd, bytes + ready->nr_tail, sizeof(bytes) - ready->nr_tail);
		if (got <= 0)
			break;
		looked += (size_t)got;
		rc = console_search(ready, bytes, ready->nr_tail + (size_t)got);
	}
	return rc;
}
