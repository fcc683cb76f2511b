/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sources of NBD as text: the URIs that QEMU and nbd's own tools take (NetworkBlockDevice/nbd: doc/uri.md), without
 * percent-escapes and without TLS. Only the form: what serves there is not asked.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "cfg/value.h"
#include "cfg/value_nbd.h"

#define TCP "nbd://"
#define UNIX "nbd+unix:///"
#define SOCKET "?socket="

/* sun_path (unix(7)) with its NUL. */
#define SOCKET_MAX 107
/* The longest that every server takes (NBD: doc/proto.md). */
#define EXPORT_MAX 255

static bool is_escaped(const char *text)
{
	return strpbrk(text, "%#\"\\ ") != NULL;
}

/* "10.0.0.1", "[fd77::1]" or a name, without what comes after. Its length; 0 for none. */
static size_t host_length(const char *text)
{
	size_t n;

	if (*text != '[')
		return strcspn(text, ":/?");
	n = strspn(text + 1, "0123456789abcdefABCDEF:.");
	return n && text[n + 1] == ']' ? n + 2 : 0;
}

static int port_parse(const char *source, const char *text, size_t len, struct buf *why)
{
	uint64_t port = 0;
	char digits[6];

	if (len && len < sizeof(digits)) {
		memcpy(digits, text, len);
		digits[len] = '\0';
		if (cfg_decimal(digits, &port))
			port = 0;
	}
	return port && port < 65536 ? 0 : cfg_refuse(why, source, "has no port from 1 to 65535 after the `:`");
}

static int export_parse(const char *source, const char *text, size_t len, struct buf *why)
{
	return len <= EXPORT_MAX ? 0 : cfg_refuse(why, source, "names an export of more than %d bytes", EXPORT_MAX);
}

static int tcp_parse(const char *source, struct buf *why)
{
	const char *at = source + strlen(TCP);
	size_t n = host_length(at);
	int rc = 0;

	if (!n)
		return cfg_refuse(why, source, "names no host: nbd://HOST[:PORT][/EXPORT]");
	at += n;
	if (*at == ':') {
		n = strcspn(++at, "/?");
		rc = port_parse(source, at, n, why);
		at += n;
	}
	if (rc)
		return rc;
	if (*at == '/')
		return strchr(at, '?') ? cfg_refuse(why, source, "has a `?`, which only nbd+unix:// takes") :
		       export_parse(source, at, strlen(at + 1), why);
	return *at ? cfg_refuse(why, source, "is not of the form nbd://HOST[:PORT][/EXPORT]") : 0;
}

static int unix_parse(const char *source, struct buf *why)
{
	const char *at = source + strlen(UNIX), *query = strchr(at, '?');

	if (!query || strncmp(query, SOCKET, strlen(SOCKET)))
		return cfg_refuse(why, source, "names no socket: nbd+unix:///[EXPORT]?socket=PATH");
	query += strlen(SOCKET);
	if (*query != '/' || !query[1])
		return cfg_refuse(why, source, "needs an absolute path after socket=");
	if (strlen(query) > SOCKET_MAX || strpbrk(query, "?&"))
		return cfg_refuse(why, source, "needs a socket's path of up to %d bytes without ? and &", SOCKET_MAX);
	return export_parse(source, at, strcspn(at, "?"), why);
}

bool cfg_nbd_source(const char *source)
{
	return source && !strncmp(source, "nbd", 3);
}

int cfg_nbd_check(const char *source, struct buf *why)
{
	if (is_escaped(source))
		return cfg_refuse(why, source, "has a space, quote, %%, # or \\, which are not taken here");
	if (!strncmp(source, TCP, strlen(TCP)))
		return tcp_parse(source, why);
	if (!strncmp(source, UNIX, strlen(UNIX)))
		return unix_parse(source, why);
	return cfg_refuse(why, source, "is neither nbd://HOST[:PORT][/EXPORT] nor nbd+unix:///[EXPORT]?socket=PATH");
}
