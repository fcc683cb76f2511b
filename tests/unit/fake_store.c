/* SPDX-License-Identifier: GPL-2.0-or-later
 * The xenstored of the unit tests; see fake_store.h.
 */
#include "tests/unit/fake_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(void)
{
	abort();
}

static bool take(int fd, void *to, size_t len)
{
	char *at = to;

	while (len) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool take_request(struct fake *fake, struct fake_request *request)
{
	struct xsd_sockmsg head;

	if (!take(fake->fd, &head, sizeof(head)))
		return false;
	/* The real one hangs up on such a client. */
	if (head.len > XENSTORE_PAYLOAD_MAX)
		die();
	*request = (struct fake_request){ .type = head.type, .id = head.req_id, .txn = head.tx_id, .len = head.len };
	return take(fake->fd, request->body, head.len);
}

static void *fake_thread(void *arg)
{
	struct fake *fake = arg;
	struct fake_request request;

	while (take_request(fake, &request)) {
		fake->nr_requests++;
		fake->starts += request.type == XS_TRANSACTION_START;
		fake->ends += request.type == XS_TRANSACTION_END && request.body[0] == 'T';
		fake->aborts += request.type == XS_TRANSACTION_END && request.body[0] == 'F';
		fake->answer(fake, &request);
		if (fake->nr_requests >= fake->hold)
			fake_flush(fake);
	}
	return NULL;
}

void fake_init(struct fake *fake, fake_answer *answer)
{
	struct xlite_error err = { 0 };
	int fds[2];

	memset(fake, 0, sizeof(*fake));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || xlite_store_from_fd(&fake->store, fds[0], &err))
		die();
	fake->fd = fds[1];
	fake->answer = answer;
	if (answer) {
		fake->threaded = true;
		if (pthread_create(&fake->thread, NULL, fake_thread, fake))
			die();
	}
}

void fake_clear(struct fake *fake)
{
	xlite_store_close(fake->store);
	if (fake->threaded)
		pthread_join(fake->thread, NULL);
	if (fake->fd >= 0)
		close(fake->fd);
	buf_clear(&fake->out);
}

void fake_say(struct fake *fake, uint32_t type, uint32_t id, const void *body, size_t len)
{
	struct xsd_sockmsg head = { .type = type, .req_id = id, .len = (uint32_t)len };

	buf_add(&fake->out, &head, sizeof(head));
	buf_add(&fake->out, body, len);
}

void fake_text(struct fake *fake, uint32_t type, uint32_t id, const char *text)
{
	fake_say(fake, type, id, text, strlen(text));
}

void fake_ok(struct fake *fake, const struct fake_request *request)
{
	fake_say(fake, request->type, request->id, "OK", 3);
}

void fake_error(struct fake *fake, uint32_t id, const char *name)
{
	fake_say(fake, XS_ERROR, id, name, strlen(name) + 1);
}

void fake_event(struct fake *fake, const char *path, const char *token)
{
	char body[9000];
	size_t len = strlen(path) + 1;

	strcpy(body, path);
	strcpy(body + len, token);
	fake_say(fake, XS_WATCH_EVENT, 0, body, len + strlen(token) + 1);
}

void fake_flush(struct fake *fake)
{
	size_t at = 0;

	while (at < fake->out.len) {
		size_t len = fake->out.len - at;
		ssize_t n;

		if (fake->chunk && len > fake->chunk)
			len = fake->chunk;
		n = send(fake->fd, fake->out.data + at, len, MSG_NOSIGNAL);
		if (n < 0)
			break;
		at += (size_t)n;
	}
	buf_clear(&fake->out);
}

void fake_plain(struct fake *fake, const struct fake_request *request)
{
	switch (request->type) {
	case XS_READ:
		fake_text(fake, XS_READ, request->id, "value");
		break;
	case XS_DIRECTORY:
		fake_say(fake, XS_DIRECTORY, request->id, "a\0b", 4);
		break;
	case XS_TRANSACTION_START:
		fake_say(fake, request->type, request->id, "7", 2);
		break;
	default:
		fake_ok(fake, request);
	}
}
