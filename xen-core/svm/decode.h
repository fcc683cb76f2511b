/* SPDX-License-Identifier: GPL-2.0-or-later
 * Instructions that move data between a register, a constant, memory or a port and memory that is not there, or
 * calculate with it (AMD64 APM 3).
 */
#ifndef XEN_CORE_SVM_DECODE_H
#define XEN_CORE_SVM_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define INSN_BYTES 15

/*
 * LOAD: memory to a register. STORE: a register, or a constant, to memory. The others are of strings: rax, or what
 * rsi names, to where rdi does.
 */
enum insn_kind { INSN_LOAD, INSN_STORE, INSN_OPERATE, INSN_STOS, INSN_MOVS, INSN_INS, INSN_OUTS };

/* What OPERATE does. Those of one group of the encoding follow each other in its order. */
enum insn_op {
	OP_ADD, OP_OR, OP_ADC, OP_SBB, OP_AND, OP_SUB, OP_XOR, OP_CMP, OP_TEST, OP_TEST_TOO, OP_NOT, OP_NEG, OP_INC,
	OP_DEC, OP_BT, OP_BTS, OP_BTR,
	OP_BTC, OP_XCHG, OP_XADD, OP_CMPXCHG, OP_PUSH,
};

struct insn {
	enum insn_kind kind;
	enum insn_op op;		/* with a register, or the constant; or alone */
	bool to_reg;			/* what comes of it goes to the register, not to memory */
	uint8_t len;			/* bytes of the instruction */
	uint8_t size;			/* of the memory: 1, 2, 4, 8 */
	uint8_t reg, reg_size;		/* a register's number, and how much of it is meant */
	bool high;			/* the second byte of it: ah, ch, dh, bh */
	bool sign;			/* a smaller value is extended by its sign, not by zeros */
	bool constant;			/* value, no register */
	bool rep;
	uint8_t address;		/* bytes of an address, and of a string's count */
	uint8_t segment;		/* the prefix that names one, 0: none */
	uint64_t value;
};

/** The instruction in code for a processor that works with so many bits (16, 32, 64); false: it is none of these. */
bool insn_decode(struct insn *insn, const uint8_t code[INSN_BYTES], unsigned bits);

/**
 * What an operation makes of a and b, as of so many bytes (1, 2, 4, 8), and of RFLAGS (alu.c); what the manual calls
 * undefined is 0. Of those that exchange, or compare and exchange, nothing is done here.
 */
uint64_t alu(enum insn_op op, unsigned size, uint64_t a, uint64_t b, uint64_t *flags);
/** Whether its result goes anywhere. */
bool alu_writes(enum insn_op op);

/** How long the instruction in code is whose bytes behind its prefixes are opcode, nr of them; 0: it is another. */
unsigned insn_length(const uint8_t code[INSN_BYTES], bool long_mode, const uint8_t *opcode, unsigned nr);

#endif
