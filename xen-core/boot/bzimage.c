/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where a bzImage has its payload, and of what kind it is. Only xz, which Debian uses, is unpacked here.
 */
#include "xen-core/boot/bzimage.h"

#include "xen-core/boot/xz.h"
#include "xen-core/lib/lib.h"

/* Offsets in the file. */
#define SETUP_SECTORS	0x1f1
#define BOOT_FLAG	0x1fe
#define MAGIC		0x202
#define PROTOCOL	0x206
#define PAYLOAD		0x248		/* from the end of the setup sectors on */
#define PAYLOAD_SIZE	0x24c
#define HEADER_END	0x250

/* Linux cannot be larger. */
#define SIZE_MAX_MIB 1024

#define OTHER(name) "it is packed by " name ": unpack it by extract-vmlinux"

static const struct { const char *magic; size_t len; const char *wrong; } others[] = {
	{ "\037\213", 2, OTHER("gzip") },
	{ "BZh", 3, OTHER("bzip2") },
	{ "\135\0\0", 3, OTHER("lzma") },
	{ "\211LZO", 4, OTHER("lzop") },
	{ "\002!L\030", 4, OTHER("lz4") },
	{ "(\265/\375", 4, OTHER("zstd") },
};

bool bzimage_is(const void *file, size_t size)
{
	const uint8_t *at = file;

	return size >= HEADER_END && le_read(at + BOOT_FLAG, 2) == 0xaa55 && !memcmp(at + MAGIC, "HdrS", 4);
}

static const char *packing(const struct bzimage *b)
{
	if (!memcmp(b->packed, "\3757zXZ", 5))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!memcmp(b->packed, others[i].magic, others[i].len))
			return others[i].wrong;
	return OTHER("something unknown");
}

/* Linux appends the unpacked size, in 4 bytes, to what xz has made. */
const char *bzimage_open(struct bzimage *b, const void *file, size_t size)
{
	const uint8_t *at = file;
	uint64_t sectors = le_read(at + SETUP_SECTORS, 1), start, packed_size = le_read(at + PAYLOAD_SIZE, 4);
	const char *wrong;

	if (le_read(at + PROTOCOL, 2) < 0x208)
		return "it is a bzImage of before Linux 2.6.26: unpack it by extract-vmlinux";
	start = ((sectors ? sectors : 4) + 1) * 512 + le_read(at + PAYLOAD, 4);
	if (start > size || packed_size > size - start)
		return "it is a bzImage that is cut off";
	if (packed_size < 16)
		return "it is a bzImage with nothing in it";
	b->packed = at + start;
	b->packed_size = packed_size - 4;
	b->size = le_read(b->packed + b->packed_size, 4);
	wrong = packing(b);
	if (!wrong && b->size > SIZE_MAX_MIB * MIB)
		return "its unpacked size is said to be above 1 GiB";
	return wrong;
}

static size_t work_at(const struct bzimage *b)
{
	return ALIGN_UP(b->size, 16);
}

size_t bzimage_room(const struct bzimage *b)
{
	return work_at(b) + sizeof(struct xz);
}

const char *bzimage_unpack(const struct bzimage *b, void *room)
{
	struct xz *work = (void *)((uint8_t *)room + work_at(b));
	size_t done;
	const char *wrong = xz_unpack(work, b->packed, b->packed_size, room, b->size, &done);

	return wrong || done == b->size ? wrong : "it unpacks to less than it says";
}
