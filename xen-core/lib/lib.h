/* SPDX-License-Identifier: GPL-2.0-or-later
 * What C needs of a freestanding world, and the log. Compiled as it is by the unit tests on a host.
 */
#ifndef XEN_CORE_LIB_LIB_H
#define XEN_CORE_LIB_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ALIGN_UP(value, size) (((value) + (size) - 1) & ~((uint64_t)(size) - 1))
#define ALIGN_DOWN(value, size) ((value) & ~((uint64_t)(size) - 1))
#define BIT(n) (UINT64_C(1) << (n))

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define KIB 1024UL
#define MIB (1024UL * 1024)

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);
int strncmp(const char *a, const char *b, size_t len);

/** The little-endian number in so many bytes, at most 8, aligned or not. */
static inline uint64_t le_read(const void *at, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	return value;
}

/**
 * Formats as printf does, knowing d u x p s c %, widths, 0 and -, and the lengths l, ll, z. Always ends with a NUL;
 * returns the length without it, cut to what fits.
 */
size_t format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
size_t format_va(char *buf, size_t size, const char *fmt, va_list ap);

/* What every part may call, of cpu/log.c; but nothing in lib/ does. */
/** A line, or part of one, for the log. At most 400 bytes of it are shown. Any context but an NMI. */
void log_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** What is only of interest with loglvl=all. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/**
 * For our own broken invariants, never for what a guest did: stops all other CPUs, prints, and starts this host
 * again.
 */
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
#define ASSERT(cond) \
	do { \
		if (!(cond)) \
			panic("%s:%d: not so: %s", __FILE__, __LINE__, #cond); \
	} while (0)

#endif
