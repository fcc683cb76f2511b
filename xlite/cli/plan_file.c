/* SPDX-License-Identifier: GPL-2.0-or-later
 * The file that a saved plan is written to: whole or not at all, and for nobody else to read, since command lines of
 * guests may hold what is secret. What is no plan is not overwritten: `plan --out web.yaml' is a slip.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/saved.h"

int cli_plan_file_check(const char *path, struct xlite_error *err)
{
	char start[256];
	struct stat st;
	auto_close int fd = -1;
	ssize_t n;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : xlite_error_sys(err, -errno, "%s", path);
	if (!S_ISREG(st.st_mode)) {
		xlite_error_status(err, -EINVAL, XLITE_USAGE, "--out: %s is not a regular file", path);
		xlite_error_hint(err, "`-' is standard output");
		return -EINVAL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	n = fd < 0 ? -1 : read(fd, start, sizeof(start));
	if (n < 0)
		return xlite_error_sys(err, -errno, "%s", path);
	if (!n || saved_is_plan(start, (size_t)n))
		return 0;
	return xlite_error_status(err, -EEXIST, XLITE_USAGE, "--out: %s exists and is no plan", path);
}

/* Closes fd. */
static int write_through(int fd, const struct buf *text)
{
	int rc = buf_write(text, fd);

	if (!rc && fsync(fd))
		rc = -errno;
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

static int write_file(const char *path, const struct buf *text)
{
	auto_free char *temp = NULL;
	int fd, rc;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0) {
		temp = NULL;
		return -ENOMEM;
	}
	/* Its mode is 0600. */
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = write_through(fd, text);
	if (!rc && rename(temp, path))
		rc = -errno;
	if (rc)
		unlink(temp);
	return rc;
}

int cli_plan_file_write(const char *path, const struct buf *text, struct xlite_error *err)
{
	int rc;

	if (!strcmp(path, "-")) {
		rc = buf_write(text, 1);
		return rc ? xlite_error_sys(err, rc, "--out: standard output") : 0;
	}
	rc = cli_plan_file_check(path, err);
	if (rc)
		return rc;
	rc = write_file(path, text);
	return rc ? xlite_error_sys(err, rc, "--out: %s", path) : 0;
}
