/* SPDX-License-Identifier: GPL-2.0-or-later
 * Ranges of IP addresses, as subnets and addresses with a prefix length name them.
 */
#ifndef CFG_RANGE_H
#define CFG_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct cfg_range {
	int family;		/* AF_INET or AF_INET6 */
	uint8_t address[16];	/* as written; of IPv4 the first four bytes count, the rest is 0 */
	uint8_t first[16], last[16];
	unsigned bits;		/* prefix length; all bits where none was written */
	bool has_bits;
};

/** Reads "10.77.0.1/24", "fd77::1" and the like. 0 or -EINVAL. */
int cfg_range_read(const char *text, struct cfg_range *range);
/** Whether the address of inner lies in outer. */
bool cfg_range_holds(const struct cfg_range *outer, const struct cfg_range *inner);
/** Order by family, first address, and the wider before the narrower; 0 for the same range. */
int cfg_range_compare(const struct cfg_range *a, const struct cfg_range *b);

#endif
