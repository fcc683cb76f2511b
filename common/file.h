/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Files that appear under their name only when they are whole.
 */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

/**
 * Renames from to to, both in folder (AT_FDCWD: paths), unless there is something of that name: -EEXIST. Where the file
 * system cannot do so (NFS) it is linked instead: a process that is killed meanwhile leaves one file with both names. 0
 * or a negative errno.
 */
int file_rename_new(int folder, const char *from, const char *to);
/**
 * fsync of a folder: no power failure takes its names away after it. Some file systems have nothing to sync there.
 * 0 or a negative errno.
 */
int file_sync_folder(int folder);

#endif
