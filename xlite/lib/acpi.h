/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The ACPI tables of a PVH guest: RSDP, XSDT, FADT (hardware-reduced), MADT with one local
 * APIC (or x2APIC) entry per vCPU, and a minimal DSDT. Written into a caller's buffer.
 */
#ifndef XLITE_LIB_ACPI_H
#define XLITE_LIB_ACPI_H

#include <stddef.h>
#include <stdint.h>

/** The most vCPUs, and bytes that are enough for their tables. */
#define XLITE_ACPI_VCPUS_MAX 512
#define XLITE_ACPI_SIZE_MAX 8192

/**
 * Writes the tables for vcpus vCPUs, all enabled, as they must lie at guest physical address base, a multiple of
 * 16 whose tables end below 4 GiB. vCPU n has ACPI processor UID n and APIC ID 2 * n, as Xen gives it. The RSDP
 * is at base itself. The whole of buffer is overwritten: what the tables do not use is zeros.
 * Returns the bytes used; -ENOSPC: size is too small; -EINVAL: vcpus or base. (ACPI 5.0; xen: docs/misc/pvh.pandoc)
 */
long xlite_acpi_build(void *buffer, size_t size, uint64_t base, unsigned vcpus);

#endif
