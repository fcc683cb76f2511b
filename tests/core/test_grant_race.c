/* SPDX-License-Identifier: GPL-2.0-or-later
 * Grants whose entry the guest changes while somebody begins to use it: by turns it lends one frame to one domain and
 * another to another.
 */
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include <xen/grant_table.h>

#include "tests/core/host_check.h"

#include "xen-core/cpu/asm.h"

#define FRAMES 512
#define A 1
#define B 2
#define C 3
#define REF 9
#define OF_B 4		/* a's frame that is lent to b, and to c */
#define OF_C 5

static struct domain *a, *b;
static struct grant_entry_v1 *entries;	/* a's */
static mfn_t lent;

static int setup(void **state)
{
	host_init(FRAMES, 1);
	a = host_domain(A, 1, 8);
	b = host_domain(B, 1, 8);
	host_domain(C, 1, 8);
	entries = grant_frame(a, 0);
	lent = p2m_lookup(&a->p2m, GFN(OF_B)).mfn;
	return entries ? 0 : -1;
}

static int teardown(void **state)
{
	return host_clear() ? 0 : -1;
}

/* As a guest must: an entry is changed when it is not in use, and nobody can begin. */
static bool lend(uint16_t user, uint32_t frame)
{
	uint16_t own = __atomic_load_n(&entries[REF].flags, __ATOMIC_SEQ_CST);

	if ((own & (GTF_reading | GTF_writing)) ||
	    !__atomic_compare_exchange_n(&entries[REF].flags, &own, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	__atomic_store_n(&entries[REF].domid, user, __ATOMIC_SEQ_CST);
	__atomic_store_n(&entries[REF].frame, frame, __ATOMIC_SEQ_CST);
	__atomic_store_n(&entries[REF].flags, GTF_permit_access, __ATOMIC_SEQ_CST);
	return true;
}

static void expect_unused(void)
{
	assert_int_equal(entries[REF].flags, GTF_permit_access);
	assert_int_equal(a->grants.uses[0][REF].readers + a->grants.uses[0][REF].writers, 0);
	host_audit();
}

#define FLIPS 100000
static volatile bool stop;
static volatile unsigned flips;

static void *flip(void *arg)
{
	for (unsigned i = 0; !stop; i++, flips++)
		lend(i & 1 ? B : C, i & 1 ? OF_B : OF_C);
	return NULL;
}

static void test_thread(void **state)
{
	unsigned nr = 0, wrong = 0;
	pthread_t thread;

	stop = false;
	flips = 0;
	lend(B, OF_B);
	assert_int_equal(pthread_create(&thread, NULL, flip, NULL), 0);
	for (unsigned i = 0; i < FLIPS || flips < FLIPS || nr < FLIPS / 100; i++) {
		mfn_t mfn = MFN_NONE;

		if (grant_acquire(b, a, REF, i & 1, &mfn))
			continue;
		nr++;
		wrong += mfn.v != lent.v;
		grant_release(a, REF, i & 1, mfn);
	}
	stop = true;
	pthread_join(thread, NULL);
	print_message("%u were let in\n", nr);
	assert_int_equal(wrong, 0);
	expect_unused();
}

/* The same with the moments chosen: this thread traps after each instruction, and then the guest acts. */
#define TRAP 0x100
#define BACK 32		/* instructions until it takes its change back, at most */

static volatile unsigned step, away, back;
static volatile bool came_first;

static void on_step(int nr, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	if (step == away)
		came_first = lend(C, OF_C);
	if (step == back) {
		lend(B, OF_B);
		interrupted->uc_mcontext.gregs[REG_EFL] &= ~TRAP;
	}
	step++;
}

/* The guest lends to c after so many instructions, and to b again some later. Counts when b was let in. */
static void attempt(unsigned first, unsigned second, unsigned *nr)
{
	bool writable = first & 1;
	mfn_t mfn = MFN_NONE;
	int status;

	lend(B, OF_B);
	step = 0;
	away = first;
	back = second;
	/* Not below the stack pointer, where the compiler may have something. */
	__asm__ volatile("lea -128(%%rsp), %%rsp; pushf; orl %0, (%%rsp); popf; lea 128(%%rsp), %%rsp"
			 :
			 : "i"(TRAP)
			 : "memory", "cc");
	status = grant_acquire(b, a, REF, writable, &mfn);
	/* A call that was refused is over sooner. */
	while (step <= back)
		cpu_relax();
	if (status) {
		assert_int_equal(status, GNTST_permission_denied);
		return;
	}
	assert_int_equal(mfn.v, lent.v);
	assert_int_equal(entries[REF].domid, B);
	assert_int_equal(entries[REF].frame, OF_B);
	assert_int_equal(entries[REF].flags, GTF_permit_access | GTF_reading | (writable ? GTF_writing : 0));
	assert_int_equal(machine_refs(mfn.v), 2);
	grant_release(a, REF, writable, mfn);
	++*nr;
}

/* Until the guest comes too late. */
static void test_each_moment(void **state)
{
	struct sigaction action = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO }, before;
	unsigned nr = 0, all = 0, moment = 0;

	assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
	do {
		for (unsigned k = 2; k <= BACK; k *= 2, all++)
			attempt(moment, moment + k, &nr);
		moment++;
	} while (came_first);
	sigaction(SIGTRAP, &before, NULL);
	print_message("%u moments; %u of %u were let in\n", moment, nr, all);
	assert_true(nr > 0 && nr < all);
	lend(B, OF_B);
	expect_unused();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_moment, setup, teardown),
	};

	return cmocka_run_group_tests_name("core grant race", tests, NULL, NULL);
}
