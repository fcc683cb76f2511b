/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_BOOT_DOM0_ACPI_H
#define XEN_CORE_BOOT_DOM0_ACPI_H

#include <stdint.h>

/** How many bytes they need at most. */
uint64_t dom0_acpi_size(unsigned vcpus);
/**
 * Writes dom0's root of ACPI tables at address: those of the firmware that do not speak of what xen-core keeps, and a table of
 * interrupt controllers with dom0's CPUs alone. Returns the RSDP's address, 0 when the firmware has no tables; *end is behind all.
 */
uint64_t dom0_acpi(uint64_t address, unsigned vcpus, uint64_t *end);

#endif
