/* SPDX-License-Identifier: GPL-2.0-or-later
 * Running a hotplug script: started and, when time is up, killed by its guard (script_guard.c), its
 * output kept in part. Its environment is script_env.c.
 */
#include "hotplug/script.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/script_guard.h"

/** The end of the output that is kept, in bytes; the last line is what a message has room for. */
#define OUTPUT_MAX 512
/** What a pipe holds (pipe(7)). */
#define PIPE_ROOM 65536
#define ENV_EXTRA 3
#define ENV_MAX 64

static const char env_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static const char env_lang[] = "LANG=C.UTF-8";

/** A script that runs. */
struct run {
	struct script_guard guard;
	int out;
	char text[OUTPUT_MAX + 1];	/* the end of what it printed */
	size_t len;
};

int hotplug_script_path(const char *script, char *path, size_t size, struct xlite_error *err)
{
	int n;

	if (!script[0] || (script[0] != '/' && strchr(script, '/')))
		return xlite_error_set(err, -EINVAL, "script \"%.256s\": neither an absolute path nor the name of a file in %s",
				       script, HOTPLUG_SCRIPT_DIR);
	n = script[0] == '/' ? snprintf(path, size, "%s", script) : snprintf(path, size, "%s/%s", HOTPLUG_SCRIPT_DIR, script);
	if (n < 0 || (size_t)n >= size)
		return xlite_error_sys(err, -ENAMETOOLONG, "script %.256s", script);
	if (access(path, X_OK) < 0)
		return xlite_error_sys(err, -errno, "script %s", path);
	return 0;
}

/* Puts the arguments and the environment together, with what libxl adds to "online", and starts. */
static int run_start(struct run *run, const char *path, const char *action, const char *const env[])
{
	bool vif = !strcmp(action, "online") || !strcmp(action, "offline");
	const char *argv[] = { path, action, vif ? "type_if=vif" : NULL, NULL };
	const char *envp[ENV_MAX + ENV_EXTRA];
	auto_close int in = -1;
	size_t n = 0;
	int pipes[2];

	for (; env && env[n]; n++) {
		if (n == ENV_MAX)
			return -E2BIG;
		envp[n] = env[n];
	}
	envp[n++] = env_path;
	envp[n++] = env_lang;
	envp[n] = NULL;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	run->out = pipes[0];
	in = pipes[1];
	if (fcntl(run->out, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return script_guard_start(&run->guard, path, argv, envp, in, NULL);
}

/* Keeps the end of what is there to read. 1: something; 0: nothing now; -1: there will be no more. */
static int run_read(struct run *run)
{
	char part[OUTPUT_MAX];
	ssize_t n = read(run->out, part, sizeof(part));
	size_t keep;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (!n)
		return -1;
	keep = run->len + (size_t)n > OUTPUT_MAX ? OUTPUT_MAX - (size_t)n : run->len;
	memmove(run->text, run->text + run->len - keep, keep);
	memcpy(run->text + keep, part, (size_t)n);
	run->len = keep + (size_t)n;
	return 1;
}

/* Until the script itself has ended; what it left running may keep the pipe open. -ETIMEDOUT. */
static int run_watch(struct run *run, int64_t deadline_ns)
{
	struct pollfd p[2] = { { .fd = run->guard.ended, .events = POLLIN }, { .fd = run->out, .events = POLLIN } };
	int n;

	for (;;) {
		n = poll(p, 2, clock_poll_ms(deadline_ns));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && p[1].revents && run_read(run) < 0)
			p[1].fd = -1;
		if (n > 0 && p[0].revents)
			return 0;
		if (clock_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
	}
}

/* The last line that is not empty, without bytes that a terminal might act upon. */
static const char *run_last_line(struct run *run)
{
	char *line;
	size_t i;

	while (run->len && strchr("\n\r\t ", run->text[run->len - 1]))
		run->len--;
	run->text[run->len] = '\0';
	line = memrchr(run->text, '\n', run->len);
	line = line ? line + 1 : run->text;
	for (i = 0; line[i]; i++) {
		if ((unsigned char)line[i] < ' ' || (unsigned char)line[i] >= 0x7f)
			line[i] = '?';
	}
	return line;
}

static int run_failed(struct run *run, const char *path, const char *action, int status, struct xlite_error *err)
{
	const char *line;
	char how[48];
	int i;

	/* What the pipe held when it ended, and no more: something in the background may go on for ever. */
	for (i = 0; i < PIPE_ROOM / OUTPUT_MAX && run_read(run) > 0; i++)
		;
	line = run_last_line(run);
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(status));
	xlite_error_set(err, -EIO, "script %s %s: %s%s%s", path, action, how, line[0] ? ": " : "", line);
	if (!line[0])
		xlite_error_hint(err, "Xen's own scripts say why in /var/log/xen/xen-hotplug.log");
	return -EIO;
}

static int run_finish(struct run *run, const char *path, const char *action, int64_t deadline_ns, struct xlite_error *err)
{
	int status, ret = run_watch(run, deadline_ns);

	status = script_guard_end(&run->guard, ret);
	if (ret == -ETIMEDOUT)
		return xlite_error_set(err, ret, "script %s %s: not done in time, killed", path, action);
	if (ret)
		return xlite_error_sys(err, ret, "script %s %s: watch it", path, action);
	if (status < 0)
		return xlite_error_set(err, status, "script %s %s: the process that watches it has ended", path, action);
	if (status)
		return run_failed(run, path, action, status, err);
	return 0;
}

int hotplug_script_run(const char *script, const char *action, const char *const env[], int64_t deadline_ns,
		       struct xlite_error *err)
{
	struct run run = { .guard = SCRIPT_GUARD_INIT, .out = -1 };
	char path[PATH_MAX];
	int ret = hotplug_script_path(script, path, sizeof(path), err);

	if (ret)
		return ret;
	ret = run_start(&run, path, action, env);
	if (ret == -ENOENT)
		xlite_error_set(err, ret, "start script %s: the interpreter that its first line names is missing", path);
	else if (ret)
		xlite_error_sys(err, ret, "start script %s", path);
	else
		ret = run_finish(&run, path, action, deadline_ns, err);
	if (run.out >= 0)
		close(run.out);
	return ret;
}
