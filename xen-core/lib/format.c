/* SPDX-License-Identifier: GPL-2.0-or-later
 * printf's common part.
 */
#include "xen-core/lib/lib.h"

struct out {
	char *buf;
	size_t size, len;
};

static void out_char(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len++] = c;
}

static void out_text(struct out *out, const char *text, size_t len, unsigned width, bool left, char pad)
{
	for (size_t i = len; !left && i < width; i++)
		out_char(out, pad);
	for (size_t i = 0; i < len; i++)
		out_char(out, text[i]);
	for (size_t i = len; left && i < width; i++)
		out_char(out, ' ');
}

static void out_number(struct out *out, uint64_t value, bool minus, unsigned base, unsigned width, bool left, char pad)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (minus && pad == '0') {
		out_char(out, '-');
		width -= width > 0;
	} else if (minus) {
		digits[--at] = '-';
	}
	out_text(out, digits + at, sizeof(digits) - at, width, left, pad);
}

static uint64_t take(va_list *ap, int longs, bool with_sign)
{
	if (with_sign)
		return longs == 0 ? (uint64_t)va_arg(*ap, int) : (uint64_t)va_arg(*ap, long);
	return longs == 0 ? va_arg(*ap, unsigned) : va_arg(*ap, unsigned long);
}

/* One conversion, from behind its percent sign; returns where it ends. */
static const char *convert(struct out *out, const char *fmt, va_list *ap)
{
	bool left = false;
	char pad = ' ';
	unsigned width = 0;
	int longs = 0;
	const char *text;
	uint64_t value;
	char c;

	for (;; fmt++) {
		if (*fmt == '-')
			left = true;
		else if (*fmt == '0')
			pad = '0';
		else
			break;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		width = width * 10 + (unsigned)(*fmt - '0');
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		longs++;
	switch (*fmt) {
	case 'd':
		value = take(ap, longs, true);
		out_number(out, (int64_t)value < 0 ? 0 - value : value, (int64_t)value < 0, 10, width, left, pad);
		break;
	case 'u':
		out_number(out, take(ap, longs, false), false, 10, width, left, pad);
		break;
	case 'x':
		out_number(out, take(ap, longs, false), false, 16, width, left, pad);
		break;
	case 'p':
		out_number(out, (uintptr_t)va_arg(*ap, void *), false, 16, 16, false, '0');
		break;
	case 's':
		text = va_arg(*ap, const char *);
		text = text ? text : "(none)";
		out_text(out, text, strlen(text), width, left, ' ');
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		out_text(out, &c, 1, width, left, ' ');
		break;
	case '%':
		out_char(out, '%');
		break;
	default:
		return fmt;
	}
	return fmt + 1;
}

size_t format_va(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out out = { .buf = buf, .size = size };
	va_list ap;

	va_copy(ap, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = convert(&out, fmt + 1, &ap);
		else
			out_char(&out, *fmt++);
	}
	va_end(ap);
	if (size)
		buf[out.len] = '\0';
	return out.len;
}

size_t format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	len = format_va(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
