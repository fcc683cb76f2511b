/* SPDX-License-Identifier: GPL-2.0-or-later
 * I/O ports. dom0 has those of the machine's devices, but not what xen-core uses; others have none.
 */
#include "xen-core/domain/port.h"

#include "xen-core/cpu/serial.h"
#include "xen-core/domain/domain.h"

static uint8_t *closed, *open;

/* The interrupt controllers before the APIC, the timer and its speaker gate. */
static const struct { uint16_t first, last; } kept[] = { { 0x20, 0x21 }, { 0xa0, 0xa1 }, { 0x40, 0x43 }, { 0x61, 0x61 } };

void port_init(void)
{
	mfn_t a = frame_alloc(2, OWNER_CORE), b = frame_alloc(2, OWNER_CORE);

	if (!mfn_ok(a) || !mfn_ok(b))
		panic("no memory for the maps of ports");
	closed = memset(mfn_ptr(a), 0xff, 4 * PAGE_SIZE);
	open = memset(mfn_ptr(b), 0, 4 * PAGE_SIZE);
	/* An access to the last ports may reach beyond. */
	memset(open + 2 * PAGE_SIZE, 0xff, 2 * PAGE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		for (unsigned port = kept[i].first; port <= kept[i].last; port++)
			open[port / 8] |= (uint8_t)(1 << port % 8);
	for (unsigned port = 0; port < 0x10000; port++)
		if (serial_owns((uint16_t)port))
			open[port / 8] |= (uint8_t)(1 << port % 8);
}

void *port_map(const struct domain *d)
{
	return d->privileged ? open : closed;
}

uint32_t port_read(struct vcpu *v, uint16_t port, unsigned size)
{
	(void)v;
	(void)size;
	/* A timer that stands still at 0 fails Linux's calibration at once; one that reads as all ones, after seconds. */
	if ((port >= 0x40 && port <= 0x43) || port == 0x61)
		return 0;
	return UINT32_MAX;
}

void port_write(struct vcpu *v, uint16_t port, unsigned size, uint32_t value)
{
	domain_note(v->domain, "v%u: port 0x%x size %u <- 0x%x dropped\n", v->id, port, size, value);
}
