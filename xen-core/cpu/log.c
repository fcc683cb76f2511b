/* SPDX-License-Identifier: GPL-2.0-or-later
 * The log: a ring of what was said last, and the serial console, which is given as much of it as it takes at once: it
 * is slow, and all other CPUs would wait for it. At the start, and at the end, who logs waits for it.
 */
#include "xen-core/lib/lib.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/serial.h"
#include "xen-core/lib/lock.h"

static struct lock log_lock;
static bool last_words;			/* are said now, by whoever has them: nobody asks for the lock */
static bool log_verbose;
static char ring[16384];
static size_t ring_end, ring_sent;	/* bytes since the start: what was said, and how much of it the console has */
static bool waiting = true;
static bool restarts = true;		/* the machine, after a panic */

#define PANIC_S 5			/* for who watches the console */

/* So much at once, also to a UART that is always ready, as an emulated one. */
#define SEND_MOST 512
/* A console that takes nothing so many times, seconds long, keeps nobody waiting any more. */
#define VAIN_MOST 1000000u
static unsigned vain;

static void take(void)
{
	if (!last_words)
		lock_take(&log_lock);
}

static void drop(void)
{
	if (!last_words)
		lock_drop(&log_lock);
}

void log_level(bool verbose)
{
	log_verbose = verbose;
}

bool log_is_verbose(void)
{
	return log_verbose;
}

static size_t print(const char *text, size_t len)
{
	if (!waiting)
		return serial_offer(text, len);
	serial_write(text, len);
	return len;
}

/* What was pushed out of the ring is lost to the console, which says so first. False: it has not said all of that yet. */
static bool lost_tell(void)
{
	static const char text[] = "\n(core) the console is too slow: some of the log is left out\n";
	static size_t left;

	if (ring_end - ring_sent > sizeof(ring)) {
		ring_sent = ring_end - sizeof(ring);
		left = sizeof(text) - 1;
	}
	left -= left ? print(text + sizeof(text) - 1 - left, left) : 0;
	return !left;
}

/* Pieces that lie in one. Returns how much went. */
static size_t send_text(void)
{
	size_t done = 0, len, n;

	do {
		size_t at = ring_sent % sizeof(ring);

		len = MIN(ring_end - ring_sent, sizeof(ring) - at);
		if (!waiting)
			len = MIN(len, SEND_MOST - done);
		n = print(ring + at, len);
		ring_sent += n;
		done += n;
	} while (n && n == len);
	return done;
}

static void send(void)
{
	size_t done = lost_tell() ? send_text() : 0;

	vain = done || ring_sent == ring_end ? 0 : vain + (vain < VAIN_MOST);
}

bool log_send(void)
{
	bool left;

	take();
	send();
	left = ring_sent != ring_end;
	drop();
	return left;
}

bool log_has_room(size_t len)
{
	return ring_end - ring_sent + len <= sizeof(ring) || vain == VAIN_MOST;
}

void log_wait(bool on)
{
	waiting = on;
	log_send();
}

static void ring_add(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ring[ring_end++ % sizeof(ring)] = text[i];
}

void log_raw(const char *text, size_t len)
{
	take();
	ring_add(text, len);
	send();
	drop();
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

void log_seize(void)
{
	irq_off();
	/* Whoever holds the lock may be what went wrong; or he drops it yet. */
	last_words = true;
	/* Nor does he go on with a line: two who send would lose count of what is sent. */
	machine_stop_others();
	log_wait(true);
}

void panic_halts(void)
{
	restarts = false;
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

	log_seize();
	log_print("panic:\n");
	va_start(ap, fmt);
	log_va(fmt, ap);
	va_end(ap);
	log_raw("\n", 1);
	if (restarts)
		log_print("starting again in %u seconds\n", PANIC_S);
	else
		log_print("halted\n");
	machine_end(restarts, PANIC_S);
}
