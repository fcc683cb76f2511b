/* SPDX-License-Identifier: GPL-2.0-or-later
 * The fixed fields at the head of a qcow2 image (qemu: docs/interop/qcow2.txt). The format is never guessed by this: the
 * spec says qcow2, and what is looked for is what a hostile image could have QEMU do.
 */
#include "hotplug/qcow2.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "hotplug/image.h"

/** blkif counts in sectors of this size (xen/io/blkif.h). */
#define SECTOR 512

#define MAGIC 0x514649fb
#define INCOMPATIBLE_CORRUPT 2
#define INCOMPATIBLE_DATA_FILE 4

/* Big endian; version 2 ends before incompatible_features. */
struct qcow2_header {
	uint32_t magic, version;
	uint64_t backing_file_offset;
	uint32_t backing_file_size, cluster_bits;
	uint64_t size;
	uint32_t crypt_method, l1_size;
	uint64_t l1_table_offset, refcount_table_offset;
	uint32_t refcount_table_clusters, nb_snapshots;
	uint64_t snapshots_offset;
	uint64_t incompatible_features, compatible_features, autoclear_features;
	uint32_t refcount_order, header_length;
};
_Static_assert(offsetof(struct qcow2_header, size) == 24, "as in the file");
_Static_assert(offsetof(struct qcow2_header, incompatible_features) == 72, "as in the file");
_Static_assert(sizeof(struct qcow2_header) == 104, "as in the file");

static int whole_check(int fd, const struct qcow2_header *header, ssize_t n, const char *path, struct xlite_error *err)
{
	uint32_t version = be32toh(header->version);

	if (n < (ssize_t)sizeof(header->magic) || be32toh(header->magic) != MAGIC) {
		const struct image_kind *kind = image_kind(fd);

		xlite_error_set(err, -EINVAL, "%s: format: qcow2 was said, but it is %s", path,
				kind ? kind->name : "no qcow2 image");
		xlite_error_hint(err, "%s", kind ? kind->hint : "format: raw, if it holds the bytes of the disk");
		return -EINVAL;
	}
	if (n < (ssize_t)offsetof(struct qcow2_header, incompatible_features) ||
	    (version == 3 && n < (ssize_t)sizeof(*header)))
		return xlite_error_set(err, -EINVAL, "%s: the qcow2 image is cut off within its head", path);
	if (version != 2 && version != 3)
		return xlite_error_set(err, -EINVAL, "%s: the qcow2 image is of version %u; 2 and 3 are known", path, version);
	return 0;
}

static int names_check(const struct qcow2_header *header, uint64_t features, const char *path, struct xlite_error *err)
{
	if (header->backing_file_offset) {
		xlite_error_set(err, -EINVAL, "%s: the qcow2 image has a backing file, which is not taken from an image", path);
		xlite_error_hint(err, "`qemu-img rebase -b \"\" -F qcow2 FILE`, where that file is trusted, makes it whole");
		return -EINVAL;
	}
	if (features & INCOMPATIBLE_DATA_FILE) {
		xlite_error_set(err, -EINVAL,
				"%s: the qcow2 image has a data file of its own, which is not taken from an image",
				path);
		xlite_error_hint(err, "`qemu-img convert -O qcow2`, where that file is trusted, makes one image of both");
		return -EINVAL;
	}
	return 0;
}

static int state_check(const struct qcow2_header *header, uint64_t features, const char *path, struct xlite_error *err)
{
	uint64_t bytes = be64toh(header->size);

	if (header->crypt_method)
		return xlite_error_set(err, -EINVAL, "%s: the qcow2 image is encrypted, which is not supported", path);
	if (features & INCOMPATIBLE_CORRUPT) {
		xlite_error_set(err, -EINVAL, "%s: the qcow2 image is marked as damaged", path);
		xlite_error_hint(err, "`qemu-img check -r all FILE` repairs what it can");
		return -EINVAL;
	}
	if (!bytes || bytes % SECTOR)
		return xlite_error_set(err, -EINVAL, "%s: the disk in the qcow2 image has %llu bytes, no multiple of %d", path,
				       (unsigned long long)bytes, SECTOR);
	return 0;
}

int qcow2_check(int fd, const char *path, uint64_t *bytes, struct xlite_error *err)
{
	struct qcow2_header header;
	uint64_t features;
	ssize_t n;
	int ret;

	memset(&header, 0, sizeof(header));
	n = pread(fd, &header, sizeof(header), 0);
	if (n < 0)
		return xlite_error_sys(err, -errno, "read %s", path);
	ret = whole_check(fd, &header, n, path, err);
	if (ret)
		return ret;
	features = be32toh(header.version) == 3 ? be64toh(header.incompatible_features) : 0;
	ret = names_check(&header, features, path, err);
	if (!ret)
		ret = state_check(&header, features, path, err);
	if (!ret)
		*bytes = be64toh(header.size);
	return ret;
}
