/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The header of a bzImage, and the files that are taken for one by mistake.
 */
#include "xlite/lib/bzimage.h"

#include <errno.h>
#include <string.h>

#include "common/auto.h"

/* Offsets in the file, from boot.rst. */
#define SETUP_SECTS 0x1f1	/* 8 bits; 0 means 4 */
#define BOOT_FLAG 0x1fe		/* 16 bits: 0xaa55 */
#define HEADER_MAGIC 0x202	/* "HdrS" */
#define PROTOCOL 0x206		/* 16 bits: major << 8 | minor */
#define LOADFLAGS 0x211		/* 8 bits; bit 0: loaded at 1 MiB, thus a bzImage */
#define PAYLOAD_OFFSET 0x248	/* 32 bits, from the end of the setup sectors; since 2.08 */
#define PAYLOAD_LENGTH 0x24c	/* 32 bits */

#define PROTOCOL_MIN 0x208

static uint32_t get32(const uint8_t *head, size_t at)
{
	uint32_t value;

	memcpy(&value, head + at, sizeof(value));
	return value;
}

static unsigned get16(const uint8_t *head, size_t at)
{
	return (unsigned)head[at] | (unsigned)head[at + 1] << 8;
}

bool bzimage_detect(const uint8_t *head)
{
	return get16(head, BOOT_FLAG) == 0xaa55 && !memcmp(head + HEADER_MAGIC, "HdrS", 4);
}

int bzimage_payload(const uint8_t *head, uint64_t file_size, uint64_t *start, uint64_t *end, struct xlite_error *err)
{
	unsigned protocol = get16(head, PROTOCOL), sectors = head[SETUP_SECTS] ? head[SETUP_SECTS] : 4;

	if (!(head[LOADFLAGS] & 1))
		return xlite_error_set(err, -ENOEXEC, "a zImage, loaded below 1 MiB; only bzImages can be used");
	if (protocol < PROTOCOL_MIN)
		return xlite_error_set(err, -ENOEXEC, "a bzImage of boot protocol %u.%02u, at least 2.08 is needed",
				       protocol >> 8, protocol & 0xff);
	*start = (sectors + 1) * UINT64_C(512) + get32(head, PAYLOAD_OFFSET);
	*end = *start + get32(head, PAYLOAD_LENGTH);
	if (*start == *end)
		return xlite_error_set(err, -ENOEXEC, "a bzImage without payload");
	if (*end > file_size)
		return xlite_error_set(err, -EBADMSG, "truncated: has %llu bytes, its bzImage payload ends at %llu",
				       (unsigned long long)file_size, (unsigned long long)*end);
	return 0;
}

static const struct {
	size_t at;
	const char *magic;
	size_t len;
	const char *kind;
} kinds[] = {
	{ 0x38, "ARM\x64", 4, "an arm64 kernel image" },
	{ 0x24, "\x18\x28\x6f\x01", 4, "an ARM zImage" },
	{ 0x30, "RISCV\0\0\0", 8, "a RISC-V kernel image" },
	{ 4, "zimg", 4, "a packed EFI program, not a Linux image for x86" },
	{ 0, "MZ", 2, "an EFI program without a Linux boot header" },
	{ 0, "\x27\x05\x19\x56", 4, "a U-Boot image" },
	{ 0, "07070", 5, "a cpio archive, perhaps a ramdisk" },
	{ 0, "!<arch>\n", 8, "an ar archive" },
	{ BOOT_FLAG, "\x55\xaa", 2, "a boot sector without a Linux boot header" },
};

const char *image_other_kind(const uint8_t *head)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!memcmp(head + kinds[i].at, kinds[i].magic, kinds[i].len))
			return kinds[i].kind;
	return NULL;
}
