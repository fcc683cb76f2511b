/* SPDX-License-Identifier: GPL-2.0-or-later
 * The firmware's ACPI tables: what of the machine they tell, and where they are, for dom0's own to be made of them.
 */
#ifndef XEN_CORE_CPU_ACPI_H
#define XEN_CORE_CPU_ACPI_H

#include <stddef.h>
#include <stdint.h>

#define ACPI_TABLES 32
#define ACPI_IOAPICS 32

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
};

/* The root of all. */
struct acpi_rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t extended_checksum, reserved[3];
} __attribute__((packed));

struct acpi_info {
	const struct acpi_header *tables[ACPI_TABLES];
	size_t nr_tables;
	uint32_t apic_ids[64];		/* of CPUs that may be used; the first found is not always the one we run on */
	size_t nr_cpus;
	uint64_t ioapics[ACPI_IOAPICS];	/* physical addresses; more than these are not used */
	size_t nr_ioapics;
};

extern struct acpi_info acpi_info;

/**
 * Finds the tables: by the copy of their root that a loader gave (36 bytes; 0s when it gave none), or where a BIOS has
 * it, while its page 0 is still mapped. Without any, nothing but the CPU it runs on is known.
 */
void acpi_scan(const void *given);
/** The nth table with that signature, NULL if there is none. */
const struct acpi_header *acpi_find(const char signature[4], unsigned nth);
/** The sum of all bytes; 0 for a table in order. */
uint8_t acpi_sum(const void *data, size_t len);

#endif
