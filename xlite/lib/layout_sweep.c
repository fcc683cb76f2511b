/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Directories of dom0's that all domains share go with the last domain, so that a host looks as it did before the first.
 * They are found empty and removed in one transaction: a domain that is being made meanwhile wins.
 */
#include "xlite/lib/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/lib/store_wire.h"

#define BACKEND "/local/domain/0/backend"
/* Where dom0's kernel writes why a backend gave up; it may do so after the domain and its nodes have gone. */
#define ERRORS "/local/domain/0/error"

/* Children before their parents: what holds nothing but empty ones is empty, too. */
static const char *const sweep_dirs[] = {
#define ROW(id, back, front) BACKEND "/" back,
	XLITE_DEVICES(ROW)
#undef ROW
	BACKEND, "/local/domain/0/device-model", "/vm", "/libxl",
#define ROW(id, back, front) ERRORS "/backend/" back,
	XLITE_DEVICES_OF_KERNELS(ROW)
#undef ROW
	ERRORS "/backend", ERRORS,
};

static bool sweep_is_child(const char *dir, const char *of)
{
	size_t len = strlen(of);

	return !strncmp(dir, of, len) && dir[len] == '/' && !strchr(dir + len + 1, '/');
}

/* Whether the children of a directory are numbers of domains whose end may leave them there. */
static bool sweep_has_ghosts(const char *dir)
{
	return sweep_is_child(dir, ERRORS "/backend");
}

/* Removes those of such a directory's children that are of domains no longer there. Returns how many, or negative. */
static int sweep_ghosts(struct xlite_store *store, uint32_t txn, const struct xlite_store_batch *lists, size_t i,
			struct xlite_store_batch *removal, struct xlite_error *err)
{
	struct xlite_store_batch domains = { 0 };
	const char *child;
	int ret, nr = 0;

	for (size_t k = 0; (child = xlite_store_batch_child(lists, i, k)); k++)
		xlite_store_batch_read(&domains, "/local/domain/%s", child);
	ret = domains.nr ? store_flight_run(store, &domains, txn, err) : 0;
	for (size_t k = 0; !ret && (child = xlite_store_batch_child(lists, i, k)); k++) {
		if (xlite_store_batch_result(&domains, k) != -ENOENT)
			continue;
		xlite_store_batch_rm(removal, "%s/%s", sweep_dirs[i], child);
		nr++;
	}
	xlite_store_batch_clear(&domains);
	return ret ? ret : nr;
}

/* Whether directory i is there and holds nothing that stays: leaving counts those children that go by themselves. */
static bool sweep_empty(const struct xlite_store_batch *lists, size_t i, const bool *gone, size_t leaving)
{
	size_t children = 0;

	if (xlite_store_batch_result(lists, i))
		return false;
	while (xlite_store_batch_child(lists, i, children))
		children++;
	for (size_t k = 0; k < i; k++)
		leaving += gone[k] && sweep_is_child(sweep_dirs[k], sweep_dirs[i]);
	return children == leaving;
}

/* Lists and removes within txn. Returns the number removed. */
static int sweep_once(struct xlite_store *store, uint32_t txn, struct xlite_error *err)
{
	struct xlite_store_batch lists = { 0 }, removal = { 0 };
	bool gone[ARRAY_SIZE(sweep_dirs)] = { false };
	int ret, nr, ghosts;

	for (size_t i = 0; i < ARRAY_SIZE(sweep_dirs); i++)
		xlite_store_batch_list(&lists, "%s", sweep_dirs[i]);
	ret = store_flight_run(store, &lists, txn, err);
	for (size_t i = 0; i < ARRAY_SIZE(sweep_dirs) && !ret; i++) {
		ghosts = sweep_has_ghosts(sweep_dirs[i]) ? sweep_ghosts(store, txn, &lists, i, &removal, err) : 0;
		ret = ghosts < 0 ? ghosts : 0;
		gone[i] = !ret && sweep_empty(&lists, i, gone, (size_t)ghosts);
		if (gone[i])
			xlite_store_batch_rm(&removal, "%s", sweep_dirs[i]);
	}
	nr = (int)removal.nr;
	if (!ret && nr)
		ret = store_flight_run(store, &removal, txn, err);
	for (int i = 0; i < nr && !ret; i++)
		if (removal.requests[i].result)
			ret = store_batch_error(&removal, (size_t)i, err);
	xlite_store_batch_clear(&lists);
	xlite_store_batch_clear(&removal);
	return ret ? ret : nr;
}

int xlite_layout_sweep(struct xlite_store *store, int64_t deadline_ns, struct xlite_error *err)
{
	uint32_t txn;
	int ret;

	for (unsigned tries = 1;; tries++) {
		ret = store_txn_start(store, &txn, err);
		if (!ret) {
			int nr = sweep_once(store, txn, err);

			ret = store->broken ? nr : store_txn_end(store, txn, nr > 0, nr < 0 ? NULL : err);
			if (nr <= 0)
				ret = nr;
		}
		if ((ret != -EAGAIN && ret != -EBUSY) || store->broken || clock_now_ns() >= deadline_ns)
			return ret;
		store_txn_pause(tries, deadline_ns);
	}
}
