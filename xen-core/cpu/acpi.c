/* SPDX-License-Identifier: GPL-2.0-or-later
 * RSDP, RSDT or XSDT, MADT (ACPI 6.3, 5.2.5 to 5.2.12).
 */
#include "xen-core/cpu/acpi.h"

#include "xen-core/lib/lib.h"

struct acpi_info acpi_info;

uint8_t acpi_sum(const void *data, size_t len)
{
	const uint8_t *byte = data;
	uint8_t sum = 0;

	while (len--)
		sum = (uint8_t)(sum + *byte++);
	return sum;
}

static bool rsdp_is(const struct acpi_rsdp *rsdp)
{
	return !memcmp(rsdp->signature, "RSD PTR ", 8) && !acpi_sum(rsdp, 20);
}

static const struct acpi_rsdp *rsdp_in(uint64_t start, uint64_t end)
{
	for (; start + sizeof(struct acpi_rsdp) <= end; start += 16) {
		const struct acpi_rsdp *rsdp = (const void *)(uintptr_t)start;

		if (rsdp_is(rsdp))
			return rsdp;
	}
	return NULL;
}

/* In the first KiB of the extended BIOS data area, whose segment is at 0x40e, or in the BIOS. */
static const struct acpi_rsdp *rsdp_find(void)
{
	uintptr_t pointer = 0x40e;
	const struct acpi_rsdp *rsdp;
	uint64_t ebda;

	/* The compiler takes so small an address for a mistake. */
	__asm__("" : "+r"(pointer));
	ebda = (uint64_t)*(const volatile uint16_t *)pointer << 4;
	rsdp = ebda >= 0x80000 && ebda < 0xa0000 ? rsdp_in(ebda, ebda + 1024) : NULL;

	return rsdp ? rsdp : rsdp_in(0xe0000, 0x100000);
}

static void table_add(uint64_t address)
{
	const struct acpi_header *table = (const void *)(uintptr_t)address;

	if (!address || acpi_info.nr_tables == ACPI_TABLES || table->length < sizeof(*table))
		return;
	if (acpi_sum(table, table->length))
		log_print("ACPI: table %c%c%c%c has a wrong checksum\n", table->signature[0], table->signature[1],
			  table->signature[2], table->signature[3]);
	acpi_info.tables[acpi_info.nr_tables++] = table;
}

const struct acpi_header *acpi_find(const char signature[4], unsigned nth)
{
	for (size_t i = 0; i < acpi_info.nr_tables; i++)
		if (!memcmp(acpi_info.tables[i]->signature, signature, 4) && !nth--)
			return acpi_info.tables[i];
	return NULL;
}

static void cpu_add(uint32_t apic_id, uint32_t flags)
{
	/* Others need x2APIC mode. */
	if ((flags & 1) && apic_id < 0xff && acpi_info.nr_cpus < ARRAY_SIZE(acpi_info.apic_ids))
		acpi_info.apic_ids[acpi_info.nr_cpus++] = apic_id;
}

static void madt_scan(const struct acpi_header *madt)
{
	const uint8_t *entry = (const uint8_t *)madt + sizeof(*madt) + 8, *end = (const uint8_t *)madt + madt->length;

	for (; entry + 2 <= end && entry[1] >= 2 && entry + entry[1] <= end; entry += entry[1]) {
		if (entry[0] == 0) {
			cpu_add(entry[3], (uint32_t)le_read(entry + 4, 4));
		} else if (entry[0] == 9) {
			cpu_add((uint32_t)le_read(entry + 4, 4), (uint32_t)le_read(entry + 8, 4));
		} else if (entry[0] == 1 && acpi_info.nr_ioapics < ACPI_IOAPICS) {
			acpi_info.ioapics[acpi_info.nr_ioapics++] = (uint32_t)le_read(entry + 4, 4);
		}
	}
}

void acpi_scan(const void *given)
{
	const struct acpi_rsdp *rsdp = rsdp_is(given) ? given : rsdp_find();
	const struct acpi_header *root, *madt;
	bool wide;

	if (!rsdp) {
		log_print("ACPI: no tables found\n");
		return;
	}
	wide = rsdp->revision >= 2 && rsdp->xsdt;
	root = (const void *)(uintptr_t)(wide ? rsdp->xsdt : rsdp->rsdt);
	for (size_t at = sizeof(*root); at + (wide ? 8 : 4) <= root->length; at += wide ? 8 : 4)
		table_add(le_read((const char *)root + at, wide ? 8 : 4));
	madt = acpi_find("APIC", 0);
	if (madt)
		madt_scan(madt);
	log_print("ACPI: %zu tables, %zu CPUs, %zu I/O APICs, the first at 0x%lx\n", acpi_info.nr_tables, acpi_info.nr_cpus,
		  acpi_info.nr_ioapics, acpi_info.ioapics[0]);
}
