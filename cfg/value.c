/* SPDX-License-Identifier: GPL-2.0-or-later
 * What all types of value share: user text in messages, and the sentence that says what a key takes.
 */
#include "cfg/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/utf8.h"

#define SHOWN 60	/* bytes of user text in a message, at most */

void cfg_quote(struct buf *out, const char *text, size_t len)
{
	size_t shown = 0;
	uint32_t c;

	buf_puts(out, "`");
	for (size_t bytes; shown < len; shown += bytes) {
		bytes = utf8_step(text + shown, len - shown, &c);
		if (shown + bytes > SHOWN)
			break;
		if (utf8_is_control(c))
			buf_printf(out, "\\x%02x", c);
		else
			buf_add(out, text + shown, bytes);
	}
	buf_puts(out, shown < len ? "...`" : "`");
}

int cfg_refuse(struct buf *why, const char *text, const char *fmt, ...)
{
	char *rest = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&rest, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	if (*text)
		cfg_quote(why, text, strlen(text));
	else
		buf_puts(why, "empty text");
	buf_printf(why, " %s", rest);
	free(rest);
	return -EINVAL;
}

int cfg_store(void *field, const char *text)
{
	char **to = field;

	*to = strdup(text);
	return *to ? 0 : -ENOMEM;
}

void cfg_format_text(const struct cfg_key *key, const void *field, struct buf *out)
{
	const char *text = *(char *const *)field;

	if (text)
		buf_puts(out, text);
	else if (key->def)
		buf_puts(out, key->def);
}

int cfg_decimal(const char *text, uint64_t *value)
{
	uint64_t sum = 0;

	if (!*text || (*text == '0' && text[1]))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (sum > (UINT64_MAX - 9) / 10)
			return -ERANGE;
		sum = sum * 10 + (unsigned)(*text - '0');
	}
	*value = sum;
	return 0;
}

static void takes_word(const struct cfg_key *key, struct buf *out)
{
	const char *separator = "one of ";
	size_t supported = 0;

	for (size_t i = 0; i < key->nr_words; i++)
		supported += !key->words[i].later;
	if (supported == 1)
		separator = "";
	for (size_t i = 0; i < key->nr_words; i++) {
		if (key->words[i].later)
			continue;
		buf_printf(out, "%s`%s`", separator, key->words[i].name);
		separator = ", ";
	}
}

void cfg_value_takes(const struct cfg_key *key, struct buf *out)
{
	if (key->value->takes)
		buf_puts(out, key->value->takes);
	else if (key->words)
		takes_word(key, out);
	else
		buf_printf(out, "a whole number from %llu to %llu", (unsigned long long)key->min, (unsigned long long)key->max);
}
