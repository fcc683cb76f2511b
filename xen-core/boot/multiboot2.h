/* SPDX-License-Identifier: GPL-2.0-or-later
 * Multiboot2 Specification 2.0: what a loader of that kind says, as GRUB for UEFI, where nothing but it knows where ACPI's tables are.
 */
#ifndef XEN_CORE_BOOT_MULTIBOOT2_H
#define XEN_CORE_BOOT_MULTIBOOT2_H

#define MULTIBOOT2_LOADED 0x36d76289

/** Fills boot_info from the loader's tags; panics when they are damaged. block is aligned to 8 bytes. */
void multiboot2_take(const void *block);

#endif
