/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The ACPI tables of a PVH guest: RSDP, XSDT, FADT (hardware-reduced), MADT with one local
 * APIC (or x2APIC) entry per vCPU, and a minimal DSDT. Written into a caller's buffer.
 */
#ifndef XLITE_LIB_ACPI_H
#define XLITE_LIB_ACPI_H

#include <stdint.h>
#include <stddef.h>

/**
 * Writes the tables for vcpus vCPUs (APIC ID 2 * n) as they must lie at guest physical address base.
 * Returns the bytes used, or -ENOSPC / -EINVAL. The RSDP is at base itself.
 */
long xlite_acpi_build(void *buffer, size_t size, uint64_t base, unsigned vcpus);

#endif
