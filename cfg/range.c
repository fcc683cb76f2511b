/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ranges of IP addresses; see range.h.
 */
#include "cfg/range.h"

#include <errno.h>
#include <string.h>

#include "common/inet.h"

int cfg_range_read(const char *text, struct cfg_range *range)
{
	struct inet inet;

	memset(range, 0, sizeof(*range));
	if (inet_parse(text, &inet, NULL))
		return -EINVAL;
	range->family = inet.family;
	range->bits = inet.prefix;
	range->has_bits = strchr(text, '/');
	memcpy(range->address, inet.bytes, sizeof(range->address));
	for (unsigned bit = 0; bit < inet_size(inet.family) * 8; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (bit < range->bits)
			range->first[bit / 8] |= range->address[bit / 8] & mask;
		range->last[bit / 8] |= bit < range->bits ? range->address[bit / 8] & mask : mask;
	}
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
