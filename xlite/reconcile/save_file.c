/* SPDX-License-Identifier: GPL-2.0-or-later
 * The file that a guest is saved into: written under another name, and given its own when all of it is on the disk. The
 * folder may be one in which others write, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/file.h"
#include "xlite/reconcile/save_int.h"

/* Its owner could read a guest's memory; another name of it may be that of a whole file, where renaming is linking. */
static bool was_left(const struct stat *file)
{
	return S_ISREG(file->st_mode) && file->st_uid == geteuid() && file->st_nlink == 1;
}

/* A run that had it locked may have given it its name since it was opened: then it holds a guest. */
static int check_open(int fd, const char *partial, bool made, struct xlite_error *err)
{
	struct stat open, there;

	if (flock(fd, LOCK_EX | LOCK_NB))
		return xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "%s: another run is writing it", partial);
	if (fstat(fd, &open))
		return xlite_error_sys(err, -errno, "%s", partial);
	if (lstat(partial, &there) || there.st_dev != open.st_dev || there.st_ino != open.st_ino)
		return xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "%s: another run was writing it", partial);
	/* One that this run has made may belong to nobody, as on NFS. */
	if (made || was_left(&open))
		return 0;
	xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "%s is there already, and is not what a killed save has left",
			   partial);
	xlite_error_hint(err, "choose another name, or remove the file");
	return -EEXIST;
}

int save_file_open(const char *partial, struct xlite_error *err)
{
	/* O_NONBLOCK: not to hang on a FIFO. */
	const int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int fd = open(partial, flags | O_CREAT | O_EXCL, 0600), rc;
	bool made = fd >= 0;

	if (fd < 0 && errno == EEXIST)
		fd = open(partial, flags);
	if (fd < 0)
		return xlite_error_sys(err, -errno, "%s", partial);
	rc = check_open(fd, partial, made, err);
	if (!rc && (fchmod(fd, 0600) || ftruncate(fd, 0)))
		rc = xlite_error_sys(err, -errno, "%s", partial);
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

int save_file_sync(int fd, bool pipe)
{
	return fsync(fd) && !(pipe && (errno == EINVAL || errno == EROFS)) ? -errno : 0;
}

int save_file_sync_folder(const char *path)
{
	auto_free char *copy = strdup(path);
	auto_close int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return copy ? -errno : -ENOMEM;
	return file_sync_folder(fd);
}
