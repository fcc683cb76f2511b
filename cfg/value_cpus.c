/* SPDX-License-Identifier: GPL-2.0-or-later
 * CPU lists: "0-3,7" or "all,^2", where later parts win, to a bitmap and to their canonical text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/bits.h"

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

/* Reads "all", "7" or "0-3" and steps over it. */
static int part_read(const char **text, unsigned end, unsigned *first, unsigned *last)
{
	int rc;

	if (!strncmp(*text, "all", 3)) {
		*text += 3;
		*first = 0;
		*last = end - 1;
		return 0;
	}
	rc = cpu_read(text, first);
	*last = *first;
	if (!rc && **text == '-') {
		++*text;
		rc = cpu_read(text, last);
	}
	if (rc)
		return rc;
	return *last < *first ? -EINVAL : *last >= end ? -ERANGE : 0;
}

int cfg_parse_cpus(const char *text, uint8_t *bitmap, size_t nr_bytes)
{
	memset(bitmap, 0, nr_bytes);
	do {
		bool out = *text == '^';
		unsigned first = 0, last = 0;
		int rc;

		text += out;
		rc = part_read(&text, (unsigned)nr_bytes * 8, &first, &last);
		if (!rc && *text && *text != ',')
			rc = -EINVAL;
		if (rc)
			return rc;
		for (unsigned cpu = first; cpu <= last; cpu++)
			bits_put(bitmap, cpu, !out);
	} while (*text++ == ',');
	return 0;
}

/* The CPUs that the bitmap has (or has not), as ranges; each with a mark before it. */
static void ranges_write(const uint8_t *bitmap, size_t nr_bytes, bool there, const char *mark, struct buf *out)
{
	unsigned end = (unsigned)nr_bytes * 8;

	for (unsigned cpu = 0; cpu < end; cpu++) {
		unsigned last = cpu;

		if (bits_has(bitmap, cpu) != there)
			continue;
		while (last + 1 < end && bits_has(bitmap, last + 1) == there)
			last++;
		buf_printf(out, last > cpu ? "%s%s%u-%u" : "%s%s%u", out->len ? "," : "", mark, cpu, last);
		cpu = last;
	}
}

/* Most of what there can be, and the last of it, is all but some: so it is read whatever numbers the host has. */
static void list_write(const uint8_t *bitmap, size_t nr_bytes, struct buf *out)
{
	unsigned end = (unsigned)nr_bytes * 8, nr = 0;
	bool all;

	for (unsigned cpu = 0; cpu < end; cpu++)
		nr += bits_has(bitmap, cpu);
	all = nr > end / 2 && bits_has(bitmap, end - 1);
	if (all)
		buf_puts(out, "all");
	ranges_write(bitmap, nr_bytes, !all, all ? "^" : "", out);
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

	ranges_write(bitmap, nr_bytes, true, "", &text);
	return buf_take(&text);
}

/* Numbers below limit, of what is called so. */
static int list_parse(const char *text, unsigned limit, const char *what, const char *example, void *field, struct buf *why)
{
	uint8_t bitmap[CFG_NR_CPUS / 8];
	struct buf canonical = BUF_INIT;
	int rc = strlen(text) > 4096 ? -EINVAL : cfg_parse_cpus(text, bitmap, limit / 8);

	if (rc == -ERANGE)
		return cfg_refuse(why, text, "names a %s beyond %u", what, limit - 1);
	if (rc)
		return cfg_refuse(why, text, "is not a list of %ss such as %s", what, example);
	list_write(bitmap, limit / 8, &canonical);
	if (!canonical.len && !canonical.failed)
		return cfg_refuse(why, text, "leaves no %s", what);
	*(char **)field = buf_take(&canonical);
	return *(char **)field ? 0 : -ENOMEM;
}

int cfg_unite_lists(struct cfg_strings *lists, unsigned limit)
{
	uint8_t all[CFG_NR_CPUS / 8] = { 0 }, one[CFG_NR_CPUS / 8];
	struct buf text = BUF_INIT;

	if (lists->nr < 2)
		return 0;
	for (size_t i = 0; i < lists->nr; i++) {
		if (cfg_parse_cpus(lists->items[i], one, limit / 8))
			continue;
		for (size_t k = 0; k < limit / 8; k++)
			all[k] |= one[k];
	}
	list_write(all, limit / 8, &text);
	cfg_strings_clear(lists);
	return cfg_strings_add(lists, buf_take(&text));
}

static int cpus_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	(void)key;
	return list_parse(text, CFG_NR_CPUS, "CPU", "0-3,7 or all,^2", field, why);
}

#define VLANS_EXAMPLE "20,30-39"

/* 0 and 4095 are no VLANs. */
static int vlans_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	uint8_t vlans[CFG_NR_VLANS / 8];
	int rc;

	(void)key;
	if (strstr(text, "all"))
		return cfg_refuse(why, text, "is not a list of VLANs such as " VLANS_EXAMPLE);
	rc = list_parse(text, CFG_NR_VLANS, "VLAN", VLANS_EXAMPLE, field, why);
	if (rc || (!cfg_parse_cpus(*(char **)field, vlans, sizeof(vlans)) && !bits_has(vlans, 0) &&
		   !bits_has(vlans, CFG_NR_VLANS - 1)))
		return rc;
	free(*(char **)field);
	*(char **)field = NULL;
	return cfg_refuse(why, text, "names a VLAN outside of 1 to %u", CFG_NR_VLANS - 2);
}

static int nodes_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	(void)key;
	return list_parse(text, CFG_NR_NODES, "node", "0-1 or all,^2", field, why);
}

#define PATTERN "^\\^?(all|[0-9]+(-[0-9]+)?)(,\\^?(all|[0-9]+(-[0-9]+)?))*$"

const struct cfg_value cfg_value_cpus = {
	.name = "CPUS", .takes = "a list of CPUs such as 0-3,7", .json = CFG_JSON_STRING, .size = sizeof(char *), .text = true,
	.number_too = true, .pattern = PATTERN,
	.detail = "Numbers, ranges and all between commas; ^ takes some out again: all,^0 is every CPU of the host but CPU 0.",
	.parse = cpus_parse, .format = cfg_format_text,
};

const struct cfg_value cfg_value_nodes = {
	.name = "NODES",
	.takes = "a list of NUMA nodes such as 0-1",
	.json = CFG_JSON_STRING,
	.size = sizeof(char *),
	.text = true,
	.number_too = true,
	.pattern = PATTERN,
	.detail =
		"Numbers, ranges and all between commas; ^ takes some out again: all,^0 is every node of the host but node 0.",
	.parse = nodes_parse,
	.format = cfg_format_text,
};

const struct cfg_value cfg_value_vlans = {
	.name = "VLANS",
	.takes = "a list of VLANs such as 20,30-39",
	.json = CFG_JSON_STRING,
	.size = sizeof(char *),
	.text = true,
	.number_too = true,
	.pattern = "^\\^?[0-9]+(-[0-9]+)?(,\\^?[0-9]+(-[0-9]+)?)*$",
	.detail = "Numbers and ranges between commas; ^ takes some out again.",
	.parse = vlans_parse,
	.format = cfg_format_text,
};
