/* SPDX-License-Identifier: GPL-2.0-or-later
 * The loader's information block, offsets as in the Multiboot Specification 0.6.96, section 3.3.
 */
#include "xen-core/boot/boot_info.h"

#include "xen-core/lib/cmdline.h"
#include "xen-core/lib/lib.h"

#define MB_CMDLINE	0x004
#define MB_MODULES	0x008
#define MB_MEMORY_MAP	0x040
#define MB_LOADER	0x200

struct mb_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4], mmap_length,
		mmap_addr, drives[2], table, loader;
};
_Static_assert(offsetof(struct mb_info, loader) == 64, "mb_info");

struct mb_module {
	uint32_t start, end, cmdline, reserved;
};

struct mb_range {
	uint32_t size;			/* of what follows */
	uint64_t start, length;
	uint32_t type;
} __attribute__((packed));

static const void *at(uint32_t address)
{
	return (const void *)(uintptr_t)address;
}

static const char *text(uint32_t address)
{
	return address ? at(address) : "";
}

void multiboot_take(const void *block)
{
	const struct mb_info *info = block;
	const struct mb_module *module = at(info->mods_addr);
	const char *loader = info->flags & MB_LOADER ? text(info->loader) : "";
	uint32_t end = info->mmap_addr + info->mmap_length;

	/* With its own name in front or without: that is none of the options. */
	if (info->flags & MB_CMDLINE)
		format(boot_info.cmdline, sizeof(boot_info.cmdline), "%s", text(info->cmdline));
	for (uint32_t i = 0; (info->flags & MB_MODULES) && i < info->mods_count; i++, module++)
		boot_module_add(module->start, module->end, cmdline_words(text(module->cmdline), loader));
	for (uint32_t pos = info->mmap_addr; (info->flags & MB_MEMORY_MAP) && pos < end;) {
		const struct mb_range *range = at(pos);

		boot_range_add(range->start, range->length, range->type);
		pos += range->size + 4;
	}
}
