/* SPDX-License-Identifier: GPL-2.0-or-later
 * A diagnostic as users see it, with a caret under the right column whatever the characters before it are.
 * Bytes that could drive a terminal are escaped.
 */
#include <string.h>

#include "cfg/cfg.h"

/* Decodes one character of UTF-8 (or one stray byte, as itself with the high bit) and steps over it. */
static unsigned decode(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	unsigned n = *s >= 0xf0 ? 3 : *s >= 0xe0 ? 2 : *s >= 0xc0 ? 1 : 0;
	unsigned c = n ? *s & (0x3fu >> n) : *s;

	for (unsigned i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			++*p;
			return *s;
		}
		c = c << 6 | (s[i] & 0x3f);
	}
	*p += n + 1;
	return c;
}

/* Characters that take two columns, and those that take none; the blocks that matter, after Unicode's EastAsianWidth. */
static unsigned width(unsigned c)
{
	static const struct { unsigned first, last, columns; } ranges[] = {
		{ 0x0300, 0x036f, 0 }, { 0x1100, 0x115f, 2 }, { 0x200b, 0x200f, 0 }, { 0x20d0, 0x20ff, 0 },
		{ 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
		{ 0xfe00, 0xfe0f, 0 }, { 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 },
		{ 0x1f300, 0x1f64f, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].columns;
	}
	return 1;
}

/* Controls, and the marks that turn the direction of text around. */
static bool unsafe(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Appends text up to the character number stop (from 1); blank: spaces of the same width in its place. */
static void put(struct buf *out, const char *text, unsigned stop, bool blank)
{
	for (unsigned i = 1; *text && i != stop; i++) {
		const char *from = text;
		unsigned c = decode(&text);
		size_t before = out->len;

		if (c == '\t')
			buf_puts(out, "\t");
		else if (unsafe(c) || (text == from + 1 && c >= 0x80))
			buf_printf(out, c > 0xff ? "\\u%04x" : "\\x%02x", c);
		else if (blank)
			buf_printf(out, "%*s", (int)width(c), "");
		else
			buf_add(out, from, (size_t)(text - from));
		if (blank && c != '\t' && out->data)
			memset(out->data + before, ' ', out->len - before);
	}
}

void cfg_diag_print(const struct cfg_diag *diag, struct buf *out)
{
	put(out, diag->place.file, 0, false);
	if (diag->place.line)
		buf_printf(out, ":%u:%u", diag->place.line, diag->place.column);
	buf_puts(out, diag->warning ? ": warning: " : ": ");
	put(out, diag->message, 0, false);
	buf_puts(out, "\n");
	if (!diag->source || !*diag->source)
		return;
	buf_puts(out, "  ");
	put(out, diag->source, 0, false);
	buf_puts(out, "\n  ");
	put(out, diag->source, diag->caret, true);
	buf_puts(out, "^\n");
}
