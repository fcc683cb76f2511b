/* SPDX-License-Identifier: GPL-2.0-or-later
 * What nft lists of our tables, as JSON: whose each chain is, and the fingerprint of its rules.
 * Follows libnftables-json(5).
 */
#include "hotplug/nft_text.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

struct parse {
	struct hotplug_nft_list *list;
	const char *chain;	/* of the last rule; borrowed from the JSON */
	uint64_t position;
};

static const struct prefix {
	const char *prefix, *family;
	enum hotplug_nft_kind kind;
} prefixes[] = {
	{ NFT_FILTER, "netdev", HOTPLUG_NFT_FILTER },
	{ NFT_NAT, "inet", HOTPLUG_NFT_NAT },
	{ NFT_DNAT, "inet", HOTPLUG_NFT_FORWARDS },
	{ NFT_OUT, "inet", HOTPLUG_NFT_FORWARDS },
};

struct hotplug_nft_entry *nft_entry(const struct hotplug_nft_list *list, enum hotplug_nft_kind kind, const char *name)
{
	size_t i;

	for (i = 0; i < list->nr; i++) {
		if (list->entries[i].kind == kind && !strcmp(list->entries[i].name, name))
			return &list->entries[i];
	}
	return NULL;
}

static struct hotplug_nft_entry *entry_add(struct hotplug_nft_list *list, enum hotplug_nft_kind kind, const char *name)
{
	struct hotplug_nft_entry *more = reallocarray(list->entries, list->nr + 1, sizeof(*more));

	if (!more)
		return NULL;
	list->entries = more;
	more = memset(&more[list->nr++], 0, sizeof(*more));
	more->kind = kind;
	strcpy(more->name, name);
	return more;
}

/* The entry that a chain belongs to, made if need be. NULL with *ret 0 for a chain that is not of our making. */
static struct hotplug_nft_entry *entry_of(struct hotplug_nft_list *list, const char *family, const char *chain, int *ret)
{
	struct hotplug_nft_entry *entry;
	char name[64];
	size_t i;

	*ret = 0;
	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (strcmp(family, prefixes[i].family) || !nft_chain_is(prefixes[i].prefix, chain, name))
			continue;
		entry = nft_entry(list, prefixes[i].kind, name);
		if (!entry)
			entry = entry_add(list, prefixes[i].kind, name);
		if (!entry)
			*ret = -ENOMEM;
		return entry;
	}
	return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Of a comment "xlite:OWNER HASH"; a rule with another one makes the fingerprint differ from any. */
static void rule_tag(struct parse *p, struct hotplug_nft_entry *entry, const char *comment)
{
	uint64_t hash = 0;
	char owner[64];
	int end = 0;

	entry->nr_rules++;
	if (sscanf(comment, "xlite:%63s %16" SCNx64 "%n", owner, &hash, &end) == 2 && !comment[end])
		strcpy(entry->owner, owner);
	else
		hash = nft_hash(comment, strlen(comment));
	entry->fingerprint += nft_fold(hash, p->position);
}

/*
 * The port that a match of a rule's names, as in {"match": {"left": {"payload": {"protocol": "tcp", "field":
 * "dport"}}, "right": 80}}.
 */
static int add_port(struct hotplug_nft_list *list, const char *owner, const json_t *match)
{
	const json_t *payload = json_object_get(json_object_get(match, "left"), "payload");
	json_int_t port = json_integer_value(json_object_get(match, "right"));
	struct hotplug_nft_port *ports;

	if (strcmp(text_of(payload, "field"), "dport") || port < 1 || port > UINT16_MAX)
		return 0;
	ports = reallocarray(list->ports, list->nr_ports + 1, sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	list->ports = ports;
	ports += list->nr_ports++;
	*ports = (struct hotplug_nft_port){ .udp = !strcmp(text_of(payload, "protocol"), "udp"), .port = (uint16_t)port };
	strcpy(ports->owner, owner);
	return 0;
}

static int parse_ports(struct parse *p, const char *chain, const json_t *rule)
{
	json_t *item;
	char owner[64];
	int ret = 0;
	size_t i;

	/* The chain for the host's own connections says the same again. */
	if (!nft_chain_is(NFT_DNAT, chain, owner))
		return 0;
	json_array_foreach(json_object_get(rule, "expr"), i, item) {
		if (!ret)
			ret = add_port(p->list, owner, json_object_get(item, "match"));
	}
	return ret;
}

/* A guest may have no address yet (0.0.0.0, ::), and has one of its own beside others (fe80::). */
static int add_address(struct hotplug_nft_list *list, const char *owner, const char *text)
{
	struct hotplug_nft_address *addresses;

	if (!text || strlen(text) >= sizeof(addresses->text) || !strcmp(text, "0.0.0.0") || !strcmp(text, "::") ||
	    !strncmp(text, "fe80:", 5))
		return 0;
	addresses = reallocarray(list->addresses, list->nr_addresses + 1, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	list->addresses = addresses;
	addresses += list->nr_addresses++;
	strcpy(addresses->owner, owner);
	strcpy(addresses->text, text);
	return 0;
}

/* {"match": {"left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "10.0.0.5"}}, or a set of them. */
static int add_addresses(struct hotplug_nft_list *list, const char *owner, const json_t *match)
{
	const json_t *payload = json_object_get(json_object_get(match, "left"), "payload");
	const json_t *right = json_object_get(match, "right"), *set = json_object_get(right, "set"), *item;
	const char *protocol = text_of(payload, "protocol");
	int ret = 0;
	size_t i;

	if (strcmp(text_of(payload, "field"), "saddr") || (strcmp(protocol, "ip") && strcmp(protocol, "ip6")))
		return 0;
	if (!set)
		return add_address(list, owner, json_string_value(right));
	json_array_foreach(set, i, item) {
		if (!ret)
			ret = add_address(list, owner, json_string_value(item));
	}
	return ret;
}

static int parse_addresses(struct parse *p, const char *owner, const json_t *rule)
{
	json_t *item;
	int ret = 0;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, item) {
		if (!ret)
			ret = add_addresses(p->list, owner, json_object_get(item, "match"));
	}
	return ret;
}

static int parse_rule(struct parse *p, const json_t *rule)
{
	const char *chain = text_of(rule, "chain");
	struct hotplug_nft_entry *entry;
	int ret;

	/* The rules of a chain follow each other. */
	p->position = p->chain && !strcmp(p->chain, chain) ? p->position + 1 : 1;
	p->chain = chain;
	entry = entry_of(p->list, text_of(rule, "family"), chain, &ret);
	if (!entry)
		return ret;
	rule_tag(p, entry, text_of(rule, "comment"));
	if (entry->kind == HOTPLUG_NFT_FILTER)
		return parse_addresses(p, entry->owner, rule);
	return entry->kind == HOTPLUG_NFT_FORWARDS ? parse_ports(p, chain, rule) : 0;
}

/* What is neither a table nor a chain of ours, nor a rule of one. */
static void parse_other(struct parse *p, const char *family)
{
	p->list->netdev_others |= !strcmp(family, "netdev");
	p->list->inet_others |= !strcmp(family, "inet");
}

static int parse_item(struct parse *p, const char *key, const json_t *value)
{
	const char *family = text_of(value, "family");
	int ret = 0;

	if (!strcmp(key, "rule"))
		return parse_rule(p, value);
	if (!strcmp(key, "table")) {
		p->list->netdev |= !strcmp(family, "netdev");
		p->list->inet |= !strcmp(family, "inet");
	} else if (strcmp(key, "chain") || (!entry_of(p->list, family, text_of(value, "name"), &ret) && !ret)) {
		parse_other(p, family);
	}
	return ret;
}

int nft_parse(struct hotplug_nft_list *list, const char *json, size_t len, struct xlite_error *err)
{
	struct parse p = { .list = list };
	json_error_t why;
	json_t *root = json_loadb(json, len, 0, &why), *items = json_object_get(root, "nftables"), *item, *value;
	const char *key;
	int ret = 0;
	size_t i;

	if (!json_is_array(items))
		ret = xlite_error_set(err, -EBADMSG, "nft: its list is not the JSON expected: %s",
				      root ? "no nftables" : why.text);
	json_array_foreach(items, i, item) {
		json_object_foreach(item, key, value) {
			if (!ret)
				ret = parse_item(&p, key, value);
		}
	}
	if (ret && ret != -EBADMSG)
		xlite_error_sys(err, ret, "nft: read its list");
	json_decref(root);
	return ret;
}
