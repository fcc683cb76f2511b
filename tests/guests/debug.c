/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: "MS" on its command line. Its debug registers are as after a reset, whatever others wrote to theirs; then
 * for so long they are what it wrote, with others on its CPU in between.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "debug";

static void get(uint64_t dr[4])
{
	__asm__ volatile("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
			 : "=&r"(dr[0]), "=&r"(dr[1]), "=&r"(dr[2]), "=&r"(dr[3]));
}

static void set(const uint64_t dr[4])
{
	__asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3"
			 :
			 : "r"(dr[0]), "r"(dr[1]), "r"(dr[2]), "r"(dr[3]));
}

static void fresh(void)
{
	uint64_t dr[4], dr6, dr7;

	__asm__ volatile("mov %%dr6, %0; mov %%dr7, %1" : "=&r"(dr6), "=&r"(dr7));
	get(dr);
	for (unsigned i = 0; i < 4; i++)
		CHECK_IS(dr[i], 0);
	CHECK_IS(dr6, 0xffff0ff0);
	CHECK_IS(dr7, 0x400);
}

static void sleep_ms(unsigned ms)
{
	struct sched_poll poll = { .timeout = guest_now() + ms * NS_PER_MS };

	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
}

/* None of them is in use: any value will do. Each read comes after others may have run. */
static void kept(uint64_t ms)
{
	uint64_t end = guest_now() + ms * NS_PER_MS, seed = (uint64_t)guest_domid() << 32, dr[4], is[4];

	for (unsigned round = 0; guest_now() < end; round++) {
		for (unsigned i = 0; i < 4; i++)
			dr[i] = seed + round * 8 + i;
		set(dr);
		sleep_ms(3);
		get(is);
		for (unsigned i = 0; i < 4; i++)
			CHECK_IS(is[i], dr[i]);
	}
}

void guest_test(void)
{
	fresh();
	guest_map_shared();
	kept(guest_word(0, 200));
}
