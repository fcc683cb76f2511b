/* SPDX-License-Identifier: GPL-2.0-or-later
 * The file that a guest is saved into, in a folder in which others write, too: no other guest's file is lost, and
 * nobody else can read it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/file.h"
#include "xlite/reconcile/save_int.h"

#define PARTIAL "g.save.partial"

static char folder[] = "/tmp/xlite-test-save-XXXXXX";

static int enter(void **state)
{
	return !mkdtemp(folder) || chdir(folder);
}

static int leave(void **state)
{
	return chdir("/") || rmdir(folder);
}

static void put(const char *name, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a guest", 7), 7);
	close(fd);
}

static off_t size_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	return st.st_size;
}

static void what_was_left_is_written_over(void **state)
{
	struct stat st;
	int fd;

	for (int left = 0; left < 2; left++) {
		if (left)
			put(PARTIAL, 0644);
		fd = save_file_open(PARTIAL, NULL);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_size, 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		/* Another run at the same time. */
		assert_int_equal(save_file_open(PARTIAL, NULL), -EAGAIN);
		close(fd);
		assert_int_equal(unlink(PARTIAL), 0);
	}
}

static void refused(void)
{
	struct xlite_error err = { 0 };

	assert_int_equal(save_file_open(PARTIAL, &err), -EEXIST);
	assert_int_equal(err.status, XLITE_CONFLICT);
	assert_non_null(strstr(err.message, PARTIAL));
}

static void what_another_may_read_or_has_named_is_refused(void **state)
{
	int fd;

	/* A file that has its name, and kept this one, as after a kill between link and unlink. */
	put("g.save", 0600);
	assert_int_equal(link("g.save", PARTIAL), 0);
	refused();
	assert_int_equal(size_of("g.save"), 7);
	unlink(PARTIAL);
	assert_int_equal(symlink("g.save", PARTIAL), 0);
	assert_int_equal(save_file_open(PARTIAL, NULL), -ELOOP);
	assert_int_equal(size_of("g.save"), 7);
	unlink(PARTIAL);
	/* A FIFO, whose reader is somebody else. */
	assert_int_equal(mkfifo(PARTIAL, 0666), 0);
	assert_int_equal(save_file_open(PARTIAL, NULL), -ENXIO);
	fd = open(PARTIAL, O_RDONLY | O_NONBLOCK);
	refused();
	close(fd);
	unlink(PARTIAL);
	/* Another user's. */
	if (!geteuid()) {
		put(PARTIAL, 0600);
		assert_int_equal(chown(PARTIAL, 1, 1), 0);
		refused();
		assert_int_equal(size_of(PARTIAL), 7);
		unlink(PARTIAL);
	}
	unlink("g.save");
}

/*
 * One run opens the file while another, which has it locked, gives it its name and lets go of it: as often as that
 * can be met.
 */
static void a_file_that_has_got_its_name_is_left(void **state)
{
	for (int i = 0; i < 500; i++) {
		pid_t other;
		int fd;

		fd = save_file_open(PARTIAL, NULL);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, "a guest", 7), 7);
		other = fork();
		if (!other) {
			/* With it goes this process's share in the lock. */
			close(fd);
			while (access("g.save", F_OK))
				save_file_open(PARTIAL, NULL);
			_exit(0);
		}
		assert_int_equal(file_rename_new(AT_FDCWD, PARTIAL, "g.save"), 0);
		close(fd);
		assert_int_equal(waitpid(other, NULL, 0), other);
		assert_int_equal(size_of("g.save"), 7);
		unlink(PARTIAL);
		unlink("g.save");
	}
}

static void a_name_that_is_taken_is_left(void **state)
{
	int fd = save_file_open(PARTIAL, NULL);

	put("g.save", 0600);
	assert_int_equal(file_rename_new(AT_FDCWD, PARTIAL, "g.save"), -EEXIST);
	assert_int_equal(size_of("g.save"), 7);
	close(fd);
	unlink(PARTIAL);
	unlink("g.save");
}

static void pipes_need_no_sync(void **state)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(save_file_sync(ends[1], true), 0);
	assert_int_equal(save_file_sync(ends[1], false), -EINVAL);
	close(ends[0]);
	close(ends[1]);
	/* What cannot be written any more is no pipe's peculiarity. */
	assert_int_equal(save_file_sync(-1, true), -EBADF);
	assert_int_equal(save_file_sync_folder("g.save"), 0);
	assert_int_equal(save_file_sync_folder("nowhere/g.save"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_left_is_written_over),
		cmocka_unit_test(what_another_may_read_or_has_named_is_refused),
		cmocka_unit_test(a_file_that_has_got_its_name_is_left),
		cmocka_unit_test(a_name_that_is_taken_is_left),
		cmocka_unit_test(pipes_need_no_sync),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
