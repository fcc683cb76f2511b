/* SPDX-License-Identifier: GPL-2.0-or-later
 * Arithmetic as the processor does it, flags included (AMD64 APM 3).
 */
#include "xen-core/svm/decode.h"

#include "xen-core/lib/lib.h"

enum { CF = 0x1, PF = 0x4, AF = 0x10, ZF = 0x40, SF = 0x80, OF = 0x800, ARITHMETIC = CF | PF | AF | ZF | SF | OF };

/* The sign of a value of so many bytes. */
static bool top(uint64_t value, unsigned size)
{
	return value >> (8 * size - 1) & 1;
}

static uint64_t cut(uint64_t value, unsigned size)
{
	return size == 8 ? value : value & (BIT(8 * size) - 1);
}

/* carries: out of each bit. */
static uint64_t set(uint64_t *flags, uint64_t result, unsigned size, uint64_t carries, bool overflow, uint64_t changed)
{
	uint64_t now = (cut(result, size) ? 0 : ZF) | (top(result, size) ? SF : 0) |
		       (__builtin_parity(result & 0xff) ? 0 : PF) | (top(carries, size) ? CF : 0) |
		       (carries & 8 ? AF : 0) | (overflow ? OF : 0);

	*flags = (*flags & ~changed) | (now & changed);
	return cut(result, size);
}

/* A difference is the sum with what b has not, and carries are what it need not borrow: invert has all bits then. */
static uint64_t add(unsigned size, uint64_t a, uint64_t b, bool carry, uint64_t invert, uint64_t *flags, uint64_t changed)
{
	uint64_t with = b ^ invert, result = a + with + (carry != (invert & 1));

	return set(flags, result, size, ((a & with) | ((a | with) & ~result)) ^ invert,
		   top((a ^ result) & (with ^ result), size), changed);
}

/* The bit's old value is the carry; nothing else changes. */
static uint64_t bit(enum insn_op op, uint64_t a, uint64_t mask, uint64_t *flags)
{
	*flags = (*flags & ~(uint64_t)CF) | (a & mask ? CF : 0);
	return op == OP_BTS ? a | mask : op == OP_BTR ? a & ~mask : op == OP_BTC ? a ^ mask : a;
}

uint64_t alu(enum insn_op op, unsigned size, uint64_t a, uint64_t b, uint64_t *flags)
{
	const uint64_t sub = UINT64_MAX;
	bool carry = *flags & CF;

	switch (op) {
	case OP_ADD:
		return add(size, a, b, false, 0, flags, ARITHMETIC);
	case OP_ADC:
		return add(size, a, b, carry, 0, flags, ARITHMETIC);
	case OP_INC:
		return add(size, a, 1, false, 0, flags, ARITHMETIC & ~CF);
	case OP_SUB:
	case OP_CMP:
		return add(size, a, b, false, sub, flags, ARITHMETIC);
	case OP_SBB:
		return add(size, a, b, carry, sub, flags, ARITHMETIC);
	case OP_DEC:
		return add(size, a, 1, false, sub, flags, ARITHMETIC & ~CF);
	case OP_NEG:
		return add(size, 0, a, false, sub, flags, ARITHMETIC);
	case OP_OR:
		return set(flags, a | b, size, 0, false, ARITHMETIC);
	case OP_AND:
	case OP_TEST:
	case OP_TEST_TOO:
		return set(flags, a & b, size, 0, false, ARITHMETIC);
	case OP_XOR:
		return set(flags, a ^ b, size, 0, false, ARITHMETIC);
	case OP_NOT:
		return cut(~a, size);
	default:
		return bit(op, a, BIT(b & (8 * size - 1)), flags);
	}
}

bool alu_writes(enum insn_op op)
{
	return op != OP_CMP && op != OP_TEST && op != OP_TEST_TOO && op != OP_BT;
}
