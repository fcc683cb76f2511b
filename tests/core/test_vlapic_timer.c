/* SPDX-License-Identifier: GPL-2.0-or-later
 * The timer of a vCPU's local APIC: when it is due, what is left of its count, and what stops it.
 */
#include "tests/core/vlapic_check.h"

#include "xen-core/domain/vlapic.h"

enum { VECTOR = 0x41, BY_1 = 0xb, LEAST_NS = 100000 };

static struct vcpu *v;

static int timer_setup(void **state)
{
	v = &vcpus[3];
	return setup(state);
}

/* Whether it has interrupted since; that is taken away. */
static bool fired(void)
{
	bool has = v->lapic.irr[VECTOR / 32] >> VECTOR % 32 & 1;

	forget();
	return has;
}

static void pass(uint64_t ns)
{
	now_ns += ns;
	vlapic_timer_look(v, now_ns);
}

static void start(uint32_t lvt, uint32_t divider, uint32_t count)
{
	put(v, LVT, lvt);
	put(v, TDCR, divider);
	put(v, TMICT, count);
}

static void test_one_shot(void **state)
{
	static const struct { uint32_t value, by;
	} dividers[] = {
		{ 0, 2 },  { 1, 4 },     { 2, 8 },   { 3, 16 },         { 8, 32 },
		{ 9, 64 }, { 0xa, 128 }, { 0xb, 1 }, { 0xffffffff, 1 }, { 4, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dividers); i++) {
		uint64_t unit = 10 * dividers[i].by;

		looked = 0;
		start(VECTOR, dividers[i].value, 1000);
		assert_true(looked >= 1);
		assert_int_equal(v->lapic.timer_ns, now_ns + 1000 * unit);
		expect_reg(v, TMCCT, 1000);
		pass(unit - 1);
		expect_reg(v, TMCCT, 1000);
		pass(1);
		expect_reg(v, TMCCT, 999);
		pass(999 * unit - 1);
		expect_reg(v, TMCCT, 1);
		assert_false(fired());
		pass(1);
		expect_reg(v, TMCCT, 0);
		expect_reg(v, TMICT, 1000);
		assert_int_equal(woken[3], 1);
		assert_true(fired());
		assert_int_equal(v->lapic.timer_ns, 0);
		pass(5000 * unit);
		assert_false(fired());
		expect_reg(v, TMCCT, 0);
	}
	/* The longest there is. */
	start(VECTOR, 0xa, UINT32_MAX);
	assert_int_equal(v->lapic.timer_ns, now_ns + UINT64_C(1280) * UINT32_MAX);
	pass(UINT64_C(1280) * UINT32_MAX - 1);
	expect_reg(v, TMCCT, 1);
	assert_false(fired());
	pass(1);
	assert_true(fired());
}

static void test_periodic(void **state)
{
	uint64_t begun = now_ns;

	start(LVT_PERIODIC | VECTOR, BY_1, 50000);
	for (unsigned i = 1; i < 100; i++) {
		assert_int_equal(v->lapic.timer_ns, begun + i * 500000);
		pass(499999);
		assert_false(fired());
		pass(1);
		assert_true(fired());
		expect_reg(v, TMCCT, 50000);
	}
	/* Those that were missed are one, and the next is in step. */
	pass(7 * 500000 + 10000);
	assert_true(fired());
	expect_reg(v, TMCCT, 49000);
	assert_int_equal(v->lapic.timer_ns, now_ns + 490000);
	put(v, TMICT, 0);
	expect_reg(v, TMCCT, 0);
	pass(10000000);
	assert_false(fired());
}

/* No shorter than that, however small the count is. */
static void test_least(void **state)
{
	unsigned n = 0;

	start(LVT_PERIODIC | VECTOR, BY_1, 1);
	for (unsigned i = 0; i < 100 * LEAST_NS; i += 10) {
		pass(10);
		n += fired();
	}
	assert_int_equal(n, 100);
	expect_reg(v, TMCCT, 1);
	assert_true(v->lapic.timer_ns > now_ns);
}

/* What is pending changes nothing more, until it is taken. */
static void test_news(void **state)
{
	start(LVT_PERIODIC | VECTOR, BY_1, 50000);
	assert_int_equal(vlapic_timer_news(v), now_ns + 500000);
	pass(500000);
	assert_int_equal(vlapic_timer_news(v), 0);
	assert_int_equal(v->lapic.timer_ns, now_ns + 500000);
	vlapic_take(v, VECTOR);
	assert_int_equal(vlapic_timer_news(v), now_ns + 500000);
	pass(500000);
	assert_true(fired());
}

static void test_masked(void **state)
{
	start(LVT_MASKED | VECTOR, BY_1, 1000);
	assert_int_equal(v->lapic.timer_ns, 0);
	pass(4000);
	expect_reg(v, TMCCT, 600);
	/* It counts on, and the end is heard of if somebody listens by then. */
	put(v, LVT, VECTOR);
	assert_int_equal(v->lapic.timer_ns, now_ns + 6000);
	put(v, LVT, LVT_MASKED | VECTOR);
	pass(6000);
	expect_reg(v, TMCCT, 0);
	put(v, LVT, VECTOR);
	pass(100000);
	assert_false(fired());
	/* A period that is unmasked is in step. */
	start(LVT_PERIODIC | LVT_MASKED | VECTOR, BY_1, 50000);
	pass(10 * 500000 + 100000);
	put(v, LVT, LVT_PERIODIC | VECTOR);
	assert_int_equal(v->lapic.timer_ns, now_ns + 400000);
	/* Vectors that are the processor's own come to nobody. */
	start(15, BY_1, 1000);
	pass(10000);
	assert_int_equal(vlapic_pending(v), -1);
	expect_reg(v, TMCCT, 0);
}

/* What is left stays, counted in other steps or to another end. */
static void test_changes(void **state)
{
	start(VECTOR, BY_1, 1000);
	pass(4000);
	put(v, TDCR, 0xa);
	expect_reg(v, TMCCT, 600);
	assert_int_equal(v->lapic.timer_ns, now_ns + 600 * 1280);
	pass(100 * 1280);
	expect_reg(v, TMCCT, 500);
	put(v, LVT, LVT_PERIODIC | VECTOR);
	pass(500 * 1280);
	assert_true(fired());
	expect_reg(v, TMCCT, 1000);
	assert_int_equal(v->lapic.timer_ns, now_ns + 1000 * 1280);
	put(v, LVT, VECTOR);
	pass(1000 * 1280);
	assert_true(fired());
	put(v, LVT, LVT_PERIODIC | VECTOR);
	expect_reg(v, TMCCT, 0);
	pass(1000 * 1280);
	assert_false(fired());
	/* There is no deadline mode; the bit is not there. */
	put(v, LVT, UINT32_MAX);
	expect_reg(v, LVT, LVT_MASKED | LVT_PERIODIC | 0xff);
	/* A clock that has just begun. */
	now_ns = 1;
	start(VECTOR, BY_1, UINT32_MAX);
	pass(UINT64_C(10) * (UINT32_MAX - 1));
	put(v, TDCR, 0xa);
	expect_reg(v, TMCCT, 1);
	pass(1280);
	assert_true(fired());
}

static void test_off(void **state)
{
	start(VECTOR, BY_1, 1000);
	put(v, LVT + 3, 0x700);
	put(v, SVR, 0xff);
	expect_reg(v, LVT, LVT_MASKED | VECTOR);
	expect_reg(v, LVT + 3, LVT_MASKED | 0x700);
	put(v, LVT, VECTOR);
	put(v, LVT + 3, 0x700);
	put(v, SVR, 0x1ff);
	expect_reg(v, LVT, LVT_MASKED | VECTOR);
	expect_reg(v, LVT + 3, LVT_MASKED | 0x700);
	pass(100000);
	assert_false(fired());
	start(VECTOR, BY_1, 1000);
	assert_true(vlapic_set_base(v, BASE));
	assert_true(vlapic_set_base(v, BASE | APIC_BASE_ON));
	expect_reg(v, TMCCT, 0);
	pass(100000);
	assert_false(fired());
	start(LVT_PERIODIC | VECTOR, 3, 1000);
	ipi(&vcpus[0], 0x500, 6);
	expect_reg(v, TMICT, 0);
	expect_reg(v, TMCCT, 0);
	expect_reg(v, TDCR, 0);
	pass(1000000);
	assert_false(fired());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_shot, timer_setup),
		cmocka_unit_test_setup(test_periodic, timer_setup),
		cmocka_unit_test_setup(test_least, timer_setup),
		cmocka_unit_test_setup(test_news, timer_setup),
		cmocka_unit_test_setup(test_masked, timer_setup),
		cmocka_unit_test_setup(test_changes, timer_setup),
		cmocka_unit_test_setup(test_off, timer_setup),
	};

	return cmocka_run_group_tests_name("core vlapic timer", tests, NULL, NULL);
}
