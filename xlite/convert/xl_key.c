/* SPDX-License-Identifier: GPL-2.0-or-later
 * Looking a key up, and the table as a part of the manual.
 */
#include "xlite/convert/xl_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

static const struct xl_key *row(size_t i)
{
	return i < xl_nr_keys ? &xl_keys[i] : &xl_keys_hvm[i - xl_nr_keys];
}

const struct xl_key *xl_key_find(const char *name)
{
	for (size_t i = 0; i < xl_nr_keys + xl_nr_keys_hvm; i++) {
		if (!strcmp(row(i)->name, name))
			return row(i);
	}
	return NULL;
}

const char *xl_key_nearest(const char *name)
{
	const char *names[256];
	size_t nr = xl_nr_keys + xl_nr_keys_hvm;

	if (nr > ARRAY_SIZE(names))
		nr = ARRAY_SIZE(names);
	for (size_t i = 0; i < nr; i++)
		names[i] = row(i)->name;
	return cfg_nearest(name, names, nr);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct xl_key *const *)a)->name, (*(const struct xl_key *const *)b)->name);
}

int xl_key_each(int (*fn)(const struct xl_key *key, void *ctx), void *ctx)
{
	size_t nr = xl_nr_keys + xl_nr_keys_hvm;
	auto_free const struct xl_key **rows = calloc(nr, sizeof(*rows));
	int rc = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		rows[i] = row(i);
	qsort(rows, nr, sizeof(*rows), by_name);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = fn(rows[i], ctx);
	return rc;
}

/* Why a key without a counterpart means nothing, where its types say it. */
static const char *reason(const struct xl_key *key)
{
	if (key->why)
		return key->why;
	if (key->types == XL_ARM)
		return "for guests on Arm only";
	return "PVH guests have no such thing";
}

static void man_loss(enum report_kind kind, const char *harmless, struct buf *out)
{
	static const char *const words[] = {
		[REPORT_NOTHING] = "means nothing", [REPORT_HOST] = "has no counterpart", [REPORT_GUEST] = "is lost",
			[REPORT_ERROR] = "is an error",
	};

	buf_puts(out, words[kind]);
	for (const char *c = harmless; c && *c; c++) {
		if (c == harmless)
			buf_puts(out, ", unless it is ");
		buf_puts(out, *c == ' ' ? " or " : (const char[]){ *c, '\0' });
	}
	buf_puts(out, ":\n");
}

static int man_row(const struct xl_key *key, void *ctx)
{
	struct buf *out = ctx;

	buf_printf(out, ".It Ic %s\n", key->name);
	if (key->to)
		buf_printf(out, "becomes\n.Ic %s%s\n", key->to, key->why ? " ;" : " .");
	else
		man_loss(key->kind, key->harmless, out);
	if (!key->to || key->why)
		buf_printf(out, "%s.\n", reason(key));
	if (key->hvm.to || key->hvm.why)
		buf_puts(out, "Where an HVM guest remains one, it\n");
	if (key->hvm.to)
		buf_printf(out, "becomes\n.Ic %s .\n", key->hvm.to);
	if (key->hvm.why) {
		man_loss(key->hvm.kind, key->hvm.harmless, out);
		buf_printf(out, "%s.\n", key->hvm.why);
	}
	return 0;
}

void xl_key_man(struct buf *out)
{
	buf_puts(out, ".Bl -tag -width Ds -compact\n");
	if (xl_key_each(man_row, out))
		out->failed = true;
	buf_puts(out, ".El\n");
}
