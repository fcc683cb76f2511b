/* SPDX-License-Identifier: GPL-2.0-or-later
 * Maps of numbers: bit n of byte n/8 is number n, as Xen has CPUs and nodes.
 */
#ifndef COMMON_BITS_H
#define COMMON_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whether the map, which is long enough, has the number. */
static inline bool bits_has(const uint8_t *bits, unsigned n)
{
	return bits[n / 8] >> n % 8 & 1;
}

static inline void bits_put(uint8_t *bits, unsigned n, bool there)
{
	uint8_t bit = (uint8_t)(1 << n % 8);

	bits[n / 8] = there ? bits[n / 8] | bit : bits[n / 8] & (uint8_t)~bit;
}

/** Whether two maps of that many bytes have a number in common. */
static inline bool bits_meet(const uint8_t *a, const uint8_t *b, size_t nr_bytes)
{
	for (size_t i = 0; i < nr_bytes; i++) {
		if (a[i] & b[i])
			return true;
	}
	return false;
}

#endif
