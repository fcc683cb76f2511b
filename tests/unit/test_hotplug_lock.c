/* SPDX-License-Identifier: GPL-2.0-or-later
 * The creation lock against other processes: waiting, giving up, naming who holds it, and its end with its holder.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "hotplug/lock.h"

static char dir[] = "/tmp/xlite-test-lock-XXXXXX";
static char own_dir[64], own[64], xl[64];

static int group_setup(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(own_dir, sizeof(own_dir), "%s/run", dir);
	snprintf(own, sizeof(own), "%s/run/lock", dir);
	snprintf(xl, sizeof(xl), "%s/xl", dir);
	return 0;
}

static int group_teardown(void **state)
{
	unlink(own);
	rmdir(own_dir);
	unlink(xl);
	return rmdir(dir);
}

/* A child that holds the flock (or, as xl does, the fcntl lock) of a file until it is killed. */
static pid_t holder(const char *path, bool posix)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int ready[2], fd;
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		fd = open(path, O_RDWR | O_CREAT, 0600);
		if (fd < 0 || (posix ? fcntl(fd, F_SETLK, &whole) : flock(fd, LOCK_EX)) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int take(struct hotplug_lock *lock, int ms, struct xlite_error *err)
{
	memset(err, 0, sizeof(*err));
	return hotplug_lock_take_at(lock, own, xl, clock_deadline_ms(ms), err);
}

static void test_take(void **state)
{
	struct hotplug_lock lock = HOTPLUG_LOCK_INIT;
	struct xlite_error err;
	struct stat st;

	assert_int_equal(take(&lock, 0, &err), 0);
	assert_true(lock.own >= 0 && lock.xl >= 0);
	assert_true(fcntl(lock.own, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(lock.xl, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(stat(own, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(own_dir, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	hotplug_lock_release(&lock);
	assert_int_equal(lock.own, -1);
	assert_int_equal(lock.xl, -1);
	hotplug_lock_release(&lock);
	hotplug_lock_release(NULL);
	assert_int_equal(take(&lock, 0, &err), 0);
	hotplug_lock_release(&lock);
}

/* Both kinds: given up at the deadline with the holder's pid and name, had at once when the holder dies. */
static void test_held(void **state)
{
	struct hotplug_lock lock;
	struct xlite_error err;
	char text[64];
	int kind;

	for (kind = 0; kind < 2; kind++) {
		pid_t pid = holder(kind ? xl : own, kind);
		int64_t begin = clock_now_ns(), took;

		assert_int_equal(take(&lock, 100, &err), -EAGAIN);
		took = clock_now_ns() - begin;
		assert_true(took >= 100 * NS_PER_MS && took < 5 * NS_PER_SEC);
		assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
		snprintf(text, sizeof(text), ": process %d (", pid);
		assert_non_null(strstr(err.message, text));
		assert_memory_equal(err.message, kind ? xl : own, strlen(kind ? xl : own));
		assert_int_equal(lock.own, -1);
		assert_int_equal(lock.xl, -1);
		end(pid);
		assert_int_equal(take(&lock, 0, &err), 0);
		hotplug_lock_release(&lock);
	}
}

static void test_waits(void **state)
{
	struct hotplug_lock lock;
	struct xlite_error err;
	pid_t pid = holder(own, false), killer = fork();
	int64_t begin = clock_now_ns();

	if (!killer) {
		usleep(150000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	assert_int_equal(take(&lock, 20000, &err), 0);
	assert_true(clock_now_ns() - begin >= 100 * NS_PER_MS);
	hotplug_lock_release(&lock);
	waitpid(killer, NULL, 0);
	waitpid(pid, NULL, 0);
}

/* While we wait for it, the file is removed: the lock is then that of the file that took its place. */
static void test_replaced(void **state)
{
	struct hotplug_lock lock;
	struct xlite_error err;
	struct stat a, b;
	pid_t pid = holder(own, false), mover = fork();

	if (!mover) {
		usleep(100000);
		unlink(own);
		kill(pid, SIGKILL);
		_exit(0);
	}
	assert_int_equal(take(&lock, 20000, &err), 0);
	waitpid(mover, NULL, 0);
	waitpid(pid, NULL, 0);
	assert_int_equal(fstat(lock.own, &a), 0);
	assert_int_equal(stat(own, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	hotplug_lock_release(&lock);
}

static void test_excludes_xl(void **state)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct hotplug_lock lock;
	struct xlite_error err;
	pid_t pid;
	int fd, status = 0;

	assert_int_equal(take(&lock, 0, &err), 0);
	pid = fork();
	if (!pid) {
		fd = open(xl, O_WRONLY);
		_exit(fcntl(fd, F_SETLK, &whole) < 0 && (errno == EAGAIN || errno == EACCES) ? 42 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 42);
	hotplug_lock_release(&lock);
}

static void test_places(void **state)
{
	struct hotplug_lock lock;
	struct xlite_error err = { 0 };
	char path[80], link[80];

	snprintf(path, sizeof(path), "%s/none/xl", dir);
	assert_int_equal(hotplug_lock_take_at(&lock, own, path, 0, &err), 0);
	assert_true(lock.own >= 0);
	assert_int_equal(lock.xl, -1);
	hotplug_lock_release(&lock);
	snprintf(path, sizeof(path), "%s/a/b/lock", dir);
	assert_int_equal(hotplug_lock_take_at(&lock, path, xl, 0, &err), -ENOENT);
	snprintf(link, sizeof(link), "%s/link", dir);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(hotplug_lock_take_at(&lock, own, link, 0, &err), -ELOOP);
	assert_int_equal(lock.own, -1);
	assert_int_equal(hotplug_lock_take_at(&lock, link, xl, 0, &err), -ELOOP);
	unlink(link);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take), cmocka_unit_test(test_held), cmocka_unit_test(test_waits),
		cmocka_unit_test(test_replaced), cmocka_unit_test(test_excludes_xl), cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests_name("hotplug_lock", tests, group_setup, group_teardown);
}
