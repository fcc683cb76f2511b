/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Waiting for a node to have a value. The node may be a guest's: it may change as often as the guest
 * likes, which costs us a bounded number of reads per second.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads without pause, and the pause between those that follow. */
#define WAIT_EAGER_READS 8
#define WAIT_PAUSE_NS (20 * NS_PER_MS)

/* 1 when the node is as wished, 0 when not. */
static int store_wait_check(struct xlite_store *store, const char *path, const char *const values[], size_t *which,
			    struct xlite_error *err)
{
	char *value = NULL;
	size_t len = 0;
	int ret = xlite_store_read(store, 0, path, &value, &len, NULL);

	if (store->broken)
		return store_usable(store, err);
	if (ret == -ENOENT)
		return !values[0];
	if (ret)
		return xlite_error_sys(err, ret, "XenStore: read %.200s", path);
	ret = 0;
	for (size_t i = 0; values[i] && !ret; i++) {
		if (strlen(values[i]) != len || memcmp(values[i], value, len))
			continue;
		if (which)
			*which = i;
		ret = 1;
	}
	free(value);
	return ret;
}

static void store_wait_pause(int64_t deadline_ns)
{
	int64_t left = deadline_ns - clock_now_ns();
	struct timespec ts = { .tv_nsec = left < WAIT_PAUSE_NS ? left : WAIT_PAUSE_NS };

	if (left > 0)
		nanosleep(&ts, NULL);
}

int xlite_store_wait(struct xlite_store *store, const char *path, const char *const values[], int64_t deadline_ns,
		     size_t *which, struct xlite_error *err)
{
	char token[32];
	unsigned reads = 0;
	int ret, code;

	snprintf(token, sizeof(token), "xlite-wait-%u", ++store->next_token);
	ret = xlite_store_watch(store, path, token, err);
	if (ret)
		return ret;
	/* The watch fires at once, so the first check comes after its first event, and no change is missed. */
	while (!ret) {
		ret = store_event_wait(store, token, deadline_ns, err);
		if (ret)
			break;
		if (reads++ >= WAIT_EAGER_READS)
			store_wait_pause(deadline_ns);
		ret = store_wait_check(store, path, values, which, err);
		/* A guest that keeps writing always has an event for us. */
		if (!ret && clock_now_ns() >= deadline_ns)
			ret = -ETIMEDOUT;
	}
	if (ret == -ETIMEDOUT && !store->broken)
		xlite_error_set(err, ret, "XenStore: %.200s did not get the expected value in time", path);
	if (store->broken)
		return ret;
	code = xlite_store_unwatch(store, path, token, ret < 0 ? NULL : err);
	return ret < 0 ? ret : code;
}
