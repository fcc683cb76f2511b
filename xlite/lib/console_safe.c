/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Text of a guest for a terminal that must not obey it: control bytes (C0, DEL, and C1 also in UTF-8) and what is
 * no UTF-8 become \xNN, a backslash is doubled so that escapes cannot be forged. CR LF becomes LF.
 */
#include "xlite/lib/console.h"

#include <string.h>

#include "common/utf8.h"

static size_t safe_hex(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	memcpy(out, "\\x", 2);
	out[2] = digits[byte >> 4];
	out[3] = digits[byte & 15];
	return 4;
}

/* The bytes held were not a character after all. */
static size_t safe_give_up(struct xlite_console_safe *safe, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < safe->nr_held; i++)
		len += safe_hex(out + len, safe->held[i]);
	safe->nr_held = 0;
	return len;
}

/* One byte that is not inside a character. */
static size_t safe_single(struct xlite_console_safe *safe, unsigned char byte, char *out)
{
	if (byte == '\\') {
		memcpy(out, "\\\\", 2);
		return 2;
	}
	if (byte == '\n' || byte == '\t' || (byte >= 0x20 && byte < 0x7f)) {
		*out = (char)byte;
		return 1;
	}
	if (byte == '\r') {
		safe->held_cr = true;
		return 0;
	}
	if (utf8_decode((const char *)&byte, 1, NULL) != UTF8_CUT)
		return safe_hex(out, byte);
	safe->held[0] = byte;
	safe->nr_held = 1;
	return 0;
}

static size_t safe_byte(struct xlite_console_safe *safe, unsigned char byte, char *out)
{
	size_t len = 0;
	uint32_t c = 0;
	int bytes;

	if (safe->held_cr && byte != '\n')
		len += safe_hex(out, '\r');
	safe->held_cr = false;
	if (!safe->nr_held)
		return len + safe_single(safe, byte, out + len);
	safe->held[safe->nr_held++] = byte;
	bytes = utf8_decode((const char *)safe->held, safe->nr_held, &c);
	if (bytes == UTF8_CUT)
		return len;
	if (!bytes || utf8_is_control(c)) {
		safe->nr_held--;
		len += safe_give_up(safe, out + len);
		return len + safe_single(safe, byte, out + len);
	}
	memcpy(out + len, safe->held, safe->nr_held);
	len += safe->nr_held;
	safe->nr_held = 0;
	return len;
}

size_t xlite_console_escape(struct xlite_console_safe *safe, const void *bytes, size_t len, char *out)
{
	const unsigned char *in = bytes;
	size_t used = 0;

	for (size_t i = 0; i < len; i++)
		used += safe_byte(safe, in[i], out + used);
	return used;
}

size_t xlite_console_escape_end(struct xlite_console_safe *safe, char *out)
{
	size_t len = safe->held_cr ? safe_hex(out, '\r') : 0;

	safe->held_cr = false;
	return len + safe_give_up(safe, out + len);
}
