/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Names of disks and their numbers, as a guest sees them (Xen: docs/man/xen-vbd-interface.7):
 *   xvd: 202 << 8 | disk << 4 | partition; from the 17th disk or partition on 1 << 28 | disk << 8 | partition
 *   hd:  3 or 22 << 8 | disk & 1 << 6 | partition      sd: 8 << 8 | disk << 4 | partition
 */
#include "xlite/lib/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"

#define EXTENDED (1u << 28)
/* 20 bits of disk and 8 of partition. */
#define XVD_DISKS (1u << 20)

static const struct vdev_kind {
	const char *prefix;
	unsigned disks, partitions;
} vdev_kinds[] = {
	{ "xvd", XVD_DISKS, 256 }, { "hd", 4, 64 }, { "sd", 16, 16 },
};

/* Letters as a number: a 0, z 25, aa 26. Returns the letters used, 0 if there are none or too many. */
static size_t vdev_letters(const char *text, unsigned *disk)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; text[i] >= 'a' && text[i] <= 'z'; i++) {
		value = value * 26 + (unsigned)(text[i] - 'a') + 1;
		if (value > XVD_DISKS)
			return 0;
	}
	*disk = (unsigned)value - 1;
	return i;
}

/* Nothing, or a number without leading zeros; -EINVAL otherwise. */
static int vdev_partition(const char *text, unsigned limit)
{
	unsigned value = 0;

	if (!*text)
		return 0;
	if (*text == '0')
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (unsigned)(*text - '0');
		if (value >= limit)
			return -EINVAL;
	}
	return (int)value;
}

int xlite_vdev_number(const char *vdev)
{
	for (size_t i = 0; i < ARRAY_SIZE(vdev_kinds); i++) {
		const struct vdev_kind *kind = &vdev_kinds[i];
		size_t prefix = strlen(kind->prefix), letters;
		unsigned disk = 0;
		int partition;

		if (strncmp(vdev, kind->prefix, prefix))
			continue;
		letters = vdev_letters(vdev + prefix, &disk);
		if (!letters || disk >= kind->disks)
			return -EINVAL;
		partition = vdev_partition(vdev + prefix + letters, kind->partitions);
		if (partition < 0)
			return partition;
		if (kind->prefix[0] == 'h')
			return (disk < 2 ? 3 : 22) << 8 | (int)(disk & 1) << 6 | partition;
		if (kind->prefix[0] == 'x' && (disk > 15 || partition > 15))
			return (int)(EXTENDED | disk << 8) | partition;
		return (kind->prefix[0] == 's' ? 8 : 202) << 8 | (int)disk << 4 | partition;
	}
	return -EINVAL;
}

/* Splits a number; NULL when it is none of ours. */
static const char *vdev_split(unsigned number, unsigned *disk, unsigned *partition)
{
	if (number & EXTENDED && number < 2 * EXTENDED) {
		*disk = number >> 8 & (XVD_DISKS - 1);
		*partition = number & 255;
		return "xvd";
	}
	*disk = number >> 4 & 15;
	*partition = number & 15;
	switch (number >> 8) {
	case 202:
		return "xvd";
	case 8:
		return "sd";
	case 3:
	case 22:
		*disk = (number >> 8 == 22 ? 2 : 0) + (number >> 6 & 3);
		*partition = number & 63;
		return (number >> 6 & 3) < 2 ? "hd" : NULL;
	default:
		return NULL;
	}
}

int xlite_vdev_name(unsigned number, char *name, size_t size)
{
	unsigned disk, partition;
	char letters[8], *at = letters + sizeof(letters) - 1;
	const char *prefix = vdev_split(number, &disk, &partition);
	int len;

	if (!prefix)
		return -EINVAL;
	*at = '\0';
	for (unsigned left = disk + 1; left; left = (left - 1) / 26)
		*--at = (char)('a' + (left - 1) % 26);
	len = partition ? snprintf(name, size, "%s%s%u", prefix, at, partition) : snprintf(name, size, "%s%s", prefix, at);
	return len < 0 || (size_t)len >= size ? -ENOSPC : 0;
}
