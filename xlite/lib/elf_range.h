/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to elf.c: the checks and the order of segments and note ranges.
 */
#ifndef XLITE_LIB_ELF_RANGE_H
#define XLITE_LIB_ELF_RANGE_H

#include "xlite/lib/elf.h"

/** One segment by itself: sizes, no wrap, memory below 4 GiB (unless anywhere), file bytes below limit. */
int elf_check_segment(const struct elf_segment *segment, bool anywhere, uint64_t limit, struct xlite_error *err);
/** One note range by itself. */
int elf_check_notes(uint64_t offset, uint64_t size, uint64_t limit, struct xlite_error *err);
/** Finds low and high, refuses overlaps, leaves the segments in the order of the file. */
int elf_order_segments(struct elf_file *elf, struct xlite_error *err);
/** Sorts, refuses overlaps and too much in all, lays the ranges out in the buffer of notes. */
int elf_order_notes(struct elf_file *elf, struct xlite_error *err);

#endif
