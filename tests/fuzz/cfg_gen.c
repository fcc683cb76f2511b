/* SPDX-License-Identifier: GPL-2.0-or-later
 * Made-up specs; see cfg_gen.h. Every type of value has a maker; that none is forgotten is checked by
 * test_cfg_roundtrip.c, which counts the keys it has seen.
 */
#include "tests/fuzz/cfg_gen.h"

#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/auto.h"

static unsigned next(struct cfg_gen *gen)
{
	return gen->pos < gen->len ? gen->data[gen->pos++] : 0;
}

static uint64_t range(struct cfg_gen *gen, uint64_t min, uint64_t max)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 6; i++)
		value = value << 8 | next(gen);
	/* Limits are where errors are. */
	switch (next(gen) % 4) {
	case 0:
		return min;
	case 1:
		return max;
	default:
		return min + value % (max - min + 1);
	}
}

/* Letters of set, the first out of its first nr_first. */
static void letters(struct cfg_gen *gen, const char *set, unsigned nr_first, unsigned max, struct buf *out)
{
	unsigned n = 1 + next(gen) % max;

	for (unsigned i = 0; i < n; i++)
		buf_add(out, set + next(gen) % (i ? strlen(set) : nr_first), 1);
}

#define WORD "abcxyzABCXYZ0123456789eE_.+-"
#define LABEL "abcxyzABCXYZ0123456789eE_./-"
#define NR_FIRST 22

/* Text in double quotes, with everything in it that might be mistaken for something else. */
static void quoted(struct cfg_gen *gen, const char *prefix, unsigned max, struct buf *out)
{
	static const char *const pieces[] = {
		"a", "B", "7", "0", "-", ": ", " #", "\\\"", "'", "\\\\", "{", "]", ",", "&", "*", "!", "|", ">", "%",
		"@", "`", " ",
		"~", "null", "yes", "1e3", "0x1f", "é", "日本", "😀", "=", "<<", "?", "/", "\\u00e4", "\\u202e", "\\u00a0",
		".", "12:30", "+1",
	};
	unsigned n = next(gen) % (max + 1);

	buf_printf(out, "\"%s", prefix);
	for (unsigned i = 0; i < n; i++)
		buf_puts(out, pieces[next(gen) % ARRAY_SIZE(pieces)]);
	buf_puts(out, "\"");
}

static void make_cpus(struct cfg_gen *gen, struct buf *out)
{
	buf_puts(out, "\"");
	for (unsigned n = next(gen) % 5; n; n--) {
		unsigned first = next(gen), last = first + next(gen) % 9;

		buf_printf(out, "%s%u-%u,", next(gen) % 3 ? "" : "^", first, last);
	}
	/* The last part wins: some CPU is left. */
	buf_printf(out, "%u\"", next(gen));
}

static void make_memory(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	uint64_t kib = range(gen, key->min, key->max) & ~UINT64_C(3);

	/* Keys of one section must be in order: the first gets the lower half. */
	kib = !strcmp(key->name, "max") ? key->max / 2 + kib / 2 / 4 * 4 : key->min + (kib - key->min) / 2 / 4 * 4;
	if (next(gen) % 2 || gen->emulated)
		kib = (kib + 1023) / 1024 * 1024;
	if (kib % 1024 || next(gen) % 3 == 0)
		buf_printf(out, "%lluKiB", (unsigned long long)kib);
	else
		buf_printf(out, "%llu%s", (unsigned long long)kib / 1024, next(gen) % 2 ? "MiB" : "");
}

static void make_uint(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	uint64_t value = range(gen, key->min, key->max);

	if (!strcmp(key->name, "online"))
		value = 1 + value % (key->max / 2);
	else if (!strcmp(key->name, "vlan"))
		value = 1 + value % 4000;
	else if (!strcmp(key->name, "max"))
		value = key->max / 2 + value / 2;
	buf_printf(out, "%llu", (unsigned long long)value);
}

/* Which word; what the other keys of its section may be can follow from it. */
static unsigned make_enum(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	unsigned i = next(gen) % key->nr_words;

	if (!strcmp(key->name, "announce") && i == CFG_ANNOUNCE_CMDLINE && gen->announced)
		i = CFG_ANNOUNCE_NONE;
	/* The others do not go with every vif. */
	if (!strcmp(key->name, "model"))
		i = CFG_CARD_NONE;
	gen->tells = !strcmp(key->name, "announce") && i == CFG_ANNOUNCE_XENSTORE;
	gen->announced = gen->announced || (!strcmp(key->name, "announce") && i == CFG_ANNOUNCE_CMDLINE);
	if (!strcmp(key->name, "format") && (gen->raw_only || gen->emulated))
		i = CFG_FORMAT_RAW;
	gen->served = gen->served || (!strcmp(key->name, "format") && i == CFG_FORMAT_QCOW2);
	while (key->words[i].later)
		i = (i + 1) % (unsigned)key->nr_words;
	gen->writes = gen->writes || !strcmp(key->words[i].name, "rw");
	buf_puts(out, key->words[i].name);
	return i;
}

static void make_rate(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	uint64_t rate = range(gen, key->min, key->max);

	buf_printf(out, "%llu%s", (unsigned long long)rate, "b/s");
	/* A tenth of a second always has room. */
	if (next(gen) % 2)
		buf_printf(out, "@%u%s", (unsigned)range(gen, 1, 100), "ms");
}

/* Networks have the one subnet 10.77.0.0/16, and their gateways are in it. */
static void make_ip(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	unsigned serial = gen->serial++;

	if (key->value == &cfg_value_subnet)
		buf_puts(out, "10.77.0.0/16");
	else if (!strcmp(key->name, "nameservers"))
		buf_printf(out, next(gen) % 2 ? "192.0.2.%u" : "\"FD53::%x\"", 1 + serial % 200);
	else if (strcmp(key->name, "ip") || next(gen) % 2)
		buf_printf(out, "10.77.%u.%u%s", serial / 200 % 200, 1 + serial % 200, next(gen) % 2 ? "/16" : "");
	else
		buf_printf(out, "\"FD77::%x%s\"", serial + 1, next(gen) % 2 ? "/64" : "");
}

/* That of cloud-init is a whole disk, and no vbd's. */
static void make_vdev(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	if (key->def) {
		buf_printf(out, "sd%c", 'a' + (int)(next(gen) % 16));
		return;
	}
	buf_printf(out, "xvd%c%c", 'a' + (int)(gen->serial / 26 % 26), 'a' + (int)(gen->serial % 26));
	if (next(gen) % 2)
		buf_printf(out, "%u", 1 + next(gen) % 255);
	gen->serial++;
}

static void make_address(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	if (key->value == &cfg_value_mac) {
		buf_printf(out, "%02x:%02X:%02x:%02x:%02x:%02x", next(gen) & 0xfe, next(gen), next(gen), next(gen),
			   gen->serial / 256 % 256, gen->serial % 256);
		gen->serial++;
		return;
	}
	for (unsigned i = 0; i < 16; i++)
		buf_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", i ? next(gen) : next(gen) | 1);
}

static void make_path(struct cfg_gen *gen, bool tag, struct buf *out)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), tag ? "LABEL=%ux" : "/%u", gen->serial++);
	quoted(gen, prefix, 12, out);
	/* Not a folder. */
	out->data[--out->len] = '\0';
	buf_puts(out, "z\"");
}

static void make_source(struct cfg_gen *gen, struct buf *out)
{
	/* An emulated PC has what the kernel serves. */
	unsigned kind = next(gen) % (gen->emulated ? 2 : 4);

	gen->raw_only = kind;
	gen->served = kind > 1;
	if (kind == 3)
		buf_printf(out, "\"nbd+unix:///x%u?socket=/run/s\"", gen->serial++);
	else if (kind == 2)
		buf_printf(out, "\"nbd://h%u:%u/a/b\"", gen->serial++, 1 + next(gen));
	else
		make_path(gen, kind, out);
}

/* Not every key goes with what was said of the disk before; and what else is in cloud_init may need its network. */
static bool make_true(struct cfg_gen *gen, const struct cfg_key *key)
{
	if (!strcmp(key->name, "network"))
		return true;
	/* A volume may be qcow2. */
	if (!strcmp(key->name, "preallocate"))
		return false;
	return next(gen) % 2 && !(gen->writes && !strcmp(key->name, "cdrom")) && !(gen->served && !strcmp(key->name, "shared"));
}

/* Never the same twice: domains that another one depends on are told apart by it. */
static void make_name(struct cfg_gen *gen, struct buf *out)
{
	buf_printf(out, "\"%u.", gen->serial++);
	letters(gen, WORD, NR_FIRST, gen->short_names ? 8 : 55, out);
	buf_puts(out, "\"");
}

static void make_node(struct cfg_gen *gen, struct buf *out)
{
	buf_puts(out, "\"");
	letters(gen, "abcXYZ019_@-", 12, 30, out);
	if (next(gen) % 2) {
		buf_puts(out, "/");
		letters(gen, "abcXYZ019_@-", 12, 30, out);
	}
	buf_puts(out, "\"");
}

static void make_sum(struct cfg_gen *gen, unsigned bytes, struct buf *out)
{
	buf_puts(out, "\"");
	for (unsigned i = 0; i < bytes; i++)
		buf_printf(out, "%02x", next(gen));
	buf_puts(out, "\"");
}

static void make_value(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	const struct cfg_value *value = key->value;

	if (value == &cfg_value_uint)
		make_uint(gen, key, out);
	else if (value == &cfg_value_bool)
		buf_puts(out, make_true(gen, key) ? "true" : "false");
	else if (value == &cfg_value_flag)
		buf_puts(out, next(gen) % 2 ? "true" : "1");
	else if (value == &cfg_value_enum)
		make_enum(gen, key, out);
	else if (value == &cfg_value_memory)
		make_memory(gen, key, out);
	else if (value == &cfg_value_seconds)
		buf_printf(out, "%us", (unsigned)range(gen, key->min, key->max));
	else if (value == &cfg_value_text)
		quoted(gen, "", 60, out);
	else if (value == &cfg_value_label)
		quoted(gen, "", 20, out);
	else if (value == &cfg_value_path)
		make_path(gen, false, out);
	else if (value == &cfg_value_source)
		make_source(gen, out);
	else if (value == &cfg_value_cpus)
		make_cpus(gen, out);
	else if (value == &cfg_value_vlans)
		buf_printf(out, "%u-4094", 4001 + next(gen) % 90);	/* no vlan is above 4000 */
	else if (value == &cfg_value_nodes)
		buf_printf(out, "%u", next(gen) % 64);
	else if (value == &cfg_value_vdev)
		make_vdev(gen, key, out);
	else if (value == &cfg_value_mac || value == &cfg_value_uuid)
		make_address(gen, key, out);
	else if (value == &cfg_value_rate)
		make_rate(gen, key, out);
	else if (value == &cfg_value_ip || value == &cfg_value_subnet)
		make_ip(gen, key, out);
	else if (value == &cfg_value_host)
		buf_printf(out, "h%u.a-%u.example", gen->serial++, next(gen));
	else if (value == &cfg_value_node)
		make_node(gen, out);
	else if (value == &cfg_value_sha256 || value == &cfg_value_sha512)
		make_sum(gen, value == &cfg_value_sha256 ? 32 : 64, out);
	else if (value == &cfg_value_phrase)
		quoted(gen, "p", 20, out);
	else if (value == &cfg_value_name || value == &cfg_value_domain || value == &cfg_value_pool)
		make_name(gen, out);
	else if (!strcmp(key->name, "ifname"))
		buf_printf(out, "q%u", gen->serial++);	/* unique on the host */
	else if (value == &cfg_value_ifname || value == &cfg_value_script)
		letters(gen, WORD, NR_FIRST, 15, out);
	else
		abort();	/* a type without a maker */
}

static void make_section(struct cfg_gen *gen, const struct cfg_section *section, bool top, struct buf *out);

static void make_items(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	unsigned n = next(gen) % 5;

	buf_puts(out, "[");
	for (unsigned i = 0; i < n; i++) {
		make_section(gen, key->section, false, out);
		buf_puts(out, ", ");
	}
	buf_puts(out, "]");
}

static void make_labels(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	unsigned n = next(gen) % 5;

	buf_puts(out, "{");
	for (unsigned i = 0; i < n; i++) {
		buf_printf(out, "\"%u", i);
		letters(gen, LABEL, NR_FIRST, 20, out);
		buf_puts(out, "\": ");
		make_value(gen, key, out);
		buf_puts(out, ", ");
	}
	buf_puts(out, "}");
}

static void make_list(struct cfg_gen *gen, const struct cfg_key *key, struct buf *out)
{
	/* There is one subnet, and subnets may not overlap. */
	unsigned n = key->value == &cfg_value_subnet || key->lone || (gen->tells && key->value == &cfg_value_ip)
			     ? 1
			     : 1 + next(gen) % 4;

	buf_puts(out, "[");
	/* An IPv4 address first: some keys need one. */
	if (!strcmp(key->name, "ip"))
		buf_printf(out, "10.78.%u.%u, ", gen->serial / 200 % 200, 1 + gen->serial % 200);
	for (unsigned i = 0; i < n; i++) {
		/* No other name has a p: ports are no bridges. */
		if (key->value == &cfg_value_ifname)
			buf_printf(out, "p%u", gen->serial++);
		/* It has a CPU of every affinity. */
		else if (!strcmp(key->name, "soft_affinity"))
			buf_puts(out, "0-4095");
		else if (gen->tells && key->value == &cfg_value_ip)
			buf_puts(out, next(gen) % 2 ? "192.0.2.1" : "\"FE80::1\"");
		else
			make_value(gen, key, out);
		buf_puts(out, ", ");
	}
	buf_puts(out, "]");
}

static void make_key(struct cfg_gen *gen, const char *kind, const struct cfg_key *key, struct buf *out)
{
	switch (key->shape) {
	case CFG_SECTION:
		/* The names of most domains are none for a host. */
		if (key->section->shorthand && strcmp(key->name, "cloud_init") && next(gen) % 2)
			make_value(gen, key->section->keys, out);
		else
			make_section(gen, key->section, false, out);
		break;
	case CFG_ITEMS:
		make_items(gen, key, out);
		break;
	case CFG_LABELS:
		make_labels(gen, key, out);
		break;
	case CFG_LIST:
		make_list(gen, key, out);
		break;
	case CFG_KIND:
		buf_puts(out, kind);
		break;
	default:
		make_value(gen, key, out);
		break;
	}
}

/* Of the keys of one choice, the one that is written. */
static const struct cfg_key *pick(struct cfg_gen *gen, const struct cfg_section *section, const struct cfg_key *first)
{
	const struct cfg_key *members[8] = { NULL };
	unsigned nr = 0;

	for (size_t i = 0; i < section->nr && nr < ARRAY_SIZE(members); i++) {
		if (section->keys[i].choice_at == first->choice_at && section->keys[i].shape == first->shape)
			members[nr++] = &section->keys[i];
	}
	return members[next(gen) % nr];
}

/* Whether a key is left out: chance, unless others need it. */
static bool omitted(struct cfg_gen *gen, const struct cfg_key *key)
{
	static const char *const always[] = { "ip", "subnet", "uplink", "hostname", "size", "from" };

	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		if (!strcmp(key->name, always[i]))
			return false;
	}
	if (!strcmp(key->name, "model") && !gen->emulated)
		return true;
	/* It goes with some ways to announce. */
	if (!strcmp(key->name, "gateway") && key->max == 2)
		return !gen->tells;
	return !key->required && (next(gen) % 2 || (gen->served && !strcmp(key->name, "script")));
}

static void make_section(struct cfg_gen *gen, const struct cfg_section *section, bool top, struct buf *out)
{
	const struct cfg_key *before = NULL, *chosen = NULL;
	unsigned mode = 0;

	gen->writes = gen->served = gen->raw_only = gen->tells = false;
	gen->emulated = gen->emulated && !top;
	buf_puts(out, top ? "" : "{");
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];

		if (key->choice_at && key->shape == CFG_SCALAR && (!chosen || chosen->choice_at != key->choice_at)) {
			chosen = pick(gen, section, key);
			mode = (unsigned)chosen->choice;
		}
		/* What is said of an image goes with none. */
		if (key->needs && !strcmp(key->needs, "from") && chosen && strcmp(chosen->name, "from"))
			continue;
		if (key->later || (before && cfg_keys_exclusive(before, key)) || (i && omitted(gen, key)) ||
		    (key->choice_at && key->shape == CFG_SCALAR && key != chosen) ||
		    (key->only_at && !(key->only & 1u << mode)))
			continue;
		before = key;
		/* A volume has no script. */
		gen->served = gen->served || !strcmp(key->name, "volume");
		/* Keys of one type of guests follow it. */
		gen->emulated = gen->emulated || (top && section == &cfg_domain_section && mode == CFG_TYPE_HVM);
		buf_printf(out, "%s: ", key->name);
		if ((section == &cfg_network_section || key->offset == offsetof(struct cfg_domain, type)) && key->words &&
		    key->shape == CFG_SCALAR)
			mode = make_enum(gen, key, out);
		else
			make_key(gen, section->name, key, out);
		buf_puts(out, top ? "\n" : ", ");
	}
	buf_puts(out, top ? "" : "}");
}

void cfg_gen_domain(struct cfg_gen *gen, struct buf *out)
{
	make_section(gen, &cfg_domain_section, true, out);
}

void cfg_gen_network(struct cfg_gen *gen, struct buf *out)
{
	/* A bridge can be called after it. */
	gen->short_names = true;
	make_section(gen, &cfg_network_section, true, out);
}

void cfg_gen_volume(struct cfg_gen *gen, struct buf *out)
{
	make_section(gen, &cfg_volume_section, true, out);
}

void cfg_gen_pool(struct cfg_gen *gen, struct buf *out)
{
	make_section(gen, &cfg_pool_section, true, out);
}
