/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Watches: asked for, taken back, and their events waited for. The queue of these is in store_event.c.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* XS_WATCH or XS_UNWATCH. */
static int store_watch_request(struct xlite_store *store, uint32_t type, const char *path, const char *token,
			       struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	char body[XENSTORE_PAYLOAD_MAX + 1];
	int len = snprintf(body, sizeof(body), "%s%c%s", path, 0, token) + 1;
	int ret;

	if ((size_t)len > sizeof(body))
		return xlite_error_set(err, -E2BIG, "XenStore: %s %.200s: too long", store_type_name(type), path);
	store_batch_add(&batch, type, body, (size_t)len);
	ret = store_flight_run(store, &batch, 0, err);
	if (!ret && batch.requests[0].result)
		ret = store_batch_error(&batch, 0, err);
	xlite_store_batch_clear(&batch);
	return ret;
}

int xlite_store_watch(struct xlite_store *store, const char *path, const char *token, struct xlite_error *err)
{
	int ret;

	if (store_watch_find(store, token))
		return xlite_error_set(err, -EEXIST, "XenStore: watch %.200s: token %.100s is in use", path, token);
	/* Known before the answer, since its first event may come ahead of that. */
	ret = store_watch_add(store, path, token);
	if (ret)
		return xlite_error_sys(err, ret, "XenStore: watch %.200s", path);
	ret = store_watch_request(store, XS_WATCH, path, token, err);
	if (ret)
		store_watch_remove(store, store_watch_find(store, token));
	return ret;
}

int xlite_store_unwatch(struct xlite_store *store, const char *path, const char *token, struct xlite_error *err)
{
	const struct store_watch *found = store_watch_find(store, token);

	if (!found || strcmp(found->path, path))
		return xlite_error_set(err, -ENOENT, "XenStore: unwatch %.200s: not watched with token %.100s", path, token);
	store_event_forget(store, token);
	store_watch_remove(store, found);
	return store_watch_request(store, XS_UNWATCH, path, token, err);
}

int store_event_wait(struct xlite_store *store, const char *token, int64_t deadline_ns, struct xlite_error *err)
{
	int ret = store_usable(store, err);

	while (!ret && !store_event_next(store, token))
		ret = store_receive(store, NULL, deadline_ns, err);
	if (ret == -ETIMEDOUT)
		return xlite_error_set(err, ret, "XenStore: no event in time");
	if (ret == -EINTR)
		return xlite_error_set(err, ret, "XenStore: interrupted while waiting for an event");
	return ret;
}

int xlite_store_event(struct xlite_store *store, int64_t deadline_ns, const char **path, const char **token,
		      struct xlite_error *err)
{
	int ret = store_event_wait(store, NULL, deadline_ns, err);

	if (ret)
		return ret;
	*path = store->current.path;
	*token = store->current.token;
	return 0;
}
