/* SPDX-License-Identifier: GPL-2.0-or-later
 * Saved plans, read again. What is missing or of another type is damage: an editor's, or of a copy that did not come whole.
 */
#include "xlite/reconcile/saved_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

static size_t skip_space(const char *text, size_t len, size_t at)
{
	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at;
}

bool saved_is_plan(const char *text, size_t len)
{
	static const char key[] = "\"" SAVED_KEY "\"";
	size_t at = skip_space(text, len, 0);

	if (at >= len || text[at] != '{')
		return false;
	at = skip_space(text, len, at + 1);
	return len - at >= sizeof(key) - 1 && !memcmp(text + at, key, sizeof(key) - 1);
}

static int damaged(struct xlite_error *err, const char *what)
{
	xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC, "the saved plan is damaged: %s", what);
	xlite_error_hint(err, "`xlite plan --out' writes another");
	return -EINVAL;
}

static int check_version(json_t *root, const char *version, struct xlite_error *err)
{
	const char *by = json_string_value(json_object_get(root, "xlite"));
	json_t *format = json_object_get(root, SAVED_KEY);

	if (!json_is_integer(format) || !by)
		return damaged(err, "it does not say what wrote it");
	if (json_integer_value(format) != SAVED_FORMAT) {
		xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC,
				   "the saved plan has the format %lld, and this version of xlite reads %d",
				   (long long)json_integer_value(format), SAVED_FORMAT);
		return -EINVAL;
	}
	if (!strcmp(by, version))
		return 0;
	xlite_error_status(err, -ESTALE, XLITE_AGAIN,
			   "the plan was made by xlite %.32s, and this is %s, whose plan could be another", by,
			   version);
	xlite_error_hint(err, "make a new plan");
	return -ESTALE;
}

static bool is_text_or_null(const json_t *json)
{
	return json_is_string(json) || json_is_null(json);
}

static int read_options(struct saved_plan *saved, struct xlite_error *err)
{
	json_t *set = NULL;
	int prune, replace, adopt, yes;

	if (json_unpack(json_object_get(saved->root, "options"), "{s:o, s:b, s:b, s:b, s:b}", "set", &set, "prune",
			&prune, "replace", &replace, "adopt", &adopt, "yes", &yes) ||
	    !is_text_or_null(set))
		return damaged(err, "its options cannot be read");
	saved->options = (struct saved_options){
		.set = json_string_value(set), .prune = prune, .replace = replace, .adopt = adopt, .yes = yes,
	};
	if (saved->options.set ? !cfg_is_name(saved->options.set) : saved->options.prune)
		return damaged(err, "its options cannot be");
	return 0;
}

static int check_lists(const struct saved_plan *saved, struct xlite_error *err)
{
	json_t *documents = json_object_get(saved->root, "documents"), *items = json_object_get(saved->root, "items"), *one;
	const char *kind, *name, *text;
	size_t i;

	if (!json_is_array(documents) || !json_is_array(items) || !json_is_object(json_object_get(saved->root, "host")))
		return damaged(err, "host, documents or items are missing");
	json_array_foreach(documents, i, one) {
		if (json_unpack(one, "{s:s, s:s, s:s}", "kind", &kind, "name", &name, "text", &text))
			return damaged(err, "a document cannot be read");
	}
	json_array_foreach(items, i, one) {
		json_t *changes, *seen, *files;

		if (json_unpack(one, "{s:s, s:s, s:s, s:o, s:o, s:o}", "kind", &kind, "name", &name, "action", &text,
				"changes", &changes, "seen", &seen, "files", &files) ||
		    !json_is_array(changes) || !json_is_array(files))
			return damaged(err, "an object cannot be read");
	}
	return 0;
}

int saved_parse(const char *text, size_t len, const char *version, struct saved_plan **saved, struct xlite_error *err)
{
	struct saved_plan *plan = calloc(1, sizeof(*plan));
	json_error_t where;
	int rc = 0;

	*saved = NULL;
	if (!plan)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	plan->root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (!plan->root)
		rc = damaged(err, where.text);
	if (!rc)
		rc = check_version(plan->root, version, err);
	if (!rc)
		rc = read_options(plan, err);
	if (!rc)
		rc = check_lists(plan, err);
	if (rc)
		saved_free(plan);
	else
		*saved = plan;
	return rc;
}

const struct saved_options *saved_options(const struct saved_plan *saved)
{
	return &saved->options;
}

int saved_documents(const struct saved_plan *saved, const char *file, struct cfg_set *set)
{
	json_t *document;
	size_t i;
	int errors = 0;

	json_array_foreach(json_object_get(saved->root, "documents"), i, document) {
		const char *text = json_string_value(json_object_get(document, "text"));
		auto_buf struct buf name = BUF_INIT;
		int rc;

		buf_printf(&name, "%s: %s/%s", file, json_string_value(json_object_get(document, "kind")),
			   json_string_value(json_object_get(document, "name")));
		rc = cfg_set_parse(set, buf_str(&name), text, strlen(text));
		if (rc < 0)
			return rc;
		errors += rc;
	}
	return errors;
}

int saved_check_host(const struct saved_plan *saved, struct xlite_error *err)
{
	json_t *then = json_object_get(saved->root, "host"), *now = saved_host();
	const char *name = json_string_value(json_object_get(then, "name")),
		   *here = json_string_value(json_object_get(now, "name"));
	int rc = 0;

	if (!now)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	if (!json_equal(then, now)) {
		rc = xlite_error_status(err, -ESTALE, XLITE_AGAIN,
					"the plan was made on another host: on %.64s, and this is %.64s%s",
					name ? name : "?", here,
					name && !strcmp(name, here) ? " with another machine-id" : "");
		xlite_error_hint(err, "make a plan on this host");
	}
	json_decref(now);
	return rc;
}

void saved_free(struct saved_plan *saved)
{
	if (!saved)
		return;
	json_decref(saved->root);
	free(saved);
}
