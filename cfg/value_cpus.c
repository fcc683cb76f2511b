/* SPDX-License-Identifier: GPL-2.0-or-later
 * CPU lists: "0-3,7,^2", where later parts win, to a bitmap and to their canonical text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"

#define NR_NODES 64	/* NUMA nodes that Xen can have */
#define NR_VLANS 4096	/* numbers that a tag has room for */

/* Reads digits and steps over them. */
static int cpu_read(const char **text, unsigned *cpu)
{
	const char *p = *text;
	unsigned value = 0;

	if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (unsigned)(*p - '0');
		if (value >= CFG_NR_CPUS)
			return -ERANGE;
	}
	*text = p;
	*cpu = value;
	return 0;
}

int cfg_parse_cpus(const char *text, uint8_t *bitmap, size_t nr_bytes)
{
	memset(bitmap, 0, nr_bytes);
	if (!strcmp(text, "all")) {
		memset(bitmap, 0xff, nr_bytes);
		return 0;
	}
	do {
		bool out = *text == '^';
		unsigned first, last;
		int rc;

		text += out;
		rc = cpu_read(&text, &first);
		last = first;
		if (!rc && *text == '-') {
			text++;
			rc = cpu_read(&text, &last);
		}
		if (!rc && (last < first || (*text && *text != ',')))
			rc = -EINVAL;
		if (!rc && last / 8 >= nr_bytes)
			rc = -ERANGE;
		if (rc)
			return rc;
		for (unsigned cpu = first; cpu <= last; cpu++) {
			if (out)
				bitmap[cpu / 8] &= (uint8_t)~(1 << cpu % 8);
			else
				bitmap[cpu / 8] |= (uint8_t)(1 << cpu % 8);
		}
	} while (*text++ == ',');
	return 0;
}

static bool has(const uint8_t *bitmap, unsigned cpu)
{
	return bitmap[cpu / 8] & (1 << cpu % 8);
}

static void cpus_write(const uint8_t *bitmap, size_t nr_bytes, struct buf *out)
{
	unsigned end = (unsigned)nr_bytes * 8;

	for (unsigned cpu = 0; cpu < end; cpu++) {
		unsigned last = cpu;

		if (!has(bitmap, cpu))
			continue;
		while (last + 1 < end && has(bitmap, last + 1))
			last++;
		buf_printf(out, last > cpu ? "%s%u-%u" : "%s%u", out->len ? "," : "", cpu, last);
		cpu = last;
	}
}

const char *cfg_cpus_of(const struct cfg_strings *lists, unsigned vcpu)
{
	if (!lists->nr)
		return "all";
	return lists->items[lists->nr > 1 && vcpu < lists->nr ? vcpu : 0];
}

void cfg_join_cpus(struct cfg_strings *lists)
{
	for (size_t i = 1; i < lists->nr; i++) {
		if (strcmp(lists->items[i], lists->items[0]))
			return;
	}
	for (size_t keep = lists->nr && strcmp(lists->items[0], "all"); lists->nr > keep; )
		free(lists->items[--lists->nr]);
}

char *cfg_cpus_text(const uint8_t *bitmap, size_t nr_bytes)
{
	struct buf text = BUF_INIT;

	cpus_write(bitmap, nr_bytes, &text);
	return buf_take(&text);
}

/* Numbers below limit, of what is called so. */
static int list_parse(const char *text, unsigned limit, const char *what, void *field, struct buf *why)
{
	uint8_t bitmap[CFG_NR_CPUS / 8];
	struct buf canonical = BUF_INIT;
	int rc;

	if (!strcmp(text, "all"))
		return cfg_store(field, text);
	rc = strlen(text) > 4096 ? -EINVAL : cfg_parse_cpus(text, bitmap, limit / 8);
	if (rc == -ERANGE)
		return cfg_refuse(why, text, "names a %s beyond %u", what, limit - 1);
	if (rc)
		return cfg_refuse(why, text, "is not a list of %ss such as 0-3,7 or 0-7,^2", what);
	cpus_write(bitmap, limit / 8, &canonical);
	if (!canonical.len && !canonical.failed)
		return cfg_refuse(why, text, "leaves no %s", what);
	*(char **)field = buf_take(&canonical);
	return *(char **)field ? 0 : -ENOMEM;
}

int cfg_unite_lists(struct cfg_strings *lists)
{
	uint8_t all[CFG_NR_CPUS / 8] = { 0 }, one[CFG_NR_CPUS / 8];
	bool every = false;
	char *text;

	if (lists->nr < 2)
		return 0;
	for (size_t i = 0; i < lists->nr; i++) {
		every = every || !strcmp(lists->items[i], "all");
		if (cfg_parse_cpus(lists->items[i], one, sizeof(one)))
			continue;
		for (size_t k = 0; k < sizeof(all); k++)
			all[k] |= one[k];
	}
	text = every ? strdup("all") : cfg_cpus_text(all, sizeof(all));
	cfg_strings_clear(lists);
	return cfg_strings_add(lists, text);
}

static int cpus_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	(void)key;
	return list_parse(text, CFG_NR_CPUS, "CPU", field, why);
}

/* 0 and 4095 are no VLANs. */
static int vlans_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	uint8_t vlans[NR_VLANS / 8];
	int rc;

	(void)key;
	if (!strcmp(text, "all"))
		return cfg_refuse(why, text, "is not a list of VLANs such as 20,30-39");
	rc = list_parse(text, NR_VLANS, "VLAN", field, why);
	if (rc || (!cfg_parse_cpus(*(char **)field, vlans, sizeof(vlans)) && !(vlans[0] & 1) && !(vlans[NR_VLANS / 8 - 1] & 0x80)))
		return rc;
	free(*(char **)field);
	*(char **)field = NULL;
	return cfg_refuse(why, text, "names a VLAN outside of 1 to %u", NR_VLANS - 2);
}

static int nodes_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	(void)key;
	return list_parse(text, NR_NODES, "node", field, why);
}

#define PATTERN "^(all|\\^?[0-9]+(-[0-9]+)?(,\\^?[0-9]+(-[0-9]+)?)*)$"

const struct cfg_value cfg_value_cpus = {
	.name = "CPUS", .takes = "a list of CPUs such as 0-3,7", .json = CFG_JSON_STRING, .size = sizeof(char *), .text = true,
	.number_too = true, .pattern = PATTERN,
	.detail = "Numbers and ranges between commas, of which ^ takes some out again; or all, which is every CPU.",
	.parse = cpus_parse, .format = cfg_format_text,
};

const struct cfg_value cfg_value_nodes = {
	.name = "NODES", .takes = "a list of NUMA nodes such as 0-1", .json = CFG_JSON_STRING, .size = sizeof(char *), .text = true,
	.number_too = true, .pattern = PATTERN,
	.detail = "Numbers and ranges between commas, of which ^ takes some out again; or all, which is every node.",
	.parse = nodes_parse, .format = cfg_format_text,
};

const struct cfg_value cfg_value_vlans = {
	.name = "VLANS", .takes = "a list of VLANs such as 20,30-39", .json = CFG_JSON_STRING, .size = sizeof(char *), .text = true,
	.number_too = true, .pattern = "^\\^?[0-9]+(-[0-9]+)?(,\\^?[0-9]+(-[0-9]+)?)*$",
	.detail = "Numbers and ranges between commas; ^ takes some out again.",
	.parse = vlans_parse, .format = cfg_format_text,
};
