/* SPDX-License-Identifier: LGPL-2.1-or-later
 * IPv4 and IPv6 addresses and networks; text is judged by inet_pton(3) alone.
 */
#include "common/inet.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t inet_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

int inet_parse_address(const char *text, struct inet *out, struct xlite_error *err)
{
	memset(out, 0, sizeof(*out));
	out->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	out->prefix = (unsigned)inet_size(out->family) * 8;
	if (inet_pton(out->family, text, out->bytes) != 1)
		return xlite_error_set(err, -EINVAL, "%.64s: not an IPv4 or IPv6 address", text);
	return 0;
}

int inet_parse_cidr(const char *text, struct inet *out, struct xlite_error *err)
{
	const char *slash = strchr(text, '/');
	char address[INET_TEXT];
	unsigned long prefix;
	char *end;

	if (!slash || (size_t)(slash - text) >= sizeof(address) || !isdigit((unsigned char)slash[1]))
		return xlite_error_set(err, -EINVAL, "%.64s: not an address with its prefix length, such as 10.0.0.1/24", text);
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (inet_parse_address(address, out, NULL))
		return xlite_error_set(err, -EINVAL, "%.64s: not an IPv4 or IPv6 address", text);
	prefix = strtoul(slash + 1, &end, 10);
	if (*end || (slash[1] == '0' && slash[2]) || prefix > out->prefix)
		return xlite_error_set(err, -EINVAL, "%.64s: the prefix length must be 0 to %u", text, out->prefix);
	out->prefix = (unsigned)prefix;
	return 0;
}

int inet_parse(const char *text, struct inet *out, struct xlite_error *err)
{
	return strchr(text, '/') ? inet_parse_cidr(text, out, err) : inet_parse_address(text, out, err);
}

/* The bits of byte i that belong to the network. */
static uint8_t inet_mask_byte(unsigned prefix, size_t i)
{
	if (prefix >= (i + 1) * 8)
		return 0xff;
	return prefix <= i * 8 ? 0 : (uint8_t)(0xff << (8 - prefix % 8));
}

void inet_mask(struct inet *inet)
{
	size_t i;

	for (i = 0; i < sizeof(inet->bytes); i++)
		inet->bytes[i] &= inet_mask_byte(inet->prefix, i);
}

bool inet_contains(const struct inet *net, const struct inet *address)
{
	size_t i;

	if (net->family != address->family || address->prefix < net->prefix)
		return false;
	for (i = 0; i < inet_size(net->family); i++) {
		if ((net->bytes[i] ^ address->bytes[i]) & inet_mask_byte(net->prefix, i))
			return false;
	}
	return true;
}

bool inet_same(const struct inet *a, const struct inet *b)
{
	return a->family == b->family && a->prefix == b->prefix && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool inet_link_local(const struct inet *inet)
{
	return inet->family == AF_INET6 && inet->bytes[0] == 0xfe && (inet->bytes[1] & 0xc0) == 0x80;
}

const char *inet_text(const struct inet *inet, char *out)
{
	if (!inet_ntop(inet->family, inet->bytes, out, INET_TEXT))
		strcpy(out, "?");
	return out;
}

const char *inet_text_cidr(const struct inet *inet, char *out)
{
	size_t len = strlen(inet_text(inet, out));

	snprintf(out + len, INET_TEXT - len, "/%u", inet->prefix);
	return out;
}
