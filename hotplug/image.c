/* SPDX-License-Identifier: GPL-2.0-or-later
 * Images and compressed files by their first bytes (qemu: block/; gzip, xz, zstd: their own format documents).
 * A guest that were given such bytes as its disk would overwrite them.
 */
#include "hotplug/image.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"

#define CONVERT "`qemu-img convert -O qcow2 FILE NEW` makes an image that `format: qcow2` takes"
#define BY_WORD "; `format: raw` gives the guest the bytes as they are"

static const struct {
	size_t offset, len;
	const char *magic;
	struct image_kind kind;
} kinds[] = {
	{ 0, 8, "QFI\xfb\0\0\0\1", { "a qcow image of version 1", CONVERT } },
	{ 0, 4, "QFI\xfb", { "a qcow2 image", "`format: qcow2` gives the guest the disk in it" } },
	{ 0, 4, "QED\0", { "a QED image", CONVERT } },
	{ 0, 4, "KDMV", { "a VMDK image", CONVERT } },
	{ 0, 4, "COWD", { "a VMDK image", CONVERT } },
	{ 0, 21, "# Disk DescriptorFile", { "the descriptor of a VMDK image", CONVERT } },
	{ 0, 8, "vhdxfile", { "a VHDX image", CONVERT } },
	{ 0, 8, "conectix", { "a VHD image", CONVERT } },
	{ 64, 4, "\x7f\x10\xda\xbe", { "a VDI image", CONVERT } },
	{ 0, 16, "WithoutFreeSpace", { "a Parallels image", CONVERT } },
	{ 0, 16, "WithouFreSpacExt", { "a Parallels image", CONVERT } },
	{ 0, 3, "\x1f\x8b\x08", { "compressed by gzip", "`gunzip` unpacks it" } },
	{ 0, 6, "\xfd" "7zXZ\0", { "compressed by xz", "`unxz` unpacks it" } },
	{ 0, 4, "\x28\xb5\x2f\xfd", { "compressed by zstd", "`unzstd` unpacks it" } },
	{ 0, 4, "\x04\x22\x4d\x18", { "compressed by lz4", "`unlz4` unpacks it" } },
	{ 0, 3, "BZh", { "compressed by bzip2", "`bunzip2` unpacks it" } },
	{ 0, 4, "PK\3\4", { "a zip archive", "`unzip` unpacks it" } },
};

const struct image_kind *image_kind(int fd)
{
	char head[512];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (n >= (ssize_t)(kinds[i].offset + kinds[i].len) &&
		    !memcmp(head + kinds[i].offset, kinds[i].magic, kinds[i].len))
			return &kinds[i].kind;
	}
	return NULL;
}

int image_check_raw(int fd, const char *path, struct xlite_error *err)
{
	const struct image_kind *kind = image_kind(fd);

	if (!kind)
		return 0;
	xlite_error_set(err, -EINVAL, "%s: it is %s, and the spec does not say its format", path, kind->name);
	xlite_error_hint(err, "%s" BY_WORD, kind->hint);
	return -EINVAL;
}
