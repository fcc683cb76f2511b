/* SPDX-License-Identifier: GPL-2.0-or-later
 * Instructions on memory that is not there, and on a register of the local APIC: each does to registers, flags and
 * memory what this machine's processor does with the same bytes.
 */
#include <sys/mman.h>

#include "tests/core/core_check.h"

#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/virt.h"
#include "xen-core/svm/svm.h"

#define APIC 0xfee00080ul
#define NOWHERE 0x50000000ul
#define STACK 0x2000ul
#define ARITHMETIC 0x8d5u
#define CARRY 0x1u
#define AUXILIARY 0x10u

static struct domain domain;
static struct vcpu v;
static struct vmcb vmcb;
static uint8_t code[INSN_BYTES + 1], *place;
static uint32_t reg;
static int fault;
static uint64_t stack[4];
static bool no_stack;

struct state {
	struct gpr gpr;
	uint64_t flags;
};

/* The code at place, with those registers: rsp, rbp and r10 on are left as they are. */
void native(struct state *s, const void *at);
__asm__(".text\nnative:\n\tpush %rbx\n\tpush %r12\n\tpush %r13\n\tmov %rdi, %r12\n\tmov %rsi, %r13\n\t"
	"mov (%r12), %rax\n\tmov 8(%r12), %rcx\n\tmov 16(%r12), %rdx\n\tmov 24(%r12), %rbx\n\tmov 48(%r12), %rsi\n\tmov 56(%r12), %rdi\n\t"
	"mov 64(%r12), %r8\n\tmov 72(%r12), %r9\n\tpushq 128(%r12)\n\tpopfq\n\tcall *%r13\n\tpushfq\n\tpopq 128(%r12)\n\t"
	"mov %rax, (%r12)\n\tmov %rcx, 8(%r12)\n\tmov %rdx, 16(%r12)\n\tmov %rbx, 24(%r12)\n\tmov %rsi, 48(%r12)\n\tmov %rdi, 56(%r12)\n\t"
	"mov %r8, 64(%r12)\n\tmov %r9, 72(%r12)\n\tpop %r13\n\tpop %r12\n\tpop %rbx\n\tret\n");

bool vlapic_read(struct vcpu *of, unsigned nr, uint64_t *value)
{
	assert_int_equal(nr, (APIC & 0xff0) >> 4);
	*value = reg;
	return true;
}

bool vlapic_write(struct vcpu *of, unsigned nr, uint64_t value)
{
	assert_int_equal(nr, (APIC & 0xff0) >> 4);
	assert_true(value <= UINT32_MAX);
	reg = (uint32_t)value;
	return true;
}

size_t guest_read_some(struct vcpu *of, void *to, uint64_t va, size_t len)
{
	memcpy(to, code, len);
	return len;
}

bool guest_translate(struct vcpu *of, uint64_t va, bool write, gaddr_t *out)
{
	*out = GADDR(va);
	return !no_stack && va >= STACK && va < STACK + sizeof(stack);
}

bool guest_read(struct vcpu *of, void *to, uint64_t va, size_t len)
{
	return false;
}

bool guest_write(struct vcpu *of, uint64_t va, const void *from, size_t len)
{
	memcpy((char *)stack + va - STACK, from, len);
	return true;
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
	return vmcb.efer & 0x400;
}

unsigned virt_cpl(const struct vcpu *of)
{
	return vmcb.cpl;
}

void domain_crash(struct vcpu *of, const char *fmt, ...)
{
	fail_msg("%s", fmt);
}

void domain_note(struct domain *d, const char *fmt, ...)
{
}

struct p2m_entry p2m_lookup(const struct p2m *p2m, gfn_t gfn)
{
	return (struct p2m_entry){ .type = P2M_NONE };
}

int p2m_set(struct p2m *p2m, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type, bool writable, struct p2m_entry *old)
{
	fail();
	return -1;
}

static int setup(void **state)
{
	memset(&v, 0, sizeof(v));
	memset(&vmcb, 0, sizeof(vmcb));
	v.domain = &domain;
	v.virt = &vmcb;
	v.lapic.base = APIC_BASE_ON;
	vmcb.efer = 0x400;
	fault = -1;
	no_stack = false;
	if (!place)
		place = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return place == MAP_FAILED ? -1 : 0;
}

/* An exit for that address, with those registers. */
static void emulate(struct state *s, uint64_t address)
{
	v.gpr = s->gpr;
	vmcb.rax = s->gpr.rax;
	vmcb.rip = 0;
	vmcb.rflags = s->flags;
	fault = -1;
	svm_npf(&v, address, 0);
	s->gpr = v.gpr;
	s->gpr.rax = vmcb.rax;
	s->flags = vmcb.rflags;
}

/* What is not the same on every processor: after and, or, xor, test one flag; after those of bits, all but the carry. */
static uint64_t defined(const uint8_t *at)
{
	uint8_t field = at[1] >> 3 & 7, op = at[0] < 0x40 ? at[0] >> 3 : at[0] >= 0x80 && at[0] < 0x84 ? field : 0;

	if (at[0] == 0x0f && (at[1] == 0xba || (at[1] & 0xe7) == 0xa3))
		return CARRY;
	if (op == 1 || op == 4 || op == 6 || (at[0] & 0xfe) == 0x84 || ((at[0] & 0xfe) == 0xf6 && !(field & 6)))
		return ARITHMETIC & ~AUXILIARY;
	return ARITHMETIC;
}

/* The same bytes here and there. */
static void both(unsigned len, const uint8_t *opcode, uint64_t address, unsigned size)
{
	uint64_t cell = address == NOWHERE ? UINT64_MAX : chance(), flags = defined(opcode);
	struct state here = { .flags = 0x202 | (chance() & ARITHMETIC) }, there;
	uint64_t *regs = (uint64_t *)&here.gpr;

	for (unsigned i = 0; i < 16; i++)
		regs[i] = chance() >> chance_below(64);
	/* Some that are equal, for what compares; an offset of a bit is of this cell's. */
	if (chance_below(2))
		here.gpr.rax = cell;
	if (opcode[0] == 0x0f && (opcode[1] & 0xe7) == 0xa3)
		for (unsigned i = 0; i < 16; i++)
			regs[i] &= 8 * size - 1;
	there = here;
	reg = (uint32_t)cell;
	emulate(&there, address);
	here.gpr.rbx = (uintptr_t)&cell;
	memcpy(place, code, len);
	place[len] = 0xc3;
	native(&here, place);
	here.gpr.rbx = there.gpr.rbx;
	if (fault >= 0 || vmcb.rip != len)
		fail_msg("%02x %02x %02x: fault %d, %lu bytes of %u", code[0], code[1], code[2], fault, vmcb.rip, len);
	if ((here.flags ^ there.flags) & flags)
		fail_msg("%02x %02x %02x %02x: flags %lx, not %lx", code[0], code[1], code[2], code[3], there.flags,
			 here.flags);
	if (memcmp(&here.gpr, &there.gpr, sizeof(here.gpr)))
		fail_msg("%02x %02x %02x %02x: registers", code[0], code[1], code[2], code[3]);
	if (address == APIC && (reg ^ (uint32_t)cell))
		fail_msg("%02x %02x %02x %02x: memory %x, not %x", code[0], code[1], code[2], code[3], reg, (uint32_t)cell);
}

/* Opcode, the field of ModRM (-1: any register), bytes of a constant (4: as many as an operand has, up to 4). */
static const struct { uint8_t second, opcode; int field; unsigned constant; bool byte;
} forms[] = {
	{ 0, 0x84, -1, 0, true },     { 0, 0x85, -1, 0, false },    { 0, 0x86, -1, 0, true },
	{ 0, 0x87, -1, 0, false },    { 0, 0xf6, 0, 1, true },      { 0, 0xf6, 1, 1, true },
	{ 0, 0xf7, 0, 4, false },     { 0, 0xf6, 2, 0, true },      { 0, 0xf7, 2, 0, false },
	{ 0, 0xf6, 3, 0, true },      { 0, 0xf7, 3, 0, false },     { 0, 0xfe, 0, 0, true },
	{ 0, 0xfe, 1, 0, true },      { 0, 0xff, 0, 0, false },     { 0, 0xff, 1, 0, false },
	{ 0x0f, 0xa3, -1, 0, false }, { 0x0f, 0xab, -1, 0, false }, { 0x0f, 0xb3, -1, 0, false },
	{ 0x0f, 0xbb, -1, 0, false }, { 0x0f, 0xba, 4, 1, false },  { 0x0f, 0xba, 5, 1, false },
	{ 0x0f, 0xba, 6, 1, false },  { 0x0f, 0xba, 7, 1, false },  { 0x0f, 0xb0, -1, 0, true },
	{ 0x0f, 0xb1, -1, 0, false }, { 0x0f, 0xc0, -1, 0, true },  { 0x0f, 0xc1, -1, 0, false },
	{ 0, 0x88, -1, 0, true },     { 0, 0x89, -1, 0, false },    { 0, 0x8a, -1, 0, true },
	{ 0, 0x8b, -1, 0, false },    { 0, 0xc6, 0, 1, true },      { 0, 0xc7, 0, 4, false },
	{ 0x0f, 0xb6, -1, 0, false },
};

/* One with (%rbx), of a size by chance; returns where its opcode is. */
static const uint8_t *assemble(unsigned *len, uint8_t second, uint8_t opcode, int field, unsigned constant, bool byte,
			       unsigned *size)
{
	static const uint8_t usable[] = { 0, 1, 2, 6, 7, 8, 9 }, high[] = { 0, 1, 2, 4, 5, 6 };
	unsigned at = 0, nr = usable[chance_below(sizeof(usable))];
	const uint8_t *start;
	bool rex;

	*size = byte ? 1 : 2u << chance_below(3);
	rex = *size == 8 || nr >= 8 || (byte && chance_below(2));
	if (byte && !rex)
		nr = high[chance_below(sizeof(high))];
	if (*size == 2)
		code[at++] = 0x66;
	if (rex)
		code[at++] = (uint8_t)(0x40 | (*size == 8 ? 8 : 0) | (nr >= 8 ? 4 : 0));
	start = code + at;
	if (second)
		code[at++] = second;
	code[at++] = opcode;
	code[at++] = (uint8_t)((field < 0 ? nr & 7 : (unsigned)field) << 3 | 3);
	for (unsigned i = 0; i < (constant == 4 ? MIN(*size, 4u) : constant); i++)
		code[at++] = (uint8_t)chance();
	*len = at;
	return start;
}

static void one(uint8_t second, uint8_t opcode, int field, unsigned constant, bool byte)
{
	unsigned len, size;
	const uint8_t *start = assemble(&len, second, opcode, field, constant, byte, &size);

	both(len, start, size == 8 || chance_below(4) == 0 ? NOWHERE : APIC, size);
}

static void test_as_here(void **state)
{
	chance_seed(3);
	for (unsigned round = 0; round < 200; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
			one(forms[i].second, forms[i].opcode, forms[i].field, forms[i].constant, forms[i].byte);
		for (int op = 0; op < 8; op++) {
			for (unsigned form = 0; form < 4; form++)
				one(0, (uint8_t)(op << 3 | form), -1, 0, !(form & 1));
			one(0, 0x80, op, 1, true);
			one(0, 0x81, op, 4, false);
			one(0, 0x83, op, 1, false);
		}
	}
}

static void test_lock(void **state)
{
	struct state s = { .flags = 2, .gpr.rcx = 5 };

	memcpy(code, "\xf0\x01\x0b", 3);
	reg = 7;
	emulate(&s, APIC);
	assert_int_equal(reg, 12);
	assert_int_equal(vmcb.rip, 3);
	/* A part of a register. */
	memcpy(code, "\x80\x0b\x80", 3);
	reg = 0x12345678;
	emulate(&s, APIC + 1);
	assert_int_equal(reg, 0x1234d678);
	/* What is behind it is nothing, and what goes beyond it is not done. */
	emulate(&s, APIC + 15);
	assert_int_equal(vmcb.rip, 3);
	memcpy(code, "\x83\x0b\x01", 3);
	emulate(&s, APIC + 2);
	assert_int_equal(vmcb.rip, 3);
	assert_int_equal(reg, 0x1234d678);
}

/* The registers' 32 bits are pushed by a guest of 32 bits; one of 64 finds nothing behind them. */
static void test_push(void **state)
{
	struct state s = { .flags = 2 };

	memcpy(code, "\xff\x33", 2);
	reg = 0x12345678;
	vmcb.efer = 0;
	vmcb.ss = (struct vmcb_segment){ .attributes = SEGMENT_BIG, .base = 0x1000 };
	vmcb.cs.attributes = SEGMENT_BIG;
	vmcb.rsp = 0x1010;
	stack[1] = UINT64_MAX;
	emulate(&s, APIC);
	assert_int_equal(vmcb.rsp, 0x100c);
	assert_int_equal(stack[1], 0x12345678ffffffff);
	assert_int_equal(vmcb.rip, 2);
	vmcb.efer = 0x400;
	vmcb.rsp = STACK + 16;
	emulate(&s, NOWHERE);
	assert_int_equal(vmcb.rsp, STACK + 8);
	assert_int_equal(stack[1], UINT64_MAX);
	/* Where there is no room, a fault, and nothing has happened. */
	no_stack = true;
	emulate(&s, APIC);
	assert_int_equal(fault, 14);
	assert_int_equal(vmcb.rip, 0);
	assert_int_equal(vmcb.rsp, STACK + 8);
	no_stack = false;
	vmcb.cpl = 3;
	emulate(&s, APIC);
	assert_int_equal(fault, 13);
	assert_int_equal(vmcb.rsp, STACK + 8);
}

/* What is not known is refused. */
static void test_refused(void **state)
{
	static const char unknown[][4] = { "\xf7\x23",     "\xf6\x3b",     "\xff\x13", "\xff\x23", "\xfe\x33",
					   "\x0f\xba\x03", "\x0f\x28\x03", "\xc7\x0b", "\xd9\x03" };
	struct state s = { .flags = 2 };

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		memset(code, 0, sizeof(code));
		memcpy(code, unknown[i], 4);
		reg = 77;
		emulate(&s, APIC);
		assert_int_equal(fault, 13);
		assert_int_equal(vmcb.rip, 0);
		assert_int_equal(reg, 77);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_as_here, setup),
		cmocka_unit_test_setup(test_lock, setup),
		cmocka_unit_test_setup(test_push, setup),
		cmocka_unit_test_setup(test_refused, setup),
	};

	return cmocka_run_group_tests_name("core npf", tests, NULL, NULL);
}
