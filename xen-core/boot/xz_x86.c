/* SPDX-License-Identifier: GPL-2.0-or-later
 * To pack better, xz makes the targets of calls and jumps (E8, E9) absolute; here they become relative again. Which
 * ones it was is told by the same rules: the target's highest byte is 00 or FF, and an E8 or E9 shortly before, that
 * was left alone, is not in the way.
 */
#include "xen-core/boot/xz.h"

#include "xen-core/lib/lib.h"

#define TARGET_BITS 25			/* with the sign */

static bool is_sign(uint32_t byte)
{
	return byte == 0 || byte == 0xff;
}

/* How many bytes ago the one was that is left alone: the highest byte of its target lies in ours. */
static unsigned distance(unsigned alone)
{
	return alone == 4 ? 3 : alone;
}

/* alone: bit n is set when n + 1 bytes ago was an E8 or E9 that stays. */
static bool is_target(const uint8_t *target, unsigned alone)
{
	if (!is_sign(target[3]))
		return false;
	if (!alone)
		return true;
	return (alone == 1 || alone == 2 || alone == 4) && !is_sign(target[3 - distance(alone)]);
}

/*
 * next: the position behind it. Where the other's highest byte would look like a target's, the bits up to it had been
 * turned as well. Once does: turned, they are those of the target before, of which is_target has looked at the highest
 * byte.
 */
static uint32_t relative(uint32_t target, uint32_t next, unsigned alone)
{
	unsigned below = 32 - 8 * distance(alone);
	uint32_t value = target - next;

	if (alone && is_sign(value >> (below - 8) & 0xff))
		value = (value ^ (uint32_t)(BIT(below) - 1)) - next;
	value &= BIT(TARGET_BITS) - 1;
	return value & BIT(TARGET_BITS - 1) ? value | ~(uint32_t)(BIT(TARGET_BITS) - 1) : value;
}

void xz_x86(uint8_t *code, size_t size, uint32_t position)
{
	unsigned alone = 0;

	for (size_t i = 0; i + 4 < size; i++) {
		uint32_t target;

		if ((code[i] & 0xfe) != 0xe8) {
			alone <<= 1;
			continue;
		}
		alone &= 7;
		if (!is_target(&code[i + 1], alone)) {
			alone = alone << 1 | 1;
			continue;
		}
		memcpy(&target, &code[i + 1], 4);
		target = relative(target, position + (uint32_t)i + 5, alone);
		memcpy(&code[i + 1], &target, 4);
		alone = 0;
		i += 4;
	}
}
