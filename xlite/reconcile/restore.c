/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reading the spec of a saved domain out of its header.
 */
#include "xlite/reconcile/restore.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "xlite/reconcile/restore_xl.h"

#define OWN_FORMAT 1

static int bad(struct xlite_error *err, const char *what)
{
	xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC, "the configuration in it %s", what);
	xlite_error_hint(err, "--spec FILE gives another");
	return -EINVAL;
}

static void take(struct buf *to, const json_t *own, const char *key)
{
	const char *text = json_string_value(json_object_get(own, key));

	if (text)
		buf_puts(to, text);
}

static int read_own(const json_t *own, struct restore_text *text, struct xlite_error *err)
{
	if (json_integer_value(json_object_get(own, "format")) != OWN_FORMAT)
		return bad(err, "was written by a later version of xlite");
	take(&text->spec, own, "spec");
	take(&text->next, own, "next");
	take(&text->set, own, "set");
	if (text->spec.failed || text->next.failed || text->set.failed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	return text->spec.len ? 0 : bad(err, "has no spec");
}

int restore_text_read(const struct xlite_restore_head *head, struct restore_text *text, struct xlite_error *err)
{
	json_t *root = json_loadb(head->json, head->json_bytes, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, NULL);
	const json_t *own = json_object_get(root, "x-xlite");
	int rc;

	*text = (struct restore_text){ .spec = BUF_INIT, .next = BUF_INIT, .set = BUF_INIT, .foreign = !own };
	if (!json_is_object(root))
		rc = bad(err, "is not JSON");
	else if (own)
		rc = read_own(own, text, err);
	else
		rc = restore_xl_spec(root, &text->spec, err);
	json_decref(root);
	if (rc)
		restore_text_clear(text);
	return rc;
}

void restore_text_clear(struct restore_text *text)
{
	buf_clear(&text->spec);
	buf_clear(&text->next);
	buf_clear(&text->set);
}
