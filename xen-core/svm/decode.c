/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prefixes, opcode, ModRM: as far as is needed. Where the memory is, the exit tells; here only lengths count.
 */
#include "xen-core/svm/decode.h"

#include "xen-core/lib/lib.h"

struct reader {
	const uint8_t *code;
	unsigned at, bits, operand, rex;
	bool wide;			/* the operand-size prefix */
};

/* Operations that bits 3 to 5 of ModRM choose: from the first on, as many as there are. */
struct group {
	uint8_t first, nr;
	enum insn_op op;
};

static const struct group only_mov = { 0, 1, OP_ADD }, group_1 = { 0, 8, OP_ADD }, group_3 = { 0, 4, OP_TEST }, group_4 = {
	0, 2, OP_INC,
},
			  group_8 = { 4, 4, OP_BT };

enum { BYTE = 1, SECOND = 2, EXTENDS = 4, SIGN = 8, CONSTANT = 16, CONSTANT_8 = 32, TO_REG = 64, OFFSET = 128, STRING = 256 };

struct row {
	uint8_t opcode, size;		/* of the memory; 0: that of operands */
	enum insn_kind kind;
	/* BYTE: an opcode that is one less means a byte. SECOND: behind 0f. CONSTANT_8: a byte, by its sign */
	unsigned flags;
	enum insn_op op;
	const struct group *group;
};

static const struct row rows[] = {
	{ 0x6d, 0, INSN_INS, BYTE | STRING },
	{ 0x6f, 0, INSN_OUTS, BYTE | STRING },
	{ 0x89, 0, INSN_STORE, BYTE },
	{ 0x8b, 0, INSN_LOAD, BYTE },
	{ 0xc7, 0, INSN_STORE, BYTE | CONSTANT, .group = &only_mov },
	{ 0xa1, 0, INSN_LOAD, BYTE | OFFSET },
	{ 0xa3, 0, INSN_STORE, BYTE | OFFSET },
	{ 0xa5, 0, INSN_MOVS, BYTE | STRING },
	{ 0xab, 0, INSN_STOS, BYTE | STRING },
	{ 0xb7, 2, INSN_LOAD, BYTE | SECOND | EXTENDS },
	{ 0xbf, 2, INSN_LOAD, BYTE | SECOND | EXTENDS | SIGN },
	{ 0x81, 0, INSN_OPERATE, BYTE | CONSTANT, .group = &group_1 },
	{ 0x83, 0, INSN_OPERATE, CONSTANT_8, .group = &group_1 },
	{ 0x85, 0, INSN_OPERATE, BYTE, OP_TEST },
	{ 0x87, 0, INSN_OPERATE, BYTE, OP_XCHG },
	{ 0xf7, 0, INSN_OPERATE, BYTE | CONSTANT, .group = &group_3 },
	{ 0xff, 0, INSN_OPERATE, BYTE, .group = &group_4 },
	{ 0xa3, 0, INSN_OPERATE, SECOND, OP_BT },
	{ 0xab, 0, INSN_OPERATE, SECOND, OP_BTS },
	{ 0xb3, 0, INSN_OPERATE, SECOND, OP_BTR },
	{ 0xbb, 0, INSN_OPERATE, SECOND, OP_BTC },
	{ 0xba, 0, INSN_OPERATE, SECOND | CONSTANT_8, .group = &group_8 },
	{ 0xb1, 0, INSN_OPERATE, BYTE | SECOND, OP_CMPXCHG },
	{ 0xc1, 0, INSN_OPERATE, BYTE | SECOND, OP_XADD },
};

static bool row_find(uint8_t opcode, bool second, struct row *row)
{
	/* Eight operations, each on memory or a register, by bytes or more. */
	if (!second && opcode < 0x40 && (opcode & 7) < 4) {
		*row = (struct row){ opcode | 1, 0, INSN_OPERATE, BYTE | (opcode & 2 ? TO_REG : 0), opcode >> 3 };
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		*row = rows[i];
		if (second == !!(row->flags & SECOND) &&
		    (opcode == row->opcode || ((row->flags & BYTE) && opcode + 1 == row->opcode)))
			return true;
	}
	return false;
}

/* Which come in any order; REX is the last, or has no meaning. */
static bool prefixes(struct reader *r, struct insn *insn)
{
	insn->address = (uint8_t)(r->bits / 8);
	for (; r->at < INSN_BYTES; r->at++) {
		uint8_t byte = r->code[r->at];

		if (byte == 0x66) {
			r->wide = true;
		} else if (byte == 0x67) {
			insn->address = r->bits == 32 ? 2 : 4;
		} else if (byte == 0xf2 || byte == 0xf3) {
			insn->rep = true;
		} else if (byte == 0xf0) {
			/* Whoever emulates it does so alone. */
		} else if (byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e || byte == 0x64 || byte == 0x65) {
			insn->segment = byte;
		} else if (r->bits == 64 && (byte & 0xf0) == 0x40) {
			r->rex = byte;
			continue;
		} else {
			return true;
		}
		r->rex = 0;
	}
	return false;
}

/* Bytes that name the memory behind ModRM: SIB, displacement. */
static unsigned displacement(const uint8_t *modrm, unsigned address)
{
	unsigned mod = modrm[0] >> 6, rm = modrm[0] & 7, len = 0;

	if (address == 2)
		return mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 6) ? 2 : 0;
	if (rm == 4)
		len = mod == 0 && (modrm[1] & 7) == 5 ? 5 : 1;
	else if (mod == 0 && rm == 5)
		len = 4;
	return len + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

/* Of an operand's size, but four bytes at most, or of one byte; by its sign. */
static bool constant(struct reader *r, struct insn *insn, bool one_byte)
{
	unsigned len = one_byte ? 1 : MIN((unsigned)insn->size, 4u);
	uint64_t value = 0;

	if (r->at + len > INSN_BYTES)
		return false;
	for (unsigned i = 0; i < len; i++)
		value |= (uint64_t)r->code[r->at++] << 8 * i;
	if (one_byte)
		value = (uint64_t)(int64_t)(int8_t)value;
	else if (insn->size == 8)
		value = (uint64_t)(int64_t)(int32_t)value;
	insn->constant = true;
	insn->value = value;
	return true;
}

/* What is chosen by the bits of ModRM that would name a register. */
static bool choose(const struct reader *r, struct insn *insn, const struct group *group, uint8_t which)
{
	if (group == &group_4 && which == 6 && insn->size > 1) {
		/* Its operand has 64 bits without being asked. */
		insn->op = OP_PUSH;
		if (r->bits == 64)
			insn->size = insn->reg_size = r->wide ? 2 : 8;
		return true;
	}
	insn->op = group->op + which - group->first;
	return which >= group->first && which < group->first + group->nr;
}

static bool modrm(struct reader *r, struct insn *insn, const struct row *row)
{
	uint8_t byte, field;

	if (r->at + 2 > INSN_BYTES)
		return false;
	byte = r->code[r->at];
	field = byte >> 3 & 7;
	if (byte >> 6 == 3 || (row->group && !choose(r, insn, row->group, field)))
		return false;
	insn->reg = (uint8_t)(field | (r->rex & 4) << 1);
	r->at += 1 + displacement(r->code + r->at, insn->address);
	/* Without REX numbers 4 to 7 of bytes are the second ones of 0 to 3. */
	if (insn->reg_size == 1 && !r->rex && insn->reg >= 4) {
		insn->reg -= 4;
		insn->high = true;
	}
	if (!(row->flags & (CONSTANT | CONSTANT_8)) || insn->op == OP_NOT || insn->op == OP_NEG)
		return true;
	return constant(r, insn, row->flags & CONSTANT_8);
}

bool insn_decode(struct insn *insn, const uint8_t code[INSN_BYTES], unsigned bits)
{
	struct reader r = { .code = code, .bits = bits };
	struct row row;
	bool second, ok = true;

	*insn = (struct insn){ .kind = INSN_LOAD };
	if (!prefixes(&r, insn))
		return false;
	r.operand = (r.rex & 8) ? 8 : (bits == 16) != r.wide ? 2 : 4;
	second = code[r.at] == 0x0f;
	r.at += second;
	if (r.at == INSN_BYTES || !row_find(code[r.at++], second, &row))
		return false;
	insn->kind = row.kind;
	insn->op = row.op;
	insn->to_reg = row.flags & TO_REG;
	insn->size = code[r.at - 1] != row.opcode ? 1 : row.size ? row.size : (uint8_t)r.operand;
	insn->reg_size = row.flags & EXTENDS ? (uint8_t)r.operand : insn->size;
	insn->sign = row.flags & SIGN;
	if (row.flags & OFFSET)
		r.at += insn->address;
	else if (!(row.flags & STRING))
		ok = modrm(&r, insn, &row);
	insn->len = (uint8_t)r.at;
	return ok && r.at <= INSN_BYTES;
}

unsigned insn_length(const uint8_t code[INSN_BYTES], bool long_mode, const uint8_t *opcode, unsigned nr)
{
	struct reader r = { .code = code, .bits = long_mode ? 64 : 32 };
	struct insn insn = { 0 };

	if (!prefixes(&r, &insn) || r.at + nr > INSN_BYTES)
		return 0;
	for (unsigned i = 0; i < nr; i++)
		if (code[r.at + i] != opcode[i])
			return 0;
	return r.at + nr;
}
