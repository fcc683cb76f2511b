/* SPDX-License-Identifier: GPL-2.0-or-later
 * The scripts that nft is given, as text; what its lists say; and what never gets into a script.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "hotplug/nft_text.h"

static const uint8_t mac[6] = { 0x02, 0, 0, 0, 0, 0x11 };

/* The script without the hashes, which are known to change with the rules. */
static void assert_script(struct nft_text *text, const char *want)
{
	auto_buf struct buf bare = BUF_INIT;
	const char *at = buf_str(&text->script), *hash;

	while ((hash = strstr(at, "comment \"xlite:"))) {
		hash = strchr(hash + 9, ' ');
		assert_non_null(hash);
		buf_add(&bare, at, (size_t)(hash - at));
		assert_int_equal(strspn(hash + 1, "0123456789abcdef"), 16);
		at = hash + 17;
	}
	buf_puts(&bare, at);
	assert_string_equal(buf_str(&bare), want);
}

static void test_filter(void **state)
{
	static const char *const ips[] = { "10.0.0.5", "fd00::5", "10.0.0.5", "fe80::ff:fe00:11" };
	struct hotplug_nft_filter filter = { .device = "vif7.0", .owner = "web", .ips = ips, .nr_ips = ARRAY_SIZE(ips) };
	struct nft_text text = { .script = BUF_INIT };
	struct xlite_error err = { 0 };

	memcpy(filter.mac, mac, sizeof(mac));
	assert_int_equal(nft_text_filter(&text, &filter, &err), 0);
	assert_script(&text,
		"add table netdev xlite\n"
		"add chain netdev xlite in-vif7.0 { type filter hook ingress device \"vif7.0\" priority -500; policy drop; }\n"
		"flush chain netdev xlite in-vif7.0\n"
		"add rule netdev xlite in-vif7.0 ether saddr != 02:00:00:00:00:11 drop comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp saddr ether 02:00:00:00:00:11 "
		"arp saddr ip { 0.0.0.0, 10.0.0.5 } accept comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 meta protocol ip udp sport 67 udp dport 68 drop comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 ip saddr { 10.0.0.5 } accept comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 icmpv6 type { nd-router-advert, nd-redirect } drop comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 meta protocol ip6 udp sport 547 udp dport 546 drop comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 ip6 saddr :: icmpv6 type { nd-neighbor-solicit, nd-router-solicit, "
		"mld-listener-report, mld2-listener-report } accept comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 ip6 saddr != { fe80::ff:fe00:11, fd00::5 } drop comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 icmpv6 type nd-neighbor-advert @th,64,128 0xfe80000000000000000000fffe000011 accept "
		"comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 icmpv6 type nd-neighbor-advert @th,64,128 0xfd000000000000000000000000000005 accept "
		"comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 icmpv6 type nd-neighbor-advert drop comment \"xlite:web\"\n"
		"add rule netdev xlite in-vif7.0 meta protocol ip6 accept comment \"xlite:web\"\n");
	assert_int_equal(text.nr_rules, 13);
	buf_clear(&text.script);
}

static void test_filter_mac(void **state)
{
	struct hotplug_nft_filter filter = { .device = "vif7.0@+", .owner = "a.b-c_d+e" };
	struct nft_text text = { .script = BUF_INIT };

	memcpy(filter.mac, mac, sizeof(mac));
	assert_int_equal(nft_text_filter(&text, &filter, NULL), 0);
	assert_script(&text,
		"add table netdev xlite\n"
		"add chain netdev xlite in-vif7.0/a/p { type filter hook ingress device \"vif7.0@+\" priority -500; policy drop; }\n"
		"flush chain netdev xlite in-vif7.0/a/p\n"
		"add rule netdev xlite in-vif7.0/a/p ether saddr != 02:00:00:00:00:11 drop comment \"xlite:a.b-c_d+e\"\n"
		"add rule netdev xlite in-vif7.0/a/p arp saddr ether != 02:00:00:00:00:11 drop comment \"xlite:a.b-c_d+e\"\n"
		"add rule netdev xlite in-vif7.0/a/p accept comment \"xlite:a.b-c_d+e\"\n");
	buf_clear(&text.script);
}

static int try_filter(const char *device, const char *owner, const uint8_t *address, const char *ip, struct xlite_error *err)
{
	struct hotplug_nft_filter filter = { .device = device, .owner = owner, .ips = &ip, .nr_ips = ip ? 1 : 0 };
	struct nft_text text = { .script = BUF_INIT };
	int ret;

	memcpy(filter.mac, address, 6);
	ret = nft_text_filter(&text, &filter, err);
	if (ret)
		assert_int_equal(text.script.len, 0);
	buf_clear(&text.script);
	return ret;
}

static void test_filter_refused(void **state)
{
	static const char *const names[] = {
		"", "a b", "a\"", "a;", "a\n", "a{", "a#", "a$", "\xc3\xa4", "a/p", "abcdefghijklmnop",
	};
	static const char *const ips[] = { "10.0.0.1/24", "10.0.0.1 accept", "010.0.0.1", "fe80::1%eth0", "", "::1\n", "10.1" };
	char owner[65];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(try_filter(names[i], "web", mac, NULL, NULL), -EINVAL);
		if (strlen(names[i]) < 15)
			assert_int_equal(try_filter("vif1.0", names[i], mac, NULL, NULL), -EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(ips); i++)
		assert_int_equal(try_filter("vif1.0", "web", mac, ips[i], NULL), -EINVAL);
	assert_int_equal(try_filter("vif1.0", "web", (const uint8_t[6]){ 0 }, NULL, NULL), -EINVAL);
	assert_int_equal(try_filter("vif1.0", "web", (const uint8_t[6]){ 1, 0, 0x5e, 0, 0, 1 }, NULL, NULL), -EINVAL);
	memset(owner, 'a', 64);
	owner[64] = '\0';
	assert_int_equal(try_filter("vif1.0", owner, mac, NULL, NULL), -EINVAL);
	owner[63] = '\0';
	assert_int_equal(try_filter("vif1.0", owner, mac, NULL, NULL), 0);
}

static void test_nat(void **state)
{
	static const char *const subnets[] = { "10.99.0.7/24", "fd99::1/64" };
	struct hotplug_nft_nat nat = {
		.network = "lan", .bridge = "xbr0", .uplink = "eth0", .subnets = subnets, .nr_subnets = 2
	};
	struct nft_text text = { .script = BUF_INIT };
	struct xlite_error err = { 0 };

	assert_int_equal(nft_text_nat(&text, &nat, &err), 0);
	assert_script(&text,
		"add table inet xlite\n"
		"add chain inet xlite nat-lan { type nat hook postrouting priority srcnat; policy accept; }\n"
		"flush chain inet xlite nat-lan\n"
		"add rule inet xlite nat-lan ip saddr 10.99.0.0/24 oifname \"eth0\" masquerade comment \"xlite:lan\"\n"
		"add rule inet xlite nat-lan ip saddr 10.99.0.0/24 ip daddr 10.99.0.0/24 oifname \"xbr0\" ct status dnat masquerade "
		"comment \"xlite:lan\"\n"
		"add rule inet xlite nat-lan ip6 saddr fd99::/64 oifname \"eth0\" masquerade comment \"xlite:lan\"\n"
		"add rule inet xlite nat-lan ip6 saddr fd99::/64 ip6 daddr fd99::/64 oifname \"xbr0\" ct status dnat masquerade "
		"comment \"xlite:lan\"\n");
	buf_clear(&text.script);
	text = (struct nft_text){ .script = BUF_INIT };
	nat.uplink = NULL;
	nat.nr_subnets = 1;
	assert_int_equal(nft_text_nat(&text, &nat, &err), 0);
	assert_non_null(strstr(buf_str(&text.script), " ip saddr 10.99.0.0/24 oifname != \"xbr0\" masquerade "));
	buf_clear(&text.script);
	nat.nr_subnets = 0;
	assert_int_equal(nft_text_nat(&text, &nat, &err), -EINVAL);
	assert_string_equal(err.message, "network lan: no subnet to translate");
}

static void test_forwards(void **state)
{
	static const struct hotplug_nft_forward list[] = {
		{ .host_port = 8080, .ip = "10.0.0.5", .port = 80 },
		{ .udp = true, .host_port = 53, .ip = "fd00::5", .port = 5353 },
	};
	static const char rules[] =
		"add rule inet xlite %s-web ip daddr != 127.0.0.0/8 fib daddr type local tcp dport 8080 dnat ip to 10.0.0.5:80 "
		"comment \"xlite:web\"\n"
		"add rule inet xlite %s-web ip6 daddr != ::1 fib daddr type local udp dport 53 dnat ip6 to [fd00::5]:5353 "
		"comment \"xlite:web\"\n";
	auto_buf struct buf want = BUF_INIT;
	struct nft_text text = { .script = BUF_INIT };

	assert_int_equal(nft_text_forwards(&text, "web", list, 2, NULL), 0);
	buf_puts(&want, "add table inet xlite\n"
		"add chain inet xlite dnat-web { type nat hook prerouting priority dstnat; policy accept; }\n"
		"flush chain inet xlite dnat-web\n");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf_printf(&want, rules, "dnat", "dnat");
	buf_puts(&want, "add table inet xlite\n"
		"add chain inet xlite out-web { type nat hook output priority -100; policy accept; }\n"
		"flush chain inet xlite out-web\n");
	buf_printf(&want, rules, "out", "out");
#pragma GCC diagnostic pop
	assert_script(&text, buf_str(&want));
	buf_clear(&text.script);
}

static void test_forwards_refused(void **state)
{
	struct hotplug_nft_forward list[] = { { .host_port = 80, .ip = "10.0.0.5", .port = 80 },
					      { .host_port = 80, .ip = "10.0.0.6", .port = 80 } };
	struct nft_text text = { .script = BUF_INIT };
	struct xlite_error err = { 0 };

	assert_int_equal(nft_text_forwards(&text, "web", list, 2, &err), -EEXIST);
	assert_string_equal(err.message, "forward of web: TCP port 80 is forwarded twice");
	/* Another protocol, and another family, are other ports. */
	list[1].udp = true;
	assert_int_equal(nft_text_forwards(&text, "web", list, 2, &err), 0);
	buf_clear(&text.script);
	list[1].udp = false;
	list[1].ip = "fd00::6";
	assert_int_equal(nft_text_forwards(&text, "web", list, 2, &err), 0);
	buf_clear(&text.script);
	list[0].host_port = 0;
	assert_int_equal(nft_text_forwards(&text, "web", list, 2, &err), -EINVAL);
	list[0].host_port = 1;
	list[0].ip = "10.0.0.5; flush ruleset";
	assert_int_equal(nft_text_forwards(&text, "web", list, 2, &err), -EINVAL);
	assert_int_equal(text.script.len, 0);
}

static void test_remove(void **state)
{
	struct nft_text text = { .script = BUF_INIT, .family = "inet" };

	nft_chain_remove(&text, NFT_NAT, "lan");
	assert_string_equal(buf_str(&text.script), "add chain inet xlite nat-lan\nflush chain inet xlite nat-lan\n"
						   "delete chain inet xlite nat-lan\n");
	buf_clear(&text.script);
}

/* What nft would list of a script: its chains and rules, with the comments as they are. */
static char *listed(const struct nft_text *text, const char *family)
{
	struct buf json = BUF_INIT;
	const char *at = buf_str(&text->script), *comment;
	char chain[NFT_CHAIN];
	int n;

	buf_printf(&json,
		   "{\"nftables\":[{\"metainfo\":{\"version\":\"1.0.6\"}},{\"table\":{\"family\":\"%s\",\"name\":\"xlite\"}}",
		   family);
	for (; *at; at = strchr(at, '\n') + 1) {
		n = (int)strcspn(strstr(at, "xlite ") ? strstr(at, "xlite ") + 6 : at, " \n");
		if (strncmp(at, "add chain", 9) && strncmp(at, "add rule", 8))
			continue;
		snprintf(chain, sizeof(chain), "%.*s", n, strstr(at, "xlite ") + 6);
		if (at[4] == 'c') {
			buf_printf(&json, ",{\"chain\":{\"family\":\"%s\",\"table\":\"xlite\",\"name\":\"%s\"}}",
				   family, chain);
			continue;
		}
		comment = strstr(at, "comment ") + 8;
		buf_printf(&json, ",{\"rule\":{\"family\":\"%s\",\"chain\":\"%s\",\"comment\":%.*s}}", family, chain,
			   (int)strcspn(comment, "\n"), comment);
	}
	buf_puts(&json, "]}");
	return buf_take(&json);
}

static void test_parse(void **state)
{
	static const struct hotplug_nft_forward forward = { .host_port = 8080, .ip = "10.0.0.5", .port = 80 };
	struct nft_text text = { .script = BUF_INIT };
	struct hotplug_nft_list list = { 0 };
	const struct hotplug_nft_entry *entry;
	auto_free char *json = NULL;
	uint64_t want;

	assert_int_equal(nft_text_forwards(&text, "we+b", &forward, 1, NULL), 0);
	json = listed(&text, "inet");
	assert_int_equal(nft_parse(&list, json, strlen(json), NULL), 0);
	assert_true(list.inet);
	assert_false(list.netdev);
	assert_false(list.inet_others);
	assert_int_equal(list.nr, 1);
	entry = nft_entry(&list, HOTPLUG_NFT_FORWARDS, "we+b");
	assert_non_null(entry);
	assert_string_equal(entry->owner, "we+b");
	assert_int_equal(entry->nr_rules, 2);
	assert_int_equal(hotplug_nft_forwards_fingerprint("we+b", &forward, 1, &want, NULL), 0);
	assert_true(entry->fingerprint == want);
	assert_true(text.fingerprint == want);
	assert_null(nft_entry(&list, HOTPLUG_NFT_NAT, "we+b"));
	hotplug_nft_list_clear(&list);
	buf_clear(&text.script);
}

/* As nft 1.0.6 lists `ip daddr != 127.0.0.0/8 fib daddr type local udp dport 53 dnat ip to 10.0.0.5:5353`, shortened. */
static void test_ports(void **state)
{
	static const char rule[] =
		"{\"nftables\":[{\"rule\":{\"family\":\"inet\",\"chain\":\"%s\",\"expr\":[%s"
		"{\"match\":{\"op\":\"==\",\"left\":{\"fib\":{\"result\":\"type\",\"flags\":[\"daddr\"]}},\"right\":\"local\"}},"
		"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"%s\",\"field\":\"dport\"}},\"right\":%s}},"
		"{\"dnat\":{\"family\":\"ip\",\"addr\":\"10.0.0.5\",\"port\":5353}}]}}]}";
	static const struct { const char *chain, *more, *protocol, *port; size_t nr; } cases[] = {
		{ "dnat-we/pb", "", "udp", "53", 1 },
		{ "dnat-we/pb", "null,", "tcp", "65535", 2 },
		/* What was said already, what is no forward, what is no port. */
		{ "out-we/pb", "", "udp", "53", 2 },
		{ "nat-we/pb", "", "udp", "53", 2 },
		{ "dnat-we/pb", "", "udp", "65536", 2 },
		{ "dnat-we/pb", "", "udp", "\"domain\"", 2 },
	};
	struct hotplug_nft_list list = { 0 };
	char json[1024];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(json, sizeof(json), rule, cases[i].chain, cases[i].more, cases[i].protocol, cases[i].port);
		assert_int_equal(nft_parse(&list, json, strlen(json), NULL), 0);
		assert_int_equal(list.nr_ports, cases[i].nr);
	}
	assert_string_equal(list.ports[0].owner, "we+b");
	assert_true(list.ports[0].udp);
	assert_int_equal(list.ports[0].port, 53);
	assert_false(list.ports[1].udp);
	assert_int_equal(list.ports[1].port, 65535);
	hotplug_nft_list_clear(&list);
}

/* As nft 1.0.6 lists what filters let through, shortened. */
static void test_addresses(void **state)
{
	static const char json[] =
		"{\"nftables\":["
		"{\"rule\":{\"family\":\"netdev\",\"chain\":\"in-vif7.0\",\"comment\":\"xlite:web 1\",\"expr\":["
		"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}},\"right\":\"10.0.0.5\"}},"
		"{\"accept\":null}]}},"
		"{\"rule\":{\"family\":\"netdev\",\"chain\":\"in-vif7.0\",\"comment\":\"xlite:web 2\",\"expr\":["
		"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}},\"right\":\"0.0.0.0\"}}]}},"
		"{\"rule\":{\"family\":\"netdev\",\"chain\":\"in-vif7.0\",\"comment\":\"xlite:web 3\",\"expr\":["
		"{\"match\":{\"op\":\"!=\",\"left\":{\"payload\":{\"protocol\":\"ip6\",\"field\":\"saddr\"}},"
		"\"right\":{\"set\":[\"fe80::ff:fe00:11\",\"fd00::5\",7]}}},{\"drop\":null}]}},"
		"{\"rule\":{\"family\":\"netdev\",\"chain\":\"in-vif7.0\",\"comment\":\"xlite:web 4\",\"expr\":["
		"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"arp\",\"field\":\"saddr ip\"}},\"right\":\"10.0.0.6\"}}]}},"
		/* Not a filter's. */
		"{\"rule\":{\"family\":\"inet\",\"chain\":\"nat-lan\",\"comment\":\"xlite:lan 1\",\"expr\":["
		"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}},\"right\":\"10.0.0.7\"}}]}}]}";
	struct hotplug_nft_list list = { 0 };

	assert_int_equal(nft_parse(&list, json, strlen(json), NULL), 0);
	assert_int_equal(list.nr_addresses, 2);
	assert_string_equal(list.addresses[0].owner, "web");
	assert_string_equal(list.addresses[0].text, "10.0.0.5");
	assert_string_equal(list.addresses[1].text, "fd00::5");
	hotplug_nft_list_clear(&list);
}

static void test_fingerprints(void **state)
{
	static const char *const ips[] = { "10.0.0.5", "10.0.0.6" };
	struct hotplug_nft_filter filter = { .device = "vif7.0", .owner = "web", .ips = ips, .nr_ips = 1 };
	uint64_t one, two;

	memcpy(filter.mac, mac, sizeof(mac));
	assert_int_equal(hotplug_nft_filter_fingerprint(&filter, &one, NULL), 0);
	assert_int_equal(hotplug_nft_filter_fingerprint(&filter, &two, NULL), 0);
	assert_true(one == two);
	filter.nr_ips = 2;
	assert_int_equal(hotplug_nft_filter_fingerprint(&filter, &two, NULL), 0);
	assert_true(one != two);
	filter.nr_ips = 1;
	filter.device = "vif7.1";
	assert_int_equal(hotplug_nft_filter_fingerprint(&filter, &two, NULL), 0);
	assert_true(one != two);
	filter.device = "vif/0";
	assert_int_equal(hotplug_nft_filter_fingerprint(&filter, &two, NULL), -EINVAL);
}

static void test_parse_hostile(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "{}", "{\"nftables\":{}}", "null" };
	static const char odd[] =
		"{\"nftables\":[1,null,{\"rule\":3},{\"rule\":{}},{\"chain\":{\"family\":\"inet\",\"name\":7}},"
		"{\"chain\":{\"family\":\"inet\",\"name\":\"stranger\"}},{\"chain\":{\"family\":\"ip\",\"name\":\"nat-x\"}},"
		"{\"chain\":{\"family\":\"inet\",\"name\":\"nat-\"}},"
		"{\"rule\":{\"family\":\"inet\",\"chain\":\"nat-x\",\"comment\":\"by hand\"}},"
		"{\"rule\":{\"family\":\"inet\",\"chain\":\"nat-x\"}}]}";
	struct hotplug_nft_list list = { 0 };
	struct xlite_error err = { 0 };
	char name[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(nft_parse(&list, bad[i], strlen(bad[i]), &err), -EBADMSG);
		assert_int_equal(list.nr, 0);
	}
	assert_int_equal(nft_parse(&list, odd, strlen(odd), &err), 0);
	assert_int_equal(list.nr, 1);
	assert_int_equal(list.entries[0].nr_rules, 2);
	assert_string_equal(list.entries[0].owner, "");
	assert_true(list.inet_others);
	assert_false(list.netdev_others);
	hotplug_nft_list_clear(&list);
	/* Longer than any of ours. */
	memset(name, 'a', sizeof(name) - 1);
	memcpy(name, "nat-", 4);
	name[sizeof(name) - 1] = '\0';
	assert_false(nft_chain_is(NFT_NAT, name, (char[64]){ 0 }));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_filter_mac),
		cmocka_unit_test(test_filter_refused),
		cmocka_unit_test(test_nat),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_forwards_refused),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_parse_hostile),
	};

	return cmocka_run_group_tests_name("nft", tests, NULL, NULL);
}
