/* SPDX-License-Identifier: GPL-2.0-or-later
 * Arithmetic as the processor does it, flags included (AMD64 APM 3).
 */
#include "xen-core/svm/alu.h"

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

static uint64_t of_result(uint64_t result, unsigned size)
{
	return (cut(result, size) ? 0 : ZF) | (top(result, size) ? SF : 0) | (__builtin_parity(result & 0xff) ? 0 : PF);
}

/* carries: out of each bit. */
static uint64_t set(uint64_t *flags, uint64_t result, unsigned size, uint64_t carries, bool overflow, uint64_t changed)
{
	uint64_t now = of_result(result, size) | (top(carries, size) ? CF : 0) | (carries & 8 ? AF : 0) | (overflow ? OF : 0);

	*flags = (*flags & ~changed) | (now & changed);
	return cut(result, size);
}

static uint64_t add(unsigned size, uint64_t a, uint64_t b, uint64_t carry, uint64_t *flags, uint64_t changed)
{
	uint64_t result = a + b + carry;

	return set(flags, result, size, (a & b) | ((a | b) & ~result), top((a ^ result) & (b ^ result), size), changed);
}

static uint64_t subtract(unsigned size, uint64_t a, uint64_t b, uint64_t carry, uint64_t *flags, uint64_t changed)
{
	uint64_t result = a - b - carry;

	return set(flags, result, size, (~a & b) | ((~a | b) & result), top((a ^ b) & (a ^ result), size), changed);
}

/* The bit's old value is the carry; nothing else changes. */
static uint64_t bit(enum insn_op op, unsigned size, uint64_t a, uint64_t b, uint64_t *flags)
{
	uint64_t mask = BIT(b & (8 * size - 1));

	*flags = (*flags & ~(uint64_t)CF) | (a & mask ? CF : 0);
	return op == OP_BTS ? a | mask : op == OP_BTR ? a & ~mask : op == OP_BTC ? a ^ mask : a;
}

uint64_t alu(enum insn_op op, unsigned size, uint64_t a, uint64_t b, uint64_t *flags)
{
	uint64_t carry = *flags & CF;

	switch (op) {
	case OP_ADD:
		return add(size, a, b, 0, flags, ARITHMETIC);
	case OP_ADC:
		return add(size, a, b, carry, flags, ARITHMETIC);
	case OP_INC:
		return add(size, a, 1, 0, flags, ARITHMETIC & ~CF);
	case OP_SUB:
	case OP_CMP:
		return subtract(size, a, b, 0, flags, ARITHMETIC);
	case OP_SBB:
		return subtract(size, a, b, carry, flags, ARITHMETIC);
	case OP_DEC:
		return subtract(size, a, 1, 0, flags, ARITHMETIC & ~CF);
	case OP_NEG:
		return subtract(size, 0, a, 0, flags, ARITHMETIC);
	case OP_OR:
		return set(flags, a | b, size, 0, false, ARITHMETIC);
	case OP_AND:
	case OP_TEST:
		return set(flags, a & b, size, 0, false, ARITHMETIC);
	case OP_XOR:
		return set(flags, a ^ b, size, 0, false, ARITHMETIC);
	case OP_NOT:
		return cut(~a, size);
	case OP_BT:
	case OP_BTS:
	case OP_BTR:
	case OP_BTC:
		return bit(op, size, a, b, flags);
	default:
		return a;
	}
}

bool alu_writes(enum insn_op op)
{
	return op != OP_CMP && op != OP_TEST && op != OP_BT;
}
