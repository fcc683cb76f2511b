/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a multiboot loader hands over (Multiboot Specification 0.6.96), taken over before its memory is used for other things.
 */
#ifndef XEN_CORE_BOOT_MULTIBOOT_H
#define XEN_CORE_BOOT_MULTIBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_LOADED 0x2badb002
#define BOOT_MODULES 4
#define BOOT_RANGES 64

/* Types of BIOS function e820. */
enum { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3, E820_NVS = 4, E820_UNUSABLE = 5 };

struct boot_range {
	uint64_t start, size;		/* bytes */
	uint32_t type;			/* E820_ */
};

struct boot_module {
	uint64_t start, size;		/* bytes */
	char cmdline[1024];		/* without its name */
};

struct boot_info {
	char cmdline[1024];
	struct boot_range ranges[BOOT_RANGES];
	size_t nr_ranges;
	struct boot_module modules[BOOT_MODULES];
	size_t nr_modules;
};

extern struct boot_info boot_info;

/** Fills boot_info; panics when the loader was no multiboot loader or told no memory map. */
void multiboot_take(uint32_t magic, uint32_t address);

#endif
