/* SPDX-License-Identifier: GPL-2.0-or-later
 * Parsing into the typed spec: every field, its default and its place; what stays of bad documents;
 * and that hostile text costs little. Messages are tested by fixtures (tests/cfg).
 */
#include "tests/unit/cfg_check.h"

#include <stdlib.h>
#include <time.h>

#include "common/auto.h"

#define SMALL "name: a\nmemory: 64MiB\nkernel: /k\n"

static void test_fields(void **state)
{
	static const char text[] =
		"name: web1\n"
		"uuid: 3e5b2b70-0a4a-452b-a227-f452af80a8f3\n"
		"vcpus: {max: 4, online: 2, affinity: \"0-3,^1\"}\n"
		"memory: {target: 512MiB, max: 1GiB}\n"
		"kernel: /k\n"
		"ramdisk: /r\n"
		"cmdline: a b\n"
		"vifs:\n"
		"  - {bridge: br0, mac: 00:16:3E:00:00:01, mtu: 9000, script: vif-x}\n"
		"vbds:\n"
		"  - {vdev: xvda, source: LABEL=x, mode: ro, shared: true, discard: false, script: /s}\n"
		"state: paused\n"
		"on_poweroff: preserve\n"
		"on_reboot: destroy\n"
		"on_crash: restart\n"
		"scheduler: {weight: 5, cap: 50}\n"
		"limits: {grant_version: 2, grant_frames: 64, event_channels: 4095}\n"
		"shutdown_timeout: 2m\n"
		"labels: {b: x, a: y}\n";
	struct cfg_set *set = cfg_set_new();
	const struct cfg_domain *d = parse_one(set, text);

	assert_string_equal(d->name, "web1");
	assert_true(d->uuid_given);
	assert_int_equal(d->uuid[0], 0x3e);
	assert_int_equal(d->uuid[15], 0xf3);
	assert_int_equal(d->vcpus_max, 4);
	assert_int_equal(d->vcpus_online, 2);
	assert_int_equal(d->affinity.nr, 1);
	assert_string_equal(d->affinity.items[0], "0,2-3");
	assert_int_equal(d->memory_kib, 512 * 1024);
	assert_int_equal(d->max_memory_kib, 1024 * 1024);
	assert_string_equal(d->kernel, "/k");
	assert_string_equal(d->ramdisk, "/r");
	assert_string_equal(d->cmdline, "a b");
	assert_int_equal(d->nr_vifs, 1);
	assert_int_equal(d->vifs[0].kind, CFG_VIF_BRIDGE);
	assert_string_equal(d->vifs[0].target, "br0");
	assert_true(d->vifs[0].mac_given);
	assert_int_equal(d->vifs[0].mac[2], 0x3e);
	assert_int_equal(d->vifs[0].mtu, 9000);
	assert_string_equal(d->vifs[0].script, "vif-x");
	assert_int_equal(d->nr_vbds, 1);
	assert_string_equal(d->vbds[0].vdev, "xvda");
	assert_string_equal(d->vbds[0].source, "LABEL=x");
	assert_int_equal(d->vbds[0].mode, CFG_VBD_RO);
	assert_true(d->vbds[0].shared);
	assert_false(d->vbds[0].discard);
	assert_string_equal(d->vbds[0].script, "/s");
	assert_int_equal(d->state, CFG_STATE_PAUSED);
	assert_int_equal(d->on_poweroff, CFG_ACTION_PRESERVE);
	assert_int_equal(d->on_reboot, CFG_ACTION_DESTROY);
	assert_int_equal(d->on_crash, CFG_ACTION_RESTART);
	assert_int_equal(d->weight, 5);
	assert_int_equal(d->cap, 50);
	assert_int_equal(d->max_grant_version, 2);
	assert_int_equal(d->max_grant_frames, 64);
	assert_int_equal(d->max_event_channels, 4095);
	assert_int_equal(d->shutdown_timeout_s, 120);
	assert_int_equal(d->nr_labels, 2);
	assert_string_equal(d->labels[1].name, "a");
	assert_string_equal(d->labels[1].value, "y");
	assert_int_equal(d->place.line, 1);
	assert_string_equal(d->place.file, "test");
	assert_int_equal(d->name_place.column, 7);
	assert_int_equal(d->memory_place.line, 4);
	assert_int_equal(d->kernel_place.line, 5);
	assert_int_equal(d->vifs[0].place.line, 9);
	assert_int_equal(d->vifs[0].place.column, 5);
	assert_int_equal(d->vifs[0].target_place.column, 14);
	assert_int_equal(d->vbds[0].source_place.line, 11);
	cfg_set_free(set);
}

static void test_defaults(void **state)
{
	struct cfg_set *set = cfg_set_new();
	const struct cfg_domain *d = parse_one(set, SMALL "vifs: [{bridge: b}]\nvbds: [{vdev: xvda, source: /d}]\n");
	struct cfg_domain *fresh = cfg_domain_new();
	uint8_t uuid[16], mac[6];

	cfg_uuid_of_name("a", uuid);
	cfg_mac_of(uuid, 0, mac);
	assert_memory_equal(d->uuid, uuid, 16);
	assert_false(d->uuid_given);
	assert_memory_equal(d->vifs[0].mac, mac, 6);
	assert_false(d->vifs[0].mac_given);
	assert_true(d->vifs[0].filter);
	assert_int_equal(d->vifs[0].mtu, 0);
	assert_int_equal(d->type, CFG_TYPE_PVH);
	assert_int_equal(d->vcpus_max, 1);
	assert_int_equal(d->vcpus_online, 1);
	assert_int_equal(d->max_memory_kib, 64 * 1024);
	assert_int_equal(d->affinity.nr, 0);
	assert_null(d->pool);
	assert_null(d->cmdline);
	assert_null(d->vifs[0].script);
	assert_int_equal(d->vbds[0].mode, CFG_VBD_RW);
	assert_true(d->vbds[0].discard);
	assert_false(d->vbds[0].shared);
	assert_int_equal(d->state, CFG_STATE_RUNNING);
	assert_int_equal(d->on_poweroff, CFG_ACTION_DESTROY);
	assert_int_equal(d->on_reboot, CFG_ACTION_RESTART);
	assert_int_equal(d->on_crash, CFG_ACTION_DESTROY);
	assert_int_equal(d->weight, 256);
	assert_int_equal(d->cap, 0);
	assert_int_equal(d->max_grant_version, 1);
	assert_int_equal(d->max_grant_frames, 0);
	assert_int_equal(d->max_event_channels, 1023);
	assert_int_equal(d->shutdown_timeout_s, 60);
	assert_int_equal(fresh->vcpus_online, 1);
	assert_int_equal(fresh->weight, 256);
	cfg_domain_free(fresh);
	cfg_set_free(set);
	cfg_set_free(NULL);
	cfg_domain_free(NULL);
}

/* A record goes on being read when a spec may no longer say what it does. */
static void test_records(void **state)
{
	static const char text[] = SMALL "on_crash: coredump-restart\non_reboot: rename-restart\n";
	static const char names[] = "name: '007'\nmemory: 64MiB\nkernel: /k\nlabels: {a: b\xc2\xa0\xe2\x80\xae}\n"
		"vifs: [{bridge: br0, ip: 10.0.0.0/24}]\n";
	struct cfg_set *set = cfg_set_new(), *record = cfg_set_new();
	size_t nr = 0;

	assert_int_equal(cfg_set_parse(set, "a.yaml", text, strlen(text)), 2);
	assert_int_equal(cfg_set_parse(record, CFG_RECORD, text, strlen(text)), 0);
	assert_int_equal(cfg_set_domains(record, &nr)[0]->on_crash, CFG_ACTION_COREDUMP_RESTART);
	assert_int_equal(nr, 1);
	assert_int_equal(cfg_set_parse(record, CFG_RECORD, names, strlen(names)), 0);
	assert_string_equal(cfg_set_domains(record, &nr)[1]->name, "007");
	assert_true(cfg_set_parse(set, "b.yaml", names, strlen(names)) > 0);
	cfg_set_free(record);
	cfg_set_free(set);
}

/* Nor need what waits for the next boot go with what was changed while the domain runs. */
static void test_mixed_records(void **state)
{
	static const char *const mixed[] = {
		"vifs: [{bridge: br0, ip: 10.0.0.2/24, gateway: 10.0.0.1}]", "vifs: [{bridge: br0, announce: cmdline}]",
		"vifs: [{bridge: br0, ip: 10.0.0.2/24, gateway: 10.0.1.1, announce: cmdline}]",
		"vifs: [{bridge: br0, ip: 10.0.0.2/24, announce: cmdline}, {bridge: br0, ip: 10.0.0.3/24, announce: cmdline}]",
		"cloud_init: true\nvbds: [{vdev: xvdz, source: /d}]", "cloud_init: true\nname: a b\n",
		"vcpus: {max: 2, affinity: ['0', '1', '2']}",
		"vcpus: {max: 1, online: 2}", "# without a kernel, and all disks taken out",
		"# without a kernel\nvbds: [{vdev: xvda, cdrom: true}]",
	};

	for (size_t i = 0; i < sizeof(mixed) / sizeof(*mixed); i++) {
		struct cfg_set *set = cfg_set_new(), *record = cfg_set_new();
		auto_buf struct buf text = BUF_INIT;
		size_t nr = 0;

		buf_printf(&text, "memory: 64MiB\n%s%s%s\n", *mixed[i] == '#' ? "" : "kernel: /k\n",
			   strstr(mixed[i], "name:") ? "" : "name: a\n", mixed[i]);
		assert_int_equal(cfg_set_parse(set, "a.yaml", buf_str(&text), text.len), 1);
		assert_int_equal(cfg_set_parse(record, CFG_RECORD, buf_str(&text), text.len), 0);
		cfg_set_domains(record, &nr);
		assert_int_equal(nr, 1);
		cfg_set_free(record);
		cfg_set_free(set);
	}
}

static void test_network_fields(void **state)
{
	static const char text[] =
		"kind: network\nname: lan0\nmode: nat\nsubnet:\n  - 10.77.0.0/24\n  - \"fd77::/64\"\nuplink: eth0\n---\n"
		"kind: network\nname: office\nbridge: br0\ngateway: 192.0.2.1\nports: [eth1]\nstp: true\nforward_delay: 4\nvlan_filtering: true\n"
		"mtu: 9000\nlabels: {a: b}\n---\n"
		"kind: network\nname: out\nmode: route\nuplink: eth0\n";
	struct cfg_set *set = cfg_set_new();
	struct cfg_network *const *networks;
	size_t nr;

	assert_int_equal(cfg_set_parse(set, "t", text, strlen(text)), 0);
	networks = cfg_set_networks(set, &nr);
	assert_int_equal(nr, 3);
	assert_int_equal(networks[0]->mode, CFG_VIF_NAT);
	assert_string_equal(networks[0]->bridge, "lan0");
	assert_string_equal(networks[0]->gateway.items[0], "10.77.0.1/24");
	assert_string_equal(networks[0]->gateway.items[1], "fd77::1/64");
	assert_false(networks[0]->gateway_given);
	assert_int_equal(networks[0]->subnet.places[1].line, 6);
	assert_string_equal(networks[0]->uplink, "eth0");
	assert_int_equal(networks[1]->mode, CFG_VIF_BRIDGE);
	assert_int_equal(networks[1]->name_place.line, 10);
	assert_string_equal(networks[1]->bridge, "br0");
	assert_true(networks[1]->gateway_given && networks[1]->stp && networks[1]->vlan_filtering);
	assert_string_equal(networks[1]->ports.items[0], "eth1");
	assert_int_equal(networks[1]->mtu, 9000);
	assert_int_equal(networks[1]->forward_delay_s, 4);
	assert_int_equal(networks[0]->forward_delay_s, 0);
	assert_int_equal(networks[1]->nr_labels, 1);
	assert_null(networks[2]->bridge);
	assert_int_equal(networks[2]->gateway.nr, 0);
	assert_ptr_equal(cfg_set_network(set, "office"), networks[1]);
	assert_null(cfg_set_network(set, "none"));
	cfg_set_free(set);
}

static void test_vif_fields(void **state)
{
	struct cfg_set *set = cfg_set_new();
	const struct cfg_domain *d = parse_one(set, SMALL
		"vifs:\n  - {nat: lan0, ip: [10.0.0.1/8, \"FD77:0::1\"], announce: xenstore, rate: 1MB/s@20ms, filter: false,\n"
		"     forward: [{udp: 53, to: 5353}]}\n  - {bridge: br0, vlan: 7}\n"
		"depends_on: [db, {name: x, console: \"login:\", timeout: 5m}, {name: y, tcp: 80}, {name: z, xenstore: data/r}]\n");
	const struct cfg_vif *vif = d->vifs;

	assert_int_equal(vif->kind, CFG_VIF_NAT);
	assert_string_equal(vif->ip.items[0], "10.0.0.1/8");
	assert_string_equal(vif->ip.items[1], "fd77::1");
	assert_int_equal(vif->ip.places[1].column, 34);
	assert_int_equal(vif->announce, CFG_ANNOUNCE_XENSTORE);
	assert_int_equal(vif->rate.bps, 8000000);
	assert_int_equal(vif->rate.interval_us, 20000);
	assert_false(vif->filter);
	assert_int_equal(vif->forwards->protocol, CFG_UDP);
	assert_int_equal(vif->forwards->port, 53);
	assert_int_equal(vif->forwards->to, 5353);
	assert_int_equal(d->vifs[1].vlan, 7);
	assert_int_equal(d->nr_depends_on, 4);
	assert_int_equal(d->depends_on[0].ready, CFG_READY_RUNNING);
	assert_int_equal(d->depends_on[0].timeout_s, 60);
	assert_int_equal(d->depends_on[1].ready, CFG_READY_CONSOLE);
	assert_string_equal(d->depends_on[1].text, "login:");
	assert_int_equal(d->depends_on[1].timeout_s, 300);
	assert_int_equal(d->depends_on[2].ready, CFG_READY_TCP);
	assert_int_equal(d->depends_on[2].port, 80);
	assert_int_equal(d->depends_on[3].ready, CFG_READY_XENSTORE);
	assert_string_equal(d->depends_on[3].text, "data/r");
	assert_ptr_equal(cfg_set_domain(set, "a"), d);
	cfg_set_free(set);
}

/* Values out of defaults stand where the defaults document has them. */
static void test_defaults_documents(void **state)
{
	static const char text[] = "kind: defaults\nmemory: &m {target: 64MiB, max: 1GiB}\nkernel: /k\nx-m: *m\n---\n"
				   "name: a\n---\nname: b\nmemory: 32MiB\nkernel: /own\n";
	struct cfg_set *set = cfg_set_new();
	struct cfg_domain *const *domains;
	size_t nr;

	assert_int_equal(cfg_set_parse(set, "t", text, strlen(text)), 0);
	domains = cfg_set_domains(set, &nr);
	assert_int_equal(nr, 2);
	assert_int_equal(domains[0]->place.line, 6);
	assert_int_equal(domains[0]->kernel_place.line, 3);
	assert_int_equal(domains[0]->memory_kib, 64 * 1024);
	assert_int_equal(domains[1]->memory_kib, 32 * 1024);
	assert_int_equal(domains[1]->max_memory_kib, 1024 * 1024);
	assert_int_equal(domains[1]->kernel_place.line, 10);
	/* They end with the file. */
	assert_int_equal(cfg_set_parse(set, "u", "name: c\n", 8), 2);
	cfg_set_free(set);
}

/* Two documents with the same fault out of defaults: it is said once, and neither comes out. */
static void test_shared_fault(void **state)
{
	static const char text[] = "kind: defaults\nmemory: {max: 1GiB}\nkernel: /k\n---\nname: a\nmemory: 2GiB\n---\n"
				   "name: b\nmemory: 2GiB\n---\nname: c\nmemory: 1GiB\n";
	struct cfg_set *set = cfg_set_new();
	struct cfg_domain *const *domains;
	size_t nr;

	assert_int_equal(cfg_set_parse(set, "t", text, strlen(text)), 1);
	domains = cfg_set_domains(set, &nr);
	assert_int_equal(nr, 1);
	assert_string_equal(domains[0]->name, "c");
	cfg_set_free(set);
}

/* A chain as long as a text can hold, and a circle of the same length. */
static void test_long_dependencies(void **state)
{
	enum { LENGTH = 5000 };

	for (unsigned closed = 0; closed < 2; closed++) {
		auto_buf struct buf text = BUF_INIT;
		struct cfg_set *set = cfg_set_new();
		struct cfg_domain **order;
		size_t nr;

		buf_puts(&text, "kind: defaults\nmemory: 64MiB\nkernel: /k\n");
		for (unsigned i = 0; i < LENGTH; i++)
			buf_printf(&text, "---\nname: d%u\ndepends_on: [d%u]\n", i, closed ? (i + 1) % LENGTH : i + 1);
		assert_int_equal(cfg_set_parse(set, "t", buf_str(&text), text.len), 0);
		assert_int_equal(cfg_set_check(set), closed);
		assert_int_equal(cfg_set_order(set, &order, &nr), closed ? -ELOOP : 0);
		assert_int_equal(nr, closed ? 0 : LENGTH);
		if (order)
			assert_string_equal(order[0]->name, "d4999");
		free(order);
		cfg_set_free(set);
	}
}

/* Documents with errors do not come out as domains, and good ones next to them do. */
static void test_only_good_ones(void **state)
{
	static const char *const bad[] = {
		SMALL "foo: 1\n", SMALL "ramdisk: *x\n", SMALL "x-a: !t b\n", SMALL "x-a: {b: 1, b: 2}\n", SMALL "vifs: [{}]\n",
		SMALL "labels: {a: \"\\0\"}\n", SMALL "depends_on: [{tcp: 1}]\n", SMALL "vcpus: *v\n", SMALL "ramdisk: [\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_buf struct buf text = BUF_INIT;
		struct cfg_set *set = cfg_set_new();
		struct cfg_domain *const *domains;
		size_t nr;

		buf_printf(&text, "name: good\nstate: stopped\n---\n%s", bad[i]);
		assert_int_equal(cfg_set_parse(set, "t", buf_str(&text), text.len), 1);
		domains = cfg_set_domains(set, &nr);
		assert_int_equal(nr, 1);
		assert_string_equal(domains[0]->name, "good");
		cfg_set_free(set);
	}
}

static void test_order_and_sets(void **state)
{
	struct cfg_set *set = cfg_set_new();
	const struct cfg_diag *diags;
	size_t nr;

	assert_int_equal(cfg_set_parse(set, "one", SMALL, strlen(SMALL)), 0);
	cfg_set_error(set, "two", "cannot be read: %s", "why");
	assert_int_equal(cfg_set_parse(set, "-", SMALL "zzz: 1\n", strlen(SMALL) + 7), 1);
	assert_int_equal(cfg_set_check(set), 1);
	nr = cfg_set_diags(set, &diags);
	assert_int_equal(nr, 3);
	assert_string_equal(diags[0].place.file, "two");
	assert_int_equal(diags[0].place.line, 0);
	assert_string_equal(diags[0].message, "cannot be read: why");
	assert_string_equal(diags[1].place.file, "<stdin>");
	assert_int_equal(diags[1].place.line, 1);
	assert_string_equal(diags[2].message, "unknown key `zzz`");
	assert_string_equal(diags[2].source, "zzz: 1");
	cfg_set_free(set);
}

static void test_carets(void **state)
{
	static const struct { const char *line; unsigned column; const char *shown; } cases[] = {
		{ "abc", 2, "f:1:2: m\n  abc\n   ^\n" },
		{ "\ta", 2, "f:1:2: m\n  \ta\n  \t^\n" },
		{ "日本x", 3, "f:1:3: m\n  日本x\n      ^\n" },
		{ "e\xcc\x81x", 3, "f:1:3: m\n  e\xcc\x81x\n   ^\n" },
		{ "\x1b[1m", 2, "f:1:2: m\n  \\x1b[1m\n      ^\n" },
		{ "a\xff", 2, "f:1:2: m\n  a\\xff\n   ^\n" },
		{ "ab", 9, "f:1:9: m\n  ab\n    ^\n" },
		{ "", 1, "f:1:1: m\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *line = strdup(cases[i].line), message[] = "m";
		struct cfg_diag diag = { .place = { "f", 1, cases[i].column }, .message = message, .source = line,
					 .caret = cases[i].column };
		auto_buf struct buf out = BUF_INIT;

		cfg_diag_print(&diag, &out);
		assert_string_equal(buf_str(&out), cases[i].shown);
		free(line);
	}
}

/* Repeats piece up to about len bytes. */
static void repeat(struct buf *text, const char *piece, size_t len)
{
	while (text->len < len)
		buf_puts(text, piece);
}

/* 64 KiB of what might be slow, each in 50 ms (times ten: sanitizers and busy machines). */
static int64_t cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* What grows with the square of the text would take minutes of the processor; a busy machine takes none of it. */
static void test_hostile_texts_are_cheap(void **state)
{
	static const struct { const char *begin, *piece;
	} cases[] = {
		{ "", "a: 1\n" },
		{ "", "- " },
		{ "", "[" },
		{ "", "{" },
		{ "", "? " },
		{ "", "a: &a {b: *a}\n" },
		{ "x-a: &a [1]\nx-b: [", "*a, " },
		{ "", "&a " },
		{ "x-a: [", "&a 1, " },
		{ "", "---\n" },
		{ "", "\"\n" },
		{ "", "vbds: [{vdev: xvda}]\n" },
		{ "vbds:\n", " - {vdev: xvda, source: /a}\n" },
		{ SMALL "vifs:\n", " - {bridge: a, mac: 00:16:3e:00:00:01}\n" },
		{ SMALL "labels: {", "a: b, " },
		{ "", "---\n" SMALL },
		{ "", "nmae: a\n" },
		{ "", "\xff\n" },
		{ "", "\x01" },
		{ "# ", "x" },
		{ "a: |\n", "\n" },
		{ "%YAML 1.1\n", "%TAG !a! b\n" },
		{ "x-a: ", "!!a " },
		{ "", "x: y\n z" },
		{ "", "'" },
		{ "", "\t" },
		{ "vcpus: {affinity: \"", "0-4095,^1," },
		{ "cmdline: ", "\\ " },
		{ "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1\n" },
		{ "kind: network\nname: a\nsubnet: [", "10.0.0.0/8, " },
		{ "kind: defaults\nvifs: [{bridge: a}]\n", "---\nname: a\n" },
		{ "", "---\nkind: network\nname: a\nmode: nat\nsubnet: 10.0.0.0/24\n" },
		{ SMALL "depends_on: [", "a, " },
		{ "", "---\nname: a\nstate: stopped\ndepends_on: [a]\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_buf struct buf text = BUF_INIT;
		struct cfg_set *set = cfg_set_new();
		int64_t start = cpu_ms();
		int64_t took;
		int errors;

		buf_puts(&text, cases[i].begin);
		repeat(&text, cases[i].piece, 65536);
		errors = cfg_set_parse(set, "t", buf_str(&text), text.len);
		errors += cfg_set_check(set);
		assert_true(errors > 0);
		took = cpu_ms() - start;
		if (took > 5000)
			fail_msg("`%s%s...`: %lld ms", cases[i].begin, cases[i].piece, (long long)took);
		cfg_set_free(set);
	}
}

/* Every piece of a long spec: cut off anywhere it is an error or a shorter spec, and never more. */
static void test_truncated(void **state)
{
	static const char text[] = SMALL
		"vcpus: {max: 2, affinity: \"0-1\"}\nvifs:\n  - {bridge: br0}\nvbds:\n  - vdev: xvda\n    source: &s \"/d\\u00e4\"\n"
		"x-a: [*s, 'q''q', >-\n  b\n  ]\n# comment\n---\n" SMALL "labels: {a: b}\n...\n";

	for (size_t len = 0; len <= strlen(text); len++) {
		struct cfg_set *set = cfg_set_new();

		assert_true(cfg_set_parse(set, "t", text, len) >= 0);
		cfg_set_check(set);
		cfg_set_free(set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_records), cmocka_unit_test(test_mixed_records),
		cmocka_unit_test(test_network_fields),
		cmocka_unit_test(test_vif_fields),
		cmocka_unit_test(test_defaults_documents),
		cmocka_unit_test(test_shared_fault),
		cmocka_unit_test(test_long_dependencies),
		cmocka_unit_test(test_only_good_ones),
		cmocka_unit_test(test_order_and_sets),
		cmocka_unit_test(test_carets),
		cmocka_unit_test(test_hostile_texts_are_cheap),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests_name("cfg_parse", tests, NULL, NULL);
}
