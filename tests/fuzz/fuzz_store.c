/* SPDX-License-Identifier: GPL-2.0-or-later
 * A hostile xenstored's answers to a fixed run of requests. `make fuzz-store` builds the client with recv, send and poll
 * replaced by those here (tests/unit/store.mk), so that the input decides what each read gives, however the client reads.
 * The first byte of the input chooses: even: parts are raw bytes; odd: they are messages, made from 3 bytes (kind, id, length).
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "common/clock.h"
#include "xlite/lib/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Instead of messages: nothing comes before the deadline. */
#define SILENCE 0xff
/* Kinds of messages from here on answer the oldest request that has no answer yet; from the second on, with an error. */
#define ANSWERS 128
#define REFUSES 224
/* Requests that are remembered; the client has fewer under way. */
#define ASKED_MAX 1024

/** The input, the part of it that the next read gives, and the requests that it may answer. */
static struct {
	const uint8_t *data;
	size_t size, at;
	uint8_t part[8 * (sizeof(struct xsd_sockmsg) + 256)];
	size_t given, len;
	struct xsd_sockmsg asked[ASKED_MAX];
	size_t nr_asked, nr_answered;
} peer;

/* A part of raw bytes: a length byte, then so many times 8 of them and one. */
static void next_raw(void)
{
	size_t len = (size_t)peer.data[peer.at++] * 8 + 1, left = peer.size - peer.at;

	peer.len = len < left ? len : left;
	memcpy(peer.part, peer.data + peer.at, peer.len);
	peer.at += peer.len;
}

static struct xsd_sockmsg make_head(uint8_t kind, uint8_t id, uint8_t len)
{
	struct xsd_sockmsg head = { .type = kind % 24, .req_id = id, .len = len };

	if (kind < ANSWERS || peer.nr_answered == peer.nr_asked)
		return head;
	head.type = kind < REFUSES ? peer.asked[peer.nr_answered].type : XS_ERROR;
	head.req_id = peer.asked[peer.nr_answered++].req_id;
	return head;
}

/* A part of up to 8 messages. */
static void next_messages(void)
{
	unsigned nr = peer.data[peer.at++] % 8 + 1;

	while (nr-- && peer.size - peer.at >= 3) {
		const uint8_t *in = peer.data + peer.at;
		struct xsd_sockmsg head = make_head(in[0], in[1], in[2]);
		size_t left = peer.size - peer.at - 3, len = head.len < left ? head.len : left;

		memcpy(peer.part + peer.len, &head, sizeof(head));
		memcpy(peer.part + peer.len + sizeof(head), in + 3, len);
		peer.len += sizeof(head) + len;
		peer.at += 3 + len;
	}
}

/* What a read would give: 1 with bytes in part, 0 at the end, -EAGAIN for silence. */
static int next_part(void)
{
	bool raw = !(peer.data[0] & 1);

	while (peer.given == peer.len) {
		peer.given = peer.len = 0;
		if (peer.at >= peer.size)
			return 0;
		if (peer.data[peer.at] == SILENCE) {
			peer.at++;
			return -EAGAIN;
		}
		if (raw)
			next_raw();
		else
			next_messages();
	}
	return 1;
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
	uint8_t *to = bytes;
	size_t done = 0, part;
	int more = 1;

	while (done < len && (!done || flags & MSG_WAITALL) && (more = next_part()) > 0) {
		part = peer.len - peer.given < len - done ? peer.len - peer.given : len - done;
		memcpy(to + done, peer.part + peer.given, part);
		peer.given += part;
		done += part;
	}
	if (done || !more)
		return (ssize_t)done;
	errno = EAGAIN;
	return -1;
}

/* Each call has whole messages. */
ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	const uint8_t *from = bytes;
	struct xsd_sockmsg head;

	for (size_t at = 0; at + sizeof(head) <= len && peer.nr_asked < ASKED_MAX; at += sizeof(head) + head.len) {
		memcpy(&head, from + at, sizeof(head));
		peer.asked[peer.nr_asked++] = head;
	}
	return (ssize_t)len;
}

int poll(struct pollfd *fds, nfds_t nr, int timeout_ms)
{
	fds->revents = 0;
	if (next_part() == -EAGAIN)
		return 0;
	fds->revents = POLLIN;
	return 1;
}

/* Touches whatever an answer holds. */
static void use_batch(struct xlite_store *store, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	volatile size_t sum = 0;
	const char *text;
	size_t len = 0;

	xlite_store_batch_read(batch, "/a");
	xlite_store_batch_list(batch, "/b");
	xlite_store_batch_write(batch, "v", "/c");
	xlite_store_batch_rm(batch, "/d");
	if (!xlite_store_batch_commit(store, batch, 0, err) || !xlite_store_batch_run(store, batch, err)) {
		text = xlite_store_batch_value(batch, 0, &len);
		for (size_t i = 0; text && i <= len; i++)
			sum += (size_t)text[i];
		for (size_t k = 0; (text = xlite_store_batch_child(batch, 1, k)); k++)
			sum += strlen(text);
	}
	xlite_store_batch_free(batch);
}

static void use_store(struct xlite_store *store)
{
	static const char *const values[] = { "4", NULL };
	const uint32_t domids[] = { 1, 2 };
	struct xlite_record records[2];
	struct xlite_error err = { 0 };
	const char *path, *token;
	char **names = NULL, *value = NULL;
	size_t nr, len;

	if (!xlite_store_watch(store, "/w", "t", &err) && !xlite_store_event(store, 0, &path, &token, &err))
		len = strlen(path) + strlen(token);
	if (!xlite_store_list(store, 0, "/l", &names, &nr, &err))
		free(names);
	if (!xlite_store_read(store, 0, "/r", &value, &len, &err))
		free(value);
	if (!xlite_record_read(store, domids, 2, records, &err)) {
		xlite_record_clear(&records[0]);
		xlite_record_clear(&records[1]);
	}
	use_batch(store, &err);
	xlite_layout_sweep(store, 0, &err);
	xlite_store_wait(store, "/x", values, 0, NULL, &err);
	xlite_store_unwatch(store, "/w", "t", &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xlite_store *store;
	int fd;

	if (!size)
		return 0;
	memset(&peer, 0, sizeof(peer));
	peer.data = data;
	peer.size = size;
	peer.at = 1;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || xlite_store_from_fd(&store, fd, NULL))
		abort();
	xlite_store_set_timeout(store, 1);
	use_store(store);
	xlite_store_close(store);
	return 0;
}
