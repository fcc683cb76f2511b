/* SPDX-License-Identifier: GPL-2.0-or-later
 * A mark for the counting plugin: an instruction that does nothing anywhere, and carries a number of 16 bits.
 */
#ifndef BENCH_COUNT_MARK_H
#define BENCH_COUNT_MARK_H

/* nopl disp32(%rax,%rax,1), of which the displacement is the magic and the number. */
#define MARK_HEAD "\x0f\x1f\x84\x00"
#define MARK_LEN 8
#define MARK_MAGIC 0x4d4b0000u
#define MARK(number) __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00\n\t.long %c0" : : "i"(MARK_MAGIC | (number)) : "memory")

#endif
