/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a text must be before YAML is looked for in it: UTF-8 without control characters, with plain line ends.
 * Nothing behind this check needs to think about bytes.
 */
#include "cfg/set.h"

#include <string.h>

#define MAX_BAD_LINES 10	/* a binary file should not fill the screen */

/* Length of the well-formed character at p (Unicode, table 3-7), 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned char lowest = 0x80, highest = 0xbf;
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p <= 0xdf ? 2 : *p >= 0xe0 && *p <= 0xef ? 3 : *p >= 0xf0 && *p <= 0xf4 ? 4 : 0;

	if (!len || len > left)
		return 0;
	if (*p == 0xe0)
		lowest = 0xa0;
	else if (*p == 0xed)
		highest = 0x9f;
	else if (*p == 0xf0)
		lowest = 0x90;
	else if (*p == 0xf4)
		highest = 0x8f;
	for (size_t i = 1; i < len; i++) {
		if (p[i] < lowest || p[i] > highest)
			return 0;
		lowest = 0x80;
		highest = 0xbf;
	}
	return len;
}

/* What is wrong with a well-formed character; NULL if nothing. next is the byte behind it. */
static const char *refused(const unsigned char *p, size_t len, unsigned char next)
{
	if (!*p)
		return "a NUL byte";
	if (*p == '\r' && next != '\n')
		return "a carriage return that ends no line";
	if ((*p < 0x20 && *p != '\t' && *p != '\n' && *p != '\r') || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
		return "a control character";
	/* YAML 1.1 takes these for line ends, YAML 1.2 and editors do not. */
	if (len == 3 && (!memcmp(p, "\xe2\x80\xa8", 3) || !memcmp(p, "\xe2\x80\xa9", 3)))
		return "a Unicode line separator";
	if (len == 3 && (!memcmp(p, "\xef\xbf\xbe", 3) || !memcmp(p, "\xef\xbf\xbf", 3) || !memcmp(p, "\xef\xbb\xbf", 3)))
		return "a character that text does not have";
	return NULL;
}

bool cfg_text_check(struct cfg_file *file)
{
	const unsigned char *text = (const unsigned char *)file->text;
	unsigned line = 1, column = 1, bad_lines = 0, last_bad = 0;

	for (size_t i = 0; i < file->len && bad_lines < MAX_BAD_LINES; column++) {
		size_t len = utf8_length(text + i, file->len - i);
		const char *what = len ? refused(text + i, len, text[i + len]) : "bytes that are not UTF-8";

		if (what && last_bad != line) {
			cfg_file_error(file, line, column, "the text holds %s (0x%02x)", what, text[i]);
			last_bad = line;
			bad_lines++;
		}
		if (text[i] == '\n') {
			line++;
			column = 0;
		}
		i += len ? len : 1;
	}
	return !bad_lines;
}
