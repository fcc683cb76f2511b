/* SPDX-License-Identifier: GPL-2.0-or-later
 * Interrupts between vCPUs: whom each way to name them reaches, in both modes; INIT and startup.
 */
#include "tests/core/vlapic_check.h"

enum {
	NMI = 0x400,
	INIT = 0x500,
	STARTUP = 0x600,
	LOWEST = 0x100,
	LOGICAL = 0x800,
	ASSERT_LEVEL = 0x4000,
	LEVEL = 0x8000,
	SHORT_SELF = 0x40000,
	SHORT_ALL = 0x80000,
	SHORT_OTHERS = 0xc0000
};

/* The vCPUs that have the vector pending, a bit each; it is taken back. */
static uint64_t reached(uint8_t vector)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < VCPUS; i++) {
		bool has = vcpus[i].lapic.irr[vector / 32] >> vector % 32 & 1;

		set |= has ? BIT(i) : 0;
		assert_int_equal(woken[i], has);
	}
	forget();
	return set;
}

#define ALL (BIT(VCPUS) - 1)

static void test_physical(void **state)
{
	for (unsigned x2 = 0; x2 < 2; x2++) {
		for (unsigned to = 0; to < VCPUS; to++) {
			ipi(&vcpus[7], 0x41, 2 * to);
			assert_int_equal(reached(0x41), BIT(to));
		}
		/* Nobody has an odd number. */
		ipi(&vcpus[7], 0x41, 3);
		assert_int_equal(reached(0x41), 0);
		ipi(&vcpus[7], 0x41, x2 ? UINT32_MAX : 0xff);
		assert_int_equal(reached(0x41), ALL);
		x2_all();
	}
	/* What was to all among 255 is to one among 2^32. */
	ipi(&vcpus[7], 0x41, 0xff);
	assert_int_equal(reached(0x41), 0);
}

static void test_shorthands(void **state)
{
	for (unsigned x2 = 0; x2 < 2; x2++) {
		ipi(&vcpus[7], SHORT_SELF | 0x41, 0);
		assert_int_equal(reached(0x41), BIT(7));
		ipi(&vcpus[7], SHORT_ALL | 0x41, 0);
		assert_int_equal(reached(0x41), ALL);
		ipi(&vcpus[7], SHORT_OTHERS | 0x41, 0);
		assert_int_equal(reached(0x41), ALL & ~BIT(7));
		x2_all();
	}
	put(&vcpus[7], SELF, 0x42);
	assert_int_equal(reached(0x42), BIT(7));
}

static void test_logical_flat(void **state)
{
	for (unsigned i = 0; i < 8; i++)
		put(&vcpus[i], LDR, UINT64_C(1) << (24 + i));
	ipi(&vcpus[0], LOGICAL | 0x41, 0x05);
	assert_int_equal(reached(0x41), BIT(0) | BIT(2));
	ipi(&vcpus[0], LOGICAL | 0x41, 0x80);
	assert_int_equal(reached(0x41), BIT(7));
	ipi(&vcpus[0], LOGICAL | 0x41, 0);
	assert_int_equal(reached(0x41), 0);
	ipi(&vcpus[0], LOGICAL | 0x41, 0xff);
	assert_int_equal(reached(0x41), ALL);
}

static void test_logical_cluster(void **state)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		put(&vcpus[i], DFR, 0);
		put(&vcpus[i], LDR, (uint32_t)(i / 4) << 28 | UINT32_C(1) << (24 + i % 4));
	}
	ipi(&vcpus[0], LOGICAL | 0x41, 0x05);
	assert_int_equal(reached(0x41), BIT(0) | BIT(2));
	ipi(&vcpus[0], LOGICAL | 0x41, 0x3f);
	assert_int_equal(reached(0x41), BIT(12) | BIT(13) | BIT(14) | BIT(15));
	ipi(&vcpus[0], LOGICAL | 0x41, 0xf1);
	assert_int_equal(reached(0x41), 0);
	ipi(&vcpus[0], LOGICAL | 0x41, 0xff);
	assert_int_equal(reached(0x41), ALL);
}

/* Clusters of sixteen, from the APIC's ID. */
static void test_logical_x2(void **state)
{
	x2_all();
	for (unsigned to = 0; to < VCPUS; to++) {
		ipi(&vcpus[0], LOGICAL | 0x41, (2 * to >> 4) << 16 | 1u << (2 * to & 15));
		assert_int_equal(reached(0x41), BIT(to));
	}
	ipi(&vcpus[0], LOGICAL | 0x41, 0x1ffff);
	assert_int_equal(reached(0x41), 0xff00);
	ipi(&vcpus[0], LOGICAL | 0x41, 0x10000);
	assert_int_equal(reached(0x41), 0);
	ipi(&vcpus[0], LOGICAL | 0x41, 0x7ffff);
	assert_int_equal(reached(0x41), 0);
	ipi(&vcpus[0], LOGICAL | 0x41, UINT32_MAX);
	assert_int_equal(reached(0x41), ALL);
}

/* While processors come up, some are in one mode and some in the other: what all are called depends on who calls. */
static void test_mixed_modes(void **state)
{
	assert_true(vlapic_set_base(&vcpus[0], BASE | APIC_BASE_ON | APIC_BASE_X2));
	ipi(&vcpus[0], 0x41, UINT32_MAX);
	assert_int_equal(reached(0x41), ALL);
	ipi(&vcpus[0], 0x41, 0xff);
	assert_int_equal(reached(0x41), 0);
	ipi(&vcpus[0], 0x41, 4);
	assert_int_equal(reached(0x41), BIT(2));
	ipi(&vcpus[2], 0x41, 0xff);
	assert_int_equal(reached(0x41), ALL);
	ipi(&vcpus[2], 0x41, 0);
	assert_int_equal(reached(0x41), BIT(0));
}

static void test_modes(void **state)
{
	/* One of several that would do. */
	ipi(&vcpus[0], SHORT_OTHERS | LOWEST | 0x41, 0);
	assert_int_equal(reached(0x41), BIT(1));
	/* Vectors that are the processor's own, and what there is none of here. */
	ipi(&vcpus[0], SHORT_ALL | 15, 0);
	assert_int_equal(reached(15), 0);
	ipi(&vcpus[0], SHORT_ALL | 16, 0);
	assert_int_equal(reached(16), ALL);
	for (unsigned mode = 2; mode < 8; mode++) {
		if (mode == 4 || mode == 5 || mode == 6)
			continue;
		ipi(&vcpus[0], SHORT_OTHERS | mode << 8 | 0x41, 0);
		assert_int_equal(reached(0x41), 0);
	}
	/* A number without a vCPU. */
	domain.vcpus[1] = NULL;
	ipi(&vcpus[0], SHORT_OTHERS | 0x41, 0);
	assert_int_equal(reached(0x41), ALL & ~BIT(0) & ~BIT(1));
}

/* The vCPUs that have an NMI, a bit each; it is taken back. */
static uint64_t struck(void)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < VCPUS; i++) {
		set |= vcpus[i].nmi ? BIT(i) : 0;
		assert_int_equal(woken[i] + started[i], vcpus[i].nmi);
		vcpus[i].nmi = false;
	}
	forget();
	return set;
}

static void test_nmi(void **state)
{
	for (unsigned x2 = 0; x2 < 2; x2++) {
		ipi(&vcpus[7], NMI, 10);
		assert_int_equal(struck(), BIT(5));
		ipi(&vcpus[7], NMI | SHORT_SELF, 0);
		assert_int_equal(struck(), BIT(7));
		ipi(&vcpus[7], NMI | SHORT_ALL | 0xff, 0);
		assert_int_equal(struck(), ALL);
		ipi(&vcpus[7], NMI | SHORT_OTHERS, 0);
		assert_int_equal(struck(), ALL & ~BIT(7));
		x2_all();
	}
	ipi(&vcpus[7], NMI | LOGICAL, 1 | 1 << 2);
	assert_int_equal(struck(), BIT(0) | BIT(1));
	/* Off it has them still. Halted without interrupts it goes on; down, or between INIT and startup, there is none. */
	put(&vcpus[1], SVR, 0xff);
	vcpus[2].run = VCPU_DOWN;
	vcpus[2].halted = true;
	vcpus[3].run = VCPU_DOWN;
	vcpus[4].nmi = true;
	ipi(&vcpus[0], INIT, 8);
	assert_false(vcpus[4].nmi);
	forget();
	ipi(&vcpus[7], NMI | SHORT_ALL, 0);
	assert_int_equal(started[2], 1);
	assert_int_equal(struck(), ALL & ~BIT(3) & ~BIT(4));
}

static void test_startup(void **state)
{
	struct vcpu *v = &vcpus[3];

	/* Not asked for: it never was in INIT. */
	ipi(&vcpus[0], STARTUP | 0x9a, 6);
	assert_int_equal(started[3], 0);
	assert_int_equal(page[3], -1);
	ipi(&vcpus[0], INIT | ASSERT_LEVEL | LEVEL, 6);
	assert_int_equal(stopped[3], 1);
	/* The level's other end is not another one. */
	ipi(&vcpus[0], INIT | LEVEL, 6);
	assert_int_equal(stopped[3], 1);
	assert_int_equal(v->run, VCPU_DOWN);
	assert_int_equal(started[3], 0);
	ipi(&vcpus[0], STARTUP | 0x9a, 6);
	assert_int_equal(started[3], 1);
	assert_int_equal(page[3], 0x9a);
	/* The second of the two that are usually sent. */
	ipi(&vcpus[0], STARTUP | 0x9b, 6);
	assert_int_equal(started[3], 1);
	assert_int_equal(page[3], 0x9a);
	for (unsigned i = 0; i < VCPUS; i++)
		if (i != 3)
			assert_int_equal(started[i] + stopped[i], 0);
	/* All the others, by the shorthand; in x2APIC mode, without levels. */
	forget();
	x2_all();
	ipi(&vcpus[0], SHORT_OTHERS | INIT, 0);
	ipi(&vcpus[0], SHORT_OTHERS | STARTUP | 7, 0);
	for (unsigned i = 0; i < VCPUS; i++) {
		assert_int_equal(stopped[i], i != 0);
		assert_int_equal(started[i], i != 0);
		assert_int_equal(page[i], i ? 7 : -1);
	}
}

/* By its own INIT it is down as by another's, until somebody starts it; where nobody is left to do so, the domain has ended. */
static void test_init_of_oneself(void **state)
{
	ipi(&vcpus[3], INIT | SHORT_SELF, 0);
	assert_int_equal(vcpus[3].run, VCPU_DOWN);
	assert_int_equal(ends, 0);
	ipi(&vcpus[0], STARTUP | 5, 6);
	assert_int_equal(vcpus[3].run, VCPU_RUNNABLE);
	ipi(&vcpus[0], INIT | SHORT_OTHERS, 0);
	assert_int_equal(ends, 0);
	ipi(&vcpus[0], INIT | LEVEL | SHORT_SELF, 0);
	assert_int_equal(vcpus[0].run, VCPU_RUNNABLE);
	ipi(&vcpus[0], INIT, 0);
	assert_int_equal(vcpus[0].run, VCPU_DOWN);
	assert_int_equal(ends, 1);
}

/* A processor that is started anew finds its APIC as at first, but for its ID and mode. */
static void test_init_resets(void **state)
{
	struct vcpu *v = &vcpus[3];
	struct vlapic before;

	x2_all();
	vlapic_interrupt(v, 0x81);
	vlapic_take(v, 0x81);
	vlapic_interrupt(v, 0x91);
	put(v, TPR, 0x50);
	put(v, LVT, 0x35);
	before = v->lapic;
	ipi(&vcpus[0], INIT, 6);
	assert_int_equal(v->lapic.base, before.base);
	expect_reg(v, ID, 6);
	expect_reg(v, SVR, 0xff);
	expect_reg(v, TPR, 0);
	expect_reg(v, PPR, 0);
	expect_reg(v, LVT, 0x10000);
	for (unsigned i = 0; i < 8; i++) {
		expect_reg(v, IRR + i, 0);
		expect_reg(v, ISR + i, 0);
	}
	ipi(&vcpus[0], STARTUP | 0x9a, 6);
	assert_int_equal(started[3], 1);
}

/* dom0's are in service at the machine, too, until it ends them: it finds them in its APIC. */
static void test_init_of_dom0(void **state)
{
	struct vcpu *v = &vcpus[3];

	domain.privileged = true;
	vlapic_interrupt(v, 0x81);
	vlapic_take(v, 0x81);
	vlapic_interrupt(v, 0x91);
	ipi(&vcpus[0], INIT, 6);
	expect_reg(v, SVR, 0xff);
	expect_reg(v, ISR + 4, 2);
	expect_reg(v, IRR + 4, 1 << 17);
	put(v, EOI, 0);
	assert_int_equal(ended[0x81], 1);
}

/*
 * A vector below 16 is an error of its sender's, and by the entry for errors an interrupt, once for each kind. It
 * reaches nobody.
 */
static void test_error(void **state)
{
	struct vcpu *v = &vcpus[3];

	ipi(v, 5, vcpus[0].lapic.id);
	expect_reg(v, ESR, 0);
	/* Once it is written it shows what there was since it was written last. */
	put(v, ESR, 0);
	expect_reg(v, ESR, 0x20);
	put(&vcpus[0], ESR, 0);
	expect_reg(&vcpus[0], ESR, 0);
	assert_int_equal(woken[0], 0);
	put(v, ESR, 0);
	expect_reg(v, ESR, 0);
	put(v, LVT_LAST, 0x55);
	for (unsigned i = 0; i < 3; i++)
		ipi(v, SHORT_ALL | i, 0);
	assert_int_equal(woken[3], 1);
	assert_int_equal(vlapic_pending(v), 0x55);
	assert_int_equal(woken[0], 0);
	/* An entry whose own vector is none does not go round in a circle. */
	put(v, ESR, 0);
	put(v, LVT_LAST, 7);
	ipi(v, 15, v->lapic.id);
	put(v, ESR, 0);
	expect_reg(v, ESR, 0x60);
	assert_int_equal(woken[3], 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_physical, setup),
		cmocka_unit_test_setup(test_shorthands, setup),
		cmocka_unit_test_setup(test_logical_flat, setup),
		cmocka_unit_test_setup(test_logical_cluster, setup),
		cmocka_unit_test_setup(test_logical_x2, setup),
		cmocka_unit_test_setup(test_mixed_modes, setup),
		cmocka_unit_test_setup(test_modes, setup),
		cmocka_unit_test_setup(test_nmi, setup),
		cmocka_unit_test_setup(test_startup, setup),
		cmocka_unit_test_setup(test_init_of_oneself, setup),
		cmocka_unit_test_setup(test_init_resets, setup),
		cmocka_unit_test_setup(test_init_of_dom0, setup),
		cmocka_unit_test_setup(test_error, setup),
	};

	return cmocka_run_group_tests_name("core vlapic ipi", tests, NULL, NULL);
}
