/* SPDX-License-Identifier: GPL-2.0-or-later
 * QEMU's machine protocol: one line of JSON each way. What QEMU says may quote an image, which may be a stranger's.
 */
#include "hotplug/qmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/auto.h"
#include "common/clock.h"
#include "common/wait.h"

/** The longest line that is taken, in bytes: a list of all nodes of a domain with 256 disks is well below. */
#define LINE_MAX_BYTES (4u << 20)

static int receive(struct qmp *qmp, int64_t deadline_ns)
{
	char part[4096];
	ssize_t n;
	int ret = wait_fd(qmp->fd, POLLIN, deadline_ns);

	/* One that never stops talking is waited for no longer than one that is silent. */
	if (!ret && clock_now_ns() >= deadline_ns)
		ret = -ETIMEDOUT;
	if (ret)
		return ret;
	n = recv(qmp->fd, part, sizeof(part), 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (!n)
		return -EPIPE;
	buf_add(&qmp->in, part, (size_t)n);
	if (qmp->in.failed)
		return -ENOMEM;
	return qmp->in.len > LINE_MAX_BYTES ? -EMSGSIZE : 0;
}

/* The next message; *message is the caller's. */
static int message_read(struct qmp *qmp, json_t **message, int64_t deadline_ns)
{
	char *end;
	size_t used;
	int ret;

	while (!qmp->in.len || !(end = memchr(qmp->in.data, '\n', qmp->in.len))) {
		ret = receive(qmp, deadline_ns);
		if (ret)
			return ret;
	}
	used = (size_t)(end - qmp->in.data) + 1;
	*message = json_loadb(qmp->in.data, used, 0, NULL);
	memmove(qmp->in.data, qmp->in.data + used, qmp->in.len - used);
	qmp->in.len -= used;
	return *message ? 0 : -EPROTO;
}

static int send_all(const struct qmp *qmp, const char *text, size_t len, int fd, int64_t deadline_ns)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec io = { .iov_base = (char *)text, .iov_len = len };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	while (io.iov_len) {
		int ret = wait_fd(qmp->fd, POLLOUT, deadline_ns);

		if (ret)
			return ret;
		n = sendmsg(qmp->fd, &message, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n <= 0)
			continue;
		io.iov_base = (char *)io.iov_base + n;
		io.iov_len -= (size_t)n;
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
	return 0;
}

static int refused(const json_t *error, const char *command, struct xlite_error *err)
{
	const char *text = json_string_value(json_object_get(error, "desc"));
	char clean[400];
	size_t i;

	snprintf(clean, sizeof(clean), "%s", text ? text : "it did not say why");
	for (i = 0; clean[i]; i++) {
		if (clean[i] < ' ' || clean[i] > '~')
			clean[i] = '?';
	}
	return xlite_error_set(err, -EIO, "QEMU: %s: %s", command, clean);
}

static int answer_read(struct qmp *qmp, const char *command, json_t **result, int64_t deadline_ns, struct xlite_error *err)
{
	json_t *message, *returned, *error;
	int ret;

	for (;;) {
		ret = message_read(qmp, &message, deadline_ns);
		if (ret)
			return xlite_error_sys(err, ret, "QEMU: %s", command);
		returned = json_object_get(message, "return");
		error = json_object_get(message, "error");
		if (returned || error)
			break;
		json_decref(message);
	}
	if (error)
		ret = refused(error, command, err);
	else if (result)
		*result = json_incref(returned);
	json_decref(message);
	return ret;
}

int qmp_call(struct qmp *qmp, const char *command, json_t *arguments, int fd, json_t **result, int64_t deadline_ns,
	     struct xlite_error *err)
{
	json_t *message = arguments ? json_pack("{s:s, s:o}", "execute", command, "arguments", arguments) :
			  json_pack("{s:s}", "execute", command);
	auto_free char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	int ret;

	json_decref(message);
	if (!text)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	ret = send_all(qmp, text, strlen(text), fd, deadline_ns);
	return ret ? xlite_error_sys(err, ret, "QEMU: %s", command) : answer_read(qmp, command, result, deadline_ns, err);
}

int qmp_open(struct qmp *qmp, const char *path, int64_t deadline_ns, struct xlite_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	json_t *greeting = NULL;
	int ret;

	*qmp = (struct qmp)QMP_INIT;
	if (strlen(path) >= sizeof(address.sun_path))
		return xlite_error_sys(err, -ENAMETOOLONG, "%s", path);
	strcpy(address.sun_path, path);
	qmp->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = qmp->fd < 0 || connect(qmp->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	if (!ret)
		ret = message_read(qmp, &greeting, deadline_ns);
	if (!ret && !json_object_get(greeting, "QMP"))
		ret = -EPROTO;
	json_decref(greeting);
	if (ret) {
		qmp_close(qmp);
		return xlite_error_sys(err, ret, "QEMU: connect to %s", path);
	}
	ret = qmp_call(qmp, "qmp_capabilities", NULL, -1, NULL, deadline_ns, err);
	if (ret)
		qmp_close(qmp);
	return ret;
}

void qmp_close(struct qmp *qmp)
{
	if (qmp->fd >= 0)
		close(qmp->fd);
	buf_clear(&qmp->in);
	qmp->fd = -1;
}
