/* SPDX-License-Identifier: GPL-2.0-or-later
 * Running qemu-img under a guard (script_guard.h): no image is written to when the run that wanted it is gone.
 */
#include "hotplug/qemu_img.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/script_guard.h"
#include "hotplug/volume_int.h"

#define ARGS_MAX 12
#define TEXT_MAX 1024
/** How long until it is looked again whether the run was interrupted. */
#define LOOK_MS 200

static const char *const places[] = { "/usr/bin/qemu-img", "/usr/local/bin/qemu-img", "/bin/qemu-img" };
/* Its messages are shown beside xlite's own, which are English. */
static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

/** A run of it. */
struct run {
	struct script_guard guard;
	int out;
	char text[TEXT_MAX + 1];	/* the end of what it printed */
	size_t len;
};

int qemu_img_find(const char **path, struct xlite_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (access(places[i], X_OK))
			continue;
		*path = places[i];
		return 0;
	}
	xlite_error_set(err, -ENOENT, "qemu-img is needed for qcow2, and is not installed");
	xlite_error_hint(err, "apt-get install qemu-utils");
	return -ENOENT;
}

/* The progress is printed as "    (12.34/100%)\r". */
static void tell_progress(struct run *run, const struct hotplug_volume_watch *watch)
{
	const char *last = memrchr(run->text, '(', run->len);
	char *end;
	double percent;

	run->text[run->len] = '\0';
	if (!last || !watch || !watch->progress)
		return;
	percent = strtod(last + 1, &end);
	if (*end == '/' && percent >= 0 && percent <= 100)
		watch->progress(watch->ctx, (unsigned)percent);
}

/* Keeps the end of what is there to read; false: there will be no more. */
static bool run_read(struct run *run)
{
	char part[TEXT_MAX / 2];
	ssize_t n = read(run->out, part, sizeof(part));
	size_t keep;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	keep = run->len + (size_t)n > TEXT_MAX ? TEXT_MAX - (size_t)n : run->len;
	memmove(run->text, run->text + run->len - keep, keep);
	memcpy(run->text + keep, part, (size_t)n);
	run->len = keep + (size_t)n;
	return true;
}

static int run_watch(struct run *run, const struct hotplug_volume_watch *watch)
{
	struct pollfd p[2] = { { .fd = run->guard.ended, .events = POLLIN }, { .fd = run->out, .events = POLLIN } };

	for (;;) {
		int n = poll(p, 2, LOOK_MS);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && p[1].revents && !run_read(run))
			p[1].fd = -1;
		tell_progress(run, watch);
		if (n > 0 && p[0].revents)
			return 0;
		if (volume_interrupted(watch))
			return -EINTR;
	}
}

/* The last line that is not empty and no progress, without bytes that a terminal might act upon. */
static const char *last_line(struct run *run)
{
	char *line = run->text, *best = NULL, *save = NULL;

	while (run->len < TEXT_MAX && run_read(run) && run->len < TEXT_MAX &&
	       poll(&(struct pollfd){ run->out, POLLIN, 0 }, 1, 0) > 0)
		;
	run->text[run->len] = '\0';
	for (line = strtok_r(run->text, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		if (line[strspn(line, " ")] && !strstr(line, "/100%)"))
			best = line;
	}
	for (char *c = best; c && *c; c++) {
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
	return best ? best : "it printed nothing";
}

static int run_end(struct run *run, const char *what, const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	int rc = run_watch(run, watch), status = script_guard_end(&run->guard, rc);

	if (rc == -EINTR)
		return xlite_error_set(err, rc, "interrupted");
	if (rc || status < 0)
		return xlite_error_sys(err, rc ? rc : status, "qemu-img %s: watch it", what);
	if (WIFSIGNALED(status))
		return xlite_error_set(err, -EIO, "qemu-img %s: killed by signal %d", what, WTERMSIG(status));
	return status ? xlite_error_set(err, -EIO, "qemu-img %s: %s", what, last_line(run)) : 0;
}

int qemu_img_run(const char *const args[], const struct files_only *files, const struct hotplug_volume_watch *watch,
		 struct xlite_error *err)
{
	struct run run = { .guard = SCRIPT_GUARD_INIT, .out = -1 };
	const char *argv[ARGS_MAX + 2] = { NULL };
	auto_close int out = -1;
	int pipes[2], rc = qemu_img_find(&argv[0], err);

	for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
		argv[i + 1] = args[i];
	if (rc)
		return rc;
	if (pipe2(pipes, O_CLOEXEC))
		return xlite_error_sys(err, -errno, "make a pipe");
	run.out = pipes[0];
	out = pipes[1];
	fcntl(run.out, F_SETFL, O_NONBLOCK);
	rc = script_guard_start(&run.guard, argv[0], argv, environment, out, files);
	if (rc)
		xlite_error_sys(err, rc, "start %s", argv[0]);
	else
		rc = run_end(&run, args[0], watch, err);
	close(run.out);
	return rc;
}
