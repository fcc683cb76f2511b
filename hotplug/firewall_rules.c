/* SPDX-License-Identifier: GPL-2.0-or-later
 * What rules say, as JSON: which devices and networks are let through by name, and whether a chain ends by dropping.
 * Follows libnftables-json(5).
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "hotplug/firewall_int.h"

static bool has_key(const json_t *object, const char *const *keys, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (json_object_get(object, keys[i]))
			return true;
	}
	return false;
}

/* A rule of these alone is true of every packet. */
static bool says_nothing(const json_t *statement)
{
	static const char *const keys[] = { "counter", "log" };

	return has_key(statement, keys, ARRAY_SIZE(keys));
}

static bool drops(const json_t *statement)
{
	static const char *const keys[] = { "drop", "reject" };

	return has_key(statement, keys, ARRAY_SIZE(keys));
}

static bool accepts(const json_t *statement)
{
	static const char *const keys[] = { "accept" };

	return has_key(statement, keys, ARRAY_SIZE(keys));
}

/* Whether the rule decides so of every packet that comes to it. */
static bool decides_all(const json_t *expr, bool (*how)(const json_t *statement))
{
	size_t nr = json_array_size(expr);

	for (size_t i = 0; i + 1 < nr; i++) {
		if (!says_nothing(json_array_get(expr, i)))
			return false;
	}
	return nr && how(json_array_get(expr, nr - 1));
}

static int add_name(struct hotplug_firewall_chain *chain, const char *text)
{
	char **more = reallocarray(chain->names, chain->nr_names + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	chain->names = more;
	more[chain->nr_names] = strdup(text);
	return more[chain->nr_names] ? (++chain->nr_names, 0) : -ENOMEM;
}

static int add_prefix(struct hotplug_firewall_chain *chain, const json_t *prefix)
{
	const char *address = json_string_value(json_object_get(prefix, "addr"));
	char text[64];

	if (!address)
		return 0;
	snprintf(text, sizeof(text), "%.47s/%d", address, (int)json_integer_value(json_object_get(prefix, "len")));
	return add_name(chain, text);
}

/* All strings below, and networks. Depth is bounded by jansson's own limit. */
static int add_strings(struct hotplug_firewall_chain *chain, json_t *value)
{
	const char *key;
	json_t *child;
	size_t i;
	int ret = 0;

	if (json_is_string(value))
		return add_name(chain, json_string_value(value));
	json_array_foreach(value, i, child) {
		if (!ret)
			ret = add_strings(chain, child);
	}
	json_object_foreach(value, key, child) {
		if (!ret)
			ret = !strcmp(key, "prefix") ? add_prefix(chain, child) : add_strings(chain, child);
	}
	return ret;
}

static int read_rule(struct hotplug_firewall_chain *chain, const json_t *rule, struct firewall_ends *ends)
{
	const char *of = json_string_value(json_object_get(rule, "chain"));
	json_t *expr = json_object_get(rule, "expr");
	size_t nr = json_array_size(expr);

	if (of && !strcmp(of, chain->chain)) {
		ends->drops = decides_all(expr, drops);
		ends->accepts = ends->accepts || decides_all(expr, accepts);
	}
	return nr && drops(json_array_get(expr, nr - 1)) ? 0 : add_strings(chain, expr);
}

int firewall_rules(struct hotplug_firewall_chain *chain, const char *json, size_t len, struct firewall_ends *ends)
{
	json_t *root = json_loadb(json, len, 0, NULL), *list = json_object_get(root, "nftables"), *item, *part;
	size_t i;
	int ret = json_is_array(list) ? 0 : -EBADMSG;

	*ends = (struct firewall_ends){ false, false };
	json_array_foreach(list, i, item) {
		if (ret)
			break;
		if ((part = json_object_get(item, "rule")))
			ret = read_rule(chain, part, ends);
		else if ((part = json_object_get(item, "set")) || (part = json_object_get(item, "map")))
			ret = add_strings(chain, json_object_get(part, "elem"));
	}
	json_decref(root);
	return ret;
}
