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

/* Operations that bits 3 to 5 of ModRM choose. */
static const enum insn_op only_mov[8] = { [1] = OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE };
static const enum insn_op group_1[8] = { OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP };
static const enum insn_op group_3[8] = { OP_TEST, OP_TEST, OP_NOT, OP_NEG, OP_NONE, OP_NONE, OP_NONE, OP_NONE };
static const enum insn_op group_4[8] = { OP_INC, OP_DEC, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_NONE };
static const enum insn_op group_5[8] = { OP_INC, OP_DEC, OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_PUSH, OP_NONE };
static const enum insn_op group_8[8] = { OP_NONE, OP_NONE, OP_NONE, OP_NONE, OP_BT, OP_BTS, OP_BTR, OP_BTC };

struct row {
	uint8_t opcode;
	bool second;			/* behind 0f */
	enum insn_kind kind;
	uint8_t size;			/* of the memory; 0: that of operands */
	enum { MODRM, OFFSET, STRING } form;
	bool extends, sign;
	enum { NO_CONSTANT, CONSTANT, CONSTANT_8 } constant;	/* the second one is a byte, extended by its sign */
	enum insn_op op;
	const enum insn_op *group;
	bool to_reg;
};

#define OPERATE(code, behind_0f, bytes, ...) { .opcode = code, .second = behind_0f, .kind = INSN_OPERATE, .size = bytes, __VA_ARGS__ }

static const struct row rows[] = {
	{ 0x6c, false, INSN_INS, 1, STRING },
	{ 0x6d, false, INSN_INS, 0, STRING },
	{ 0x6e, false, INSN_OUTS, 1, STRING },
	{ 0x6f, false, INSN_OUTS, 0, STRING },
	{ 0x88, false, INSN_STORE, 1, MODRM },
	{ 0x89, false, INSN_STORE, 0, MODRM },
	{ 0x8a, false, INSN_LOAD, 1, MODRM },
	{ 0x8b, false, INSN_LOAD, 0, MODRM },
	{ 0xc6, false, INSN_STORE, 1, MODRM, .constant = CONSTANT, .group = only_mov },
	{ 0xc7, false, INSN_STORE, 0, MODRM, .constant = CONSTANT, .group = only_mov },
	{ 0xa0, false, INSN_LOAD, 1, OFFSET },
	{ 0xa1, false, INSN_LOAD, 0, OFFSET },
	{ 0xa2, false, INSN_STORE, 1, OFFSET },
	{ 0xa3, false, INSN_STORE, 0, OFFSET },
	{ 0xa4, false, INSN_MOVS, 1, STRING },
	{ 0xa5, false, INSN_MOVS, 0, STRING },
	{ 0xaa, false, INSN_STOS, 1, STRING },
	{ 0xab, false, INSN_STOS, 0, STRING },
	{ 0xb6, true, INSN_LOAD, 1, MODRM, .extends = true },
	{ 0xb7, true, INSN_LOAD, 2, MODRM, .extends = true },
	{ 0xbe, true, INSN_LOAD, 1, MODRM, .extends = true, .sign = true },
	{ 0xbf, true, INSN_LOAD, 2, MODRM, .extends = true, .sign = true },
	OPERATE(0x80, false, 1, .constant = CONSTANT, .group = group_1),
	OPERATE(0x81, false, 0, .constant = CONSTANT, .group = group_1),
	OPERATE(0x83, false, 0, .constant = CONSTANT_8, .group = group_1),
	OPERATE(0x84, false, 1, .op = OP_TEST),
	OPERATE(0x85, false, 0, .op = OP_TEST),
	OPERATE(0x86, false, 1, .op = OP_XCHG),
	OPERATE(0x87, false, 0, .op = OP_XCHG),
	OPERATE(0xf6, false, 1, .constant = CONSTANT, .group = group_3),
	OPERATE(0xf7, false, 0, .constant = CONSTANT, .group = group_3),
	OPERATE(0xfe, false, 1, .group = group_4),
	OPERATE(0xff, false, 0, .group = group_5),
	OPERATE(0xa3, true, 0, .op = OP_BT),
	OPERATE(0xab, true, 0, .op = OP_BTS),
	OPERATE(0xb3, true, 0, .op = OP_BTR),
	OPERATE(0xbb, true, 0, .op = OP_BTC),
	OPERATE(0xba, true, 0, .constant = CONSTANT_8, .group = group_8),
	OPERATE(0xb0, true, 1, .op = OP_CMPXCHG),
	OPERATE(0xb1, true, 0, .op = OP_CMPXCHG),
	OPERATE(0xc0, true, 1, .op = OP_XADD),
	OPERATE(0xc1, true, 0, .op = OP_XADD),
};

static bool row_find(uint8_t opcode, bool second, struct row *row)
{
	/* Eight operations, each on memory or a register, by bytes or more. */
	if (!second && opcode < 0x40 && (opcode & 7) < 4) {
		*row = (struct row)OPERATE(opcode, false, !(opcode & 1), .op = opcode >> 3, .to_reg = opcode & 2);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].opcode == opcode && rows[i].second == second) {
			*row = rows[i];
			return true;
		}
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
static bool choose(const struct reader *r, struct insn *insn, const enum insn_op *group, uint8_t which)
{
	insn->op = group[which];
	/* Its operand has 64 bits without being asked. */
	if (insn->op == OP_PUSH && r->bits == 64)
		insn->size = insn->reg_size = r->wide ? 2 : 8;
	return insn->op != OP_NONE;
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
	if (row->constant == NO_CONSTANT || (row->group == group_3 && insn->op != OP_TEST))
		return true;
	return constant(r, insn, row->constant == CONSTANT_8);
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
	insn->to_reg = row.to_reg;
	insn->size = row.size ? row.size : (uint8_t)r.operand;
	insn->reg_size = row.extends ? (uint8_t)r.operand : insn->size;
	insn->sign = row.sign;
	if (row.form == MODRM)
		ok = modrm(&r, insn, &row);
	else if (row.form == OFFSET)
		r.at += insn->address;
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
