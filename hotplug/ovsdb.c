/* SPDX-License-Identifier: GPL-2.0-or-later
 * The wire of OVSDB: one value of JSON each way, with nothing between two of them. Its contents are ovs_port.c's.
 */
#include "hotplug/ovsdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/wait.h"

#define DATABASE "Open_vSwitch"
/** The longest answer that is taken, in bytes: that of a host with ten thousand ports is well below. */
#define ANSWER_MAX (16u << 20)

static void socket_path(char path[108])
{
	const char *folder = getenv("OVS_RUNDIR");

	/* One that is too long is no socket's. */
	if (snprintf(path, 108, "%s/db.sock", folder && *folder ? folder : "/run/openvswitch") >= 108)
		path[0] = '\0';
}

bool ovsdb_there(void)
{
	char path[108];

	socket_path(path);
	return !access(path, F_OK);
}

int ovsdb_open(struct ovsdb *db, struct xlite_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ret = 0;

	*db = (struct ovsdb){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
	socket_path(address.sun_path);
	if (db->fd < 0 || connect(db->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		ret = -errno;
	if (!ret)
		return 0;
	ovsdb_close(db);
	return xlite_error_sys(err, ret, "Open vSwitch: connect to its database (%s)", address.sun_path);
}

void ovsdb_close(struct ovsdb *db)
{
	if (db->fd >= 0)
		close(db->fd);
	db->fd = -1;
}

static int send_all(const struct ovsdb *db, const char *text, size_t len, int64_t deadline_ns)
{
	while (len) {
		int ret = wait_fd(db->fd, POLLOUT, deadline_ns);
		ssize_t n = ret ? 0 : send(db->fd, text, len, MSG_NOSIGNAL);

		if (ret)
			return ret;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

struct reader {
	struct ovsdb *db;
	int64_t deadline_ns;
	size_t taken;
	int ret;
};

static int receive(struct ovsdb *db, int64_t deadline_ns)
{
	int ret = wait_fd(db->fd, POLLIN, deadline_ns);
	ssize_t n = ret ? 0 : recv(db->fd, db->in, sizeof(db->in), 0);

	if (ret)
		return ret;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		return -EPIPE;
	db->nr = (size_t)n;
	db->at = 0;
	return 0;
}

/* A byte at a time: jansson keeps what it asks for, and what lies behind the value is the next one's. */
static size_t give_byte(void *buffer, size_t len, void *data)
{
	struct reader *reader = data;
	struct ovsdb *db = reader->db;

	while (db->at == db->nr && !reader->ret)
		reader->ret = clock_now_ns() >= reader->deadline_ns ? -ETIMEDOUT : receive(db, reader->deadline_ns);
	if (!reader->ret && reader->taken++ >= ANSWER_MAX)
		reader->ret = -EMSGSIZE;
	if (reader->ret || !len)
		return (size_t)-1;
	*(char *)buffer = db->in[db->at++];
	return 1;
}

/* The answer; what the server asks by itself (whether we are there) is passed over. */
static int answer_read(struct ovsdb *db, json_t **answer, int64_t deadline_ns)
{
	for (;;) {
		struct reader reader = { .db = db, .deadline_ns = deadline_ns };
		json_t *message = json_load_callback(give_byte, &reader, JSON_DISABLE_EOF_CHECK, NULL);

		if (!message)
			return reader.ret ? reader.ret : -EPROTO;
		if (json_is_object(message) && !json_object_get(message, "method")) {
			*answer = message;
			return 0;
		}
		json_decref(message);
	}
}

static int refused(const json_t *error, struct xlite_error *err)
{
	const json_t *object = json_is_object(error) ? json_object_get(error, "error") : error;
	const char *what = json_string_value(object), *details = json_string_value(json_object_get(error, "details"));
	char clean[400];

	if (what && !strcmp(what, "timed out"))
		return xlite_error_set(err, -ETIMEDOUT, "Open vSwitch: what was waited for did not come true");
	snprintf(clean, sizeof(clean), "%s%s%s", what ? what : "it did not say why", details ? ": " : "",
		 details ? details : "");
	for (size_t i = 0; clean[i]; i++) {
		if (clean[i] < ' ' || clean[i] > '~')
			clean[i] = '?';
	}
	return xlite_error_set(err, -EIO, "Open vSwitch: %s", clean);
}

static int results_of(json_t *answer, json_t **results, struct xlite_error *err)
{
	json_t *error = json_object_get(answer, "error"), *list = json_object_get(answer, "result"), *one;
	size_t i;

	if (error && !json_is_null(error))
		return refused(error, err);
	if (!json_is_array(list))
		return xlite_error_sys(err, -EPROTO, "Open vSwitch: its database");
	/* Operations after one that failed have no result, and a failure of the whole is one result more. */
	json_array_foreach(list, i, one) {
		if (json_object_get(one, "error"))
			return refused(one, err);
	}
	*results = json_incref(list);
	return 0;
}

int ovsdb_transact(struct ovsdb *db, json_t *operations, json_t **results, int64_t deadline_ns, struct xlite_error *err)
{
	json_t *request = NULL, *answer = NULL;
	auto_free char *text = NULL;
	int ret;

	*results = NULL;
	if (operations && !json_array_insert_new(operations, 0, json_string(DATABASE)))
		request = json_pack("{s:s, s:O, s:i}", "method", "transact", "params", operations, "id", 0);
	json_decref(operations);
	text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	if (!text)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	ret = send_all(db, text, strlen(text), deadline_ns);
	if (!ret)
		ret = answer_read(db, &answer, deadline_ns);
	if (ret)
		return xlite_error_sys(err, ret, "Open vSwitch: its database");
	ret = results_of(answer, results, err);
	json_decref(answer);
	return ret;
}
