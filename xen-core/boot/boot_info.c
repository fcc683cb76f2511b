/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the boot loader handed over.
 */
#include "xen-core/boot/boot_info.h"

#include "xen-core/lib/lib.h"

struct boot_info boot_info;

void boot_module_add(uint64_t start, uint64_t end, const char *words)
{
	struct boot_module *m = &boot_info.modules[boot_info.nr_modules];

	if (boot_info.nr_modules == BOOT_MODULES) {
		log_print("boot module at 0x%lx is left out: there may be %u\n", start, BOOT_MODULES);
		return;
	}
	m->start = start;
	m->size = end - start;
	format(m->cmdline, sizeof(m->cmdline), "%s", words);
	boot_info.nr_modules++;
}

void boot_range_add(uint64_t start, uint64_t size, uint32_t type)
{
	struct boot_range *last = boot_info.nr_ranges ? &boot_info.ranges[boot_info.nr_ranges - 1] : NULL;

	if (!size)
		return;
	/* Loaders have kinds of their own, which to those who do not know them are reserved. */
	if (type < E820_RAM || type > E820_UNUSABLE)
		type = E820_RESERVED;
	if (last && last->type == type && last->start + last->size == start) {
		last->size += size;
		return;
	}
	if (boot_info.nr_ranges == BOOT_RANGES)
		panic("the firmware's memory map has more than %u ranges", BOOT_RANGES);
	boot_info.ranges[boot_info.nr_ranges++] = (struct boot_range){ start, size, type };
}

void boot_info_take(uint32_t magic, uint32_t address)
{
	const void *block = (const void *)(uintptr_t)address;

	if (magic == MULTIBOOT_LOADED)
		multiboot_take(block);
	else if (magic == MULTIBOOT2_LOADED)
		multiboot2_take(block);
	else
		panic("not started by a multiboot loader");
	if (!boot_info.nr_ranges)
		panic("the boot loader gives no memory map");
}
