/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ranges of IP addresses; see range.h.
 */
#include "cfg/range.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cfg/value.h"

int cfg_range_read(const char *text, struct cfg_range *range)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN] = "";
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t bits;

	memset(range, 0, sizeof(*range));
	if (len < sizeof(address))
		memcpy(address, text, len);
	range->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	bits = range->family == AF_INET6 ? 128 : 32;
	range->bits = (unsigned)bits;
	range->has_bits = slash;
	if (inet_pton(range->family, address, range->address) != 1 ||
	    (slash && (cfg_decimal(slash + 1, &bits) || bits > range->bits)))
		return -EINVAL;
	for (unsigned bit = 0; bit < range->bits; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (bit < bits)
			range->first[bit / 8] |= range->address[bit / 8] & mask;
		range->last[bit / 8] |= bit < bits ? range->address[bit / 8] & mask : mask;
	}
	range->bits = (unsigned)bits;
	return 0;
}

bool cfg_range_holds(const struct cfg_range *outer, const struct cfg_range *inner)
{
	return outer->family == inner->family && memcmp(inner->address, outer->first, sizeof(outer->first)) >= 0 &&
	       memcmp(inner->address, outer->last, sizeof(outer->last)) <= 0;
}

int cfg_range_compare(const struct cfg_range *a, const struct cfg_range *b)
{
	int order = (a->family > b->family) - (a->family < b->family);

	if (!order)
		order = memcmp(a->first, b->first, sizeof(a->first));
	return order ? order : memcmp(b->last, a->last, sizeof(a->last));
}
