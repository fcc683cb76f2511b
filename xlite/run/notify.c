/* SPDX-License-Identifier: GPL-2.0-or-later
 * sd_notify(3) without libsystemd, of which there is no static one.
 */
#include "xlite/run/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"

/* A path, or an abstract name behind '@'. */
static void take_socket(struct run_notify *notify, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (len < 2 || (*name != '/' && *name != '@') || len >= sizeof(notify->to.sun_path))
		return;
	notify->to.sun_family = AF_UNIX;
	memcpy(notify->to.sun_path, name, len);
	if (*name == '@')
		notify->to.sun_path[0] = '\0';
	notify->len = (unsigned)(offsetof(struct sockaddr_un, sun_path) + len);
}

static int64_t number(const char *text)
{
	char *end;
	long long value;

	errno = 0;
	value = text ? strtoll(text, &end, 10) : 0;
	return text && *text && !*end && !errno && value > 0 ? value : 0;
}

void run_notify_init(struct run_notify *notify)
{
	const char *pid = getenv("WATCHDOG_PID");
	int64_t usec = number(getenv("WATCHDOG_USEC"));

	memset(notify, 0, sizeof(*notify));
	take_socket(notify, getenv("NOTIFY_SOCKET"));
	/* Whoever started this one may have been meant. */
	if (notify->len && (!pid || number(pid) == getpid()) && usec < INT64_MAX / 1000)
		notify->every_ns = usec * 1000 / 2;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

void run_notify(const struct run_notify *notify, const char *fmt, ...)
{
	auto_buf struct buf text = BUF_INIT;
	auto_close int fd = -1;
	char *line = NULL;
	va_list ap;

	if (!notify->len)
		return;
	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) >= 0)
		buf_puts(&text, line);
	va_end(ap);
	free(line);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* A manager that does not listen misses a word, and asks for no more than that. */
	if (fd >= 0)
		sendto(fd, buf_str(&text), text.len, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&notify->to,
		       notify->len);
}
