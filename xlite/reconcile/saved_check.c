/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether a plan that was made now is the one that was saved, and what to tell where it is not.
 */
#include "xlite/reconcile/saved_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"

/* Objects that are named; the rest is counted. */
#define TOLD_MAX 3

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

static bool is_same(const json_t *a, const json_t *b, const char *key)
{
	const json_t *one = json_object_get(a, key), *two = json_object_get(b, key);

	/* To jansson what is absent is not equal to itself. */
	return (!one && !two) || json_equal(one, two);
}

static json_t *find_item(json_t *items, const json_t *like)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		if (is_same(item, like, "kind") && is_same(item, like, "name"))
			return item;
	}
	return NULL;
}

static json_t *find_change(json_t *changes, const char *path)
{
	json_t *change;
	size_t i;

	json_array_foreach(changes, i, change) {
		if (!strcmp(text_of(change, "path"), path))
			return change;
	}
	return NULL;
}

static const char *or_absent(const json_t *change, const char *key)
{
	const char *text = text_of(change, key);

	return *text ? text : "absent";
}

/* The first key whose difference is not the one that was planned. */
static bool tell_changes(json_t *then, json_t *now, struct buf *out)
{
	json_t *change, *other;
	size_t i;

	json_array_foreach(now, i, change) {
		const char *path = text_of(change, "path");

		other = find_change(then, path);
		if (other && json_equal(other, change))
			continue;
		if (other)
			buf_printf(out, "%s is %s, and was %s", path, or_absent(change, "before"), or_absent(other, "before"));
		else
			buf_printf(out, "%s has become %s", path, or_absent(change, "before"));
		return true;
	}
	json_array_foreach(then, i, change) {
		if (find_change(now, text_of(change, "path")))
			continue;
		buf_printf(out, "%s is %s already, and was %s", text_of(change, "path"), or_absent(change, "after"),
			   or_absent(change, "before"));
		return true;
	}
	return false;
}

/* Of two texts in canonical form the first line that is not the same. */
static void tell_line(const char *then, const char *now, struct buf *out)
{
	while (*then && *now) {
		size_t a = strcspn(then, "\n"), b = strcspn(now, "\n");

		if (a != b || memcmp(then, now, a))
			break;
		then += a + !!then[a];
		now += b + !!now[b];
	}
	now += strspn(now, " ");
	then += strspn(then, " ");
	buf_printf(out, "its spec has changed: `%.*s', which was `%.*s'", (int)strcspn(now, "\n"), now,
		   (int)strcspn(then, "\n"), then);
}

static bool tell_seen(const json_t *then, const json_t *now, struct buf *out)
{
	static const char *const texts[] = { "spec", "next", "set", "fault", "state" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (is_same(then, now, texts[i]))
			continue;
		if (i < 2)
			tell_line(text_of(then, texts[i]), text_of(now, texts[i]), out);
		else
			buf_printf(out, "its %s is %s, and was %s", texts[i],
				   *text_of(now, texts[i]) ? text_of(now, texts[i]) : "none",
				   *text_of(then, texts[i]) ? text_of(then, texts[i]) : "none");
		return true;
	}
	return false;
}

static bool tell_files(json_t *then, json_t *now, struct buf *out)
{
	json_t *file;
	size_t i;

	json_array_foreach(now, i, file) {
		if (json_equal(file, json_array_get(then, i)))
			continue;
		buf_printf(out, "%s is not the file that it was", text_of(file, "path"));
		return true;
	}
	return false;
}

/* Whether the object is there now and was not, the other way round, or is another one. */
static bool tell_presence(const json_t *then, const json_t *now, struct buf *out)
{
	const json_t *was = json_object_get(then, "seen"), *is = json_object_get(now, "seen");

	if (json_is_null(was) && json_is_null(is))
		return false;
	if (json_is_null(is))
		buf_puts(out, "it is gone");
	else if (json_is_null(was))
		buf_puts(out, "it was not there, and is now");
	else if (!is_same(was, is, "uuid"))
		buf_printf(out, "another domain has its name, with the uuid %s", text_of(is, "uuid"));
	else
		return false;
	return true;
}

/* Adds what is another plan to out, or nothing. */
static void tell_item(const json_t *then, const json_t *now, struct buf *out)
{
	if (!strcmp(text_of(now, "action"), plan_action_name(PLAN_REFUSED))) {
		buf_printf(out, "it would be refused now: %s", text_of(now, "reason"));
		return;
	}
	if (tell_presence(then, now, out) ||
	    tell_changes(json_object_get(then, "changes"), json_object_get(now, "changes"), out))
		return;
	if (!is_same(then, now, "action") || !is_same(then, now, "reason")) {
		buf_printf(out, "it is to be done now: %s%s%s; in the plan: %s%s%s", text_of(now, "action"),
			   *text_of(now, "reason") ? ", " : "", text_of(now, "reason"), text_of(then, "action"),
			   *text_of(then, "reason") ? ", " : "", text_of(then, "reason"));
		return;
	}
	if (!tell_seen(json_object_get(then, "seen"), json_object_get(now, "seen"), out))
		tell_files(json_object_get(then, "files"), json_object_get(now, "files"), out);
}

/* Keeps the first few. */
static void add(struct buf *all, size_t *nr, const json_t *item, const struct buf *what)
{
	if (!what->len)
		return;
	if ((*nr)++ < TOLD_MAX)
		buf_printf(all, "%s%s/%s: %s", all->len ? "; " : "", text_of(item, "kind"), text_of(item, "name"),
			   buf_str(what));
}

static void compare(json_t *then, json_t *now, struct buf *all, size_t *nr)
{
	json_t *item;
	size_t i;

	json_array_foreach(now, i, item) {
		json_t *other = find_item(then, item);
		auto_buf struct buf what = BUF_INIT;

		if (other)
			tell_item(other, item, &what);
		else
			buf_printf(&what, "it is not in the plan, and would be: %s", text_of(item, "action"));
		add(all, nr, item, &what);
	}
	json_array_foreach(then, i, item) {
		auto_buf struct buf what = BUF_INIT;

		if (!find_item(now, item))
			buf_puts(&what, "it is gone");
		add(all, nr, item, &what);
	}
}

int saved_check(const struct saved_plan *saved, const struct plan *now, struct xlite_error *err)
{
	json_t *items = saved_items(now);
	auto_buf struct buf all = BUF_INIT;
	size_t nr = 0;

	if (!items)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	compare(json_object_get(saved->root, "items"), items, &all, &nr);
	json_decref(items);
	if (!nr)
		return 0;
	if (nr > TOLD_MAX)
		buf_printf(&all, "; and %zu more", nr - TOLD_MAX);
	xlite_error_status(err, -ESTALE, XLITE_AGAIN,
			   "the host has changed since the plan was made, and nothing is done: %s", buf_str(&all));
	xlite_error_hint(err, "make a new plan");
	return -ESTALE;
}
