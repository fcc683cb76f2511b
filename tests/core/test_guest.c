/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is read by a guest's own tables, also while the guest changes them.
 */
#include <pthread.h>

#include "tests/core/host_check.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/domain/guest.h"

#define FRAMES 512
#define TABLES 1	/* four frames, from the root on */
#define CODE 8		/* the frame at VA; no other is there */
#define VA 0x400000ul
#define INSN 15

static struct domain *d;
static struct vcpu *v;
static uint64_t *pte;
static bool stop;

static int setup(void **state)
{
	host_init(FRAMES, 1);
	d = host_domain(1, 1, 16);
	v = d->vcpus[0];
	for (unsigned level = 0; level < 3; level++)
		((uint64_t *)host_page(d, TABLES + level))[level == 2 ? VA >> 21 & 511 : 0] =
			(uint64_t)(TABLES + level + 1) << PAGE_SHIFT | 3;
	pte = host_page(d, TABLES + 3);
	*pte = (uint64_t)CODE << PAGE_SHIFT | 3;
	memset(host_page(d, CODE), 0x90, PAGE_SIZE);
	host_regs(v)->cr0 = CR0_PG | 1;
	host_regs(v)->efer = EFER_LMA;
	host_regs(v)->cr3 = TABLES << PAGE_SHIFT;
	return 0;
}

static int teardown(void **state)
{
	return host_clear() ? 0 : -1;
}

static void test_some(void **state)
{
	unsigned char code[INSN];

	for (unsigned left = 1; left < 40; left++) {
		memset(code, 0, sizeof(code));
		assert_int_equal(guest_read_some(v, code, VA + PAGE_SIZE - left, sizeof(code)), MIN(left, (unsigned)INSN));
		for (unsigned i = 0; i < sizeof(code); i++)
			assert_int_equal(code[i], i < left ? 0x90 : 0);
	}
	assert_int_equal(guest_read_some(v, code, VA + PAGE_SIZE, sizeof(code)), 0);
	assert_int_equal(guest_read_some(v, code, VA - 1, sizeof(code)), 0);
	/* The next page is there, but is no memory. */
	pte[1] = UINT64_C(0x12345) << PAGE_SHIFT | 3;
	assert_int_equal(guest_read_some(v, code, VA + PAGE_SIZE - 5, sizeof(code)), 5);
	pte[1] = (uint64_t)CODE << PAGE_SHIFT | 3;
	assert_int_equal(guest_read_some(v, code, VA + PAGE_SIZE - 5, sizeof(code)), INSN);
}

static void *flip(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		__atomic_fetch_xor(pte, 1, __ATOMIC_SEQ_CST);
	return arg;
}

/* The page comes and goes: no look at it may write beyond the buffer. */
static void test_race(void **state)
{
	struct { unsigned char code[INSN], guard[PAGE_SIZE]; } buf;
	unsigned long nr[2] = { 0 };
	pthread_t thread;

	memset(&buf, 0, sizeof(buf));
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, flip, NULL), 0);
	for (unsigned long i = 0; i < 3000000 && (i < 300000 || !nr[0] || !nr[1]); i++) {
		size_t n = guest_read_some(v, buf.code, VA + 16, sizeof(buf.code));

		assert_true(n == 0 || n == INSN);
		nr[n != 0]++;
		if (buf.guard[0] | buf.guard[PAGE_SIZE / 2])
			break;
	}
	stop = true;
	pthread_join(thread, NULL);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(buf.guard[i], 0);
	assert_true(nr[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_some, setup, teardown),
		cmocka_unit_test_setup_teardown(test_race, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
