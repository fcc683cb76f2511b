/* SPDX-License-Identifier: LGPL-2.1-or-later
 * IPv4 and IPv6 addresses and networks, from text and back. Pure.
 */
#ifndef COMMON_INET_H
#define COMMON_INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/** Room for an address with its prefix length, as text. */
#define INET_TEXT 64

struct inet {
	int family;		/* AF_INET or AF_INET6 */
	unsigned prefix;	/* bits of the network; 32 or 128 for one address */
	uint8_t bytes[16];	/* in the order of the network; those past an IPv4 address are 0 */
};

/** Bytes of an address of this family. */
size_t inet_size(int family);
/** One address without a prefix length; -EINVAL. */
int inet_parse_address(const char *text, struct inet *out, struct xlite_error *err);
/** An address with its prefix length (10.0.0.1/24), which must be there; host bits are kept. -EINVAL. */
int inet_parse_cidr(const char *text, struct inet *out, struct xlite_error *err);
/** Either of them: the prefix of an address alone is all of its bits. -EINVAL. */
int inet_parse(const char *text, struct inet *out, struct xlite_error *err);
/** Sets the bits past the prefix to 0. */
void inet_mask(struct inet *inet);
/** Whether address lies in the network of which net is a part. */
bool inet_contains(const struct inet *net, const struct inet *address);
/** Whether address, family and prefix are equal. */
bool inet_same(const struct inet *a, const struct inet *b);
/** fe80::/10. */
bool inet_link_local(const struct inet *inet);
/** The address alone, in the shortest form; out of INET_TEXT bytes, which it returns. */
const char *inet_text(const struct inet *inet, char *out);
/** With the prefix length. */
const char *inet_text_cidr(const struct inet *inet, char *out);

#endif
