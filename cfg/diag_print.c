/* SPDX-License-Identifier: GPL-2.0-or-later
 * A diagnostic as users see it, with a caret under the right column whatever the characters before it are.
 * Bytes that could drive a terminal are escaped.
 */
#include <string.h>

#include "cfg/cfg.h"
#include "common/utf8.h"

/* Characters that take two columns, and those that take none; the blocks that matter, after Unicode's EastAsianWidth. */
static unsigned width(uint32_t c)
{
	static const struct { unsigned first, last, columns; } ranges[] = {
		{ 0x0300, 0x036f, 0 }, { 0x1100, 0x115f, 2 }, { 0x20d0, 0x20ff, 0 },
		{ 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
		{ 0xfe30, 0xfe6f, 2 }, { 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 },
		{ 0x1f300, 0x1f64f, 2 }, { 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return ranges[i].columns;
	}
	return 1;
}

/* What could drive a terminal, turns the direction of text around, or would not be seen. */
static bool escaped(uint32_t c)
{
	return utf8_is_control(c) || utf8_is_line_end(c) || utf8_is_direction(c) || utf8_is_invisible(c) || utf8_is_space(c);
}

/* Appends text up to the character number stop (from 1); blank: spaces of the same width in its place. */
static void put(struct buf *out, const char *text, unsigned stop, bool blank)
{
	for (unsigned i = 1; *text && i != stop; i++) {
		size_t before = out->len, left = strlen(text), bytes;
		const char *from = text;
		uint32_t c;

		bytes = utf8_step(text, left, &c);
		text += bytes;

		if (c == '\t')
			buf_puts(out, "\t");
		else if (utf8_decode(from, left, NULL) <= 0)
			buf_printf(out, "\\x%02x", (unsigned char)*from);
		else if (escaped(c))
			buf_printf(out, c > 0xffff ? "\\U%08x" : c > 0xff ? "\\u%04x" : "\\x%02x", c);
		else if (blank)
			buf_printf(out, "%*s", (int)width(c), "");
		else
			buf_add(out, from, bytes);
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
