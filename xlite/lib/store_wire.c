/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Bytes to and from xenstored: never blocks but in poll(2) and recv(2), which have deadlines. The socket is read
 * while we wait for room to write, so that two full buffers cannot stop each other.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Enough for the answers of a batch of some hundred writes at once. */
#define STORE_READ_ROOM (16u << 10)

/*
 * How far the window lets us send: whole messages, at least one. To the device just one at a time: Linux (up to 6.x,
 * xenbus_dev_request_and_reply) queues a request by reference to the buffer that the next write fills.
 */
static void store_window(const struct xlite_store *store, struct store_flight *flight)
{
	const struct xlite_store_batch *batch = flight->batch;

	while (flight->due_nr < batch->nr) {
		const struct store_request *request = &batch->requests[flight->due_nr];

		if (flight->due > flight->answered_bytes &&
		    (store->device || flight->due + request->len - flight->answered_bytes > STORE_WINDOW))
			break;
		flight->due += request->len;
		flight->due_nr++;
	}
}

int store_send(struct xlite_store *store, struct store_flight *flight, struct xlite_error *err)
{
	ssize_t n;

	store_window(store, flight);
	while (flight->sent < flight->due) {
		const char *bytes = flight->batch->bytes.data + flight->sent;
		size_t len = flight->due - flight->sent;

		n = store->device ? write(store->fd, bytes, len) : send(store->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		flight->blocked = n < 0 && (errno == EAGAIN || errno == ENOBUFS);
		if (flight->blocked)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return store_break(store, errno == ECONNRESET ? -ECONNRESET : -errno, err,
					   "sending to xenstored: %s", strerror(errno));
		flight->sent += (size_t)n;
		store->asked = true;
	}
	flight->blocked = false;
	return 0;
}

/* Room for a message of size bytes from in_start on, and for a good read behind what is there. */
static int store_room(struct xlite_store *store, size_t size)
{
	size_t have = store->in_end - store->in_start;
	size_t want = size > STORE_READ_ROOM ? size : STORE_READ_ROOM;
	uint8_t *in;

	if (store->in_start) {
		memmove(store->in, store->in + store->in_start, have);
		store->in_start = 0;
		store->in_end = have;
	}
	if (store->in_room >= want && store->in_room > have)
		return 0;
	in = realloc(store->in, want);
	if (!in)
		return -ENOMEM;
	store->in = in;
	store->in_room = want;
	return 0;
}

/* Takes in each whole message that was received. store->need becomes the size of the one that is not whole yet. */
static int store_parse(struct xlite_store *store, struct store_flight *flight, struct xlite_error *err)
{
	struct xsd_sockmsg head;
	const char *body;
	int ret;

	store->need = sizeof(head);
	while (store->in_end - store->in_start >= sizeof(head)) {
		memcpy(&head, store->in + store->in_start, sizeof(head));
		if (head.len > STORE_ANSWER_MAX)
			return store_break(store, -EPROTO, err, "xenstored sent a message of %u bytes, at most %u are expected",
					   head.len, STORE_ANSWER_MAX);
		if (store->in_end - store->in_start - sizeof(head) < head.len) {
			store->need = sizeof(head) + head.len;
			return 0;
		}
		body = (const char *)store->in + store->in_start + sizeof(head);
		store->in_start += sizeof(head) + head.len;
		ret = head.type == XS_WATCH_EVENT ? store_event_add(store, body, head.len, err)
						  : store_flight_answer(store, flight, &head, body, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int store_poll(struct xlite_store *store, const struct store_flight *flight, int64_t deadline_ns,
		      struct xlite_error *err)
{
	struct pollfd pfd = { .fd = store->fd, .events = POLLIN };
	int ret;

	if (flight && flight->blocked && !store->device)
		pfd.events |= POLLOUT;
	if (store->asked)
		store->counts.round_trips++;
	store->asked = false;
	ret = poll(&pfd, 1, clock_poll_ms(deadline_ns));
	if (ret < 0)
		return errno == EINTR ? -EINTR : store_break(store, -errno, err, "waiting for xenstored: %s", strerror(errno));
	if (ret == 0)
		return -ETIMEDOUT;
	/* With an error or a hangup, read tells what it was, after the last bytes. */
	return pfd.revents & ~POLLOUT ? 1 : 0;
}

/* Takes in what n, the result of reading, says. */
static int store_took(struct xlite_store *store, struct store_flight *flight, ssize_t n, struct xlite_error *err)
{
	if (n < 0)
		return store_break(store, -errno, err, "reading from xenstored: %s", strerror(errno));
	if (n == 0)
		return store_break(store, -ECONNRESET, err, "xenstored closed the connection%s",
				   store->in_end > store->in_start ? " in the middle of a message" : "");
	store->in_end += (size_t)n;
	return store_parse(store, flight, err);
}

/*
 * When the whole batch is sent there is nothing to do but wait: what must come at the least, a header for each
 * answer, is read in one call that sleeps by itself (SO_RCVTIMEO), not in a poll and a read for each answer.
 */
static int store_receive_rest(struct xlite_store *store, struct store_flight *flight, struct xlite_error *err)
{
	size_t have = store->in_end - store->in_start;
	size_t want = (flight->batch->nr - flight->answered) * sizeof(struct xsd_sockmsg);
	ssize_t n;

	if (want < store->need)
		want = store->need;
	if (store_room(store, want))
		return store_break(store, -ENOMEM, err, "no memory for an answer of %zu bytes", want);
	want = want > have ? want - have : 1;
	if (store->asked)
		store->counts.round_trips++;
	store->asked = false;
	n = recv(store->fd, store->in + store->in_end, want, MSG_WAITALL);
	if (n < 0 && errno == EAGAIN)
		return -ETIMEDOUT;
	if (n < 0 && errno == EINTR)
		return -EINTR;
	return store_took(store, flight, n, err);
}

int store_receive(struct xlite_store *store, struct store_flight *flight, int64_t deadline_ns, struct xlite_error *err)
{
	ssize_t n;
	int ret;

	if (store_sleeps(store, flight))
		return store_receive_rest(store, flight, err);
	ret = store_poll(store, flight, deadline_ns, err);
	if (ret <= 0)
		return ret;
	if (store_room(store, store->need))
		return store_break(store, -ENOMEM, err, "no memory for an answer of %zu bytes", store->need);
	if (store->device)
		n = read(store->fd, store->in + store->in_end, store->in_room - store->in_end);
	else
		n = recv(store->fd, store->in + store->in_end, store->in_room - store->in_end, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return store_took(store, flight, n, err);
}
