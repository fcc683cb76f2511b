/* SPDX-License-Identifier: GPL-2.0-or-later
 * The archive inside of GRUB's image (POSIX.1-2017, pax: "ustar Interchange Format"), which GRUB calls (memdisk).
 */
#include "hotplug/grub_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "hotplug/grub_cfg.h"

/* They have some 20 KiB each. */
#define MODULE_MAX (1 << 20)
#define BLOCK 512

struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6],
		version[2], user[32], group[32], device[16], prefix[155], rest[12];
};
_Static_assert(sizeof(struct tar_header) == BLOCK, "ustar");

static void tar_add(struct buf *tar, const char *name, const void *bytes, size_t len)
{
	static const char zeros[BLOCK];
	struct tar_header header = { .mode = "0000644",
				     .uid = "0000000",
				     .gid = "0000000",
				     .mtime = "00000000000",
				     .checksum = "       ",
				     .type = '0',
				     .magic = "ustar",
				     .version = { '0', '0' } };
	const unsigned char *at = (const void *)&header;
	unsigned sum = ' ';	/* the last byte of the checksum itself */

	snprintf(header.name, sizeof(header.name), "%s", name);
	snprintf(header.size, sizeof(header.size), "%011zo", len);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += at[i];
	snprintf(header.checksum, sizeof(header.checksum), "%06o", sum);
	buf_add(tar, &header, sizeof(header));
	buf_add(tar, bytes, len);
	buf_add(tar, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

int grub_file(const char *name, const void *bytes, size_t len)
{
	auto_close int fd = memfd_create(name, MFD_CLOEXEC);
	const char *at = bytes;
	int own;

	if (fd < 0)
		return -errno;
	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	own = fd;
	fd = -1;
	return own;
}

static int read_module(const char *path, struct buf *to)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int rc = fd < 0 ? -errno : buf_read(to, fd, MODULE_MAX + 1);

	return rc ? rc : to->len > MODULE_MAX ? -EFBIG : 0;
}

static int add_module(struct buf *tar, const char *folder, const char *name, struct xlite_error *err)
{
	auto_buf struct buf module = BUF_INIT;
	char path[256];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	rc = read_module(path, &module);
	if (rc)
		return xlite_error_sys(err, rc, "read %s", path);
	tar_add(tar, name, module.data, module.len);
	return 0;
}

int grub_disk(const char *modules, struct xlite_error *err)
{
	auto_buf struct buf tar = BUF_INIT;
	static const char end[2 * BLOCK];
	int rc = add_module(&tar, modules, "linux.mod", err);

	if (!rc)
		rc = add_module(&tar, modules, "legacycfg.mod", err);
	if (rc)
		return rc;
	tar_add(&tar, "grub.cfg", grub_cfg, sizeof(grub_cfg) - 1);
	buf_add(&tar, end, sizeof(end));
	rc = tar.failed ? -ENOMEM : grub_file("grub-disk", tar.data, tar.len);
	return rc < 0 ? xlite_error_sys(err, rc, "write GRUB's disk") : rc;
}
