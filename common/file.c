/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Files that appear under their name only when they are whole (renameat2(2)); see file.h.
 */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int file_rename_new(int folder, const char *from, const char *to)
{
	if (!renameat2(folder, from, folder, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(folder, from, folder, to, 0))
		return -errno;
	/* It has its name, whatever becomes of the other. */
	unlinkat(folder, from, 0);
	return 0;
}

int file_sync_folder(int folder)
{
	return fsync(folder) && errno != EINVAL ? -errno : 0;
}
