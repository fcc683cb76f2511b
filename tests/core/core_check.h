/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the tests of xen-core's modules share: a machine's memory that is an array, panics that can be expected, chance.
 */
#ifndef TESTS_CORE_CORE_CHECK_H
#define TESTS_CORE_CORE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xen-core/lib/lib.h"

/** A machine of nr frames; all but number 0 are free RAM. What was before is gone. */
void machine_init(uint64_t nr);
void machine_clear(void);
/** How many references the frame of that number has. */
uint32_t machine_refs(uint64_t number);
/** xorshift64*, the same numbers each time; below: 0 to n - 1. */
void chance_seed(uint64_t seed);
uint64_t chance(void);
uint64_t chance_below(uint64_t n);

/* Where a panic goes that is expected; any other fails the test. */
extern jmp_buf *panic_to;

#define assert_panics(statement) \
	do { \
		jmp_buf panic_here; \
		panic_to = &panic_here; \
		if (!setjmp(panic_here)) { \
			statement; \
			panic_to = NULL; \
			fail_msg("no panic: %s", #statement); \
		} \
		panic_to = NULL; \
	} while (0)

#endif
