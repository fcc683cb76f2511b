/* SPDX-License-Identifier: GPL-2.0-or-later
 * A hostile xenstored's answers to a fixed run of requests. Each read of the client gets one packet of the input
 * (a SOCK_SEQPACKET pair), so that an input can carry answers for several round trips. The first byte chooses: even:
 * packets are raw bytes; odd: they are messages whose headers are made from 3 bytes (type, id, length).
 * clang -fsanitize=fuzzer,address,undefined -I. -D_GNU_SOURCE tests/fuzz/fuzz_store.c $(store_sources) common/{buf,error}.c
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "common/clock.h"
#include "xlite/lib/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One packet of raw bytes: a length byte, then so many times 8 of them. Returns the bytes of input used. */
static size_t send_raw(int fd, const uint8_t *data, size_t size)
{
	size_t len = (size_t)data[0] * 8 + 1;

	if (len > size - 1)
		len = size - 1;
	if (len)
		send(fd, data + 1, len, MSG_DONTWAIT);
	return len + 1;
}

/* One packet of up to data[0] % 8 + 1 messages. */
static size_t send_messages(int fd, const uint8_t *data, size_t size)
{
	uint8_t packet[8 * (16 + 256)];
	unsigned nr = data[0] % 8 + 1;
	size_t at = 1, used = 0;

	while (nr-- && size - at >= 3) {
		struct xsd_sockmsg head = { .type = data[at] % 24, .req_id = data[at + 1], .len = data[at + 2] };
		size_t len = head.len < size - at - 3 ? head.len : size - at - 3;

		at += 3;
		memcpy(packet + used, &head, sizeof(head));
		memcpy(packet + used + sizeof(head), data + at, len);
		used += sizeof(head) + len;
		at += len;
	}
	if (used)
		send(fd, packet, used, MSG_DONTWAIT);
	return at;
}

static void send_all(int fd, const uint8_t *data, size_t size)
{
	bool raw = !(data[0] & 1);
	size_t at = 1;

	while (at < size)
		at += raw ? send_raw(fd, data + at, size - at) : send_messages(fd, data + at, size - at);
	shutdown(fd, SHUT_WR);
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
	int fds[2];

	if (!size)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) || xlite_store_from_fd(&store, fds[0], NULL))
		abort();
	xlite_store_set_timeout(store, 1);
	send_all(fds[1], data, size);
	use_store(store);
	xlite_store_close(store);
	close(fds[1]);
	return 0;
}
