/* SPDX-License-Identifier: GPL-2.0-or-later
 * The one table of xl.cfg's keys, of Xen 4.14 to 4.22 (xen: tools/xl/xl_parse.c). Conversion, its report and the man
 * page are made from it.
 */
#ifndef CONVERT_XL_KEY_H
#define CONVERT_XL_KEY_H

#include <stddef.h>

#include "xlite/convert/report.h"

/** Guests for which xl heeds a key. ARM: on that architecture only. */
enum { XL_PV = 1, XL_PVH = 2, XL_HVM = 4, XL_ARM = 8, XL_ANY = XL_PV | XL_PVH | XL_HVM };

struct xl_key {
	const char *name;
	/* the key of the spec that it becomes, by the functions of job.h; NULL: it has no counterpart */
	const char *to;
	unsigned types;
	/* without a counterpart: REPORT_NOTHING, REPORT_HOST, REPORT_GUEST; REPORT_ERROR: refused by those functions */
	enum report_kind kind;
	/*
	 * values with which nothing is lost, between spaces: texts, or numbers in any form; empty ones never lose
	 * anything
	 */
	const char *harmless;
	/* what its loss means, a sentence without capital and full stop; of others a remark, or NULL */
	const char *why;
	/*
	 * the same for a guest that is an HVM guest in the spec as well, of keys of which another thing becomes
	 * there
	 */
	struct xl_key_hvm {
		const char *to;
		enum report_kind kind;
		const char *harmless, *why;
	} hvm;
};

extern const struct xl_key xl_keys[], xl_keys_hvm[];
extern const size_t xl_nr_keys, xl_nr_keys_hvm;

/** The key's row, or NULL. */
const struct xl_key *xl_key_find(const char *name);
/** A key of a similar name, or NULL. */
const char *xl_key_nearest(const char *name);
/** Calls fn with each row, by name. 0, -ENOMEM, or the first that fn returns that is not 0. */
int xl_key_each(int (*fn)(const struct xl_key *key, void *ctx), void *ctx);
/** The reference of xlite-convert(1), in mdoc macros. */
void xl_key_man(struct buf *out);

#endif
