/* SPDX-License-Identifier: GPL-2.0-or-later
 * The image that a volume begins as: what it is, what it must not need, and its checksum.
 */
#include "hotplug/volume_int.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/image.h"
#include "hotplug/lvm.h"
#include "hotplug/qcow2.h"

#define BUFFER ((size_t)1 << 20)

static int check_raw(const struct hotplug_volume *volume, const struct volume_image *image, struct xlite_error *err)
{
	const struct image_kind *kind = volume->from_given ? NULL : image_kind(image->fd);

	if (!image->st.st_size)
		return xlite_error_set(err, -EINVAL, "%s: it is empty", volume->from);
	if (!kind)
		return 0;
	xlite_error_set(err, -EINVAL, "%s: it is %s, and its name does not say so", volume->from, kind->name);
	if (strstr(kind->name, "qcow2"))
		xlite_error_hint(err,
				 "`from_format: qcow2' takes the disk in it; `from_format: raw' takes its bytes as they are");
	else
		xlite_error_hint(err, "%s; `from_format: raw' takes its bytes as they are", kind->hint);
	return -EINVAL;
}

/* A domain that writes to it has it alone, and gets it again when it is copied. */
static int lock_shared(int fd, const char *path, struct xlite_error *err)
{
	if (!flock(fd, LOCK_SH | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return xlite_error_sys(err, -errno, "lock %s", path);
	xlite_error_set(err, -EBUSY, "%s: a domain, or another program, uses it", path);
	xlite_error_hint(err, "shut the domain down, then apply again: what is copied while it is written to is no whole disk");
	return -EBUSY;
}

/* As if it were a file; what it takes is not known. */
static int device_size(struct volume_image *image, const char *path, struct xlite_error *err)
{
	uint64_t bytes;

	if (ioctl(image->fd, BLKGETSIZE64, &bytes) < 0)
		return xlite_error_sys(err, -errno, "%s", path);
	image->st.st_size = (off_t)bytes;
	image->st.st_blocks = 0;
	return 0;
}

/* A domain on a volume of LVM's, or a mount, holds it open: LVM knows. path is /dev/VG/NAME. */
static int refuse_open(const char *path, struct xlite_error *err)
{
	struct hotplug_lvm group = HOTPLUG_LVM_INIT;
	const struct hotplug_lv *lv;
	char vg[128];
	int rc;

	if (sscanf(path, "/dev/%127[^/]/", vg) != 1)
		return xlite_error_set(err, -EINVAL, "%s: it is no logical volume", path);
	rc = hotplug_lvm_read(vg, &group, err);
	lv = rc ? NULL : hotplug_lvm_find(&group, strrchr(path, '/') + 1);
	if (!rc && (!lv || lv->open)) {
		rc = xlite_error_set(err, -EBUSY, "%s: %s", path, lv ? "a domain, or another program, uses it" :
				     "LVM does not know it");
		xlite_error_hint(err, "%s", lv ? "shut the domain down, then apply again" : "");
	}
	hotplug_lvm_clear(&group);
	return rc;
}

int volume_image_open(const struct hotplug_volume *volume, struct volume_image *image, struct xlite_error *err)
{
	int rc = 0;

	/* A pipe or a device has effects when it is opened, and no size. A volume of LVM's is a device. */
	image->fd = -1;
	if (stat(volume->from, &image->st))
		return xlite_error_sys(err, -errno, "%s", volume->from);
	if (!S_ISREG(image->st.st_mode) && !(volume->from_volume && S_ISBLK(image->st.st_mode)))
		return xlite_error_set(err, -EINVAL, "%s: it is no regular file", volume->from);
	/* Before we have it open ourselves. */
	if (S_ISBLK(image->st.st_mode))
		rc = refuse_open(volume->from, err);
	if (rc)
		return rc;
	image->fd = open(volume->from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (image->fd < 0 || fstat(image->fd, &image->st))
		return xlite_error_sys(err, -errno, "open %s", volume->from);
	if (S_ISBLK(image->st.st_mode))
		rc = device_size(image, volume->from, err);
	if (rc)
		goto out;
	image->bytes = ((uint64_t)image->st.st_size + VOLUME_SECTOR - 1) / VOLUME_SECTOR * VOLUME_SECTOR;
	rc = volume->from_qcow2 ? qcow2_check(image->fd, volume->from, &image->bytes, err) : check_raw(volume, image, err);
	if (!rc && volume->bytes && volume->bytes < image->bytes)
		rc = xlite_error_set(err, -EINVAL, "the disk in %s has %llu bytes, more than the volume's size, %llu",
				     volume->from, (unsigned long long)image->bytes, (unsigned long long)volume->bytes);
	if (!rc && volume->from_volume)
		rc = S_ISREG(image->st.st_mode) ? lock_shared(image->fd, volume->from, err) : 0;
	if (!rc)
		return 0;
out:
	close(image->fd);
	image->fd = -1;
	return rc;
}

/** Both checksums of an image, as text. */
struct sums {
	char sha256[SHA256_DIGEST_SIZE * 2 + 1], sha512[SHA512_DIGEST_SIZE * 2 + 1];
};

static void put_hex(const uint8_t *digest, size_t len, char *text)
{
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* Only those that are asked for are counted: each takes its time. */
static int sum_file(const struct hotplug_volume *volume, const struct volume_image *image,
		    const struct hotplug_volume_watch *watch, struct sums *sums, struct xlite_error *err)
{
	auto_free uint8_t *buffer = malloc(BUFFER);
	uint8_t digest[SHA512_DIGEST_SIZE];
	struct sha256_ctx small;
	struct sha512_ctx large;
	off_t at = 0;
	ssize_t n;

	if (!buffer)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	sha256_init(&small);
	sha512_init(&large);
	while ((n = pread(image->fd, buffer, BUFFER, at)) > 0) {
		if (volume_interrupted(watch))
			return xlite_error_set(err, -EINTR, "interrupted");
		if (volume->sha256)
			sha256_update(&small, (size_t)n, buffer);
		if (volume->sha512)
			sha512_update(&large, (size_t)n, buffer);
		at += n;
		volume_progress(watch, (uint64_t)at, (uint64_t)image->st.st_size);
	}
	if (n < 0)
		return xlite_error_sys(err, -errno, "read");
	sha256_digest(&small, SHA256_DIGEST_SIZE, digest);
	put_hex(digest, SHA256_DIGEST_SIZE, sums->sha256);
	sha512_digest(&large, SHA512_DIGEST_SIZE, digest);
	put_hex(digest, SHA512_DIGEST_SIZE, sums->sha512);
	return 0;
}

int volume_image_sum(const struct hotplug_volume *volume, const struct volume_image *image,
		     const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	struct sums sums;
	int rc;

	if (!volume->sha256 && !volume->sha512)
		return 0;
	rc = sum_file(volume, image, watch, &sums, err);
	if (rc)
		return xlite_error_prefix(err, "%s", volume->from);
	if (volume->sha256 && strcmp(sums.sha256, volume->sha256))
		return xlite_error_set(err, -EBADMSG, "%s: its SHA-256 is %s, and the spec says %s", volume->from,
				       sums.sha256, volume->sha256);
	if (volume->sha512 && strcmp(sums.sha512, volume->sha512))
		return xlite_error_set(err, -EBADMSG, "%s: its SHA-512 is %s, and the spec says %s", volume->from,
				       sums.sha512, volume->sha512);
	return 0;
}

int volume_image_same(const struct hotplug_volume *volume, const struct volume_image *image, struct xlite_error *err)
{
	struct stat now, named;

	if (fstat(image->fd, &now) || stat(volume->from, &named))
		return xlite_error_sys(err, -errno, "%s", volume->from);
	if (S_ISBLK(now.st_mode) && named.st_rdev == now.st_rdev)
		return 0;
	if (now.st_size == image->st.st_size && now.st_mtim.tv_sec == image->st.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == image->st.st_mtim.tv_nsec && named.st_dev == now.st_dev && named.st_ino == now.st_ino)
		return 0;
	return xlite_error_set(err, -EAGAIN, "%s: it was changed while it was copied", volume->from);
}
