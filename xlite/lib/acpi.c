/* SPDX-License-Identifier: LGPL-2.1-or-later
 * ACPI tables of a PVH guest. There is no ACPI hardware behind them: the hardware-reduced profile
 * says so, which spares guests the SCI, the PM timer, the 8259 and the PIT. A guest
 * powers off by halting its last vCPU, or by hypercall. Layouts: ACPI 5.0, chapter 5.
 */
#include "xlite/lib/acpi.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LAPIC_BASE UINT32_C(0xfee00000)
#define APIC_ID_END 255		/* 255 is the broadcast: from here on an x2APIC entry */

struct table_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct table_header) == 36, "ACPI 5.2.6");

struct rsdp {
	char signature[8];
	uint8_t checksum;	/* of the first 20 bytes */
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t checksum_all;
	uint8_t reserved[3];
} __attribute__((packed));
_Static_assert(sizeof(struct rsdp) == 36, "ACPI 5.2.5.3");

#define RSDP_V1_SIZE 20

struct xsdt {
	struct table_header header;
	uint64_t fadt, madt;
} __attribute__((packed));

/* All that lies between is about fixed hardware, and 0 in the hardware-reduced profile. */
struct fadt {
	struct table_header header;
	uint32_t facs, dsdt;
	uint8_t fixed[65];
	uint16_t boot_flags;
	uint8_t reserved;
	uint32_t flags;
	uint8_t reset[16];
	uint64_t x_facs, x_dsdt;
	uint8_t x_fixed[96];
	uint8_t sleep[24];
} __attribute__((packed));
_Static_assert(offsetof(struct fadt, boot_flags) == 109, "ACPI 5.2.9");
_Static_assert(offsetof(struct fadt, flags) == 112, "ACPI 5.2.9");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "ACPI 5.2.9");
_Static_assert(sizeof(struct fadt) == 268, "ACPI 5.2.9");

/* boot_flags; no bit for legacy devices nor for an 8042 */
#define BOOT_NO_VGA (1 << 2)
#define BOOT_NO_CMOS_RTC (1 << 5)
/* flags; the buttons' and the clock's bits say that these are not in fixed registers */
#define FADT_WBINVD (1 << 0)
#define FADT_PROC_C1 (1 << 2)
#define FADT_NO_POWER_BUTTON (1 << 4)
#define FADT_NO_SLEEP_BUTTON (1 << 5)
#define FADT_NO_RTC_WAKE (1 << 6)
#define FADT_HEADLESS (1 << 12)
#define FADT_HW_REDUCED (1 << 20)

struct madt {
	struct table_header header;
	uint32_t lapic_base;
	uint32_t flags;		/* bit 0, two 8259s, is not set */
} __attribute__((packed));
_Static_assert(sizeof(struct madt) == 44, "ACPI 5.2.12");

struct madt_lapic {
	uint8_t type, length;
	uint8_t uid, apic_id;
	uint32_t flags;
} __attribute__((packed));
_Static_assert(sizeof(struct madt_lapic) == 8, "ACPI 5.2.12.2");

struct madt_x2apic {
	uint8_t type, length;
	uint16_t reserved;
	uint32_t apic_id, flags, uid;
} __attribute__((packed));
_Static_assert(sizeof(struct madt_x2apic) == 16, "ACPI 5.2.12.12");

#define MADT_LAPIC 0
#define MADT_X2APIC 9
#define MADT_ENABLED 1

/* AML (ACPI 20.2): Scope (\_SB) {}. Interpreters want a namespace, this guest has nothing to put there. */
static const uint8_t dsdt_aml[] = {
	0x10,				/* ScopeOp */
	0x06,				/* PkgLength: from here to the end */
	'\\', '_', 'S', 'B', '_',	/* NameString */
};

/* Tables in the buffer, one after the other. */
struct area {
	uint8_t *bytes;
	size_t size, used;
	bool full;
};

/* Room for a table: its offset, a multiple of 16. Where there is none, full is set and the offset is 0. */
static size_t area_take(struct area *area, size_t len)
{
	size_t at = (area->used + 15) & ~(size_t)15;

	if (area->full || at > area->size || len > area->size - at) {
		area->full = true;
		return 0;
	}
	area->used = at + len;
	return at;
}

static uint8_t checksum(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint8_t sum = 0;

	while (len--)
		sum = (uint8_t)(sum + *at++);
	return (uint8_t)-sum;
}

static struct table_header header_make(const char *signature, uint8_t revision, size_t length)
{
	struct table_header header = { .length = (uint32_t)length, .revision = revision, .oem = "xlite",
				       .oem_revision = 1, .creator_revision = 1 };

	memcpy(header.signature, signature, sizeof(header.signature));
	memcpy(header.oem_table, "xlitepvh", sizeof(header.oem_table));
	memcpy(header.creator, "xlit", sizeof(header.creator));
	return header;
}

/* Copies the table to its place at and sums it up there. */
static void table_put(struct area *area, size_t at, const void *table, size_t len)
{
	struct table_header *header = (struct table_header *)(area->bytes + at);

	memcpy(header, table, len);
	header->checksum = checksum(header, header->length);
}

static size_t madt_length(unsigned vcpus)
{
	unsigned lapics = vcpus < (APIC_ID_END + 1) / 2 ? vcpus : (APIC_ID_END + 1) / 2;

	return sizeof(struct madt) + lapics * sizeof(struct madt_lapic) + (vcpus - lapics) * sizeof(struct madt_x2apic);
}

static void madt_put(struct area *area, size_t at, unsigned vcpus)
{
	size_t length = madt_length(vcpus);
	struct madt madt = { .header = header_make("APIC", 3, length), .lapic_base = LAPIC_BASE };
	uint8_t *entry = area->bytes + at + sizeof(madt);

	for (unsigned n = 0; n < vcpus; n++) {
		if (2 * n < APIC_ID_END) {
			struct madt_lapic lapic = { MADT_LAPIC, sizeof(lapic), (uint8_t)n, (uint8_t)(2 * n), MADT_ENABLED };

			memcpy(entry, &lapic, sizeof(lapic));
			entry += sizeof(lapic);
		} else {
			struct madt_x2apic x2apic = { MADT_X2APIC, sizeof(x2apic), 0, 2 * n, MADT_ENABLED, n };

			memcpy(entry, &x2apic, sizeof(x2apic));
			entry += sizeof(x2apic);
		}
	}
	table_put(area, at, &madt, sizeof(madt));
}

static void dsdt_put(struct area *area, size_t at)
{
	/* Revision 2: integers of 64 bits. */
	struct table_header header = header_make("DSDT", 2, sizeof(header) + sizeof(dsdt_aml));

	memcpy(area->bytes + at + sizeof(header), dsdt_aml, sizeof(dsdt_aml));
	table_put(area, at, &header, sizeof(header));
}

static void fadt_put(struct area *area, size_t at, uint64_t dsdt)
{
	struct fadt fadt = {
		.header = header_make("FACP", 5, sizeof(fadt)),
		.dsdt = (uint32_t)dsdt,
		.boot_flags = BOOT_NO_VGA | BOOT_NO_CMOS_RTC,
		.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_NO_RTC_WAKE |
			 FADT_HEADLESS | FADT_HW_REDUCED,
		.x_dsdt = dsdt,
	};

	table_put(area, at, &fadt, sizeof(fadt));
}

static void xsdt_put(struct area *area, size_t at, uint64_t fadt, uint64_t madt)
{
	struct xsdt xsdt = { .header = header_make("XSDT", 1, sizeof(xsdt)), .fadt = fadt, .madt = madt };

	table_put(area, at, &xsdt, sizeof(xsdt));
}

static void rsdp_put(struct area *area, size_t at, uint64_t xsdt)
{
	struct rsdp rsdp = { .oem = "xlite", .revision = 2, .length = sizeof(rsdp), .xsdt = xsdt };

	memcpy(rsdp.signature, "RSD PTR ", sizeof(rsdp.signature));
	rsdp.checksum = checksum(&rsdp, RSDP_V1_SIZE);
	rsdp.checksum_all = checksum(&rsdp, sizeof(rsdp));
	memcpy(area->bytes + at, &rsdp, sizeof(rsdp));
}

long xlite_acpi_build(void *buffer, size_t size, uint64_t base, unsigned vcpus)
{
	struct area area = { .bytes = buffer, .size = size };
	size_t rsdp, xsdt, fadt, dsdt, madt;

	if (!vcpus || vcpus > XLITE_ACPI_VCPUS_MAX || base % 16 || base > UINT32_MAX - XLITE_ACPI_SIZE_MAX)
		return -EINVAL;
	/* All of it goes to a guest (XSA-464). */
	memset(buffer, 0, size);
	rsdp = area_take(&area, sizeof(struct rsdp));
	xsdt = area_take(&area, sizeof(struct xsdt));
	fadt = area_take(&area, sizeof(struct fadt));
	dsdt = area_take(&area, sizeof(struct table_header) + sizeof(dsdt_aml));
	madt = area_take(&area, madt_length(vcpus));
	if (area.full)
		return -ENOSPC;
	madt_put(&area, madt, vcpus);
	dsdt_put(&area, dsdt);
	fadt_put(&area, fadt, base + dsdt);
	xsdt_put(&area, xsdt, base + fadt, base + madt);
	rsdp_put(&area, rsdp, base + xsdt);
	return (long)area.used;
}
