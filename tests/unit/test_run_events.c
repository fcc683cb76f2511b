/* SPDX-License-Identifier: GPL-2.0-or-later
 * What wakes a watch, and whom it tells: changes of files by the kernel's own inotify, and sd_notify's datagrams on a
 * real socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "xlite/run/notify.h"
#include "xlite/run/watch_child.h"
#include "xlite/run/watch_files.h"

static char top[64];
static struct xlite_error err;

static int enter(void **state)
{
	strcpy(top, "/tmp/xlite-events-XXXXXX");
	return !mkdtemp(top) || chdir(top) || mkdir("specs", 0755) || mkdir("specs/web", 0755);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int leave(void **state)
{
	return chdir("/") || nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a", 1), 1);
	close(fd);
}

static void arm(struct watch_files *files, const char *path)
{
	char *paths[] = { (char *)path };

	assert_int_equal(watch_files_arm(files, paths, 1, &err), 0);
	assert_false(watch_files_hear(files));
}

static void test_directory(void **state)
{
	struct watch_files files = WATCH_FILES_INIT;

	write_file("specs/web/a.yaml");
	arm(&files, "specs");
	write_file("specs/web/a.yaml");
	assert_true(watch_files_hear(&files));
	assert_false(watch_files_hear(&files));
	/* As editors do, and git. */
	write_file("specs/web/.new");
	watch_files_hear(&files);
	assert_int_equal(rename("specs/web/.new", "specs/web/a.yaml"), 0);
	assert_true(watch_files_hear(&files));
	assert_int_equal(mkdir("specs/db", 0755), 0);
	assert_true(watch_files_hear(&files));
	assert_int_equal(unlink("specs/web/a.yaml"), 0);
	assert_true(watch_files_hear(&files));
	/* What lies beside it is not its business. */
	write_file("other.yaml");
	assert_int_equal(mkdir("elsewhere", 0755), 0);
	assert_false(watch_files_hear(&files));
	/* The directory itself, and what is in the one that takes its place. */
	assert_int_equal(rename("specs", "gone"), 0);
	assert_true(watch_files_hear(&files));
	assert_int_equal(mkdir("specs", 0755), 0);
	assert_true(watch_files_hear(&files));
	arm(&files, "specs/");
	write_file("specs/b.yaml");
	assert_true(watch_files_hear(&files));
	watch_files_clear(&files);
}

static void test_file(void **state)
{
	struct watch_files files = WATCH_FILES_INIT;

	arm(&files, "specs/one.yaml");
	write_file("specs/two.yaml");
	assert_false(watch_files_hear(&files));
	write_file("specs/one.yaml");
	assert_true(watch_files_hear(&files));
	watch_files_clear(&files);
}

/* A link to the directory that is turned at once to another, and links to files that lie elsewhere. */
static void test_links(void **state)
{
	struct watch_files files = WATCH_FILES_INIT;
	char absolute[128];

	assert_int_equal(symlink("specs", "current"), 0);
	arm(&files, "current");
	write_file("specs/web/a.yaml");
	assert_true(watch_files_hear(&files));
	assert_int_equal(mkdir("later", 0755), 0);
	assert_int_equal(symlink("later", "next"), 0);
	assert_false(watch_files_hear(&files));
	assert_int_equal(rename("next", "current"), 0);
	assert_true(watch_files_hear(&files));
	/* Below the link, by an absolute name. */
	assert_int_equal(mkdir("later/web", 0755), 0);
	snprintf(absolute, sizeof(absolute), "%s/current/web", top);
	arm(&files, absolute);
	assert_int_equal(symlink("specs", "next"), 0);
	assert_int_equal(rename("next", "current"), 0);
	assert_true(watch_files_hear(&files));
	/* A file to which a link in the directory leads. */
	write_file("far.yaml");
	assert_int_equal(symlink("../far.yaml", "later/far.yaml"), 0);
	arm(&files, "later");
	write_file("far.yaml");
	assert_true(watch_files_hear(&files));
	watch_files_clear(&files);
}

static int listen_at(const struct sockaddr_un *address, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)address, len), 0);
	return fd;
}

static void hear(int fd, const char *wanted)
{
	char text[256];
	ssize_t got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	assert_true(got >= 0);
	text[got] = '\0';
	assert_string_equal(text, wanted);
}

static void test_notify(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct run_notify notify;
	char pid[16], name[64];
	int fd, len;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", top);
	fd = listen_at(&address, sizeof(address));
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	run_notify_init(&notify);
	assert_true(notify.every_ns == INT64_C(15000000000));
	assert_null(getenv("NOTIFY_SOCKET"));
	run_notify(&notify, "READY=1\nSTATUS=%s", "a");
	hear(fd, "READY=1\nSTATUS=a");
	/* Somebody else's watchdog, and one without a number. */
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	run_notify_init(&notify);
	assert_true(!notify.every_ns);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	setenv("WATCHDOG_USEC", "soon", 1);
	run_notify_init(&notify);
	assert_true(!notify.every_ns);
	/* Gone, and full of nothing: no word fails the one who tells it. */
	close(fd);
	run_notify(&notify, "WATCHDOG=1");
	run_notify_init(&notify);
	run_notify(&notify, "WATCHDOG=1");
	/* An abstract name. */
	len = snprintf(name, sizeof(name), "@xlite-test-%d", (int)getpid());
	memset(&address.sun_path, 0, sizeof(address.sun_path));
	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	fd = listen_at(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len));
	setenv("NOTIFY_SOCKET", name, 1);
	run_notify_init(&notify);
	run_notify(&notify, "STOPPING=1");
	hear(fd, "STOPPING=1");
	close(fd);
}

static int tell_two(void *ctx, int fd)
{
	struct watch_word word = { .failed = true };

	strcpy(word.name, "a");
	watch_child_tell(fd, &word);
	strcpy(word.name, "b");
	watch_child_tell(fd, &word);
	return 75;
}

static int die(void *ctx, int fd)
{
	raise(SIGKILL);
	return 0;
}

static void test_child(void **state)
{
	struct watch_child child = { 0 };
	struct watch_word word;
	sigset_t mask;
	int status = -1;

	sigemptyset(&mask);
	assert_int_equal(watch_child_start(&child, tell_two, NULL, &mask, &err), 0);
	assert_int_equal(watch_child_hear(&child, &word, &status), 1);
	assert_string_equal(word.name, "a");
	assert_true(word.failed);
	assert_int_equal(watch_child_hear(&child, &word, &status), 1);
	assert_string_equal(word.name, "b");
	assert_int_equal(watch_child_hear(&child, &word, &status), 0);
	assert_int_equal(status, 75);
	assert_int_equal(child.pid, 0);
	assert_int_equal(watch_child_start(&child, die, NULL, &mask, &err), 0);
	assert_int_equal(watch_child_hear(&child, &word, &status), 0);
	assert_int_equal(status, -SIGKILL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		CASE(test_directory), CASE(test_file), CASE(test_links), CASE(test_notify), CASE(test_child),
	};

	return cmocka_run_group_tests_name("run_events", tests, NULL, NULL);
}
