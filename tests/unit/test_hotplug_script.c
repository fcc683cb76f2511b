/* SPDX-License-Identifier: GPL-2.0-or-later
 * Running hotplug scripts: what they are given, what is made of their end, and that nothing is left of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/script.h"

static char dir[] = "/tmp/xlite-test-script-XXXXXX";
static char script[64], output[64];

static int group_setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(script, sizeof(script), "%s/script", dir);
	snprintf(output, sizeof(output), "%s/output", dir);
	return 0;
}

static int group_teardown(void **state)
{
	unlink(script);
	unlink(output);
	return rmdir(dir);
}

static void script_write(const char *text)
{
	FILE *f = fopen(script, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fchmod(fileno(f), 0755), 0);
	assert_int_equal(fclose(f), 0);
}

static const char *output_read(void)
{
	static char text[4096];
	FILE *f = fopen(output, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* Runs the text as a script, with OUT set to where it may write. */
static int run(const char *text, const char *action, int ms, struct xlite_error *err)
{
	char out[80];
	const char *const env[] = { out, NULL };
	int ret;

	snprintf(out, sizeof(out), "OUT=%s", output);
	memset(err, 0, sizeof(*err));
	script_write(text);
	ret = hotplug_script_run(script, action, env, clock_deadline_ms(ms), err);
	assert_int_equal(err->code, ret);
	/* Never a zombie. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return ret;
}

static void test_arguments(void **state)
{
	struct xlite_error err;

	assert_int_equal(run("#!/bin/sh\necho \"$0|$*\" >$OUT", "online", 5000, &err), 0);
	assert_non_null(strstr(output_read(), "/script|online type_if=vif\n"));
	assert_int_equal(run("#!/bin/sh\necho \"$0|$*\" >$OUT", "remove", 5000, &err), 0);
	assert_non_null(strstr(output_read(), "/script|remove\n"));
}

static void test_surroundings(void **state)
{
	struct xlite_error err;

	setenv("LEAKED", "1", 1);
	signal(SIGUSR1, SIG_IGN);
	/* Descriptor 3 is the one that ls reads the directory with. */
	assert_int_equal(run("#!/bin/sh\n{ env; ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/0; "
			     "sed -n 's/^SigIgn:.*\\(........\\)$/ignored \\1/p' /proc/self/status; "
			     "awk '{ print ($5 == $1 || $5 == $4) ? \"own group\" : \"our group\" }' /proc/self/stat; } >$OUT",
			     "add", 5000, &err), 0);
	assert_non_null(strstr(output_read(), "PATH=/usr/local/sbin:"));
	assert_non_null(strstr(output_read(), "LANG=C.UTF-8"));
	assert_null(strstr(output_read(), "LEAKED"));
	assert_non_null(strstr(output_read(), "0 1 2 3 /dev/null\n"));
	assert_non_null(strstr(output_read(), "own group"));
	/* The highest of these bits is signal 32, which glibc keeps to itself. */
	assert_true(strstr(output_read(), "ignored 80000000") || strstr(output_read(), "ignored 00000000"));
	signal(SIGUSR1, SIG_DFL);
}

static void test_failures(void **state)
{
	static const struct {
		const char *text, *message, *hint;
	} cases[] = {
		{ "#!/bin/sh\necho first; echo why >&2; exit 7", "exit status 7: why", "" },
		{ "#!/bin/sh\nprintf 'a\\033[31m\\200b\\n\\n \\t\\n'; exit 1", "exit status 1: a?[31m?b", "" },
		{ "#!/bin/sh\nexit 255", "exit status 255", "Xen's own scripts say why in /var/log/xen/xen-hotplug.log" },
		{ "#!/bin/sh\nkill -9 $$", "killed by signal 9", "Xen's own scripts say why in /var/log/xen/xen-hotplug.log" },
		{ "#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' x; echo; echo end; exit 1", "exit status 1: end", "" },
	};
	struct xlite_error err;
	char message[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(run(cases[i].text, "add", 5000, &err), -EIO);
		snprintf(message, sizeof(message), "script %s add: %s", script, cases[i].message);
		assert_string_equal(err.message, message);
		assert_string_equal(err.hint, cases[i].hint);
	}
	/* A line without end is cut, from its beginning. */
	assert_int_equal(run("#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x; printf 'end'; exit 1", "add", 5000,
			     &err),
			 -EIO);
	assert_true(strlen(err.message) < sizeof(err.message) - 1);
	assert_string_equal(err.message + strlen(err.message) - 4, "xend");
}

static void test_deadline(void **state)
{
	int64_t begin = clock_now_ns(), took;
	struct xlite_error err;
	pid_t pid;

	assert_int_equal(run("#!/bin/sh\nsleep 60 & echo $! >$OUT\nwait", "add", 200, &err), -ETIMEDOUT);
	took = clock_now_ns() - begin;
	assert_true(took >= 200 * NS_PER_MS && took < 10 * NS_PER_SEC);
	assert_non_null(strstr(err.message, "not done in time, killed"));
	assert_int_equal(xlite_error_exit(&err), XLITE_TIMEOUT);
	/* Its child was in its group: gone, or waiting for init to reap it. */
	pid = atoi(output_read());
	assert_true(pid > 1);
	for (begin = clock_now_ns(); !kill(pid, 0) && clock_now_ns() < begin + 2 * NS_PER_SEC;) {
		char path[64], state_of = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%*d (sleep) %c", &state_of) != 1 || state_of == 'Z') {
			if (f)
				fclose(f);
			return;
		}
		fclose(f);
		usleep(1000);
	}
	assert_int_equal(kill(pid, 0), -1);
}

/* The pipe stays open in what goes on in the background; that is not waited for, nor killed. */
static void test_background(void **state)
{
	int64_t begin = clock_now_ns();
	struct xlite_error err;
	pid_t pid;

	assert_int_equal(run("#!/bin/sh\nsleep 60 & echo $! >$OUT\nexit 0", "add", 20000, &err), 0);
	assert_true(clock_now_ns() - begin < 10 * NS_PER_SEC);
	pid = atoi(output_read());
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* Nor does something that goes on printing keep a failure from being told. */
	begin = clock_now_ns();
	assert_int_equal(run("#!/bin/sh\nyes & echo $! >$OUT\nexit 4", "add", 20000, &err), -EIO);
	assert_true(clock_now_ns() - begin < 10 * NS_PER_SEC);
	kill(atoi(output_read()), SIGKILL);
}

static bool is_running(pid_t pid)
{
	char path[64], state_of = 'Z';
	auto_fclose FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	return f && fscanf(f, "%*d (%*[^)]) %c", &state_of) == 1 && state_of != 'Z';
}

/* The run is killed: its script and what that started are gone before the lock that the run had is free. */
static void test_run_dies(void **state)
{
	const char *const env[] = { NULL };
	struct xlite_error err;
	pid_t run_pid, script_pid = 0, child = 0;
	char text[320];
	int lock;

	snprintf(text, sizeof(text),
		 "#!/bin/sh\ntrap '' HUP INT TERM\nsleep 300 &\necho $$ $! >%s.new\nmv %s.new %s\nwait\n", output,
		 output, output);
	unlink(output);
	script_write(text);
	run_pid = fork();
	if (!run_pid) {
		if (flock(open(dir, O_RDONLY | O_CLOEXEC), LOCK_EX))
			_exit(1);
		hotplug_script_run(script, "add", env, clock_deadline_ms(300000), &err);
		_exit(0);
	}
	while (access(output, F_OK))
		usleep(10000);
	assert_int_equal(sscanf(output_read(), "%d %d", &script_pid, &child), 2);
	assert_true(is_running(script_pid) && is_running(child));
	assert_int_equal(kill(run_pid, SIGKILL), 0);
	lock = open(dir, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_false(is_running(script_pid) || is_running(child));
	close(lock);
	assert_int_equal(waitpid(run_pid, NULL, 0), run_pid);
}

static void test_not_started(void **state)
{
	const char *const many[70] = { [0 ... 68] = "A=1" };
	const char *const env[] = { NULL };
	int64_t deadline = clock_deadline_ms(5000);
	struct xlite_error err;

	assert_int_equal(run("#!/no/such/interpreter\n", "add", 5000, &err), -ENOENT);
	assert_non_null(strstr(err.message, "the interpreter that its first line names is missing"));
	assert_int_equal(run("no program at all", "add", 5000, &err), -ENOEXEC);
	assert_int_equal(hotplug_script_run("", "add", env, deadline, &err), -EINVAL);
	assert_int_equal(hotplug_script_run("../x", "add", env, deadline, &err), -EINVAL);
	assert_int_equal(hotplug_script_run("no-such-script", "add", env, deadline, &err), -ENOENT);
	assert_string_equal(err.message, "script /etc/xen/scripts/no-such-script: No such file or directory");
	assert_int_equal(hotplug_script_run(script, "add", many, deadline, &err), -E2BIG);
	assert_int_equal(chmod(script, 0644), 0);
	assert_int_equal(hotplug_script_run(script, "add", env, deadline, &err), -EACCES);
}

static void test_path(void **state)
{
	char path[PATH_MAX], small[8], deep[PATH_MAX + 2];
	struct xlite_error err = { 0 };

	assert_int_equal(hotplug_script_path("/bin/sh", path, sizeof(path), &err), 0);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(hotplug_script_path("/bin/sh", small, 7, &err), -ENAMETOOLONG);
	memset(deep, 'a', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(hotplug_script_path(deep, path, sizeof(path), &err), -ENAMETOOLONG);
}

static void test_env(void **state)
{
	static const char *const vif[] = { "script=/s", "XENBUS_TYPE=vif", "XENBUS_PATH=backend/vif/3/1",
					   "XENBUS_BASE_PATH=backend", "netdev=eth0", "vif=vif3.1" };
	static const char *const vbd[] = { "script=/s", "XENBUS_TYPE=vbd", "XENBUS_PATH=backend/vbd/3/51712",
					   "XENBUS_BASE_PATH=backend" };
	char **env = hotplug_script_env_vif("/s", 3, 1, "eth0");
	size_t i;

	assert_non_null(env);
	for (i = 0; i < ARRAY_SIZE(vif); i++)
		assert_string_equal(env[i], vif[i]);
	assert_null(env[i]);
	free(env);
	env = hotplug_script_env_vif("/s", 3, 1, NULL);
	assert_string_equal(env[4], "netdev=");
	free(env);
	env = hotplug_script_env_vbd("/s", 3, 51712);
	for (i = 0; i < ARRAY_SIZE(vbd); i++)
		assert_string_equal(env[i], vbd[i]);
	assert_null(env[i]);
	free(env);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_surroundings), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_deadline), cmocka_unit_test(test_background), cmocka_unit_test(test_run_dies),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_path), cmocka_unit_test(test_env),
	};

	return cmocka_run_group_tests_name("hotplug_script", tests, group_setup, group_teardown);
}
