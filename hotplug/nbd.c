/* SPDX-License-Identifier: GPL-2.0-or-later
 * NBD as far as it concerns us (NetworkBlockDevice/nbd: doc/uri.md, doc/proto.md); QEMU is the client.
 */
#include "hotplug/nbd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/auto.h"
#include "common/inet.h"
#include "common/wait.h"

#define DEFAULT_PORT "10809"
/* What a server says first. */
#define GREETING "NBDMAGIC"

/* Copies len bytes as a string; false where there is no room. */
static bool copy(char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

static bool parse_unix(const char *at, struct hotplug_nbd *nbd)
{
	static const char socket_is[] = "?socket=";
	size_t len = strcspn(at, "?");

	if (strncmp(at + len, socket_is, strlen(socket_is)) || !copy(nbd->export, sizeof(nbd->export), at, len))
		return false;
	at += len + strlen(socket_is);
	return *at == '/' && copy(nbd->path, sizeof(nbd->path), at, strlen(at));
}

static bool parse_tcp(const char *at, struct hotplug_nbd *nbd)
{
	size_t bracket = *at == '[';
	size_t len = strcspn(at, bracket ? "]" : ":/");

	if (bracket && !at[len])
		return false;
	if (!copy(nbd->host, sizeof(nbd->host), at + bracket, len - bracket) || !nbd->host[0])
		return false;
	at += len + bracket;
	strcpy(nbd->port, DEFAULT_PORT);
	if (*at == ':') {
		len = strcspn(++at, "/");
		if (!len || !copy(nbd->port, sizeof(nbd->port), at, len))
			return false;
		at += len;
	}
	return !*at || (*at == '/' && copy(nbd->export, sizeof(nbd->export), at + 1, strlen(at + 1)));
}

int hotplug_nbd_parse(const char *source, struct hotplug_nbd *nbd, struct xlite_error *err)
{
	static const char tcp[] = "nbd://", local[] = "nbd+unix:///";
	bool good = false;

	memset(nbd, 0, sizeof(*nbd));
	if (!strncmp(source, tcp, strlen(tcp)))
		good = parse_tcp(source + strlen(tcp), nbd);
	else if (!strncmp(source, local, strlen(local)))
		good = parse_unix(source + strlen(local), nbd);
	return good ? 0 : xlite_error_set(err, -EINVAL, "%.256s: not a source of NBD", source);
}

/* The address of the server; 0 bytes for a host that is a name. */
static socklen_t address_of(const struct hotplug_nbd *nbd, struct sockaddr_storage *address)
{
	struct sockaddr_un *local = (struct sockaddr_un *)address;
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	struct inet inet;

	memset(address, 0, sizeof(*address));
	if (nbd->path[0]) {
		local->sun_family = AF_UNIX;
		strcpy(local->sun_path, nbd->path);
		return sizeof(*local);
	}
	if (inet_parse_address(nbd->host, &inet, NULL))
		return 0;
	address->ss_family = (sa_family_t)inet.family;
	four->sin_port = htons((uint16_t)strtoul(nbd->port, NULL, 10));
	if (inet.family == AF_INET)
		memcpy(&four->sin_addr, inet.bytes, sizeof(four->sin_addr));
	else
		memcpy(&six->sin6_addr, inet.bytes, sizeof(six->sin6_addr));
	return inet.family == AF_INET ? sizeof(*four) : sizeof(*six);
}
_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port), "the port has one place");

static int connect_to(int fd, const struct sockaddr_storage *address, socklen_t size, int64_t deadline_ns)
{
	socklen_t len = sizeof(int);
	int ret = 0;

	if (!connect(fd, (const struct sockaddr *)address, size))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	ret = wait_fd(fd, POLLOUT, deadline_ns);
	if (!ret && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &ret, &len))
		ret = -ret;
	return ret;
}

/* -EPROTO: something else, or nothing and the end. */
static int greeting_read(int fd, int64_t deadline_ns)
{
	char text[sizeof(GREETING)];
	size_t have = 0;
	ssize_t n = 1;

	while (have < strlen(GREETING) && n > 0) {
		int ret = wait_fd(fd, POLLIN, deadline_ns);

		if (ret)
			return ret;
		n = recv(fd, text + have, strlen(GREETING) - have, 0);
		have += n > 0 ? (size_t)n : 0;
	}
	return have == strlen(GREETING) && !memcmp(text, GREETING, have) ? 0 : -EPROTO;
}

int hotplug_nbd_check(const char *source, int64_t deadline_ns, struct xlite_error *err)
{
	struct sockaddr_storage address;
	auto_close int fd = -1;
	struct hotplug_nbd nbd;
	socklen_t size;
	int ret = hotplug_nbd_parse(source, &nbd, err);

	size = ret ? 0 : address_of(&nbd, &address);
	if (ret || !size)
		return ret;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = fd < 0 ? -errno : connect_to(fd, &address, size, deadline_ns);
	if (ret)
		return xlite_error_sys(err, ret, "%s: connect to the NBD server", source);
	ret = greeting_read(fd, deadline_ns);
	if (ret == -EPROTO)
		return xlite_error_set(err, ret, "%s: the server there does not speak the NBD protocol", source);
	return ret ? xlite_error_sys(err, ret, "%s: wait for the NBD server", source) : 0;
}
