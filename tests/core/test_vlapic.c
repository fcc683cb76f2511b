/* SPDX-License-Identifier: GPL-2.0-or-later
 * A vCPU's local APIC: what may interrupt, EOI, registers in both modes and what faults.
 */
#include <string.h>

#include "tests/core/vlapic_check.h"

static void test_reset(void **state)
{
	struct vcpu *v = &vcpus[3];

	vlapic_init(v, 6);
	assert_int_equal(v->lapic.base, BASE | APIC_BASE_ON);
	assert_int_equal(vcpus[0].lapic.base, BASE | APIC_BASE_ON | APIC_BASE_BSP);
	expect_reg(v, ID, 6 << 24);
	expect_reg(v, SVR, 0xff);
	expect_reg(v, DFR, UINT32_MAX);
	expect_reg(v, LDR, 0);
	expect_reg(v, TPR, 0);
	expect_reg(v, PPR, 0);
	expect_reg(v, VERSION, 0x50014);
	for (unsigned reg = LVT; reg <= LVT_LAST; reg++)
		expect_reg(v, reg, 0x10000);
	assert_int_equal(vlapic_pending(v), -1);
}

static void test_priorities(void **state)
{
	struct vcpu *v = &vcpus[0];

	vlapic_interrupt(v, 0x31);
	vlapic_interrupt(v, 0xff);
	vlapic_interrupt(v, 0x40);
	vlapic_interrupt(v, 0x4f);
	assert_int_equal(woken[0], 4);
	assert_int_equal(vlapic_pending(v), 0xff);
	vlapic_take(v, 0xff);
	expect_reg(v, IRR + 7, 0);
	expect_reg(v, ISR + 7, 0x80000000);
	expect_reg(v, PPR, 0xf0);
	assert_int_equal(vlapic_pending(v), -1);
	put(v, EOI, 0);
	assert_int_equal(ended[0xff], 1);
	expect_reg(v, PPR, 0);
	assert_int_equal(vlapic_pending(v), 0x4f);
	vlapic_take(v, 0x4f);
	/* One of the same class waits. */
	assert_int_equal(vlapic_pending(v), -1);
	vlapic_interrupt(v, 0x50);
	assert_int_equal(vlapic_pending(v), 0x50);
	vlapic_take(v, 0x50);
	/* The highest in service ends, not the first. */
	put(v, EOI, 0);
	assert_int_equal(ended[0x50], 1);
	expect_reg(v, PPR, 0x40);
	put(v, EOI, 0);
	assert_int_equal(ended[0x4f], 1);
	assert_int_equal(vlapic_pending(v), 0x40);
	vlapic_take(v, 0x40);
	put(v, EOI, 0);
	assert_int_equal(vlapic_pending(v), 0x31);
	vlapic_take(v, 0x31);
	put(v, EOI, 0);
	put(v, EOI, 0);
	assert_int_equal(vlapic_pending(v), -1);
}

/* Pending again while in service: it comes once more after. */
static void test_again(void **state)
{
	struct vcpu *v = &vcpus[0];

	vlapic_interrupt(v, 0x80);
	vlapic_take(v, 0x80);
	vlapic_interrupt(v, 0x80);
	vlapic_interrupt(v, 0x80);
	assert_int_equal(vlapic_pending(v), -1);
	put(v, EOI, 0);
	assert_int_equal(vlapic_pending(v), 0x80);
	vlapic_take(v, 0x80);
	put(v, EOI, 0);
	assert_int_equal(vlapic_pending(v), -1);
}

static void test_tpr(void **state)
{
	struct vcpu *v = &vcpus[0];

	vlapic_interrupt(v, 0x35);
	put(v, TPR, 0x2f);
	expect_reg(v, PPR, 0x2f);
	assert_int_equal(vlapic_pending(v), 0x35);
	put(v, TPR, 0x30);
	assert_int_equal(vlapic_pending(v), -1);
	put(v, TPR, 0xff);
	assert_int_equal(vlapic_pending(v), -1);
	put(v, TPR, 0);
	vlapic_take(v, 0x35);
	put(v, TPR, 0x32);
	expect_reg(v, PPR, 0x32);
	put(v, TPR, 0x2f);
	expect_reg(v, PPR, 0x30);
	expect_reg(v, TPR, 0x2f);
}

static void test_every_vector(void **state)
{
	struct vcpu *v = &vcpus[0];

	for (unsigned vector = 16; vector < 256; vector++) {
		vlapic_interrupt(v, (uint8_t)vector);
		expect_reg(v, IRR + vector / 32, UINT64_C(1) << vector % 32);
		assert_int_equal(vlapic_pending(v), vector);
		vlapic_take(v, (uint8_t)vector);
		expect_reg(v, ISR + vector / 32, UINT64_C(1) << vector % 32);
		expect_reg(v, IRR + vector / 32, 0);
		put(v, EOI, 0);
		assert_int_equal(ended[vector], 1);
		expect_reg(v, ISR + vector / 32, 0);
	}
}

/* Off by either switch it does not interrupt; what was pending is not lost. */
static void test_off(void **state)
{
	struct vcpu *v = &vcpus[0];

	vlapic_interrupt(v, 0x35);
	put(v, SVR, 0xff);
	assert_int_equal(vlapic_pending(v), -1);
	put(v, SVR, 0x1ff);
	assert_int_equal(vlapic_pending(v), 0x35);
	assert_true(vlapic_set_base(v, BASE));
	assert_int_equal(vlapic_pending(v), -1);
	assert_true(vlapic_set_base(v, BASE | APIC_BASE_ON));
	assert_int_equal(vlapic_pending(v), 0x35);
}

static void test_base(void **state)
{
	static const struct { uint64_t from, to; bool ok;
	} changes[] = {
		{ 0, 0, true },
		{ 0, APIC_BASE_ON, true },
		{ 0, APIC_BASE_ON | APIC_BASE_X2, false },
		{ 0, APIC_BASE_X2, false },
		{ APIC_BASE_ON, 0, true },
		{ APIC_BASE_ON, APIC_BASE_ON, true },
		{ APIC_BASE_ON, APIC_BASE_ON | APIC_BASE_X2, true },
		{ APIC_BASE_ON, APIC_BASE_X2, false },
		{ APIC_BASE_ON | APIC_BASE_X2, 0, true },
		{ APIC_BASE_ON | APIC_BASE_X2, APIC_BASE_ON, false },
		{ APIC_BASE_ON | APIC_BASE_X2, APIC_BASE_X2, false },
		{ APIC_BASE_ON | APIC_BASE_X2, APIC_BASE_ON | APIC_BASE_X2, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		for (unsigned n = 0; n < 2; n++) {
			uint64_t bsp = n ? 0 : APIC_BASE_BSP;

			vcpus[n].lapic.base = BASE | bsp | changes[i].from;
			/* Which vCPU is the first does not change, whatever is written. */
			assert_int_equal(vlapic_set_base(&vcpus[n], BASE | APIC_BASE_BSP | changes[i].to), changes[i].ok);
			assert_int_equal(vcpus[n].lapic.base, BASE | bsp | (changes[i].ok ? changes[i].to : changes[i].from));
		}
	}
	vcpus[0].lapic.base = BASE | APIC_BASE_ON | APIC_BASE_BSP;
	assert_false(vlapic_set_base(&vcpus[0], (BASE + PAGE_SIZE) | APIC_BASE_ON));
	assert_false(vlapic_set_base(&vcpus[0], BIT(40) | BASE | APIC_BASE_ON));
	assert_false(vlapic_set_base(&vcpus[0], BASE | APIC_BASE_ON | 0x200));
	assert_false(vlapic_set_base(&vcpus[0], BASE | APIC_BASE_ON | 1));
	assert_int_equal(vcpus[0].lapic.base, BASE | APIC_BASE_ON | APIC_BASE_BSP);
}

/* What may be read and written in each mode: r and w in the first, R and W in x2APIC mode. */
static const char *rights(unsigned reg)
{
	if ((reg >= ISR && reg < ESR) || reg == VERSION || reg == PPR || reg == TMCCT)
		return "rR";
	if (reg >= LVT && reg <= TMICT)
		return "rwRW";
	switch (reg) {
	case ID:
		return "rwR";
	case APR:
		return "r";
	case EOI:
		return "wW";
	case LDR:
		return "rwR";
	case DFR:
	case ICR2:
		return "rw";
	case TPR:
	case SVR:
	case ESR:
	case CMCI:
	case ICR:
	case TDCR:
		return "rwRW";
	case SELF:
		return "W";
	}
	return "";
}

static void test_rights(void **state)
{
	for (unsigned x2 = 0; x2 < 2; x2++) {
		for (unsigned reg = 0; reg < REGS; reg++) {
			bool may_read = strchr(rights(reg), x2 ? 'R' : 'r'), may_write = strchr(rights(reg), x2 ? 'W' : 'w');
			uint64_t value;

			if (vlapic_read(&vcpus[0], reg, &value) != may_read)
				fail_msg("register 0x%x, x2APIC %u, read", reg, x2);
			if (vlapic_write(&vcpus[0], reg, 0) != may_write)
				fail_msg("register 0x%x, x2APIC %u, written", reg, x2);
		}
		x2_all();
	}
}

/* Bits that are not there; and a write that faults changes nothing. */
static void test_x2_faults(void **state)
{
	static const struct { unsigned reg; uint64_t value;
	} faults[] = {
		{ EOI, 1 },
		{ ESR, 1 },
		{ TPR, BIT(32) },
		{ SVR, BIT(40) | 0x1ff },
		{ LVT, BIT(32) },
		{ TMICT, BIT(63) },
		{ TDCR, BIT(32) },
		{ CMCI, BIT(32) },
		{ SELF, BIT(32) | 0x41 },
		{ SELF, 0x100 | 0x41 },
		{ TPR, 0x100 },
		{ ID, 1 },
		{ LDR, UINT32_MAX },
		{ DFR, 0 },
		{ ICR2, UINT32_MAX },
		{ ICR + 0x40, 0x41 },
	};
	struct vcpu *v = &vcpus[2];
	struct vlapic before;

	put(v, LDR, 0x03000000);
	x2_all();
	vlapic_interrupt(v, 0x35);
	vlapic_take(v, 0x35);
	before = v->lapic;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (vlapic_write(v, faults[i].reg, faults[i].value))
			fail_msg("0x%lx written to register 0x%x", faults[i].value, faults[i].reg);
		assert_memory_equal(&v->lapic, &before, sizeof(before));
	}
	assert_int_equal(ended[0x35], 0);
}

static void test_registers(void **state)
{
	struct vcpu *v = &vcpus[5];

	put(v, ID, 0xff000000);
	expect_reg(v, ID, 10 << 24);
	put(v, TPR, 0x1234);
	expect_reg(v, TPR, 0x34);
	put(v, LDR, UINT32_MAX);
	expect_reg(v, LDR, 0xff000000);
	put(v, DFR, 0);
	expect_reg(v, DFR, 0x0fffffff);
	put(v, SVR, UINT32_MAX);
	expect_reg(v, SVR, 0x3ff);
	put(v, TDCR, UINT32_MAX);
	expect_reg(v, TDCR, 0xb);
	put(v, TMICT, 12345);
	expect_reg(v, TMICT, 12345);
	expect_reg(v, TMCCT, 12345);
	for (unsigned reg = LVT; reg <= LVT_LAST; reg++)
		put(v, reg, 0x10000 | reg);
	put(v, CMCI, 0x10000 | CMCI);
	for (unsigned reg = LVT; reg <= LVT_LAST; reg++)
		expect_reg(v, reg, 0x10000 | reg);
	expect_reg(v, CMCI, 0x10000 | CMCI);
	/* It is never busy. */
	ipi(v, 0x1041, 0xab);
	expect_reg(v, ICR, 0x41);
	expect_reg(v, ICR2, 0xab000000);
	x2_all();
	expect_reg(v, ID, 10);
	ipi(v, 0x1042, 0xabcdef);
	expect_reg(v, ICR, UINT64_C(0xabcdef) << 32 | 0x42);
	expect_reg(v, LDR, 1 << 10);
	expect_reg(&vcpus[19], LDR, 2 << 16 | 1 << 6);
}

/* What comes while the last of its kind is with the guest is another one, unless that comes back. */
static void test_put_back(void **state)
{
	struct vcpu *v = &vcpus[0];

	put(v, SVR, 0x1ff);
	vlapic_interrupt(v, 0x81);
	vlapic_take(v, 0x81);
	assert_int_equal(vlapic_pending(v), -1);
	vlapic_interrupt(v, 0x81);
	put(v, EOI, 0);
	assert_int_equal(vlapic_pending(v), 0x81);
	vlapic_take(v, 0x81);
	vlapic_interrupt(v, 0x81);
	vlapic_put_back(v, 0x81);
	assert_int_equal(vlapic_pending(v), 0x81);
	vlapic_take(v, 0x81);
	put(v, EOI, 0);
	assert_int_equal(vlapic_pending(v), -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_priorities, setup),
		cmocka_unit_test_setup(test_again, setup),
		cmocka_unit_test_setup(test_put_back, setup),
		cmocka_unit_test_setup(test_tpr, setup),
		cmocka_unit_test_setup(test_every_vector, setup),
		cmocka_unit_test_setup(test_off, setup),
		cmocka_unit_test_setup(test_base, setup),
		cmocka_unit_test_setup(test_rights, setup),
		cmocka_unit_test_setup(test_x2_faults, setup),
		cmocka_unit_test_setup(test_registers, setup),
	};

	return cmocka_run_group_tests_name("core vlapic", tests, NULL, NULL);
}
