/* SPDX-License-Identifier: GPL-2.0-or-later
 * String instructions step by step, in a guest whose memory is an array at BASE, with nothing behind it and then no tables.
 */
#include <stdlib.h>

#include "tests/core/core_check.h"

#include "xen-core/domain/guest.h"
#include "xen-core/domain/virt.h"
#include "xen-core/svm/svm.h"

#define BASE 0x1000ul
#define SIZE 64ul
#define NOTHING (BASE + SIZE)
#define UNMAPPED (BASE + 2 * SIZE)
#define DF 0x400

static struct vcpu v;
static struct vmcb vmcb;
static struct insn at;
static bool known, long_mode;
static unsigned cpl;
static int fault;
static unsigned char memory[SIZE];

bool guest_translate(struct vcpu *of, uint64_t va, bool write, gaddr_t *out)
{
	*out = GADDR(va);
	return va >= BASE && va < UNMAPPED;
}

static bool there(uint64_t va, size_t len)
{
	return va >= BASE && va + len <= NOTHING;
}

bool guest_read(struct vcpu *of, void *to, uint64_t va, size_t len)
{
	if (there(va, len))
		memcpy(to, memory + va - BASE, len);
	return there(va, len);
}

bool guest_write(struct vcpu *of, uint64_t va, const void *from, size_t len)
{
	if (there(va, len))
		memcpy(memory + va - BASE, from, len);
	return there(va, len);
}

void svm_advance(struct vcpu *of, unsigned len)
{
	vmcb.rip += len;
}

void svm_exception(struct vcpu *of, unsigned vector, uint32_t error)
{
	fault = (int)vector;
}

void virt_inject_gp(struct vcpu *of)
{
	fault = 13;
}

bool virt_long_mode(const struct vcpu *of)
{
	return long_mode;
}

unsigned virt_cpl(const struct vcpu *of)
{
	return cpl;
}

uint64_t *svm_reg(struct vcpu *of, unsigned reg)
{
	return (uint64_t *)&v.gpr + reg;
}

bool svm_insn(struct vcpu *of, struct insn *insn)
{
	*insn = at;
	return known;
}

static int setup(void **state)
{
	memset(&v, 0, sizeof(v));
	memset(&vmcb, 0, sizeof(vmcb));
	v.virt = &vmcb;
	vmcb.es.base = vmcb.ds.base = 0xdead0000;
	long_mode = known = true;
	cpl = 0;
	fault = -1;
	memset(memory, 0x11, sizeof(memory));
	return 0;
}

/* Until it is done or has faulted; how many steps that took. */
static unsigned run(enum insn_kind kind, unsigned size, bool rep, uint64_t value)
{
	struct insn insn = { .kind = kind, .len = 2, .size = (uint8_t)size, .rep = rep, .address = long_mode ? 8 : 4 };
	unsigned steps = 0;

	vmcb.rip = 0;
	while (!vmcb.rip && fault < 0) {
		assert_true(svm_string(&v, &insn, value));
		assert_in_range(++steps, 1, 1000);
	}
	return steps;
}

static void test_ins(void **state)
{
	v.gpr.rdi = BASE + 4;
	v.gpr.rcx = 3;
	assert_int_equal(run(INSN_INS, 2, true, 0xffff), 3);
	assert_int_equal(v.gpr.rdi, BASE + 10);
	assert_int_equal(v.gpr.rcx, 0);
	for (unsigned i = 0; i < SIZE; i++)
		assert_int_equal(memory[i], i >= 4 && i < 10 ? 0xff : 0x11);
	/* Where nothing is it is dropped; where there are no tables it faults, and nothing has moved. */
	v.gpr.rdi = UNMAPPED - 4;
	v.gpr.rcx = 3;
	assert_int_equal(run(INSN_INS, 4, true, 0), 2);
	assert_int_equal(fault, 14);
	assert_int_equal(vmcb.cr2, UNMAPPED);
	assert_int_equal(v.gpr.rcx, 2);
	assert_int_equal(v.gpr.rdi, UNMAPPED);
}

static void test_outs(void **state)
{
	v.gpr.rsi = UNMAPPED;
	v.gpr.rcx = 2;
	vmcb.rflags = DF;
	assert_int_equal(run(INSN_OUTS, 1, true, 0), 2);
	assert_int_equal(v.gpr.rsi, UNMAPPED - 2);
	assert_int_equal(v.gpr.rdi, 0);
	v.gpr.rcx = 7;
	assert_int_equal(run(INSN_OUTS, 1, false, 0), 1);
	assert_int_equal(v.gpr.rcx, 7);
}

static void test_movs(void **state)
{
	memory[0] = 0x42;
	v.gpr.rsi = BASE;
	v.gpr.rdi = BASE + 8;
	assert_int_equal(run(INSN_MOVS, 1, false, ~0ull), 1);
	assert_int_equal(memory[8], 0x42);
	v.gpr.rsi = NOTHING;
	assert_int_equal(run(INSN_MOVS, 1, false, ~0ull), 1);
	assert_int_equal(memory[9], 0xff);
	v.gpr.rsi = UNMAPPED;
	assert_int_equal(run(INSN_MOVS, 1, false, ~0ull), 1);
	assert_int_equal(fault, 14);
	assert_int_equal(memory[10], 0x11);
	assert_int_equal(v.gpr.rdi, BASE + 10);
}

static void test_stos(void **state)
{
	v.gpr.rdi = NOTHING;
	v.gpr.rcx = 0;
	assert_int_equal(run(INSN_STOS, 8, true, 0), 1);
	assert_int_equal(v.gpr.rdi, NOTHING);
	v.gpr.rcx = 4;
	assert_int_equal(run(INSN_STOS, 8, true, 0), 4);
	assert_int_equal(v.gpr.rdi, NOTHING + 32);
}

/* Segments count, and registers are of 32 bits. */
static void test_short(void **state)
{
	long_mode = false;
	vmcb.es.base = BASE;
	v.gpr.rdi = 0xabcd00000000;
	v.gpr.rcx = 0xabcd00000002;
	assert_int_equal(run(INSN_INS, 4, true, 0x22222222), 2);
	assert_int_equal(v.gpr.rdi, 8);
	assert_int_equal(v.gpr.rcx, 0);
	assert_int_equal(memory[7], 0x22);
}

/* A user's rights are not looked up, so nothing is written for one. */
static void test_user(void **state)
{
	struct insn insn = { .kind = INSN_MOVS, .len = 2, .size = 1, .address = 8 };

	cpl = 3;
	v.gpr.rsi = v.gpr.rdi = BASE;
	assert_false(svm_string(&v, &insn, 0));
	insn.kind = INSN_INS;
	assert_false(svm_string(&v, &insn, 0));
	assert_int_equal(memory[0], 0x11);
	insn.kind = INSN_OUTS;
	assert_true(svm_string(&v, &insn, 0));
}

static void test_io(void **state)
{
	at = (struct insn){ .kind = INSN_INS, .len = 1, .size = 8, .address = 8 };
	vmcb.exitinfo1 = 2 << 4;
	v.gpr.rdi = BASE;
	svm_string_io(&v, 0x3333);
	assert_int_equal(memory[1], 0x33);
	assert_int_equal(memory[2], 0x11);
	assert_int_equal(fault, -1);
	at.kind = INSN_MOVS;
	svm_string_io(&v, 0);
	assert_int_equal(fault, 13);
	known = false;
	fault = -1;
	svm_string_io(&v, 0);
	assert_int_equal(fault, 13);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ins, setup),
		cmocka_unit_test_setup(test_outs, setup),
		cmocka_unit_test_setup(test_movs, setup),
		cmocka_unit_test_setup(test_stos, setup),
		cmocka_unit_test_setup(test_short, setup),
		cmocka_unit_test_setup(test_user, setup),
		cmocka_unit_test_setup(test_io, setup),
	};

	return cmocka_run_group_tests_name("core string", tests, NULL, NULL);
}
