/* SPDX-License-Identifier: GPL-2.0-or-later
 * Arithmetic of an instruction, on numbers.
 */
#ifndef XEN_CORE_SVM_ALU_H
#define XEN_CORE_SVM_ALU_H

#include "xen-core/svm/decode.h"

/**
 * What an operation makes of a and b, as of so many bytes (1, 2, 4, 8), and of RFLAGS; what the manual calls undefined is 0. Of those that
 * exchange, or compare and exchange, nothing is done here.
 */
uint64_t alu(enum insn_op op, unsigned size, uint64_t a, uint64_t b, uint64_t *flags);
/** Whether its result goes anywhere. */
bool alu_writes(enum insn_op op);

#endif
