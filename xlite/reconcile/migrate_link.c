/* SPDX-License-Identifier: GPL-2.0-or-later
 * The lines of a migration's link. They are read byte by byte: behind one may be a stream that another reads.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/clock.h"
#include "xlite/reconcile/migrate.h"

/* Of disks, which a domain has fewer of. */
#define DISKS_MAX 256
#define HELLO_S 60

int migrate_say(const struct migrate_link *link, const char *fmt, ...)
{
	auto_buf struct buf line = BUF_INIT;
	char text[MIGRATE_LINE_MAX];
	size_t at = 0;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *c = text; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	buf_printf(&line, "%s\n", text);
	if (line.failed)
		return -ENOMEM;
	while (at < line.len) {
		ssize_t n = write(link->to, line.data + at, line.len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

void migrate_say_no(const struct migrate_link *link, const struct xlite_error *err)
{
	migrate_say(link, "no %s\t%s", err->message, err->hint);
}

/* 1: there is something to read, or the end. */
static int wait_readable(int fd, int64_t deadline_ns, const volatile int *interrupted)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int n;

	do {
		if (interrupted && *interrupted)
			return -EINTR;
		n = poll(&pollfd, 1, deadline_ns ? clock_poll_ms(deadline_ns) : -1);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n ? 1 : -ETIMEDOUT;
}

int migrate_hear(const struct migrate_link *link, char line[MIGRATE_LINE_MAX], unsigned timeout_s,
		 const volatile int *interrupted)
{
	int64_t deadline_ns = timeout_s ? clock_deadline_ms((int64_t)timeout_s * 1000) : 0;
	size_t len = 0;

	for (;;) {
		int rc = wait_readable(link->from, deadline_ns, interrupted);
		ssize_t n = rc < 0 ? 0 : read(link->from, line + len, 1);

		if (rc < 0)
			return rc;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		if (line[len] == '\n')
			break;
		if (++len == MIGRATE_LINE_MAX)
			return -EBADMSG;
	}
	line[len] = '\0';
	return 0;
}

static bool add_disk(struct migrate_hello *hello, const char *line)
{
	char **disks;

	if (hello->nr_disks == DISKS_MAX)
		return false;
	disks = reallocarray(hello->disks, hello->nr_disks + 1, sizeof(*disks));
	if (!disks)
		return false;
	hello->disks = disks;
	hello->disks[hello->nr_disks] = strdup(line);
	return hello->disks[hello->nr_disks++];
}

int migrate_hear_hello(const struct migrate_link *link, struct migrate_hello *hello, const volatile int *interrupted,
		       struct xlite_error *err)
{
	char line[MIGRATE_LINE_MAX];
	bool uuid = false;
	int rc = migrate_hear(link, line, HELLO_S, interrupted);

	if (rc)
		return xlite_error_sys(err, rc, "standard input: `xlite migrate' of another host is to be there");
	if (strcmp(line, MIGRATE_VERSION))
		return xlite_error_set(err, -EPROTONOSUPPORT,
				       "it speaks `%.40s' on the link, and this version of xlite `" MIGRATE_VERSION "'",
				       line);
	while (!(rc = migrate_hear(link, line, HELLO_S, interrupted)) && strcmp(line, "end")) {
		if (!strncmp(line, "uuid ", 5) && !xlite_uuid_parse(line + 5, hello->uuid))
			uuid = true;
		else if (!strncmp(line, "disk ", 5) && add_disk(hello, line + 5))
			continue;
		else
			return xlite_error_set(err, -EBADMSG, "`%.60s' is not what is to be on the link", line);
	}
	if (rc)
		return xlite_error_sys(err, rc, "the link");
	return uuid ? 0 : xlite_error_set(err, -EBADMSG, "it does not say which domain it is");
}

void migrate_hello_clear(struct migrate_hello *hello)
{
	for (size_t i = 0; i < hello->nr_disks; i++)
		free(hello->disks[i]);
	free(hello->disks);
	*hello = (struct migrate_hello){ 0 };
}
