/* SPDX-License-Identifier: GPL-2.0-or-later
 * The interrupt controllers that the firmware has left in use: two 8259s, whose vectors are those of exceptions, and
 * the I/O APICs.
 */
#include "xen-core/cpu/apic.h"

#include "xen-core/cpu/acpi.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/idt.h"

#define PIC1 0x20
#define PIC2 0xa0
#define ICW1_INIT 0x11			/* three more words follow */
#define ICW4_8086 1
#define IOAPIC_VERSION 1
#define IOAPIC_REDIRECTION 0x10		/* two registers for each input */
#define REDIRECTION_MASKED 0x10000

/* Vector 7 of either can still come, without a reason: it must be no exception's. */
static void pic_start(uint16_t port, uint8_t vector, uint8_t cascade)
{
	out8(port, ICW1_INIT);
	out8((uint16_t)(port + 1), vector);
	out8((uint16_t)(port + 1), cascade);
	out8((uint16_t)(port + 1), ICW4_8086);
	out8((uint16_t)(port + 1), 0xff);
}

void pic_mask(void)
{
	pic_start(PIC1, VECTOR_FIRST, 1 << 2);
	pic_start(PIC2, VECTOR_FIRST + 8, 2);
}

static volatile uint32_t *select(uint64_t ioapic, uint32_t reg)
{
	volatile uint32_t *at = (volatile uint32_t *)(uintptr_t)ioapic;

	at[0] = reg;
	return &at[4];
}

void ioapics_mask(void)
{
	for (size_t i = 0; i < acpi_info.nr_ioapics; i++) {
		unsigned last = *select(acpi_info.ioapics[i], IOAPIC_VERSION) >> 16 & 0xff;

		for (unsigned k = 0; k <= last; k++)
			*select(acpi_info.ioapics[i], IOAPIC_REDIRECTION + 2 * k) = REDIRECTION_MASKED;
	}
}
