/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The one decoder of UTF-8; see utf8.h. Classes of characters are after Unicode 15.
 */
#include "common/utf8.h"

#include "common/auto.h"

struct range {
	uint32_t first, last;
};

static bool in(uint32_t c, const struct range *ranges, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* Bytes of the character that a lead byte begins; 0 for one that begins none. */
static int length_of(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Whether the second byte may follow the first: no overlong form, no surrogate, no number that is too large. */
static bool second_fits(unsigned char lead, unsigned char second)
{
	unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

	return second >= lowest && second <= highest;
}

int utf8_decode(const char *text, size_t len, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)text;
	int bytes = len ? length_of(*p) : 0;
	uint32_t value;

	if (!bytes)
		return 0;
	value = bytes == 1 ? *p : *p & (0x7fu >> bytes);
	for (int i = 1; i < bytes; i++) {
		if ((size_t)i == len)
			return UTF8_CUT;
		if ((p[i] & 0xc0) != 0x80 || (i == 1 && !second_fits(*p, p[i])))
			return 0;
		value = value << 6 | (p[i] & 0x3f);
	}
	if (c)
		*c = value;
	return bytes;
}

size_t utf8_step(const char *text, size_t len, uint32_t *c)
{
	int bytes = utf8_decode(text, len, c);

	if (bytes > 0)
		return (size_t)bytes;
	*c = 0xfffd;
	return 1;
}

bool utf8_valid(const char *text, size_t len)
{
	for (int bytes; len; text += bytes, len -= (size_t)bytes) {
		bytes = utf8_decode(text, len, NULL);
		if (bytes <= 0)
			return false;
	}
	return true;
}

bool utf8_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool utf8_is_line_end(uint32_t c)
{
	return c == 0x2028 || c == 0x2029;
}

bool utf8_is_direction(uint32_t c)
{
	static const struct range ranges[] = { { 0x061c, 0x061c }, { 0x200e, 0x200f }, { 0x202a, 0x202e }, { 0x2066, 0x2069 } };

	return in(c, ranges, ARRAY_SIZE(ranges));
}

bool utf8_is_space(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x00a0, 0x00a0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
		{ 0x2800, 0x2800 }, { 0x3000, 0x3000 },
	};

	return in(c, ranges, ARRAY_SIZE(ranges));
}

bool utf8_is_invisible(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200d }, { 0x2060, 0x2065 }, { 0x206a, 0x206f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};

	return in(c, ranges, ARRAY_SIZE(ranges));
}

bool utf8_is_noncharacter(uint32_t c)
{
	return (c >= 0xd800 && c <= 0xdfff) || (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe || c > 0x10ffff;
}
