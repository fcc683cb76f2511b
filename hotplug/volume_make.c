/* SPDX-License-Identifier: GPL-2.0-or-later
 * Making a volume: in a hidden file, ".NAME.FORMAT.new", whose lock lasts as long as the run that fills it, and which gets the
 * volume's name by a rename when it is complete and on the disk.
 */
#include "hotplug/volume_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/file.h"
#include "hotplug/lvm.h"
#include "hotplug/qcow2.h"
#include "hotplug/qemu_img.h"

#define TAIL ".new"
/** Times to look again when another run's leftover went away meanwhile. */
#define TRIES 5

/** A volume on its way. */
struct making {
	const struct hotplug_volume *volume;
	const struct hotplug_volume_watch *watch;
	struct volume_image image;
	uint64_t bytes;			/* of the disk */
	int folder, fd;
	const char *name;		/* in volume->path */
	char part[NAME_MAX + 1];	/* the hidden name, in the folder */
	char part_path[PATH_MAX];
};

static bool needs_qemu_img(const struct hotplug_volume *volume)
{
	return volume->qcow2 || (volume->from && volume->from_qcow2);
}

/* What is surely written: all of it, or what the image has; a qcow2 image may be compressed, and then needs more. */
static uint64_t needed(const struct making *making)
{
	uint64_t held = (uint64_t)making->image.st.st_blocks * 512, size = (uint64_t)making->image.st.st_size;

	if (making->volume->preallocate)
		return making->bytes;
	return !making->volume->from ? 0 : held < size ? held : size;
}

/* Where the folder is not there yet, the nearest that is. */
static int find_room(const char *path, uint64_t *bytes, struct xlite_error *err)
{
	char folder[PATH_MAX];
	struct statvfs room;
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	do {
		slash = strrchr(folder, '/');
		if (!slash)
			return xlite_error_sys(err, -ENOENT, "%s", path);
		slash[slash == folder] = '\0';
		if (!statvfs(folder, &room)) {
			*bytes = (uint64_t)room.f_bavail * room.f_frsize;
			return 0;
		}
	} while (errno == ENOENT && slash != folder);
	return xlite_error_sys(err, -errno, "%s", folder);
}

static bool same_file_system(const struct making *making, const char *path)
{
	struct stat st;
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	return !stat(folder, &st) && st.st_dev == making->image.st.st_dev;
}

static int room_check(const struct making *making, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	uint64_t room = 0, need = needed(making);
	int rc = need ? find_room(volume->path, &room, err) : 0;

	if (rc || need <= room)
		return rc;
	/* A reflink may need none. */
	if (!volume->preallocate && !needs_qemu_img(volume) && same_file_system(making, volume->path))
		return 0;
	return xlite_error_set(err, -ENOSPC, "%s needs %llu MiB, and its file system has %llu MiB free", volume->path,
			       (unsigned long long)(need >> 20), (unsigned long long)(room >> 20));
}

/* Opens the image, and finds out the size of the disk. */
static int begin(struct making *making, const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch,
		 struct xlite_error *err)
{
	const char *program;
	int rc = 0;

	*making = (struct making){
		.volume = volume, .watch = watch, .image.fd = -1, .folder = -1, .fd = -1, .bytes = volume->bytes
	};
	if (volume->from)
		rc = volume_image_open(volume, &making->image, err);
	if (!rc && !making->bytes)
		making->bytes = making->image.bytes;
	if (!rc && needs_qemu_img(volume))
		rc = qemu_img_find(&program, err);
	return rc ? rc : room_check(making, err);
}

static void end(struct making *making)
{
	if (making->image.fd >= 0)
		close(making->image.fd);
	if (making->fd >= 0)
		close(making->fd);
	if (making->folder >= 0)
		close(making->folder);
}

int hotplug_volume_check(const struct hotplug_volume *volume, uint64_t *bytes, struct xlite_error *err)
{
	auto_close int folder = -1;
	struct making making;
	const char *name;
	int rc;

	if (volume->vg)
		return hotplug_lvm_check(volume, bytes, err);
	rc = volume_folder_open(volume->path, false, &folder, &name, err);

	/* It is made with its first volume. */
	if (rc == -ENOENT)
		rc = 0;
	if (!rc) {
		if (err)
			*err = (struct xlite_error){ 0 };
		rc = begin(&making, volume, NULL, err);
		if (!rc && bytes)
			*bytes = making.bytes;
		end(&making);
	}
	return rc;
}

/* The hidden file, locked: a new one, or what a killed run left. 1: that one has gone meanwhile. */
static int part_take(struct making *making, struct xlite_error *err)
{
	struct stat st, named;

	making->fd = openat(making->folder, making->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (making->fd < 0)
		return xlite_error_sys(err, -errno, "make %s", making->part_path);
	if (flock(making->fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "another run is making it") :
					      xlite_error_sys(err, -errno, "lock %s", making->part_path);
	if (!fstat(making->fd, &st) && !fstatat(making->folder, making->part, &named, AT_SYMLINK_NOFOLLOW) &&
	    st.st_dev == named.st_dev && st.st_ino == named.st_ino) {
		if (!S_ISREG(st.st_mode))
			return xlite_error_set(err, -EINVAL, "%s: it is no file", making->part_path);
		if (st.st_nlink <= 1)
			return 0;
		/* A run was killed after it had linked the volume to its name (commit): it is whole, and may be in use. */
		if (unlinkat(making->folder, making->part, 0))
			return xlite_error_sys(err, -errno, "remove %s", making->part_path);
	}
	close(making->fd);
	making->fd = -1;
	return 1;
}

static int part_open(struct making *making, struct xlite_error *err)
{
	const char *path = making->volume->path;
	int rc = 1, n = snprintf(making->part, sizeof(making->part), ".%s" TAIL, making->name);

	if (n < 0 || n >= (int)sizeof(making->part) ||
	    snprintf(making->part_path, PATH_MAX, "%.*s%s", (int)(making->name - path), path, making->part) >= PATH_MAX)
		return xlite_error_sys(err, -ENAMETOOLONG, "%s", path);
	for (int i = 0; i < TRIES && rc > 0; i++)
		rc = part_take(making, err);
	return rc > 0 ? xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "other runs are making it") : rc;
}

/* Whether it is the hidden name of a volume, ".NAME.FORMAT.new": other hidden files are somebody else's. */
static bool is_part(const char *name)
{
	char volume[NAME_MAX + 1];
	size_t len = strlen(name), tail = strlen(TAIL);
	bool qcow2;

	if (*name != '.' || len <= 1 + tail || len > NAME_MAX || strcmp(name + len - tail, TAIL))
		return false;
	snprintf(volume, sizeof(volume), "%.*s", (int)(len - 1 - tail), name + 1);
	return volume_cut_format(volume, &qcow2);
}

/* Those that killed runs left of other volumes. Who still fills one has it locked. */
static void sweep(const struct making *making)
{
	int fd = openat(making->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (entry = readdir(dir))) {
		auto_close int part = -1;

		if (!is_part(entry->d_name) || !strcmp(entry->d_name, making->part))
			continue;
		part = openat(making->folder, entry->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
		if (part >= 0 && !flock(part, LOCK_EX | LOCK_NB))
			unlinkat(making->folder, entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

static int set_size(struct making *making, struct xlite_error *err)
{
	int rc = 0;

	if (ftruncate(making->fd, (off_t)making->bytes))
		return xlite_error_sys(err, -errno, "make it %llu bytes large", (unsigned long long)making->bytes);
	if (making->volume->preallocate)
		rc = volume_preallocate(making->fd, making->volume->path, making->bytes, err);
	return rc;
}

static const char *format_name(bool qcow2)
{
	return qcow2 ? "qcow2" : "raw";
}

/* The image's name is absolute, so that QEMU takes no part of it for a protocol; and its head was read (qcow2_check). */
static int convert(struct making *making, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	const char *const args[] = { "convert",    "-p",
				     "-f",         format_name(volume->from_qcow2),
				     "-O",         format_name(volume->qcow2),
				     volume->from, making->part_path,
				     NULL };

	return qemu_img_run(args, &(struct files_only){ .read = volume->from, .write = making->part_path }, making->watch, err);
}

static int fill_raw(struct making *making, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	int rc = 0;

	if (volume->from)
		rc = volume->from_qcow2 ? convert(making, err)
					: volume_copy(making->fd, &making->image, false, making->watch, err);
	return rc ? rc : set_size(making, err);
}

static int fill_qcow2(struct making *making, struct xlite_error *err)
{
	char size[32];
	const char *const create[] = { "create", "-q", "-f", "qcow2", making->part_path, size, NULL };
	const char *const resize[] = { "resize", "-q", "-f", "qcow2", making->part_path, size, NULL };
	const struct files_only files = { .write = making->part_path };
	uint64_t bytes;
	int rc;

	snprintf(size, sizeof(size), "%llu", (unsigned long long)making->bytes);
	rc = making->volume->from ? convert(making, err) : qemu_img_run(create, &files, making->watch, err);
	if (!rc && making->volume->from && making->bytes > making->image.bytes)
		rc = qemu_img_run(resize, &files, making->watch, err);
	if (!rc)
		rc = qcow2_check(making->fd, making->part_path, &bytes, err);
	if (!rc && bytes != making->bytes)
		rc = xlite_error_set(err, -EIO, "qemu-img made a disk of %llu bytes, and %llu were asked",
				     (unsigned long long)bytes, (unsigned long long)making->bytes);
	return rc;
}

/* The name appears when what it means is on the disk. */
static int commit(struct making *making, struct xlite_error *err)
{
	int rc;

	if (fsync(making->fd))
		return xlite_error_sys(err, -errno, "write it to the disk");
	rc = file_rename_new(making->folder, making->part, making->name);
	if (rc)
		return rc == -EEXIST
			       ? xlite_error_status(err, rc, XLITE_AGAIN,
						    "it is there by now: another run, or somebody else, has made it")
			       : xlite_error_sys(err, rc, "give it its name");
	rc = file_sync_folder(making->folder);
	return rc ? xlite_error_sys(err, rc, "write the folder to the disk") : 0;
}

static int make(struct making *making, struct xlite_error *err)
{
	const struct hotplug_volume *volume = making->volume;
	int rc;

	if (volume->from) {
		rc = volume_image_sum(volume, &making->image, making->watch, err);
		if (rc)
			return rc;
	}
	rc = part_open(making, err);
	if (rc)
		return rc;
	sweep(making);
	if (ftruncate(making->fd, 0))
		rc = xlite_error_sys(err, -errno, "empty %s", making->part_path);
	if (!rc)
		rc = volume->qcow2 ? fill_qcow2(making, err) : fill_raw(making, err);
	if (!rc && volume->from)
		rc = volume_image_same(volume, &making->image, err);
	if (!rc)
		rc = commit(making, err);
	if (rc)
		unlinkat(making->folder, making->part, 0);
	return rc;
}

int hotplug_volume_make(const struct hotplug_volume *volume, const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	struct making making;
	int rc;

	if (volume->vg)
		return hotplug_lvm_make(volume, watch, err);
	rc = begin(&making, volume, watch, err);
	if (!rc)
		rc = volume_folder_open(volume->path, true, &making.folder, &making.name, err);
	if (!rc)
		rc = make(&making, err);
	end(&making);
	return rc;
}
