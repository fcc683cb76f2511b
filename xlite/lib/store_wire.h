/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Inside of the XenStore client: the connection, the messages on their way and the answers.
 * Not installed. A message on the wire is 16 bytes of header and len bytes of body:
 *   0 type | 4 request id | 8 transaction id | 12 len   (xen/io/xs_wire.h: struct xsd_sockmsg)
 */
#ifndef XLITE_LIB_STORE_WIRE_H
#define XLITE_LIB_STORE_WIRE_H

#include <errno.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>	/* after errno.h: it names the errors that are defined */

#include "common/buf.h"
#include "common/clock.h"
#include "xlite/lib/store.h"

/** The largest answer accepted: oxenstored lists more than 4096 bytes over its socket. */
#define STORE_ANSWER_MAX (256u << 10)
/** Bytes of requests that may be unanswered at a time. */
#define STORE_WINDOW (64u << 10)
/** Different events kept; past it they are merged into one per watch. */
#define STORE_EVENTS_MAX 512

/** One request of a batch and its answer. */
struct store_request {
	uint32_t type;
	int result;		/* 0 or negative errno; -EINPROGRESS while there is no answer */
	size_t offset, len;	/* of its message, header included, in the batch's bytes */
	size_t value, value_len;/* of its answer in the batch's answers */
};

/** Where a walk over the children of a list stands, so that the next one is found at once. */
struct store_cursor {
	size_t request, child, offset;
};

struct xlite_store_batch {
	struct store_request *requests;
	size_t nr, room;
	struct buf bytes;	/* messages, one after the other */
	struct buf answers;	/* values, each followed by a NUL */
	struct store_cursor *cursor;
	bool failed;		/* a request could not be added: no memory */
};

/** A batch on its way. */
struct store_flight {
	struct xlite_store_batch *batch;
	uint32_t first_id;	/* request i has the id first_id + i */
	size_t due;		/* bytes that may be sent now: whole messages within the window */
	size_t due_nr;
	size_t sent;		/* bytes */
	size_t answered_bytes;
	size_t answered;	/* requests */
	bool blocked;		/* the socket takes no more at the moment */
};

struct store_event {
	char *path;
	char *token;		/* in the same block */
};

struct store_watch {
	char *path;
	char *token;		/* in the same block */
};

struct xlite_store {
	int fd;
	bool device;		/* xenbus: one request at a time, and POLLOUT is never reported */
	bool asked;		/* sent something since we last waited */
	int broken;		/* negative errno; no further use */
	char why[256];		/* it broke */
	unsigned timeout_ms;
	int gate;		/* locked while a batch is committed; -1: none */
	uint32_t next_id;
	struct xlite_store_counts counts;
	uint8_t *in;		/* received, not yet understood: in[in_start .. in_end) */
	size_t in_room, in_start, in_end;
	size_t need;		/* bytes of the message at in_start, as far as known */
	struct store_event *events;
	size_t nr_events, room_events;
	struct store_event current; /* the one last given out */
	struct store_watch *watches;
	size_t nr_watches, room_watches;
	uint32_t next_token;
};

/** Marks the connection unusable and returns code. A lost connection (EPIPE, ECONNRESET) has the status XLITE_AGAIN. */
int store_break(struct xlite_store *store, int code, struct xlite_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** 0, or the error that made the connection unusable. */
int store_usable(const struct xlite_store *store, struct xlite_error *err);
/** The errno that xenstored's text for an error stands for, negative. */
int store_errno(const char *text, size_t len);
/** The name of a message type: "write". */
const char *store_type_name(uint32_t type);

/** Sends what is due. Does not wait. */
int store_send(struct xlite_store *store, struct store_flight *flight, struct xlite_error *err);
/**
 * Waits until deadline_ns for bytes (or, with a blocked flight, for room), reads once and takes in each whole
 * message. flight may be NULL: then only events are expected. -ETIMEDOUT and -EINTR leave the connection usable.
 */
int store_receive(struct xlite_store *store, struct store_flight *flight, int64_t deadline_ns, struct xlite_error *err);

/** Whether store_receive will sleep in recv(2), by the store's own timeout, and needs no deadline. */
static inline bool store_sleeps(const struct xlite_store *store, const struct store_flight *flight)
{
	return flight && !store->device && flight->sent == flight->batch->bytes.len;
}

/** Whether all requests of the batch can be sent. */
int store_flight_check(const struct xlite_store *store, const struct xlite_store_batch *batch, struct xlite_error *err);
/** Sends the whole batch and collects the answers; results are in the requests. */
int store_flight_run(struct xlite_store *store, struct xlite_store_batch *batch, uint32_t txn, struct xlite_error *err);

/** Adds a request with a body of len bytes; returns its index. */
size_t store_batch_add(struct xlite_store_batch *batch, uint32_t type, const void *body, size_t len);
/** The path of request i, for messages. */
const char *store_batch_path(const struct xlite_store_batch *batch, size_t i);
/** Stores a value as the answer of request i. */
void store_batch_answer(struct xlite_store_batch *batch, size_t i, int result, const char *value, size_t len);
/** Whether a list is names without "/", each followed by a NUL, so that it may be walked with strlen. */
bool store_list_whole(const char *body, size_t len);
/** Takes the answer in: body of len bytes. */
int store_flight_answer(struct xlite_store *store, struct store_flight *flight, const struct xsd_sockmsg *head,
			const char *body, struct xlite_error *err);
/** Fills err for request i, which failed, and returns its errno. */
int store_batch_error(const struct xlite_store_batch *batch, size_t i, struct xlite_error *err);

/** Reads anew, in parts, each list that was too long for one answer. */
int store_list_long(struct xlite_store *store, struct xlite_store_batch *batch, uint32_t txn, struct xlite_error *err);

/** Starts a transaction and ends it. -EAGAIN (and -EBUSY at the start): worth trying again. */
int store_txn_start(struct xlite_store *store, uint32_t *txn, struct xlite_error *err);
int store_txn_end(struct xlite_store *store, uint32_t txn, bool commit, struct xlite_error *err);
/** Waits a little, longer with each try, but not past the deadline. */
void store_txn_pause(unsigned tries, int64_t deadline_ns);

/** The watch with that token, or NULL; valid until one is added or removed. */
const struct store_watch *store_watch_find(const struct xlite_store *store, const char *token);
/** Notes a watch, whose token no other has, so that its events are taken in. 0 or -ENOMEM. */
int store_watch_add(struct xlite_store *store, const char *path, const char *token);
/** Takes one out again, an element of store->watches. */
void store_watch_remove(struct xlite_store *store, const struct store_watch *watch);
/** Frees all watches and events. */
void store_watch_clear(struct xlite_store *store);
/** Takes an event in: body is path, NUL, token, NUL. */
int store_event_add(struct xlite_store *store, const char *body, size_t len, struct xlite_error *err);
/** The next event taken in (of the watch with that token, unless NULL) into store->current; false: there is none. */
bool store_event_next(struct xlite_store *store, const char *token);
/** Drops the events of the watch with that token. */
void store_event_forget(struct xlite_store *store, const char *token);
/** The next event, which is waited for, as store_event_next. Errors as xlite_store_event. */
int store_event_wait(struct xlite_store *store, const char *token, int64_t deadline_ns, struct xlite_error *err);

#endif
