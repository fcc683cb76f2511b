/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A batch without a transaction, and in one: start, everything in one flight, end. Three round trips.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOMEM_TRIES 10

int xlite_store_batch_run(struct xlite_store *store, struct xlite_store_batch *batch, struct xlite_error *err)
{
	int ret = store_flight_run(store, batch, 0, err);

	return ret ? ret : store_list_long(store, batch, 0, err);
}

int xlite_store_batch_apply(struct xlite_store *store, struct xlite_store_batch *batch, struct xlite_error *err)
{
	int ret = xlite_store_batch_run(store, batch, err);

	for (size_t i = 0; i < batch->nr && !ret; i++)
		if (batch->requests[i].result)
			ret = store_batch_error(batch, i, err);
	return ret;
}

int store_txn_start(struct xlite_store *store, uint32_t *txn, struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	unsigned long id = 0;
	char *end = NULL;
	const char *text;
	int ret;

	store_batch_add(&batch, XS_TRANSACTION_START, "", 1);
	ret = store_flight_run(store, &batch, 0, err);
	if (!ret && batch.requests[0].result)
		ret = store_batch_error(&batch, 0, err);
	if (!ret) {
		text = xlite_store_batch_value(&batch, 0, NULL);
		errno = 0;
		id = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || *end || errno || !id || id > UINT32_MAX)
			ret = store_break(store, -EPROTO, err, "xenstored answered with a transaction that is not a number");
	}
	xlite_store_batch_clear(&batch);
	*txn = (uint32_t)id;
	return ret;
}

int store_txn_end(struct xlite_store *store, uint32_t txn, bool commit, struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	int ret;

	store_batch_add(&batch, XS_TRANSACTION_END, commit ? "T" : "F", 2);
	ret = store_flight_run(store, &batch, txn, err);
	if (!ret && batch.requests[0].result) {
		ret = batch.requests[0].result;
		xlite_error_sys(err, ret, "XenStore: end of a transaction");
	}
	xlite_store_batch_clear(&batch);
	return ret;
}

/* One try. *ending: it came to the end of the transaction, and what is wrong is that. */
static int txn_run(struct xlite_store *store, struct xlite_store_batch *batch, bool *ending, struct xlite_error *err)
{
	uint32_t txn;
	int ret = store_txn_start(store, &txn, err);

	*ending = false;
	if (ret)
		return ret;
	ret = store_flight_run(store, batch, txn, err);
	if (!ret)
		ret = store_list_long(store, batch, txn, err);
	for (size_t i = 0; i < batch->nr && !ret; i++)
		if (batch->requests[i].result)
			ret = store_batch_error(batch, i, err);
	*ending = !ret;
	if (!ret)
		return store_txn_end(store, txn, true, err);
	if (!store->broken)
		store_txn_end(store, txn, false, NULL);
	return ret;
}

/* Waits 1 ms to 2^tries ms, at most 64 ms, and not past the deadline; by chance, so that rivals part. */
void store_txn_pause(unsigned tries, int64_t deadline_ns)
{
	static uint64_t seed;
	int64_t span = (INT64_C(1) << (tries < 6 ? tries : 6)) * NS_PER_MS;
	int64_t left = deadline_ns - clock_now_ns();
	struct timespec ts;
	int64_t wait;

	seed = (seed ^ (uint64_t)clock_now_ns() ^ (uint64_t)getpid() << 32) * UINT64_C(6364136223846793005) +
	       1442695040888963407u;
	wait = NS_PER_MS + (int64_t)(seed >> 33) % span;
	if (wait > left)
		wait = left;
	if (wait <= 0)
		return;
	ts.tv_sec = wait / NS_PER_SEC;
	ts.tv_nsec = wait % NS_PER_SEC;
	nanosleep(&ts, NULL);
}

/*
 * If the lock fails, or a signal ends the wait for it, the commit goes on without it: the gate saves work and
 * protects nothing.
 */
static void gate_set(const struct xlite_store *store, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	if (store->gate >= 0)
		fcntl(store->gate, type == F_UNLCK ? F_SETLK : F_SETLKW, &whole);
}

/*
 * Whether the transaction may succeed when it is made again: another client has changed the same nodes (EAGAIN), or
 * xenstored 4.17 has found a domain gone whose nodes are part of the transaction, which it reports as ENOMEM at the
 * end.
 */
static bool is_passing(int ret, bool ending, unsigned tries)
{
	return ret == -EAGAIN || ret == -EBUSY || (ret == -ENOMEM && ending && tries < NOMEM_TRIES);
}

/* Tries until it is done or refused, or the time is up. */
static int commit(struct xlite_store *store, struct xlite_store_batch *batch, int64_t deadline_ns,
	      struct xlite_error *err)
{
	struct xlite_error why = { 0 };
	unsigned tries = 0;
	bool ending;
	int ret;

	for (;;) {
		ret = txn_run(store, batch, &ending, &why);
		tries++;
		if (!ret)
			return 0;
		if (!is_passing(ret, ending, tries) || store->broken)
			break;
		if (clock_now_ns() >= deadline_ns)
			return xlite_error_set(err, -EAGAIN,
					       "XenStore: transaction gave way to others %u times, no time left",
					       tries);
		store_txn_pause(tries, deadline_ns);
	}
	if (err)
		*err = why;
	return ret;
}

int xlite_store_batch_commit(struct xlite_store *store, struct xlite_store_batch *batch, int64_t deadline_ns,
			     struct xlite_error *err)
{
	/* What can never be sent need not cost a transaction. */
	int ret = store_flight_check(store, batch, err);

	if (ret || !batch->nr)
		return ret;
	gate_set(store, F_WRLCK);
	ret = commit(store, batch, deadline_ns, err);
	gate_set(store, F_UNLCK);
	return ret;
}
