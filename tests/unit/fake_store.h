/* SPDX-License-Identifier: GPL-2.0-or-later
 * A xenstored that does as it is told, at the other end of a socket pair: either answers laid out in advance
 * (ids are known: the first request of a connection has id 1), or a thread with a function that answers.
 */
#ifndef TESTS_UNIT_FAKE_STORE_H
#define TESTS_UNIT_FAKE_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include "common/buf.h"
#include "xlite/lib/store.h"

struct fake;

/** One request, as received; body has a NUL behind it. */
struct fake_request {
	uint32_t type, id, txn, len;
	char body[4200];
};

/** Answers a request: calls fake_say and friends any number of times. Runs in the thread. */
typedef void fake_answer(struct fake *fake, const struct fake_request *request);

struct fake {
	struct xlite_store *store;	/* the client under test */
	int fd;				/* xenstored's end */
	struct buf out;
	fake_answer *answer;
	size_t chunk;			/* bytes per write; 0: all at once */
	unsigned hold;			/* answers are kept back until so many requests came */
	pthread_t thread;
	bool threaded;
	unsigned nr_requests, starts, ends, aborts; /* counted by the thread */
	int mode;			/* for the answer function */
};

/** A client and its fake; answer NULL: no thread. */
void fake_init(struct fake *fake, fake_answer *answer);
/** Closes both ends and joins the thread. */
void fake_clear(struct fake *fake);
/** Appends a message to what will be sent. */
void fake_say(struct fake *fake, uint32_t type, uint32_t id, const void *body, size_t len);
/** An answer with a string's bytes, NUL not included. */
void fake_text(struct fake *fake, uint32_t type, uint32_t id, const char *text);
/** "OK" of the request's type. */
void fake_ok(struct fake *fake, const struct fake_request *request);
void fake_error(struct fake *fake, uint32_t id, const char *name);
void fake_event(struct fake *fake, const char *path, const char *token);
/** Sends what was said, in chunks. */
void fake_flush(struct fake *fake);
/** Answers as a store would in which each node holds "value" and has the children "a" and "b"; transactions are 7. */
fake_answer fake_plain;

#endif
