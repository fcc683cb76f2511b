/* SPDX-License-Identifier: GPL-2.0-or-later
 * Moves and their lengths, as an assembler makes them; then any bytes at all.
 */
#include <stdlib.h>

#include "tests/core/core_check.h"

#include "xen-core/svm/decode.h"

#define L INSN_LOAD
#define S INSN_STORE

static const struct known {
	const char *text;
	char code[INSN_BYTES + 1];
	unsigned bits, len;
	enum insn_kind kind;
	unsigned size, reg, reg_size;
	bool high, sign, constant, rep;
	unsigned address;
	uint64_t value;
} known[] = {
	{ "mov (%rbx),%al", "\x8a\x03", 64, 2, L, 1, 0, 1, .address = 8 },
	{ "mov (%rbx),%ah", "\x8a\x23", 64, 2, L, 1, 0, 1, .high = true, .address = 8 },
	{ "mov (%rbx),%spl", "\x40\x8a\x23", 64, 3, L, 1, 4, 1, .address = 8 },
	{ "mov (%rbx),%r12b", "\x44\x8a\x23", 64, 3, L, 1, 12, 1, .address = 8 },
	{ "mov (%rbx),%dx", "\x66\x8b\x13", 64, 3, L, 2, 2, 2, .address = 8 },
	{ "mov (%rbx),%edx", "\x8b\x13", 64, 2, L, 4, 2, 4, .address = 8 },
	{ "mov (%rbx),%r15", "\x4c\x8b\x3b", 64, 3, L, 8, 15, 8, .address = 8 },
	{ "mov (%ebx),%eax", "\x67\x8b\x03", 64, 3, L, 4, 0, 4, .address = 4 },
	{ "mov %gs:0x10,%rax", "\x65\x48\x8b\x04\x25\x10\x00\x00\x00", 64, 9, L, 8, 0, 8, .address = 8 },
	{ "mov 0x12345678(%rip),%eax", "\x8b\x05\x78\x56\x34\x12", 64, 6, L, 4, 0, 4, .address = 8 },
	{ "mov 0x8(%rax,%rcx,4),%eax", "\x8b\x44\x88\x08", 64, 4, L, 4, 0, 4, .address = 8 },
	{ "mov 0x800(%rax,%rcx,4),%eax", "\x8b\x84\x88\x00\x08\x00\x00", 64, 7, L, 4, 0, 4, .address = 8 },
	{ "mov (%rsp),%eax", "\x8b\x04\x24", 64, 3, L, 4, 0, 4, .address = 8 },
	{ "mov %ecx,0xb0(%rbx)", "\x89\x8b\xb0\x00\x00\x00", 64, 6, S, 4, 1, 4, .address = 8 },
	{ "mov %r9,(%rbx)", "\x4c\x89\x0b", 64, 3, S, 8, 9, 8, .address = 8 },
	{ "mov %ch,(%rbx)", "\x88\x2b", 64, 2, S, 1, 1, 1, .high = true, .address = 8 },
	{ "movb $7,(%rbx)", "\xc6\x03\x07", 64, 3, S, 1, 0, 1, .constant = true, .address = 8, .value = 7 },
	{ "movw $0x1234,(%rbx)", "\x66\xc7\x03\x34\x12", 64, 5, S, 2, 0, 2, .constant = true, .address = 8,
	  .value = 0x1234 },
	{ "movl $0x89abcdef,(%rbx)", "\xc7\x03\xef\xcd\xab\x89", 64, 6, S, 4, 0, 4, .constant = true, .address = 8,
	  .value = 0x89abcdef },
	{ "movq $-2,(%rbx)", "\x48\xc7\x03\xfe\xff\xff\xff", 64, 7, S, 8, 0, 8, .constant = true, .address = 8,
	  .value = ~1ull },
	{ "movabs 0x1122334455667788,%eax", "\xa1\x88\x77\x66\x55\x44\x33\x22\x11", 64, 9, L, 4, 0, 4, .address = 8 },
	{ "movabs %rax,0x1122334455667788", "\x48\xa3\x88\x77\x66\x55\x44\x33\x22\x11", 64, 10, S, 8, 0, 8,
	  .address = 8 },
	{ "mov 0x1234,%al", "\xa0\x34\x12\x00\x00", 32, 5, L, 1, 0, 1, .address = 4 },
	{ "mov %ax,0x1234", "\xa3\x34\x12", 16, 3, S, 2, 0, 2, .address = 2 },
	{ "movzbl (%rbx),%esi", "\x0f\xb6\x33", 64, 3, L, 1, 6, 4, .address = 8 },
	{ "movzwq (%rbx),%rsi", "\x48\x0f\xb7\x33", 64, 4, L, 2, 6, 8, .address = 8 },
	{ "movzbw (%rbx),%si", "\x66\x0f\xb6\x33", 64, 4, L, 1, 6, 2, .address = 8 },
	{ "movsbq (%rbx),%rsi", "\x48\x0f\xbe\x33", 64, 4, L, 1, 6, 8, .sign = true, .address = 8 },
	{ "movswl (%rbx),%esi", "\x0f\xbf\x33", 64, 3, L, 2, 6, 4, .sign = true, .address = 8 },
	{ "rep stosq", "\xf3\x48\xab", 64, 3, INSN_STOS, 8, 0, 8, .rep = true, .address = 8 },
	{ "movsb", "\xa4", 64, 1, INSN_MOVS, 1, 0, 1, .address = 8 },
	{ "rep movsl, 32-bit addresses", "\x67\xf3\xa5", 64, 3, INSN_MOVS, 4, 0, 4, .rep = true, .address = 4 },
	{ "rep insb", "\xf3\x6c", 64, 2, INSN_INS, 1, 0, 1, .rep = true, .address = 8 },
	{ "outsw", "\x66\x6f", 32, 2, INSN_OUTS, 2, 0, 2, .address = 4 },
	{ "mov (%bx,%si),%eax", "\x66\x8b\x00", 16, 3, L, 4, 0, 4, .address = 2 },
	{ "mov 0x1234,%cx", "\x8b\x0e\x34\x12", 16, 4, L, 2, 1, 2, .address = 2 },
	{ "mov 0x10(%bx),%cx", "\x8b\x4f\x10", 16, 3, L, 2, 1, 2, .address = 2 },
	{ "mov 0x1000(%bx),%cx", "\x8b\x8f\x00\x10", 16, 4, L, 2, 1, 2, .address = 2 },
	{ "mov (%eax),%cx", "\x67\x8b\x08", 16, 3, L, 2, 1, 2, .address = 4 },
	{ "mov 0x12345678,%ecx", "\x8b\x0d\x78\x56\x34\x12", 32, 6, L, 4, 1, 4, .address = 4 },
	{ "inc %eax; in 32 bits that is no REX", "\x40\x8b\x03", 32, 0, L, 0, 0, 0 },
	{ "REX before another prefix means nothing", "\x48\x66\x8b\x03", 64, 4, L, 2, 0, 2, .address = 8 },
	{ "mov %eax,%ecx", "\x89\xc1", 64, 0, L, 0, 0, 0 },
	{ "add %eax,(%rbx)", "\x01\x03", 64, 2, INSN_OPERATE, 4, 0, 4, .address = 8 },
	{ "lock xadd %r9,0x10(%rbx)", "\xf0\x4c\x0f\xc1\x4b\x10", 64, 6, INSN_OPERATE, 8, 9, 8, .address = 8 },
	{ "cmpl $-1,0xb0(%rbx)", "\x83\xbb\xb0\x00\x00\x00\xff", 64, 7, INSN_OPERATE, 4, 7, 4, .constant = true,
	  .address = 8, .value = ~0ull },
	{ "testb $0x80,(%rbx)", "\xf6\x03\x80", 64, 3, INSN_OPERATE, 1, 0, 1, .constant = true, .address = 8,
	  .value = 0x80 },
	{ "notw (%bx)", "\xf7\x17", 16, 2, INSN_OPERATE, 2, 2, 2, .address = 2 },
	{ "btl $17,(%ebx)", "\x0f\xba\x23\x11", 32, 4, INSN_OPERATE, 4, 4, 4, .constant = true, .address = 4,
	  .value = 17 },
	{ "push (%rbx)", "\xff\x33", 64, 2, INSN_OPERATE, 8, 6, 8, .address = 8 },
	{ "mul (%rbx)", "\xf7\x23", 64, 0, L, 0, 0, 0 },
	{ "c7 /1", "\xc7\x4b\x00\x00\x00\x00\x00", 64, 0, L, 0, 0, 0 },
	{ "0f 8b", "\x0f\x8b\x03", 64, 0, L, 0, 0, 0 },
};

/* On the heap, so that a byte too many is found out. */
static bool decode(struct insn *insn, const void *code, size_t len, unsigned bits)
{
	uint8_t *bytes = calloc(1, INSN_BYTES);
	bool ok;

	assert_non_null(bytes);
	memcpy(bytes, code, len);
	ok = insn_decode(insn, bytes, bits);
	free(bytes);
	return ok;
}

static void test_known(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct known *k = &known[i];
		struct insn insn;
		bool ok = decode(&insn, k->code, INSN_BYTES, k->bits);

		if (ok != (k->len > 0) || (ok && (insn.len != k->len || insn.kind != k->kind || insn.size != k->size ||
						  insn.address != k->address)))
			fail_msg("%s: len %u kind %u size %u address %u", k->text, insn.len, insn.kind, insn.size,
				 insn.address);
		if (!ok)
			continue;
		if (insn.high != k->high || insn.sign != k->sign || insn.constant != k->constant ||
		    insn.rep != k->rep || insn.value != k->value)
			fail_msg("%s: what it moves", k->text);
		if (!k->constant && (insn.reg != k->reg || insn.reg_size != k->reg_size))
			fail_msg("%s: register %u of %u", k->text, insn.reg, insn.reg_size);
	}
}

static void test_segments(void **state)
{
	struct insn insn;

	assert_true(decode(&insn, "\x64\x8b\x03", 3, 64));
	assert_int_equal(insn.segment, 0x64);
	assert_true(decode(&insn, "\x26\xa5", 2, 32));
	assert_int_equal(insn.segment, 0x26);
	assert_true(decode(&insn, "\xa5", 1, 32));
	assert_int_equal(insn.segment, 0);
}

static void test_too_long(void **state)
{
	uint8_t code[INSN_BYTES];
	struct insn insn;

	memset(code, 0x66, sizeof(code));
	assert_false(decode(&insn, code, sizeof(code), 64));
	code[14] = 0xa5;
	assert_true(decode(&insn, code, sizeof(code), 64));
	assert_int_equal(insn.len, 15);
	code[14] = 0x8b;
	assert_false(decode(&insn, code, sizeof(code), 64));
	code[14] = 0x0f;
	assert_false(decode(&insn, code, sizeof(code), 64));
	code[12] = 0xc7, code[13] = 0x03;
	assert_false(decode(&insn, code, sizeof(code), 32));
	code[7] = 0xa1;
	assert_false(decode(&insn, code, sizeof(code), 64));
	code[6] = 0xa1;
	assert_true(decode(&insn, code, sizeof(code), 64));
}

static void test_chance(void **state)
{
	static const uint8_t likely[] = { 0x48, 0x66, 0x67, 0x8b, 0x89, 0xc7, 0x0f, 0xb6, 0xbf, 0xa1, 0xa5, 0xf3, 0x04, 0x05 };
	static const unsigned bits[] = { 16, 32, 64 };
	unsigned understood = 0;

	chance_seed(7);
	for (unsigned step = 0; step < 200000; step++) {
		uint8_t code[INSN_BYTES];
		struct insn insn;

		for (unsigned i = 0; i < INSN_BYTES; i++)
			code[i] = chance_below(2) ? likely[chance_below(ARRAY_SIZE(likely))] : (uint8_t)chance();
		if (!decode(&insn, code, INSN_BYTES, bits[chance_below(3)]))
			continue;
		understood++;
		assert_in_range(insn.len, 1, INSN_BYTES);
		assert_in_range(insn.reg, 0, 15);
		assert_true(insn.size == 1 || insn.size == 2 || insn.size == 4 || insn.size == 8);
		assert_true(insn.address == 2 || insn.address == 4 || insn.address == 8);
		assert_true(insn.reg_size >= insn.size || insn.constant);
	}
	assert_true(understood > 1000);
}

static void test_length(void **state)
{
	static const uint8_t cpuid[] = { 0x0f, 0xa2 }, hlt[] = { 0xf4 };
	static const struct { char code[INSN_BYTES + 1]; bool long_mode; unsigned of_cpuid, of_hlt;
	} rows[] = {
		{ "\x0f\xa2", true, 2, 0 },
		{ "\x0f\xa2", false, 2, 0 },
		{ "\xf4", true, 0, 1 },
		{ "\x66\x0f\xa2", false, 3, 0 },
		{ "\x2e\xf2\x67\x0f\xa2", true, 5, 0 },
		{ "\x48\x0f\xa2", true, 3, 0 },
		{ "\x48\x0f\xa2", false, 0, 0 },
		{ "\xf3\xf4", false, 0, 2 },
		{ "\x4f\xf4", true, 0, 2 },
		{ "\x0f\x0f\xa2", true, 0, 0 },
		{ "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\xa2", true, 15, 0 },
		{ "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f", true, 0, 0 },
		{ "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\xf4", false, 0, 15 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint8_t *code = (const uint8_t *)rows[i].code;

		assert_int_equal(insn_length(code, rows[i].long_mode, cpuid, sizeof(cpuid)), rows[i].of_cpuid);
		assert_int_equal(insn_length(code, rows[i].long_mode, hlt, sizeof(hlt)), rows[i].of_hlt);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests_name("core decode", tests, NULL, NULL);
}
