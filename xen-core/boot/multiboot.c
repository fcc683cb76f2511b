/* SPDX-License-Identifier: GPL-2.0-or-later
 * The loader's information block, offsets as in the Multiboot Specification 0.6.96, section 3.3.
 */
#include "xen-core/boot/multiboot.h"

#include "xen-core/boot/cmdline.h"
#include "xen-core/lib/lib.h"

#define MB_CMDLINE	0x004
#define MB_MODULES	0x008
#define MB_MEMORY_MAP	0x040
#define MB_LOADER	0x200

struct mb_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4], mmap_length, mmap_addr, drives[2], table, loader;
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

struct boot_info boot_info;

static const void *at(uint32_t address)
{
	return (const void *)(uintptr_t)address;
}

static const char *text(uint32_t address)
{
	return address ? at(address) : "";
}

void multiboot_take(uint32_t magic, uint32_t address)
{
	const struct mb_info *info = at(address);
	const struct mb_module *module;
	const char *loader;
	uint32_t end, pos;

	if (magic != MULTIBOOT_LOADED)
		panic("not started by a multiboot loader");
	/* With its own name in front or without: that is none of the options. */
	if (info->flags & MB_CMDLINE)
		format(boot_info.cmdline, sizeof(boot_info.cmdline), "%s", text(info->cmdline));
	loader = info->flags & MB_LOADER ? text(info->loader) : "";
	module = at(info->mods_addr);
	for (uint32_t i = 0; (info->flags & MB_MODULES) && i < info->mods_count && i < BOOT_MODULES; i++, module++) {
		struct boot_module *to = &boot_info.modules[boot_info.nr_modules++];

		to->start = module->start;
		to->size = module->end - module->start;
		format(to->cmdline, sizeof(to->cmdline), "%s", cmdline_words(text(module->cmdline), loader));
	}
	if (!(info->flags & MB_MEMORY_MAP))
		panic("the boot loader gives no memory map");
	end = info->mmap_addr + info->mmap_length;
	for (pos = info->mmap_addr; pos < end && boot_info.nr_ranges < BOOT_RANGES;) {
		const struct mb_range *range = at(pos);

		boot_info.ranges[boot_info.nr_ranges++] = (struct boot_range){ range->start, range->length, range->type };
		pos += range->size + 4;
	}
}
