/* SPDX-License-Identifier: GPL-2.0-or-later
 * The log: the serial console, and a ring of what was said last.
 */
#include "xen-core/lib/lib.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/serial.h"
#include "xen-core/lib/lock.h"
#include "xen-core/lib/log.h"

static struct lock log_lock;
static bool log_verbose;
static char ring[16384];
static size_t ring_end;

void log_level(bool verbose)
{
	log_verbose = verbose;
}

static void ring_add(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ring[ring_end++ % sizeof(ring)] = text[i];
}

void log_raw(const char *text, size_t len)
{
	lock_take(&log_lock);
	ring_add(text, len);
	serial_write(text, len);
	lock_drop(&log_lock);
}

size_t log_read(char *buf, size_t size, size_t *from)
{
	size_t start = ring_end > sizeof(ring) ? ring_end - sizeof(ring) : 0, len;

	if (*from > start && *from <= ring_end)
		start = *from;
	len = MIN(ring_end - start, size);
	for (size_t i = 0; i < len; i++)
		buf[i] = ring[(start + i) % sizeof(ring)];
	*from = start + len;
	return len;
}

static void log_va(const char *fmt, va_list ap)
{
	char line[400] = "(core) ";
	size_t len = 7 + format_va(line + 7, sizeof(line) - 7, fmt, ap);

	log_raw(line, len);
}

void log_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_verbose)
		return;
	va_start(ap, fmt);
	log_va(fmt, ap);
	va_end(ap);
}

/* Where gcc and clang look for them. The guard is set before anything that returns is called. */
uintptr_t __stack_chk_guard;

void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("a function has written over its stack");
}

void panic(const char *fmt, ...)
{
	va_list ap;

	irq_off();
	/* Whoever holds the lock may be what went wrong. */
	log_lock = (struct lock){ 0 };
	log_print("panic:\n");
	va_start(ap, fmt);
	log_va(fmt, ap);
	va_end(ap);
	log_raw("\n", 1);
	for (;;)
		__asm__ volatile("cli; hlt");
}
