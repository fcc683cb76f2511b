/* SPDX-License-Identifier: GPL-2.0-or-later
 * dom0's ACPI tables (ACPI 6.3, 5.2).
 */
#include "xen-core/boot/boot.h"

#include "xen-core/cpu/acpi.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/lib/lib.h"

/* DSDT and FACS hang on the FADT. */
static const char allowed[][5] = { "FACP", "SSDT", "MCFG", "BGRT", "BERT" };

static void header(struct acpi_header *h, const char *signature, uint8_t revision, uint32_t length)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->signature, signature, 4);
	memcpy(h->oem, "XENCOR", 6);
	memcpy(h->oem_table, "XEN-CORE", 8);
	memcpy(h->creator, "XENC", 4);
	h->revision = revision;
	h->length = length;
}

static void seal(struct acpi_header *h)
{
	h->checksum = 0;
	h->checksum = (uint8_t)-acpi_sum(h, h->length);
}

struct madt_x2apic {
	uint8_t type, len;
	uint16_t reserved;
	uint32_t id, flags, uid;
};

static uint8_t *bytes_put(uint8_t *at, const void *data, size_t len)
{
	memcpy(at, data, len);
	return at + len;
}

/* CPUs of dom0; of the firmware's other entries, those of I/O APICs and how interrupts are wired. */
static uint64_t madt(uint64_t address, unsigned vcpus)
{
	const struct acpi_header *from = acpi_find("APIC", 0);
	uint8_t *start = (uint8_t *)(uintptr_t)address, *to = start + sizeof(struct acpi_header);
	const uint8_t *entry = (const uint8_t *)from + sizeof(*from) + 8, *end = (const uint8_t *)from + from->length;

	to = bytes_put(to, &(uint32_t){ 0xfee00000 }, 4);
	to = bytes_put(to, &(uint32_t){ 0 }, 4);
	for (unsigned i = 0; i < vcpus; i++) {
		struct madt_x2apic x2 = { 9, 16, 0, cpus[i].apic_id, 1, i };

		to = bytes_put(to, &x2, sizeof(x2));
	}
	for (; entry + 2 <= end && entry[1] >= 2 && entry + entry[1] <= end; entry += entry[1])
		if (entry[0] == 1 || entry[0] == 2)
			to = bytes_put(to, entry, entry[1]);
	header((void *)start, "APIC", 4, (uint32_t)(to - start));
	seal((void *)start);
	return (uintptr_t)to;
}

uint64_t dom0_acpi_size(unsigned vcpus)
{
	const struct acpi_header *from = acpi_find("APIC", 0);

	return from ? PAGE_SIZE + sizeof(*from) + 8 + vcpus * sizeof(struct madt_x2apic) + from->length : 0;
}

uint64_t dom0_acpi(uint64_t address, unsigned vcpus, uint64_t *end)
{
	struct acpi_rsdp *rsdp = (void *)(uintptr_t)address;
	struct acpi_header *xsdt = (void *)(uintptr_t)(address + 64);
	uint64_t *entry = (uint64_t *)(xsdt + 1), next = address + PAGE_SIZE;
	size_t nr = 0;

	*end = address;
	if (!acpi_find("APIC", 0))
		return 0;
	/* Entries are not aligned: the header has 36 bytes. */
	for (size_t i = 0; i < acpi_info.nr_tables; i++) {
		uint64_t table = (uintptr_t)acpi_info.tables[i];

		for (size_t k = 0; k < ARRAY_SIZE(allowed); k++)
			if (!memcmp(acpi_info.tables[i]->signature, allowed[k], 4))
				memcpy((char *)entry + 8 * nr++, &table, 8);
	}
	memcpy((char *)entry + 8 * nr++, &next, 8);
	*end = ALIGN_UP(madt(next, vcpus), PAGE_SIZE);
	header(xsdt, "XSDT", 1, (uint32_t)(sizeof(*xsdt) + 8 * nr));
	seal(xsdt);
	*rsdp = (struct acpi_rsdp){ .revision = 2, .length = sizeof(*rsdp), .xsdt = (uintptr_t)xsdt };
	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem, "XENCOR", 6);
	rsdp->checksum = (uint8_t)-acpi_sum(rsdp, 20);
	rsdp->extended_checksum = (uint8_t)-acpi_sum(rsdp, sizeof(*rsdp));
	return address;
}
