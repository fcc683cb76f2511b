/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Errors of the connection: xenstored's words for them, and what makes it unusable, which is told from then on.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"

int store_errno(const char *text, size_t len)
{
	/* Not in xs_wire.h: oxenstored's word for a quota, and what later releases may send. */
	static const struct xsd_errors more[] = { { EDQUOT, "EQUOTA" }, { ENAMETOOLONG, "ENAMETOOLONG" } };
	size_t nr = ARRAY_SIZE(xsd_errors);

	len = strnlen(text, len);
	for (size_t i = 0; i < nr + ARRAY_SIZE(more); i++) {
		const struct xsd_errors *known = i < nr ? &xsd_errors[i] : &more[i - nr];

		if (strlen(known->errstring) == len && !memcmp(known->errstring, text, len))
			return -known->errnum;
	}
	return -EIO;
}

int store_break(struct xlite_store *store, int code, struct xlite_error *err, const char *fmt, ...)
{
	enum xlite_status status = XLITE_OK;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(store->why, sizeof(store->why), fmt, ap);
	va_end(ap);
	store->broken = code;
	if (code == -EPIPE || code == -ECONNRESET)
		status = XLITE_AGAIN;
	xlite_error_status(err, code, status, "XenStore: %s", store->why);
	if (status == XLITE_AGAIN)
		xlite_error_hint(err, "try again; if xenstored does not run any more, the host must be rebooted");
	return code;
}

int store_usable(const struct xlite_store *store, struct xlite_error *err)
{
	bool lost = store->broken == -EPIPE || store->broken == -ECONNRESET;

	if (!store->broken)
		return 0;
	return xlite_error_status(err, store->broken, lost ? XLITE_AGAIN : XLITE_OK,
				  "XenStore: connection not usable any more: %s", store->why);
}
