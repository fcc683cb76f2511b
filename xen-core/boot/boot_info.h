/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the boot loader handed over, by whichever of its two ways, taken over before its memory is used for other
 * things.
 */
#ifndef XEN_CORE_BOOT_BOOT_INFO_H
#define XEN_CORE_BOOT_BOOT_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_MODULES 4
#define BOOT_RANGES 512

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
	uint8_t rsdp[36];		/* ACPI's root, where the loader knows it; 0s where it must be looked for */
};

extern struct boot_info boot_info;

/** Fills boot_info; panics when the loader was no multiboot loader or told no memory map. */
void boot_info_take(uint32_t magic, uint32_t address);
/*
 * What a loader says it is: Multiboot Specification 0.6.96, as QEMU; Multiboot2 2.0, as GRUB, which under UEFI
 * alone knows where ACPI's tables are.
 */
#define MULTIBOOT_LOADED 0x2badb002
#define MULTIBOOT2_LOADED 0x36d76289
/**
 * Either's part of it: from a block whose pointers are physical addresses, or from tags aligned to 8 bytes. Damaged
 * ones are a panic.
 */
void multiboot_take(const void *block);
void multiboot2_take(const void *block);
/** One more module, at physical addresses; one too many is told and left out. words are copied. */
void boot_module_add(uint64_t start, uint64_t end, const char *words);
/**
 * One more range of the memory map, reserved if its type is none of the above; one too many is a panic: what is in
 * it, nobody knows.
 */
void boot_range_add(uint64_t start, uint64_t size, uint32_t type);

#endif
