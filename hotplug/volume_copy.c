/* SPDX-License-Identifier: GPL-2.0-or-later
 * Copying a raw image into a new file: shared where the file system can (ioctl_ficlone(2)), else its data without its holes.
 */
#include "hotplug/volume_int.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/auto.h"

/** Bytes between two looks whether the run was interrupted. */
#define PART (UINT64_C(16) << 20)
#define BUFFER ((size_t)1 << 20)

/* Where the kernel does not copy between these two file systems. */
static int copy_by_hand(int from, int to, off_t at, size_t len, struct xlite_error *err)
{
	auto_free char *buffer = malloc(BUFFER);

	if (!buffer)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	while (len) {
		ssize_t n = pread(from, buffer, len < BUFFER ? len : BUFFER, at);

		if (n <= 0)
			return n ? xlite_error_sys(err, -errno, "read the image")
				 : xlite_error_set(err, -EIO, "the image has become shorter");
		for (ssize_t done = 0, put; done < n; done += put) {
			put = pwrite(to, buffer + done, (size_t)(n - done), at + done);
			if (put < 0)
				return xlite_error_sys(err, -errno, "write");
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy_part(int from, int to, off_t at, size_t len, bool *by_hand, struct xlite_error *err)
{
	while (len && !*by_hand) {
		off_t in = at, out = at;
		ssize_t n = copy_file_range(from, &in, to, &out, len, 0);

		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
			*by_hand = true;
		else if (n < 0)
			return xlite_error_sys(err, -errno, "copy");
		else if (!n)
			return xlite_error_set(err, -EIO, "the image has become shorter");
		else {
			at += n;
			len -= (size_t)n;
		}
	}
	return len ? copy_by_hand(from, to, at, len, err) : 0;
}

/* What lies at or behind at: data in [*begin, *end); false: none. File systems that know no holes have one piece. */
static bool next_data(int fd, off_t at, off_t size, off_t *begin, off_t *end)
{
	*begin = lseek(fd, at, SEEK_DATA);
	if (*begin < 0) {
		*begin = at;
		*end = size;
		return errno != ENXIO && at < size;
	}
	*end = lseek(fd, *begin, SEEK_HOLE);
	if (*end < 0 || *end > size)
		*end = size;
	return *begin < size;
}

int volume_copy(int to, const struct volume_image *image, const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	off_t size = image->st.st_size, begin, end;
	bool by_hand = false;

	if (!ioctl(to, FICLONE, image->fd))
		return 0;
	for (off_t at = 0; next_data(image->fd, at, size, &begin, &end); at = end) {
		for (at = begin; at < end; ) {
			uint64_t left = (uint64_t)(end - at);
			size_t len = (size_t)(left < PART ? left : PART);
			int rc = volume_interrupted(watch) ? xlite_error_set(err, -EINTR, "interrupted") :
				 copy_part(image->fd, to, at, len, &by_hand, err);

			if (rc)
				return rc;
			at += (off_t)len;
			volume_progress(watch, (uint64_t)at, (uint64_t)size);
		}
	}
	return 0;
}
