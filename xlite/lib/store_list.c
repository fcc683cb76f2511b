/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Lists of children longer than one answer of the C xenstored (4096 bytes): it says E2BIG, and is then asked for
 * parts (XS_DIRECTORY_PART). A part is the generation of the node, NUL, and names; the last one ends in an
 * empty name. A generation that changes between parts means: from the start. (docs/misc/xenstore.txt)
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Times a list may change while we read it. */
#define LIST_TRIES 20

/* Adds the names of a part to list. 1: that was the last; 0: more to come; -ESTALE: the node changed. */
static int list_take_part(struct buf *list, char generation[24], const char *part, size_t len)
{
	size_t head = strnlen(part, len) + 1;
	bool last;

	if (head > len || head > 24)
		return -EPROTO;
	if (!*generation)
		memcpy(generation, part, head);
	else if (strcmp(generation, part))
		return -ESTALE;
	part += head;
	len -= head;
	if (!len || part[len - 1] || list->len > STORE_ANSWER_MAX)
		return -EPROTO;
	/* The empty name at the end: a NUL of its own, after that of the last name. */
	last = len == 1 || !part[len - 2];
	len -= last;
	if (!store_list_whole(part, len))
		return -EPROTO;
	buf_add(list, part, len);
	return last;
}

/* One walk over all parts. */
static int list_parts(struct xlite_store *store, uint32_t txn, const char *path, struct buf *list,
		      struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	char generation[24] = "", body[XENSTORE_ABS_PATH_MAX + 32];
	int ret;

	do {
		const char *part;
		size_t len = 0;
		int size = snprintf(body, sizeof(body), "%s%c%zu", path, 0, list->len) + 1;

		xlite_store_batch_clear(&batch);
		store_batch_add(&batch, XS_DIRECTORY_PART, body, size < (int)sizeof(body) ? (size_t)size : sizeof(body));
		ret = store_flight_run(store, &batch, txn, err);
		if (ret)
			break;
		part = xlite_store_batch_value(&batch, 0, &len);
		ret = part ? list_take_part(list, generation, part, len) : xlite_store_batch_result(&batch, 0);
		if (ret == -EPROTO)
			store_break(store, ret, err, "xenstored's list of %.150s is damaged", path);
	} while (ret == 0);
	xlite_store_batch_clear(&batch);
	return list->failed ? -ENOMEM : ret;
}

int store_list_long(struct xlite_store *store, struct xlite_store_batch *batch, uint32_t txn, struct xlite_error *err)
{
	for (size_t i = 0; i < batch->nr; i++) {
		struct buf list = BUF_INIT;
		int ret = -ESTALE;

		if (batch->requests[i].type != XS_DIRECTORY || batch->requests[i].result != -E2BIG)
			continue;
		for (int tries = 0; tries < LIST_TRIES && ret == -ESTALE; tries++) {
			buf_clear(&list);
			ret = list_parts(store, txn, store_batch_path(batch, i), &list, err);
		}
		if (ret == -ESTALE)
			ret = -EAGAIN;
		/* oxenstored knows no parts; it lists up to 4096 bytes over a ring, and without limit over its socket. */
		if (ret == -ENOSYS || ret == -EINVAL)
			ret = -E2BIG;
		store_batch_answer(batch, i, ret < 0 ? ret : 0, buf_str(&list), ret < 0 ? 0 : list.len);
		buf_clear(&list);
		if (store->broken || batch->failed)
			return store->broken ? store_usable(store, err) : xlite_error_sys(err, -ENOMEM, "XenStore: list");
	}
	return 0;
}
