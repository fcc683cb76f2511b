/* SPDX-License-Identifier: GPL-2.0-or-later
 * Copying a raw image into a new file: shared where the file system can (ioctl_ficlone(2)), else its data without its holes.
 */
#include "hotplug/volume_int.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/auto.h"

/** Bytes between two looks whether the run was interrupted. */
#define PART (UINT64_C(16) << 20)
#define BUFFER ((size_t)1 << 20)

static bool is_zero(const char *bytes, size_t len)
{
	return !len || (!*bytes && !memcmp(bytes, bytes + 1, len - 1));
}

/* Where the kernel does not copy between these two; sparse: to reads as zeroes already. */
static int copy_by_hand(int from, int to, off_t at, size_t len, bool sparse, struct xlite_error *err)
{
	auto_free char *buffer = malloc(BUFFER);

	if (!buffer)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	while (len) {
		ssize_t n = pread(from, buffer, len < BUFFER ? len : BUFFER, at);

		if (n <= 0)
			return n ? xlite_error_sys(err, -errno, "read the image")
				 : xlite_error_set(err, -EIO, "the image has become shorter");
		for (ssize_t done = sparse && is_zero(buffer, (size_t)n) ? n : 0, put; done < n; done += put) {
			put = pwrite(to, buffer + done, (size_t)(n - done), at + done);
			if (put < 0)
				return xlite_error_sys(err, -errno, "write");
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy_part(int from, int to, off_t at, size_t len, bool sparse, bool *by_hand, struct xlite_error *err)
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
	return len ? copy_by_hand(from, to, at, len, sparse, err) : 0;
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

int volume_zero(int fd, uint64_t from, uint64_t to, const struct hotplug_volume_watch *watch, struct xlite_error *err)
{
	while (from < to) {
		uint64_t range[2] = { from, to - from < PART ? to - from : PART };

		if (volume_interrupted(watch))
			return xlite_error_set(err, -EINTR, "interrupted");
		if (ioctl(fd, BLKZEROOUT, range) < 0)
			return xlite_error_sys(err, -errno, "write zeroes");
		from += range[1];
		volume_progress(watch, from, to);
	}
	return 0;
}

int volume_copy(int to, const struct volume_image *image, bool zero_holes, const struct hotplug_volume_watch *watch,
		struct xlite_error *err)
{
	off_t size = image->st.st_size, begin, end, at;
	/* A device knows nothing of holes. */
	bool sparse = S_ISBLK(image->st.st_mode) && !zero_holes, by_hand = sparse;

	if (!ioctl(to, FICLONE, image->fd))
		return 0;
	for (at = 0; next_data(image->fd, at, size, &begin, &end); at = end) {
		int zeroed = zero_holes ? volume_zero(to, (uint64_t)at, (uint64_t)begin, watch, err) : 0;

		if (zeroed)
			return zeroed;
		for (at = begin; at < end; ) {
			uint64_t left = (uint64_t)(end - at);
			size_t len = (size_t)(left < PART ? left : PART);
			int rc = volume_interrupted(watch) ? xlite_error_set(err, -EINTR, "interrupted") :
				 copy_part(image->fd, to, at, len, sparse, &by_hand, err);

			if (rc)
				return rc;
			at += (off_t)len;
			volume_progress(watch, (uint64_t)at, (uint64_t)size);
		}
	}
	return zero_holes ? volume_zero(to, (uint64_t)at, (uint64_t)size / VOLUME_SECTOR * VOLUME_SECTOR, watch, err) : 0;
}
