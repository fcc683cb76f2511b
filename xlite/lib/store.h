/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A XenStore client of our own, by the wire protocol (xen/io/xs_wire.h), over xenstored's
 * socket or /dev/xen/xenbus. Requests are pipelined: a batch is sent whole, then its
 * answers are read. Every wait has a deadline. Layout of nodes is layout.h.
 */
#ifndef XLITE_LIB_STORE_H
#define XLITE_LIB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct xlite_store;

struct xlite_store_counts {
	uint64_t messages;	/* requests sent */
	uint64_t writes;	/* of these, requests that change the store (write, mkdir, rm, set_perms) */
	uint64_t round_trips;	/* times we waited for an answer */
};

/** How long a single answer may take, unless xlite_store_set_timeout says otherwise. */
#define XLITE_STORE_TIMEOUT_MS 20000

/**
 * Connects: the socket of xenstored ($XENSTORED_PATH, /run/xenstored/socket, /var/run/xenstored/socket), else
 * /dev/xen/xenbus, else /proc/xen/xenbus. Errors: nobody there (XLITE_NO_XEN), not permitted (XLITE_DENIED).
 */
int xlite_store_open(struct xlite_store **out, struct xlite_error *err);
/** A client on an already connected descriptor, which it then owns (tests, fuzzing). */
int xlite_store_from_fd(struct xlite_store **out, int fd, struct xlite_error *err);
void xlite_store_close(struct xlite_store *store);
const struct xlite_store_counts *xlite_store_counts(const struct xlite_store *store);
/** Milliseconds a single answer may take; past it calls fail with -ETIMEDOUT and the store is unusable. */
void xlite_store_set_timeout(struct xlite_store *store, unsigned ms);
/**
 * Lets the commits of several processes take turns, which all else being equal would only make each other start again:
 * fd (the caller's, open as long as the store; -1: none) is a file that all of them lock meanwhile, by fcntl.
 */
void xlite_store_set_gate(struct xlite_store *store, int fd);

/* Single requests. txn is 0 outside a transaction. Paths are absolute. */

/**
 * Reads a node; *value is malloc'ed, NUL-terminated beyond *len bytes, freed by the caller. -ENOENT without message
 * cost.
 */
int xlite_store_read(struct xlite_store *store, uint32_t txn, const char *path, char **value, size_t *len,
		     struct xlite_error *err);
/** Lists children: *names is one malloc'ed array of *nr strings in one block, freed with one free(). */
int xlite_store_list(struct xlite_store *store, uint32_t txn, const char *path, char ***names, size_t *nr,
		     struct xlite_error *err);
int xlite_store_write(struct xlite_store *store, uint32_t txn, const char *path, const char *value,
		      struct xlite_error *err);
/** Removes a node and all below; success if there was none. */
int xlite_store_remove(struct xlite_store *store, uint32_t txn, const char *path, struct xlite_error *err);

/** Tells xenstored of a new domain (XS_INTRODUCE) and of its end (XS_RELEASE). */
int xlite_store_introduce(struct xlite_store *store, uint32_t domid, uint64_t gfn, uint32_t port,
			  struct xlite_error *err);
int xlite_store_release(struct xlite_store *store, uint32_t domid, struct xlite_error *err);
/** Tells it that a domain that had shut down goes on (XS_RESUME): else it would not tell of its next end. */
int xlite_store_resume(struct xlite_store *store, uint32_t domid, struct xlite_error *err);

/* Batches: several requests in one flight. */

enum xlite_store_op { XLITE_STORE_READ, XLITE_STORE_LIST, XLITE_STORE_WRITE, XLITE_STORE_MKDIR, XLITE_STORE_RM,
		      XLITE_STORE_PERMS };

struct xlite_store_batch;

struct xlite_store_batch *xlite_store_batch_new(void);
void xlite_store_batch_free(struct xlite_store_batch *batch);
/** Forgets all requests and answers; the batch is empty and reusable. */
void xlite_store_batch_clear(struct xlite_store_batch *batch);
/**
 * Adds a request; path and value are formatted/copied. Allocation failures are remembered and reported by
 * run/commit. Return the index of the request, to look its answer up.
 */
size_t xlite_store_batch_read(struct xlite_store_batch *batch, const char *fmt,
			      ...) __attribute__((format(printf, 2, 3)));
size_t xlite_store_batch_list(struct xlite_store_batch *batch, const char *fmt,
			      ...) __attribute__((format(printf, 2, 3)));
/** value is a C string; the path is formatted. */
size_t xlite_store_batch_write(struct xlite_store_batch *batch, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/**
 * An empty node, unless there is one. Missing parents are made, too; new nodes have the permissions of their parent.
 */
size_t xlite_store_batch_mkdir(struct xlite_store_batch *batch, const char *fmt,
			       ...) __attribute__((format(printf, 2, 3)));
size_t xlite_store_batch_rm(struct xlite_store_batch *batch, const char *fmt,
			    ...) __attribute__((format(printf, 2, 3)));
/**
 * A directory with owner and, where reader >= 0, one domain that may read ("n0,r3"); created if missing. Children
 * inherit.
 */
size_t xlite_store_batch_dir(struct xlite_store_batch *batch, uint32_t owner, char owner_access, int32_t reader,
			     const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/** Only the permissions of a node that is there. The domains named must exist. */
size_t xlite_store_batch_perms(struct xlite_store_batch *batch, uint32_t owner, char owner_access, int32_t reader,
			       const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/**
 * Sends all requests without a transaction and collects every answer. Fails only when the connection does, or memory.
 */
int xlite_store_batch_run(struct xlite_store *store, struct xlite_store_batch *batch, struct xlite_error *err);
/**
 * The same, and the first request that failed is the error; those around it were carried out all the same. For what
 * nobody looks at before a later step says so: with many domains a write in a transaction costs xenstored three times
 * as much.
 */
int xlite_store_batch_apply(struct xlite_store *store, struct xlite_store_batch *batch, struct xlite_error *err);
/**
 * Carries all requests out in one transaction, all or nothing: start, everything pipelined, end. Conflicts (EAGAIN)
 * are tried again with jitter until deadline_ns; then -EAGAIN. Any request that fails, but for RM of nothing,
 * aborts the transaction and is the error.
 */
int xlite_store_batch_commit(struct xlite_store *store, struct xlite_store_batch *batch, int64_t deadline_ns,
			     struct xlite_error *err);
/**
 * Answers: 0 or the negative errno of request i; its value (NUL-terminated, owned by the batch), NULL when it failed.
 */
int xlite_store_batch_result(const struct xlite_store_batch *batch, size_t i);
const char *xlite_store_batch_value(const struct xlite_store_batch *batch, size_t i, size_t *len);
/** Children that a LIST found, k = 0..; NULL past the last. Owned by the batch. */
const char *xlite_store_batch_child(const struct xlite_store_batch *batch, size_t i, size_t k);

/* Watches. */

/**
 * Watches path (special: "@introduceDomain", "@releaseDomain"); token comes back with each event. One event comes at
 * once.
 */
int xlite_store_watch(struct xlite_store *store, const char *path, const char *token, struct xlite_error *err);
int xlite_store_unwatch(struct xlite_store *store, const char *path, const char *token, struct xlite_error *err);
/**
 * Waits for an event until deadline_ns; -ETIMEDOUT without it. path and token point into the store, valid until
 * the next call. Events that came meanwhile are queued, bounded, and equal ones are merged.
 */
int xlite_store_event(struct xlite_store *store, int64_t deadline_ns, const char **path, const char **token,
		      struct xlite_error *err);
/** The descriptor, for poll(2) along with others; check xlite_store_event with a deadline of 0 first. */
int xlite_store_fd(const struct xlite_store *store);
/**
 * Waits until the node at path has one of the values (a NULL-terminated list), or is gone if the list is empty.
 * *which receives the index. Guest-writable nodes may be waited for: reads are bounded.
 */
int xlite_store_wait(struct xlite_store *store, const char *path, const char *const values[], int64_t deadline_ns,
		     size_t *which, struct xlite_error *err);

#endif
