/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the tests of xen-core's modules share; the log and panic of lib.h.
 */
#include "tests/core/core_check.h"

#include <stdio.h>
#include <stdlib.h>

#include "xen-core/cpu/log.h"
#include "xen-core/mm/frame.h"

unsigned char *test_memory;
jmp_buf *panic_to;

static struct frame *table;
static uint64_t state = 1;

void log_print(const char *fmt, ...)
{
	(void)fmt;
}

void log_debug(const char *fmt, ...)
{
	(void)fmt;
}

bool log_is_verbose(void)
{
	return false;
}

void panic(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (panic_to)
		longjmp(*panic_to, 1);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fail_msg("panic: %s", text);
	abort();
}

void machine_clear(void)
{
	free(table);
	free(test_memory);
	table = NULL;
	test_memory = NULL;
}

void machine_init(uint64_t nr)
{
	machine_clear();
	table = calloc(nr, sizeof(*table));
	test_memory = aligned_alloc(PAGE_SIZE, nr * PAGE_SIZE);
	if (!table || !test_memory)
		abort();
	/* Whoever takes a page for a clear one is found out. */
	memset(test_memory, 0xa5, nr * PAGE_SIZE);
	frames_init(table, nr);
	frames_add(0, nr);
}

uint32_t machine_refs(uint64_t number)
{
	return table[number].refs;
}

void chance_seed(uint64_t seed)
{
	state = seed;
}

uint64_t chance(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t chance_below(uint64_t n)
{
	return chance() % n;
}
