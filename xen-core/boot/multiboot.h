/* SPDX-License-Identifier: GPL-2.0-or-later
 * Multiboot Specification 0.6.96: what a loader of that kind says, as GRUB for a BIOS, or QEMU.
 */
#ifndef XEN_CORE_BOOT_MULTIBOOT_H
#define XEN_CORE_BOOT_MULTIBOOT_H

#define MULTIBOOT_LOADED 0x2badb002

/** Fills boot_info from the loader's information block, all of whose pointers are physical addresses. */
void multiboot_take(const void *block);

#endif
