/* SPDX-License-Identifier: GPL-2.0-or-later
 * Text in XML and HTML.
 */
#include "xlite/cli/markup.h"

#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define ELLIPSIS "\xe2\x80\xa6"

static void put(struct buf *out, const char *bytes, int n, uint32_t c)
{
	if (n <= 0 || (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || utf8_is_direction(c) ||
	    utf8_is_noncharacter(c))
		buf_puts(out, REPLACEMENT);
	else if (c == '<')
		buf_puts(out, "&lt;");
	else if (c == '>')
		buf_puts(out, "&gt;");
	else if (c == '&')
		buf_puts(out, "&amp;");
	else if (c == '"')
		buf_puts(out, "&quot;");
	else if (c == '\'')
		buf_puts(out, "&#39;");
	else
		buf_add(out, bytes, (size_t)n);
}

/* Of most characters at most. */
static void add(struct buf *out, const char *text, size_t most)
{
	size_t len = text ? strlen(text) : 0;

	for (size_t nr = 0; len && nr < most; nr++) {
		uint32_t c = 0;
		int n = utf8_decode(text, len, &c);
		size_t step = n > 0 ? (size_t)n : 1;

		if (nr + 1 == most && len > step)
			buf_puts(out, ELLIPSIS);
		else
			put(out, text, n, c);
		text += step;
		len -= step;
	}
}

void markup_text(struct buf *out, const char *text)
{
	add(out, text, SIZE_MAX);
}

void markup_short(struct buf *out, const char *text, size_t most)
{
	add(out, text, most);
}
