/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Finding and opening the terminal of a guest's console. Its name comes out of XenStore, from a node that the guest
 * cannot write; it is nevertheless opened only if it is a pseudo terminal of root or of ourselves (XSA-57).
 */
#include "xlite/lib/console.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/store_wire.h"

#define PTS "/dev/pts/"
/* Documentation/admin-guide/devices.txt of Linux: UNIX98 PTY slaves. */
#define PTS_MAJOR_FIRST 136
#define PTS_MAJOR_LAST 143

/* "/dev/pts/" and a number, nothing else. */
static bool console_name_good(const char *tty)
{
	size_t prefix = strlen(PTS), digits;

	if (strncmp(tty, PTS, prefix))
		return false;
	digits = strspn(tty + prefix, "0123456789");
	return digits && digits <= 10 && !tty[prefix + digits];
}

/* Why the open descriptor is not a terminal to be used; NULL when it is. */
static const char *console_objection(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) || fstatfs(fd, &fs))
		return "cannot be looked at";
	if (!S_ISCHR(st.st_mode) || major(st.st_rdev) < PTS_MAJOR_FIRST || major(st.st_rdev) > PTS_MAJOR_LAST)
		return "is not a pseudo terminal";
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return "does not lie on devpts";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "belongs to another user";
	return NULL;
}

int xlite_console_open(const char *tty, int *out, struct xlite_error *err)
{
	struct termios mode;
	const char *objection;
	auto_close int fd = -1;

	if (!console_name_good(tty))
		return xlite_error_set(err, -EPERM, "console: what XenStore names is not a pseudo terminal");
	fd = open(tty, O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return xlite_error_sys(err, -errno, "console: %s", tty);
	objection = console_objection(fd);
	if (objection)
		return xlite_error_set(err, -EPERM, "console: %s %s", tty, objection);
	if (tcgetattr(fd, &mode))
		return xlite_error_sys(err, -errno, "console: %s", tty);
	cfmakeraw(&mode);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSANOW, &mode))
		return xlite_error_sys(err, -errno, "console: %s", tty);
	*out = fd;
	fd = -1;
	return 0;
}

/* The console of one domain: the node with its terminal's name, watched. */
struct console {
	struct xlite_store *store;
	uint32_t domid;
	char path[64], token[32];
	char *tty;
};

/* Reads the node. 1: there is a name; 0: none yet; -ENOENT: no such domain. */
static int console_read(struct console *console, char **tty, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const char *name;
	int ret;

	if (!batch)
		return xlite_error_sys(err, -ENOMEM, "console");
	xlite_store_batch_read(batch, "%s", console->path);
	xlite_store_batch_read(batch, "/local/domain/%u", console->domid);
	ret = xlite_store_batch_run(console->store, batch, err);
	if (!ret && xlite_store_batch_result(batch, 1))
		ret = xlite_error_set(err, -ENOENT, "console: there is no domain %u", console->domid);
	name = ret ? NULL : xlite_store_batch_value(batch, 0, NULL);
	if (name && *name) {
		*tty = strdup(name);
		ret = *tty ? 1 : xlite_error_sys(err, -ENOMEM, "console");
	}
	xlite_store_batch_free(batch);
	return ret;
}

/* Waits for the terminal's name. The watch fires at once, so the first look comes at once. */
static int console_find(struct console *console, int64_t deadline_ns, struct xlite_error *err)
{
	int ret = 0;

	while (!ret) {
		ret = store_event_wait(console->store, console->token, deadline_ns, err);
		if (!ret)
			ret = console_read(console, &console->tty, err);
	}
	if (ret == -ETIMEDOUT && !console->store->broken) {
		xlite_error_set(err, ret, "console: domain %u has no terminal", console->domid);
		xlite_error_hint(err, "xenconsoled makes it; does it run?");
	}
	return ret < 0 ? ret : 0;
}

/* Whether the terminal is not this domain's any more. A xenstored that is gone does not end a console. */
static bool console_gone(void *ctx)
{
	struct console *console = ctx;
	auto_free char *tty = NULL;
	bool fired = false;
	int ret;

	while (!store_event_wait(console->store, console->token, 0, NULL))
		fired = true;
	if (!fired)
		return false;
	ret = console_read(console, &tty, NULL);
	return ret == -ENOENT || (ret > 0 && strcmp(tty, console->tty));
}

int xlite_console_attach(struct xlite_store *store, uint32_t domid, const struct xlite_console_options *options,
			 int64_t deadline_ns, enum xlite_console_end *end, struct xlite_error *err)
{
	struct console console = { .store = store, .domid = domid };
	int fd = -1, ret;

	snprintf(console.path, sizeof(console.path), "/local/domain/%u/console/tty", domid);
	snprintf(console.token, sizeof(console.token), "xlite-console-%u", ++store->next_token);
	ret = xlite_store_watch(store, console.path, console.token, err);
	if (ret)
		return ret;
	ret = console_find(&console, deadline_ns, err);
	if (!ret)
		ret = xlite_console_open(console.tty, &fd, err);
	if (!ret)
		ret = xlite_console_copy(fd, options, xlite_store_fd(store), console_gone, &console, end, err);
	if (fd >= 0)
		close(fd);
	if (!store->broken)
		xlite_store_unwatch(store, console.path, console.token, NULL);
	free(console.tty);
	return ret;
}
