/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prefixes, opcode, ModRM: as far as the moves need them. Where the memory is, the exit tells; here only lengths count.
 */
#include "xen-core/svm/decode.h"

#include "xen-core/lib/lib.h"

struct reader {
	const uint8_t *code;
	unsigned at, bits, operand, rex;
	bool wide;			/* the operand-size prefix */
};

static const struct row {
	uint8_t opcode;
	bool second;			/* behind 0f */
	enum insn_kind kind;
	uint8_t size;			/* of the memory; 0: that of operands */
	enum { MODRM, CONSTANT, OFFSET, STRING } form;
	bool extends, sign;
} rows[] = {
	{ 0x6c, false, INSN_INS, 1, STRING, false, false },
	{ 0x6d, false, INSN_INS, 0, STRING, false, false },
	{ 0x6e, false, INSN_OUTS, 1, STRING, false, false },
	{ 0x6f, false, INSN_OUTS, 0, STRING, false, false },
	{ 0x88, false, INSN_STORE, 1, MODRM, false, false },
	{ 0x89, false, INSN_STORE, 0, MODRM, false, false },
	{ 0x8a, false, INSN_LOAD, 1, MODRM, false, false },
	{ 0x8b, false, INSN_LOAD, 0, MODRM, false, false },
	{ 0xc6, false, INSN_STORE, 1, CONSTANT, false, false },
	{ 0xc7, false, INSN_STORE, 0, CONSTANT, false, false },
	{ 0xa0, false, INSN_LOAD, 1, OFFSET, false, false },
	{ 0xa1, false, INSN_LOAD, 0, OFFSET, false, false },
	{ 0xa2, false, INSN_STORE, 1, OFFSET, false, false },
	{ 0xa3, false, INSN_STORE, 0, OFFSET, false, false },
	{ 0xa4, false, INSN_MOVS, 1, STRING, false, false },
	{ 0xa5, false, INSN_MOVS, 0, STRING, false, false },
	{ 0xaa, false, INSN_STOS, 1, STRING, false, false },
	{ 0xab, false, INSN_STOS, 0, STRING, false, false },
	{ 0xb6, true, INSN_LOAD, 1, MODRM, true, false },
	{ 0xb7, true, INSN_LOAD, 2, MODRM, true, false },
	{ 0xbe, true, INSN_LOAD, 1, MODRM, true, true },
	{ 0xbf, true, INSN_LOAD, 2, MODRM, true, true },
};

static const struct row *row_find(uint8_t opcode, bool second)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].opcode == opcode && rows[i].second == second)
			return &rows[i];
	return NULL;
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

/* Of an operand's size, but four bytes at most, and by its sign. */
static bool constant(struct reader *r, struct insn *insn)
{
	unsigned len = MIN((unsigned)insn->size, 4u);
	uint64_t value = 0;

	if (r->at + len > INSN_BYTES)
		return false;
	for (unsigned i = 0; i < len; i++)
		value |= (uint64_t)r->code[r->at++] << 8 * i;
	if (insn->size == 8)
		value = (uint64_t)(int64_t)(int32_t)value;
	insn->constant = true;
	insn->value = value;
	return true;
}

static bool modrm(struct reader *r, struct insn *insn, bool takes_constant)
{
	uint8_t byte;

	if (r->at + 2 > INSN_BYTES)
		return false;
	byte = r->code[r->at];
	if (byte >> 6 == 3 || (takes_constant && (byte & 0x38)))
		return false;
	insn->reg = (uint8_t)((byte >> 3 & 7) | (r->rex & 4) << 1);
	r->at += 1 + displacement(r->code + r->at, insn->address);
	/* Without REX numbers 4 to 7 of bytes are the second ones of 0 to 3. */
	if (insn->reg_size == 1 && !r->rex && insn->reg >= 4) {
		insn->reg -= 4;
		insn->high = true;
	}
	return !takes_constant || constant(r, insn);
}

bool insn_decode(struct insn *insn, const uint8_t code[INSN_BYTES], unsigned bits)
{
	struct reader r = { .code = code, .bits = bits };
	const struct row *row;
	bool second, ok = true;

	*insn = (struct insn){ .kind = INSN_LOAD };
	if (!prefixes(&r, insn))
		return false;
	r.operand = (r.rex & 8) ? 8 : (bits == 16) != r.wide ? 2 : 4;
	second = code[r.at] == 0x0f;
	r.at += second;
	row = r.at < INSN_BYTES ? row_find(code[r.at++], second) : NULL;
	if (!row)
		return false;
	insn->kind = row->kind;
	insn->size = row->size ? row->size : (uint8_t)r.operand;
	insn->reg_size = row->extends ? (uint8_t)r.operand : insn->size;
	insn->sign = row->sign;
	if (row->form == MODRM || row->form == CONSTANT)
		ok = modrm(&r, insn, row->form == CONSTANT);
	else if (row->form == OFFSET)
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
