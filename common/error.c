/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The error object: formatting and the mapping from errno to exit status.
 */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 4, 0)))
static void error_vset(struct xlite_error *err, int code, enum xlite_status status, const char *fmt, va_list ap)
{
	char text[sizeof(err->message)];

	/* Formatted apart, since an argument may be the old message. */
	vsnprintf(text, sizeof(text), fmt, ap);
	err->code = code;
	err->status = status;
	memcpy(err->message, text, sizeof(text));
}

int xlite_error_set(struct xlite_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	error_vset(err, code, XLITE_OK, fmt, ap);
	va_end(ap);
	return code;
}

int xlite_error_status(struct xlite_error *err, int code, enum xlite_status status, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	error_vset(err, code, status, fmt, ap);
	va_end(ap);
	return code;
}

int xlite_error_sys(struct xlite_error *err, int code, const char *fmt, ...)
{
	va_list ap;
	size_t used;

	if (!err)
		return code;
	va_start(ap, fmt);
	error_vset(err, code, XLITE_OK, fmt, ap);
	va_end(ap);
	used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(-code));
	return code;
}

int xlite_error_prefix(struct xlite_error *err, const char *fmt, ...)
{
	char text[XLITE_ERROR_BYTES];
	va_list ap;
	size_t used, keep;

	if (!err)
		return 0;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	used = strlen(text);
	if (used + 2 >= sizeof(text))
		return err->code;
	memcpy(text + used, ": ", 2);
	used += 2;
	keep = strlen(err->message);
	if (keep >= sizeof(text) - used)
		keep = sizeof(text) - used - 1;
	memcpy(text + used, err->message, keep);
	text[used + keep] = '\0';
	memcpy(err->message, text, used + keep + 1);
	return err->code;
}

void xlite_error_hint(struct xlite_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->hint[0])
		return;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

void xlite_error_left(struct xlite_error *err, const char *fmt, ...)
{
	va_list ap;
	size_t used;
	int len;

	if (!err)
		return;
	used = strlen(err->left);
	if (used)
		used += (size_t)snprintf(err->left + used, sizeof(err->left) - used, "; ");
	if (used >= sizeof(err->left))
		used = sizeof(err->left) - 1;
	va_start(ap, fmt);
	len = vsnprintf(err->left + used, sizeof(err->left) - used, fmt, ap);
	va_end(ap);
	if (len >= 0 && (size_t)len >= sizeof(err->left) - used)
		memcpy(err->left + sizeof(err->left) - 4, "...", 4);
}

enum xlite_status xlite_error_exit(const struct xlite_error *err)
{
	if (!err || !err->code)
		return XLITE_OK;
	if (err->status)
		return err->status;
	switch (-err->code) {
	case EPERM:
	case EACCES:
		return XLITE_DENIED;
	case EAGAIN:
		return XLITE_AGAIN;
	case ETIMEDOUT:
		return XLITE_TIMEOUT;
	case EINTR:
		return XLITE_INTERRUPTED;
	default:
		return XLITE_FAILED;
	}
}
