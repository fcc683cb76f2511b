/* SPDX-License-Identifier: GPL-2.0-or-later
 * A vCPU's local APIC: what may interrupt, EOI, registers in both modes and what faults, whom an IPI reaches and what it does.
 */
#include <string.h>

#include "tests/core/core_check.h"

#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"

#define VCPUS 20
#define BASE UINT64_C(0xfee00000)

enum { ID = 0x02, VERSION = 0x03, TPR = 0x08, APR = 0x09, PPR = 0x0a, EOI = 0x0b, LDR = 0x0d, DFR = 0x0e, SVR = 0x0f, ISR = 0x10, TMR = 0x18,
       IRR = 0x20, ESR = 0x28, CMCI = 0x2f, ICR = 0x30, ICR2 = 0x31, LVT = 0x32, LVT_LAST = 0x37, TMICT = 0x38, TMCCT = 0x39, TDCR = 0x3e,
       SELF = 0x3f, REGS = 0x100 };

enum { INIT = 0x500, STARTUP = 0x600, LOWEST = 0x100, LOGICAL = 0x800, ASSERT_LEVEL = 0x4000, LEVEL = 0x8000, SHORT_SELF = 0x40000,
       SHORT_ALL = 0x80000, SHORT_OTHERS = 0xc0000 };

static struct domain domain;
static struct vcpu vcpus[VCPUS];
static unsigned woken[VCPUS], started[VCPUS], stopped[VCPUS], ended[256];
static int page[VCPUS];

void vcpu_wake(struct vcpu *v)
{
	woken[v->id]++;
}

void vcpu_start(struct vcpu *v)
{
	started[v->id]++;
	v->run = VCPU_RUNNABLE;
}

void vcpu_stop(struct vcpu *v)
{
	stopped[v->id]++;
	v->run = VCPU_DOWN;
}

void virt_start_real(struct vcpu *v, uint8_t at)
{
	page[v->id] = at;
}

void device_irq_eoi(struct vcpu *v, uint8_t vector)
{
	ended[vector]++;
}

static void forget(void)
{
	memset(woken, 0, sizeof(woken));
	memset(started, 0, sizeof(started));
	memset(stopped, 0, sizeof(stopped));
	memset(ended, 0, sizeof(ended));
	for (unsigned i = 0; i < VCPUS; i++)
		memset(vcpus[i].lapic.irr, 0, sizeof(vcpus[i].lapic.irr));
}

/* As domUs have them: vCPU n has APIC ID 2n. Each APIC is on. */
static int setup(void **state)
{
	memset(&domain, 0, sizeof(domain));
	memset(vcpus, 0, sizeof(vcpus));
	domain.nr_vcpus = VCPUS;
	for (unsigned i = 0; i < VCPUS; i++) {
		domain.vcpus[i] = &vcpus[i];
		vcpus[i].domain = &domain;
		vcpus[i].id = i;
		vlapic_init(&vcpus[i], 2 * i);
		if (!vlapic_write(&vcpus[i], SVR, 0x1ff))
			return -1;
		page[i] = -1;
	}
	forget();
	return 0;
}

static void x2_all(void)
{
	for (unsigned i = 0; i < VCPUS; i++)
		assert_true(vlapic_set_base(&vcpus[i], vcpus[i].lapic.base | APIC_BASE_X2));
}

static void put(struct vcpu *v, unsigned reg, uint64_t value)
{
	assert_true(vlapic_write(v, reg, value));
}

static uint64_t take(struct vcpu *v, unsigned reg)
{
	uint64_t value = 0x5555;

	assert_true(vlapic_read(v, reg, &value));
	return value;
}

static void expect_reg(struct vcpu *v, unsigned reg, uint64_t value)
{
	assert_int_equal(take(v, reg), value);
}

/* To APIC IDs, or whatever dest says, in the mode that the sender is in. */
static void send(struct vcpu *from, uint32_t low, uint32_t dest)
{
	if (from->lapic.base & APIC_BASE_X2) {
		put(from, ICR, (uint64_t)dest << 32 | low);
	} else {
		put(from, ICR2, dest << 24);
		put(from, ICR, low);
	}
}

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
	static const struct { uint64_t from, to; bool ok; } changes[] = {
		{ 0, 0, true }, { 0, APIC_BASE_ON, true }, { 0, APIC_BASE_ON | APIC_BASE_X2, false }, { 0, APIC_BASE_X2, false },
		{ APIC_BASE_ON, 0, true }, { APIC_BASE_ON, APIC_BASE_ON, true }, { APIC_BASE_ON, APIC_BASE_ON | APIC_BASE_X2, true },
		{ APIC_BASE_ON, APIC_BASE_X2, false }, { APIC_BASE_ON | APIC_BASE_X2, 0, true },
		{ APIC_BASE_ON | APIC_BASE_X2, APIC_BASE_ON, false }, { APIC_BASE_ON | APIC_BASE_X2, APIC_BASE_X2, false },
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
	static const struct { unsigned reg; uint64_t value; } faults[] = {
		{ EOI, 1 }, { ESR, 1 }, { TPR, BIT(32) }, { SVR, BIT(40) | 0x1ff }, { LVT, BIT(32) }, { TMICT, BIT(63) }, { TDCR, BIT(32) },
		{ CMCI, BIT(32) }, { SELF, BIT(32) | 0x41 }, { SELF, 0x100 | 0x41 }, { TPR, 0x100 }, { ID, 1 }, { LDR, UINT32_MAX },
		{ DFR, 0 }, { ICR2, UINT32_MAX }, { ICR + 0x40, 0x41 },
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
	expect_reg(v, TMCCT, 0);
	for (unsigned reg = LVT; reg <= LVT_LAST; reg++)
		put(v, reg, 0x10000 | reg);
	put(v, CMCI, 0x10000 | CMCI);
	for (unsigned reg = LVT; reg <= LVT_LAST; reg++)
		expect_reg(v, reg, 0x10000 | reg);
	expect_reg(v, CMCI, 0x10000 | CMCI);
	/* It is never busy. */
	send(v, 0x1041, 0xab);
	expect_reg(v, ICR, 0x41);
	expect_reg(v, ICR2, 0xab000000);
	x2_all();
	expect_reg(v, ID, 10);
	send(v, 0x1042, 0xabcdef);
	expect_reg(v, ICR, UINT64_C(0xabcdef) << 32 | 0x42);
	expect_reg(v, LDR, 1 << 10);
	expect_reg(&vcpus[19], LDR, 2 << 16 | 1 << 6);
}

static void test_physical(void **state)
{
	for (unsigned x2 = 0; x2 < 2; x2++) {
		for (unsigned to = 0; to < VCPUS; to++) {
			send(&vcpus[7], 0x41, 2 * to);
			assert_int_equal(reached(0x41), BIT(to));
		}
		/* Nobody has an odd number. */
		send(&vcpus[7], 0x41, 3);
		assert_int_equal(reached(0x41), 0);
		send(&vcpus[7], 0x41, x2 ? UINT32_MAX : 0xff);
		assert_int_equal(reached(0x41), ALL);
		x2_all();
	}
	/* What was to all among 255 is to one among 2^32. */
	send(&vcpus[7], 0x41, 0xff);
	assert_int_equal(reached(0x41), 0);
}

static void test_shorthands(void **state)
{
	for (unsigned x2 = 0; x2 < 2; x2++) {
		send(&vcpus[7], SHORT_SELF | 0x41, 0);
		assert_int_equal(reached(0x41), BIT(7));
		send(&vcpus[7], SHORT_ALL | 0x41, 0);
		assert_int_equal(reached(0x41), ALL);
		send(&vcpus[7], SHORT_OTHERS | 0x41, 0);
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
	send(&vcpus[0], LOGICAL | 0x41, 0x05);
	assert_int_equal(reached(0x41), BIT(0) | BIT(2));
	send(&vcpus[0], LOGICAL | 0x41, 0x80);
	assert_int_equal(reached(0x41), BIT(7));
	send(&vcpus[0], LOGICAL | 0x41, 0);
	assert_int_equal(reached(0x41), 0);
	send(&vcpus[0], LOGICAL | 0x41, 0xff);
	assert_int_equal(reached(0x41), ALL);
}

static void test_logical_cluster(void **state)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		put(&vcpus[i], DFR, 0);
		put(&vcpus[i], LDR, (uint32_t)(i / 4) << 28 | UINT32_C(1) << (24 + i % 4));
	}
	send(&vcpus[0], LOGICAL | 0x41, 0x05);
	assert_int_equal(reached(0x41), BIT(0) | BIT(2));
	send(&vcpus[0], LOGICAL | 0x41, 0x3f);
	assert_int_equal(reached(0x41), BIT(12) | BIT(13) | BIT(14) | BIT(15));
	send(&vcpus[0], LOGICAL | 0x41, 0xf1);
	assert_int_equal(reached(0x41), 0);
	send(&vcpus[0], LOGICAL | 0x41, 0xff);
	assert_int_equal(reached(0x41), ALL);
}

/* Clusters of sixteen, from the APIC's ID. */
static void test_logical_x2(void **state)
{
	x2_all();
	for (unsigned to = 0; to < VCPUS; to++) {
		send(&vcpus[0], LOGICAL | 0x41, (2 * to >> 4) << 16 | 1u << (2 * to & 15));
		assert_int_equal(reached(0x41), BIT(to));
	}
	send(&vcpus[0], LOGICAL | 0x41, 0x1ffff);
	assert_int_equal(reached(0x41), 0xff00);
	send(&vcpus[0], LOGICAL | 0x41, 0x10000);
	assert_int_equal(reached(0x41), 0);
	send(&vcpus[0], LOGICAL | 0x41, 0x7ffff);
	assert_int_equal(reached(0x41), 0);
	send(&vcpus[0], LOGICAL | 0x41, UINT32_MAX);
	assert_int_equal(reached(0x41), ALL);
}

/* While processors come up, some are in one mode and some in the other: what all are called depends on who calls. */
static void test_mixed_modes(void **state)
{
	assert_true(vlapic_set_base(&vcpus[0], BASE | APIC_BASE_ON | APIC_BASE_X2));
	send(&vcpus[0], 0x41, UINT32_MAX);
	assert_int_equal(reached(0x41), ALL);
	send(&vcpus[0], 0x41, 0xff);
	assert_int_equal(reached(0x41), 0);
	send(&vcpus[0], 0x41, 4);
	assert_int_equal(reached(0x41), BIT(2));
	send(&vcpus[2], 0x41, 0xff);
	assert_int_equal(reached(0x41), ALL);
	send(&vcpus[2], 0x41, 0);
	assert_int_equal(reached(0x41), BIT(0));
}

static void test_modes(void **state)
{
	/* One of several that would do. */
	send(&vcpus[0], SHORT_OTHERS | LOWEST | 0x41, 0);
	assert_int_equal(reached(0x41), BIT(1));
	/* Vectors that are the processor's own, and what there is none of here. */
	send(&vcpus[0], SHORT_ALL | 15, 0);
	assert_int_equal(reached(15), 0);
	send(&vcpus[0], SHORT_ALL | 16, 0);
	assert_int_equal(reached(16), ALL);
	for (unsigned mode = 2; mode < 8; mode++) {
		if (mode == 5 || mode == 6)
			continue;
		send(&vcpus[0], SHORT_OTHERS | mode << 8 | 0x41, 0);
		assert_int_equal(reached(0x41), 0);
	}
	/* A number without a vCPU. */
	domain.vcpus[1] = NULL;
	send(&vcpus[0], SHORT_OTHERS | 0x41, 0);
	assert_int_equal(reached(0x41), ALL & ~BIT(0) & ~BIT(1));
}

static void test_startup(void **state)
{
	struct vcpu *v = &vcpus[3];

	/* Not asked for: it never was in INIT. */
	send(&vcpus[0], STARTUP | 0x9a, 6);
	assert_int_equal(started[3], 0);
	assert_int_equal(page[3], -1);
	send(&vcpus[0], INIT | ASSERT_LEVEL | LEVEL, 6);
	assert_int_equal(stopped[3], 1);
	/* The level's other end is not another one. */
	send(&vcpus[0], INIT | LEVEL, 6);
	assert_int_equal(stopped[3], 1);
	assert_int_equal(v->run, VCPU_DOWN);
	assert_int_equal(started[3], 0);
	send(&vcpus[0], STARTUP | 0x9a, 6);
	assert_int_equal(started[3], 1);
	assert_int_equal(page[3], 0x9a);
	/* The second of the two that are usually sent. */
	send(&vcpus[0], STARTUP | 0x9b, 6);
	assert_int_equal(started[3], 1);
	assert_int_equal(page[3], 0x9a);
	for (unsigned i = 0; i < VCPUS; i++)
		if (i != 3)
			assert_int_equal(started[i] + stopped[i], 0);
	/* All the others, by the shorthand; in x2APIC mode, without levels. */
	forget();
	x2_all();
	send(&vcpus[0], SHORT_OTHERS | INIT, 0);
	send(&vcpus[0], SHORT_OTHERS | STARTUP | 7, 0);
	for (unsigned i = 0; i < VCPUS; i++) {
		assert_int_equal(stopped[i], i != 0);
		assert_int_equal(started[i], i != 0);
		assert_int_equal(page[i], i ? 7 : -1);
	}
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
	send(&vcpus[0], INIT, 6);
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
	send(&vcpus[0], STARTUP | 0x9a, 6);
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
	send(&vcpus[0], INIT, 6);
	expect_reg(v, SVR, 0xff);
	expect_reg(v, ISR + 4, 2);
	expect_reg(v, IRR + 4, 1 << 17);
	put(v, EOI, 0);
	assert_int_equal(ended[0x81], 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_priorities, setup),
		cmocka_unit_test_setup(test_again, setup),
		cmocka_unit_test_setup(test_tpr, setup),
		cmocka_unit_test_setup(test_every_vector, setup),
		cmocka_unit_test_setup(test_off, setup),
		cmocka_unit_test_setup(test_base, setup),
		cmocka_unit_test_setup(test_rights, setup),
		cmocka_unit_test_setup(test_x2_faults, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_physical, setup),
		cmocka_unit_test_setup(test_shorthands, setup),
		cmocka_unit_test_setup(test_logical_flat, setup),
		cmocka_unit_test_setup(test_logical_cluster, setup),
		cmocka_unit_test_setup(test_logical_x2, setup),
		cmocka_unit_test_setup(test_mixed_modes, setup),
		cmocka_unit_test_setup(test_modes, setup),
		cmocka_unit_test_setup(test_startup, setup),
		cmocka_unit_test_setup(test_init_resets, setup),
		cmocka_unit_test_setup(test_init_of_dom0, setup),
	};

	return cmocka_run_group_tests_name("core vlapic", tests, NULL, NULL);
}
