/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reading the spec of a saved domain out of its header.
 */
#include "xlite/reconcile/restore.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "xlite/reconcile/record_spec.h"
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

/* As records are read; NULL: it is not one domain, or has a name that none can have, which reading a record does not ask. */
static struct cfg_domain *parse(const struct buf *text, struct cfg_set **set)
{
	const struct xlite_record record = { .format = 1, .spec = (char *)(uintptr_t)buf_str(text) };
	struct cfg_domain *domain = record_spec(&record, set);

	return domain && domain->name && cfg_is_domain_name(domain->name) ? domain : NULL;
}

/* What goes into the new domain's record as it is must be what its record could have said. */
static int check_own(const struct restore_text *text, struct xlite_error *err)
{
	struct cfg_set *set, *next_set = NULL;
	const struct cfg_domain *spec = parse(&text->spec, &set), *next = text->next.len ? parse(&text->next, &next_set) : NULL;
	int rc = 0;

	if (!spec)
		rc = bad(err, "has no spec that can be read");
	else if (text->next.len && (!next || memcmp(next->uuid, spec->uuid, sizeof(spec->uuid))))
		rc = bad(err, "has a spec for the next boot that cannot be read, or is another domain's");
	else if (text->set.len && !cfg_is_name(buf_str(&text->set)))
		rc = bad(err, "has a set whose name no set can have");
	cfg_set_free(next_set);
	cfg_set_free(set);
	return rc;
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
	return check_own(text, err);
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
