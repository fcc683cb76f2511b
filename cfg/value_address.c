/* SPDX-License-Identifier: GPL-2.0-or-later
 * Values that identify or address something: uuids, MAC and IP addresses, CPU lists;
 * and the identities that are derived from a name.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "cfg/keys.h"
#include "cfg/range.h"
#include "common/auto.h"
#include "common/mac.h"

/* The project's namespace for UUIDv5, drawn at random once: changing it would give every domain a new identity. */
static const uint8_t namespace_uuid[16] = {
	0x00, 0x48, 0xae, 0x99, 0x40, 0x95, 0x42, 0xab, 0x8e, 0x6f, 0xfd, 0x75, 0x21, 0x89, 0x74, 0x5c,
};

void cfg_uuid_of_name(const char *name, uint8_t uuid[16])
{
	uuid_generate_sha1(uuid, namespace_uuid, name, strlen(name));
}

void cfg_mac_of(const uint8_t uuid[16], unsigned position, uint8_t mac[6])
{
	char text[16];
	uuid_t digest;

	snprintf(text, sizeof(text), "vif %u", position);
	uuid_generate_sha1(digest, uuid, text, strlen(text));
	/* Xen's own prefix; the lower half of its range, as Xen's tools use it. */
	mac[0] = 0x00;
	mac[1] = 0x16;
	mac[2] = 0x3e;
	mac[3] = digest[0] & 0x7f;
	mac[4] = digest[1];
	mac[5] = digest[2];
}

static int uuid_value_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	uuid_t uuid;

	if (uuid_parse(text, uuid))
		return cfg_refuse(why, text, "is not a uuid such as 3e5b2b70-0a4a-452b-a227-f452af80a8f3");
	if (uuid_is_null(uuid))
		return cfg_refuse(why, text, "is the uuid of no domain");
	memcpy(field, uuid, sizeof(uuid));
	return 0;
}

static void uuid_value_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	char text[37];

	uuid_unparse_lower(field, text);
	buf_puts(out, text);
}

static int mac_value_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	uint8_t mac[6] = { 0 };

	if (!mac_parse(text, mac))
		return cfg_refuse(why, text, "is not a MAC address such as 00:16:3e:5e:6c:01");
	if (mac[0] & 1)
		return cfg_refuse(why, text, "is a multicast address: the first byte must be even");
	if (!(mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]))
		return cfg_refuse(why, text, "is not the address of a single interface");
	if (mac[0] == 0xfe && mac[1] == 0xff && mac[2] == 0xff && mac[3] == 0xff && mac[4] == 0xff && mac[5] == 0xff)
		return cfg_refuse(why, text, "is the address of the host's side of every vif");
	memcpy(field, mac, sizeof(mac));
	return 0;
}

static void mac_value_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	char text[MAC_TEXT];

	buf_puts(out, mac_text(field, text));
}

/* Why no interface can have an address; NULL if one can. With a prefix length the ends of that network are known. */
static const char *address_fault(const struct cfg_range *range)
{
	static const uint8_t none[16], all[4] = { 255, 255, 255, 255 };
	bool v4 = range->family == AF_INET;
	size_t len = v4 ? 4 : 16;
	bool has_ends = range->has_bits && range->bits + 1 < 8 * len;

	if (!memcmp(range->address, none, len))
		return "is the address of no host";
	if (v4 ? (range->address[0] & 0xf0) == 0xe0 : range->address[0] == 0xff)
		return "is a multicast address";
	if ((v4 && !memcmp(range->address, all, len)) || (v4 && has_ends && !memcmp(range->address, range->last, len)))
		return "is the broadcast address of its network, not one of a host";
	if (has_ends && !memcmp(range->address, range->first, len))
		return v4 ? "is the address of a network, not one of a host in it" :
			    "is the address of all routers of its network, not one of a host";
	return NULL;
}

/* ADDRESS or ADDRESS/BITS to canonical text; with a subnet the bits must be there and the host's part must be 0. */
static int address_parse(const char *text, bool subnet, char **field, struct buf *why)
{
	char canonical[INET6_ADDRSTRLEN + 8];
	struct cfg_range range;

	if (cfg_range_read(text, &range) || (subnet && !range.has_bits))
		return cfg_refuse(why, text, subnet ? "is not a subnet such as 10.77.0.0/24" :
				  "is not an IP address such as 192.0.2.10 or fd77::10");
	if (subnet && memcmp(range.address, range.first, sizeof(range.first)))
		return cfg_refuse(why, text, "has bits set behind the /%u", range.bits);
	if (!subnet && address_fault(&range))
		return cfg_refuse(why, text, "%s", address_fault(&range));
	inet_ntop(range.family, range.address, canonical, sizeof(canonical));
	if (range.has_bits)
		snprintf(canonical + strlen(canonical), 8, "/%u", range.bits);
	return cfg_store(field, canonical);
}

static int ip_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	return address_parse(text, false, field, why);
}

static int subnet_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	return address_parse(text, true, field, why);
}

const struct cfg_value cfg_value_uuid = {
	.name = "UUID",
	.takes = "a uuid",
	.json = CFG_JSON_STRING,
	.size = 16,
	.pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
	.parse = uuid_value_parse,
	.format = uuid_value_format,
};
const struct cfg_value cfg_value_mac = {
	.name = "MAC", .takes = "a MAC address such as 00:16:3e:5e:6c:01", .json = CFG_JSON_STRING, .size = 6,
	.pattern = "^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$", .parse = mac_value_parse, .format = mac_value_format,
};
const struct cfg_value cfg_value_ip = {
	.name = "ADDRESS", .takes = "an IP address", .json = CFG_JSON_STRING, .size = sizeof(char *), .text = true,
	.parse = ip_parse, .format = cfg_format_text,
};
const struct cfg_value cfg_value_subnet = {
	.name = "SUBNET", .takes = "a subnet such as 10.77.0.0/24", .json = CFG_JSON_STRING, .size = sizeof(char *),
	.text = true, .parse = subnet_parse, .format = cfg_format_text,
};
