/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: memory is given back and taken again by one CPU while another reads it without a pause: once the call has
 * ended, what the other finds is what is there now. Only where the two run at once, on a machine with two CPUs, is this
 * hard.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "flush";

#define GFN (SANDBOX_GFN + 0x100)
#define ROUNDS 50u

static volatile unsigned started;
static volatile uint64_t seen;		/* by the second CPU, last */
static volatile unsigned reads;

static volatile uint64_t *word(void)
{
	return (volatile uint64_t *)(GFN << 12);
}

void guest_ap_main(void)
{
	started = 1;
	for (;;) {
		seen = *word();
		reads = reads + 1;
	}
}

/* What the second CPU reads that begins to read now. */
static uint64_t second_sees(void)
{
	CHECK(guest_wait(&reads, reads + 2));
	return seen;
}

static int64_t reservation(unsigned cmd)
{
	xen_pfn_t gfn = GFN;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, &gfn);
	return call(__HYPERVISOR_memory_op, cmd, &r);
}

void guest_test(void)
{
	guest_map_shared();
	guest_ap_start(&started);
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		*word() = i;
		CHECK_IS(second_sees(), i);
		CHECK_IS(reservation(XENMEM_decrease_reservation), 1);
		CHECK_IS(second_sees(), -1);
		CHECK_IS(reservation(XENMEM_populate_physmap), 1);
		*word() = ~i;
		CHECK_IS(second_sees(), ~i);
	}
	guest_rounds = ROUNDS;
}
