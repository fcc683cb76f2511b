/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Connecting to xenstored and single requests, each of which is a batch of one.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/auto.h"

static const char *const store_sockets[] = { "/run/xenstored/socket", "/var/run/xenstored/socket" };
static const char *const store_devices[] = { "/dev/xen/xenbus", "/proc/xen/xenbus" };

static int store_set_timeo(const struct xlite_store *store)
{
	struct timeval limit = { .tv_sec = store->timeout_ms / 1000, .tv_usec = store->timeout_ms % 1000 * 1000 };

	return store->device ? 0 : setsockopt(store->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* A socket sleeps in recv(2) as long as the timeout says, the device only in poll(2). -1 with errno. */
static int store_prepare(struct xlite_store *store)
{
	struct stat st;
	int flags;

	if (fstat(store->fd, &st) < 0)
		return -1;
	store->device = !S_ISSOCK(st.st_mode);
	flags = store->device ? fcntl(store->fd, F_GETFL) : 0;
	if (flags < 0 || (store->device && fcntl(store->fd, F_SETFL, flags | O_NONBLOCK) < 0))
		return -1;
	return store_set_timeo(store);
}

int xlite_store_from_fd(struct xlite_store **out, int fd, struct xlite_error *err)
{
	struct xlite_store *store = calloc(1, sizeof(*store));

	if (!store) {
		close(fd);
		return xlite_error_sys(err, -ENOMEM, "XenStore");
	}
	store->fd = fd;
	store->timeout_ms = XLITE_STORE_TIMEOUT_MS;
	store->gate = -1;
	store->next_id = 1;
	if (store_prepare(store)) {
		int code = -errno;

		xlite_store_close(store);
		return xlite_error_sys(err, code, "XenStore");
	}
	*out = store;
	return 0;
}

/* A connected socket, or a negative errno. The backlog of xenstored is short: connect may wait, but not for ever. */
static int store_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = XLITE_STORE_TIMEOUT_MS / 1000 };
	int fd, code;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	code = errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return code;
}

static int store_open_error(int code, const char *path, struct xlite_error *err)
{
	switch (code) {
	case -EACCES:
	case -EPERM:
		xlite_error_status(err, code, XLITE_DENIED, "XenStore: %s: %s", path, strerror(-code));
		xlite_error_hint(err, "only root of the control domain may talk to xenstored");
		return code;
	case -ECONNREFUSED:
		xlite_error_status(err, code, XLITE_FAILED, "XenStore: %s: nobody listens, xenstored is gone", path);
		xlite_error_hint(err, "a xenstored that died takes its content along: the host must be rebooted");
		return code;
	default:
		return xlite_error_sys(err, code, "XenStore: %s", path);
	}
}

static bool store_absent(int code)
{
	return code == -ENOENT || code == -ENODEV || code == -ENXIO || code == -ENOTDIR;
}

int xlite_store_open(struct xlite_store **out, struct xlite_error *err)
{
	const char *chosen = secure_getenv("XENSTORED_PATH");
	int fd;

	if (chosen && *chosen) {
		fd = store_connect(chosen);
		return fd >= 0 ? xlite_store_from_fd(out, fd, err) : store_open_error(fd, chosen, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(store_sockets); i++) {
		fd = store_connect(store_sockets[i]);
		if (fd >= 0)
			return xlite_store_from_fd(out, fd, err);
		if (!store_absent(fd))
			return store_open_error(fd, store_sockets[i], err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(store_devices); i++) {
		fd = open(store_devices[i], O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return xlite_store_from_fd(out, fd, err);
		if (!store_absent(-errno))
			return store_open_error(-errno, store_devices[i], err);
	}
	return xlite_error_status(err, -ENOENT, XLITE_NO_XEN, "XenStore: neither %s nor %s is there: xenstored does not run",
				  store_sockets[0], store_devices[0]);
}

void xlite_store_close(struct xlite_store *store)
{
	if (!store)
		return;
	if (store->fd >= 0)
		close(store->fd);
	store_watch_clear(store);
	free(store->in);
	free(store);
}

const struct xlite_store_counts *xlite_store_counts(const struct xlite_store *store)
{
	return &store->counts;
}

void xlite_store_set_timeout(struct xlite_store *store, unsigned ms)
{
	store->timeout_ms = ms ? ms : 1;	/* 0 would be for ever */
	store_set_timeo(store);
}

void xlite_store_set_gate(struct xlite_store *store, int fd)
{
	store->gate = fd;
}

int xlite_store_fd(const struct xlite_store *store)
{
	return store->fd;
}

/* Runs a batch of one request and reports its failure. */
static int store_single(struct xlite_store *store, uint32_t txn, struct xlite_store_batch *batch,
			struct xlite_error *err)
{
	int ret = store_flight_run(store, batch, txn, err);

	if (!ret)
		ret = store_list_long(store, batch, txn, err);
	if (ret)
		return ret;
	return batch->requests[0].result ? store_batch_error(batch, 0, err) : 0;
}

int xlite_store_read(struct xlite_store *store, uint32_t txn, const char *path, char **value, size_t *len,
		     struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	const char *found;
	size_t size;
	int ret;

	xlite_store_batch_read(&batch, "%s", path);
	ret = store_single(store, txn, &batch, err);
	if (!ret) {
		found = xlite_store_batch_value(&batch, 0, &size);
		*value = malloc(size + 1);
		if (*value)
			memcpy(*value, found, size + 1);
		else
			ret = xlite_error_sys(err, -ENOMEM, "XenStore: %s", path);
		if (!ret && len)
			*len = size;
	}
	xlite_store_batch_clear(&batch);
	return ret;
}

/* Turns names that follow each other, each with its NUL, into an array and its strings in one block. */
static char **store_names(const char *list, size_t size, size_t *nr)
{
	size_t count = 0;
	char **names, *text;

	for (size_t at = 0; at < size; at += strlen(list + at) + 1)
		count++;
	names = malloc((count + 1) * sizeof(*names) + size + 1);
	if (!names)
		return NULL;
	text = (char *)(names + count + 1);
	memcpy(text, list, size + 1);
	for (size_t i = 0; i < count; i++) {
		names[i] = text;
		text += strlen(text) + 1;
	}
	names[count] = NULL;
	*nr = count;
	return names;
}

int xlite_store_list(struct xlite_store *store, uint32_t txn, const char *path, char ***names, size_t *nr,
		     struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	const char *list;
	size_t size;
	int ret;

	xlite_store_batch_list(&batch, "%s", path);
	ret = store_single(store, txn, &batch, err);
	if (!ret) {
		list = xlite_store_batch_value(&batch, 0, &size);
		*names = store_names(list, size, nr);
		if (!*names)
			ret = xlite_error_sys(err, -ENOMEM, "XenStore: %s", path);
	}
	xlite_store_batch_clear(&batch);
	return ret;
}

int xlite_store_write(struct xlite_store *store, uint32_t txn, const char *path, const char *value, struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	int ret;

	xlite_store_batch_write(&batch, value, "%s", path);
	ret = store_single(store, txn, &batch, err);
	xlite_store_batch_clear(&batch);
	return ret;
}

int xlite_store_remove(struct xlite_store *store, uint32_t txn, const char *path, struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	int ret;

	xlite_store_batch_rm(&batch, "%s", path);
	ret = store_single(store, txn, &batch, err);
	xlite_store_batch_clear(&batch);
	return ret;
}

/* A request whose body is numbers as text, each with its NUL. */
static int store_numbers(struct xlite_store *store, uint32_t type, const uint64_t *numbers, size_t nr,
			 struct xlite_error *err)
{
	struct xlite_store_batch batch = { 0 };
	struct buf body = BUF_INIT;
	int ret;

	for (size_t i = 0; i < nr; i++) {
		buf_printf(&body, "%llu", (unsigned long long)numbers[i]);
		buf_add(&body, "", 1);
	}
	batch.failed = body.failed;
	store_batch_add(&batch, type, body.data, body.len);
	buf_clear(&body);
	ret = store_single(store, 0, &batch, err);
	xlite_store_batch_clear(&batch);
	return ret;
}

int xlite_store_introduce(struct xlite_store *store, uint32_t domid, uint64_t gfn, uint32_t port, struct xlite_error *err)
{
	const uint64_t numbers[] = { domid, gfn, port };

	return store_numbers(store, XS_INTRODUCE, numbers, ARRAY_SIZE(numbers), err);
}

int xlite_store_release(struct xlite_store *store, uint32_t domid, struct xlite_error *err)
{
	const uint64_t numbers[] = { domid };

	return store_numbers(store, XS_RELEASE, numbers, ARRAY_SIZE(numbers), err);
}

int xlite_store_resume(struct xlite_store *store, uint32_t domid, struct xlite_error *err)
{
	const uint64_t numbers[] = { domid };

	return store_numbers(store, XS_RESUME, numbers, ARRAY_SIZE(numbers), err);
}
