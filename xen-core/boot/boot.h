/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is done once, in main.c's order: modules go out of the way, other CPUs start, domain 0 is made.
 */
#ifndef XEN_CORE_BOOT_BOOT_H
#define XEN_CORE_BOOT_BOOT_H

#include <stdint.h>

/**
 * How much room the modules need elsewhere until dom0 has been built, whole pages: with the unpacked kernel, if it
 * comes packed.
 */
uint64_t modules_room(void);
/**
 * Moves them to the end of such a room, which touches none of them, and unpacks the kernel. Panics when it is
 * damaged.
 */
void modules_move(uint64_t end);

/** Starts the other processors that ACPI names, at most max in all; those that do not answer are told and left out. */
void smp_start(unsigned max);
/** Where they begin in C; number is theirs. */
void smp_main(unsigned long number) __attribute__((noreturn));
/** Lets them go to work. */
void smp_release(void);

/**
 * Makes domain 0 of the boot modules (kernel, ramdisk): mem bytes of memory, vcpus vCPUs. Panics when that cannot
 * be.
 */
void dom0_build(uint64_t mem, unsigned vcpus);
/** How many bytes its ACPI tables need at most. */
uint64_t dom0_acpi_size(unsigned vcpus);
/**
 * Writes dom0's root of ACPI tables at address: those of the firmware that do not speak of what xen-core keeps, and a
 * table of interrupt controllers with dom0's CPUs alone. Returns the RSDP's address, 0 when the firmware has no tables;
 * *end is behind all.
 */
uint64_t dom0_acpi(uint64_t address, unsigned vcpus, uint64_t *end);

#endif
