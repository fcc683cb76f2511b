/* SPDX-License-Identifier: LGPL-2.1-or-later
 * MAC addresses; ether_aton(3) would take single digits, and what follows the address.
 */
#include "common/mac.h"

#include <stdio.h>
#include <string.h>

bool mac_parse(const char *text, uint8_t mac[6])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t read[6] = { 0 };

	for (unsigned i = 0; i < 17; i++, text++) {
		const char *digit = *text ? strchr(digits, *text | ('A' <= *text && *text <= 'Z' ? 0x20 : 0)) : NULL;

		if (i % 3 == 2 ? *text != ':' : !digit)
			return false;
		if (i % 3 != 2)
			read[i / 3] = (uint8_t)(read[i / 3] << 4 | (digit - digits));
	}
	if (*text)
		return false;
	memcpy(mac, read, sizeof(read));
	return true;
}

char *mac_text(const uint8_t mac[6], char *out)
{
	snprintf(out, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return out;
}
