/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Which watches there are, and the queue of their events; xenstored is asked in store_watch.c. The queue is bounded:
 * equal events are merged, and when it is full a new one is merged into an event for the watched path itself, which is
 * to be read as "anything below may have changed".
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Copies two strings into one block: *a points to it, *b into it. */
static int store_pair(char **a, char **b, const char *x, const char *y)
{
	size_t len = strlen(x) + 1;

	*a = malloc(len + strlen(y) + 1);
	if (!*a)
		return -ENOMEM;
	memcpy(*a, x, len);
	*b = *a + len;
	strcpy(*b, y);
	return 0;
}

/* Makes room for one more element of size bytes. */
static int store_array_grow(void **array, size_t nr, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 8;
	void *grown;

	if (nr < *room)
		return 0;
	grown = realloc(*array, more * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = more;
	return 0;
}

const struct store_watch *store_watch_find(const struct xlite_store *store, const char *token)
{
	for (size_t i = 0; i < store->nr_watches; i++)
		if (!strcmp(store->watches[i].token, token))
			return &store->watches[i];
	return NULL;
}

int store_watch_add(struct xlite_store *store, const char *path, const char *token)
{
	struct store_watch watch;

	if (store_array_grow((void **)&store->watches, store->nr_watches, &store->room_watches, sizeof(watch)) ||
	    store_pair(&watch.path, &watch.token, path, token))
		return -ENOMEM;
	store->watches[store->nr_watches++] = watch;
	return 0;
}

void store_watch_remove(struct xlite_store *store, const struct store_watch *watch)
{
	size_t i = (size_t)(watch - store->watches);

	free(store->watches[i].path);
	store->nr_watches--;
	memmove(store->watches + i, store->watches + i + 1, (store->nr_watches - i) * sizeof(*watch));
}

static bool store_event_queued(const struct xlite_store *store, const char *path, const char *token)
{
	for (size_t i = 0; i < store->nr_events; i++)
		if (!strcmp(store->events[i].path, path) && !strcmp(store->events[i].token, token))
			return true;
	return false;
}

int store_event_add(struct xlite_store *store, const char *body, size_t len, struct xlite_error *err)
{
	const struct store_watch *watch;
	const char *path = body, *token;
	size_t path_len = strnlen(body, len), token_len;
	struct store_event event;

	token = body + path_len + 1;
	token_len = path_len < len ? strnlen(token, len - path_len - 1) : 0;
	if (path_len >= len || path_len + 1 + token_len >= len)
		return store_break(store, -EPROTO, err,
				   "xenstored sent a watch event of %zu bytes without path and token", len);
	/* What was on its way when its watch was taken back. */
	watch = store_watch_find(store, token);
	if (!watch)
		return 0;
	if (store->nr_events >= STORE_EVENTS_MAX)
		path = watch->path;
	if (store_event_queued(store, path, token))
		return 0;
	if (store_array_grow((void **)&store->events, store->nr_events, &store->room_events, sizeof(event)) ||
	    store_pair(&event.path, &event.token, path, token))
		return store_break(store, -ENOMEM, err, "no memory for a watch event");
	store->events[store->nr_events++] = event;
	return 0;
}

/* Takes event i out of the queue. */
static struct store_event store_event_take(struct xlite_store *store, size_t i)
{
	struct store_event event = store->events[i];

	store->nr_events--;
	memmove(store->events + i, store->events + i + 1, (store->nr_events - i) * sizeof(event));
	return event;
}

bool store_event_next(struct xlite_store *store, const char *token)
{
	for (size_t i = 0; i < store->nr_events; i++) {
		if (token && strcmp(store->events[i].token, token))
			continue;
		free(store->current.path);
		store->current = store_event_take(store, i);
		return true;
	}
	return false;
}

void store_event_forget(struct xlite_store *store, const char *token)
{
	for (size_t i = store->nr_events; i-- > 0;)
		if (!strcmp(store->events[i].token, token))
			free(store_event_take(store, i).path);
}

void store_watch_clear(struct xlite_store *store)
{
	for (size_t i = 0; i < store->nr_events; i++)
		free(store->events[i].path);
	for (size_t i = 0; i < store->nr_watches; i++)
		free(store->watches[i].path);
	free(store->current.path);
	free(store->events);
	free(store->watches);
}
