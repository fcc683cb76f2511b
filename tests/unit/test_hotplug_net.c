/* SPDX-License-Identifier: GPL-2.0-or-later
 * Netlink answers, good and hostile: looking links up, telling bridges, the hints, waiting by events.
 */
#include "tests/unit/hotplug_fake.h"

#include "common/clock.h"
#include "hotplug/link_parse.h"

static int setup(void **state)
{
	static struct fake fake;

	fake_open(&fake);
	*state = &fake;
	return 0;
}

static int teardown(void **state)
{
	fake_close(*state);
	return 0;
}

static void test_get(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct fake *fake = *state;
	struct nlattr *tb[IFLA_MAX + 1];
	struct hotplug_link link;
	struct xlite_error err = { 0 };
	struct nlmsghdr hdr;
	struct ifinfomsg info;

	fake_answer_link(fake, 1, "vif3.0", 12, NULL);
	assert_int_equal(hotplug_link_get(fake->net, "vif3.0", &link, &err), 0);
	assert_string_equal(link.name, "vif3.0");
	assert_int_equal(link.ifindex, 12);
	assert_int_equal(link.master, 7);
	assert_int_equal(link.mtu, 1400);
	assert_true(link.up);
	assert_false(link.bridge);
	assert_memory_equal(link.mac, mac, 6);
	assert_int_equal(err.code, 0);
	assert_true(fake_request(fake, &hdr, &info, tb));
	assert_int_equal(hdr.nlmsg_type, RTM_GETLINK);
	assert_int_equal(hdr.nlmsg_flags, NLM_F_REQUEST);
	assert_string_equal(nla_get_string(tb[IFLA_IFNAME]), "vif3.0");
	assert_int_equal(nla_get_u32(tb[IFLA_EXT_MASK]), RTEXT_FILTER_SKIP_STATS);
	assert_false(fake_request(fake, &hdr, &info, tb));
}

static void test_get_missing(void **state)
{
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };

	fake_answer_code(fake, 1, -ENODEV, NULL);
	assert_int_equal(hotplug_link_get(fake->net, "vif3.0", &link, &err), -ENODEV);
	assert_string_equal(err.message, "vif3.0: there is no such network interface");
	assert_int_equal(err.code, -ENODEV);
}

static void test_reasons(void **state)
{
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };

	fake_answer_code(fake, 1, -EPERM, NULL);
	assert_int_equal(hotplug_link_get(fake->net, "x", &link, &err), -EPERM);
	assert_string_equal(err.message, "x: Operation not permitted");
	assert_int_equal(xlite_error_exit(&err), XLITE_DENIED);
	fake_answer_code(fake, 2, -EINVAL, "mtu greater than device maximum");
	assert_int_equal(hotplug_link_get(fake->net, "x", &link, &err), -EINVAL);
	assert_string_equal(err.message, "x: mtu greater than device maximum: Invalid argument");
	/* An acknowledgement is no answer to a question; a positive errno is none of the kernel's. */
	fake_answer_code(fake, 3, 0, NULL);
	assert_int_equal(hotplug_link_get(fake->net, "x", &link, &err), -EBADMSG);
	fake_answer_code(fake, 4, 5, NULL);
	assert_int_equal(hotplug_link_get(fake->net, "x", &link, &err), -EBADMSG);
	fake_end(fake);
	assert_int_equal(hotplug_link_get(fake->net, "x", &link, &err), -ECONNRESET);
}

/* The request quoted in full before the reason, as the kernel does without NETLINK_CAP_ACK; and lengths that lie. */
static void test_reason_uncapped(void **state)
{
	struct fake *fake = *state;
	struct { struct nlmsgerr e; char rest[16]; } body = { .e = { .error = -EBUSY } };
	struct hotplug_link link;
	struct xlite_error err = { 0 };
	struct nl_msg *msg;
	uint32_t seq;

	for (seq = 1; seq <= 3; seq++) {
		body.e.msg.nlmsg_len = seq == 1 ? sizeof(struct nlmsghdr) + 16 : seq == 2 ? 3 : 0xfffffff0;
		msg = nlmsg_alloc_simple(NLMSG_ERROR, NLM_F_ACK_TLVS);
		nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO);
		nla_put_string(msg, NLMSGERR_ATTR_MSG, "because");
		fake_send(fake->requests, msg, seq);
		assert_int_equal(hotplug_link_get(fake->net, "x", &link, &err), -EBUSY);
		assert_string_equal(err.message,
				    seq == 1 ? "x: because: Device or resource busy" : "x: Device or resource busy");
	}
}

static void test_stale_answers(void **state)
{
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };

	fake_answer_code(fake, 0, -EPERM, NULL);
	fake_answer_link(fake, 77, "other", 3, NULL);
	fake_answer_link(fake, 1, "vif1.0", 4, NULL);
	assert_int_equal(hotplug_link_get(fake->net, "vif1.0", &link, &err), 0);
	assert_int_equal(link.ifindex, 4);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "a b", "a\tb", "a:b", "a\nb", "0123456789abcdef", "\x01" };
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };
	struct nlattr *tb[IFLA_MAX + 1];
	struct nlmsghdr hdr;
	struct ifinfomsg info;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hotplug_link_get(fake->net, bad[i], &link, &err), -EINVAL);
		assert_int_equal(hotplug_bridge_check(fake->net, bad[i], &link, &err), -EINVAL);
		assert_int_equal(hotplug_vif_offline(fake->net, bad[i], &err), -EINVAL);
	}
	assert_false(fake_request(fake, &hdr, &info, tb));
	fake_answer_link(fake, 1, "0123456789abcde", 4, NULL);
	assert_int_equal(hotplug_link_get(fake->net, "0123456789abcde", &link, &err), 0);
}

/* Every prefix of an answer, with the length as it was and as cut, and every byte turned: an error or a link, no more. */
static void test_hostile(void **state)
{
	struct nl_msg *msg = fake_link(RTM_NEWLINK, 0, AF_UNSPEC, "vif3.0", 12, IFF_UP, 1500, 7, "bridge");
	size_t len = nlmsg_hdr(msg)->nlmsg_len, i;
	union { struct nlmsghdr hdr; char bytes[512]; } good, bad;
	struct hotplug_link link;
	struct xlite_error err;
	struct fake fake;
	int ret;

	(void)state;
	assert_true(len < sizeof(good));
	nlmsg_hdr(msg)->nlmsg_seq = 1;
	memcpy(&good, nlmsg_hdr(msg), len);
	nlmsg_free(msg);
	for (i = 1; i < 3 * len; i++) {
		size_t n = i < 2 * len ? i % len : len;

		bad = good;
		if (i > len && i < 2 * len)
			bad.hdr.nlmsg_len = (uint32_t)n;
		if (i >= 2 * len)
			bad.bytes[i - 2 * len] ^= (char)0xff;
		fake_open(&fake);
		if (n)
			assert_int_equal(send(fake.requests, &bad, n, 0), n);
		fake_end(&fake);
		memset(&err, 0, sizeof(err));
		ret = hotplug_link_get(fake.net, "vif3.0", &link, &err);
		assert_int_equal(err.code, ret);
		if (!ret) {
			assert_true(link.ifindex > 0);
			assert_non_null(memchr(link.name, 0, sizeof(link.name)));
		}
		fake_close(&fake);
	}
}

static void test_bridge(void **state)
{
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };

	fake_answer_link(fake, 1, "xenbr0", 7, "bridge");
	assert_int_equal(hotplug_bridge_check(fake->net, "xenbr0", &link, &err), 0);
	assert_true(link.bridge);
	fake_answer_link(fake, 2, "ovsbr0", 8, "openvswitch");
	assert_int_equal(hotplug_bridge_check(fake->net, "ovsbr0", &link, &err), -ENOTTY);
	assert_string_equal(err.message, "ovsbr0 belongs to Open vSwitch, which is not a Linux bridge");
	assert_non_null(strstr(err.hint, "vif-openvswitch"));
}

/* Queues a dump of nr bridges and something that is none. */
static void answer_dump(struct fake *fake, uint32_t seq, unsigned nr)
{
	struct nl_msg *done = nlmsg_alloc_simple(NLMSG_DONE, NLM_F_MULTI);
	int zero = 0;
	char name[16];
	unsigned i;

	fake_send(fake->requests, fake_link(RTM_NEWLINK, NLM_F_MULTI, AF_UNSPEC, "eth0", 2, 0, 1500, 0, NULL), seq);
	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "br%u", i);
		fake_send(fake->requests,
			  fake_link(RTM_NEWLINK, NLM_F_MULTI, AF_UNSPEC, name, (int)i + 3, 0, 1500, 0, "bridge"), seq);
	}
	nlmsg_append(done, &zero, sizeof(zero), NLMSG_ALIGNTO);
	fake_send(fake->requests, done, seq);
}

static void test_bridge_hints(void **state)
{
	static const struct {
		unsigned nr;
		const char *hint;
	} cases[] = {
		{ 1, "bridges here: br0" },
		{ 2, "bridges here: br0, br1" },
		{ 11, "bridges here: br0, br1, br2, br3, br4, br5, br6, br7 and 3 more" },
		{ 0, "this host has no bridge: make one, for example with `ip link add xenbr0 type bridge` and "
		     "`ip link set xenbr0 up`" },
	};
	struct fake *fake = *state;
	struct hotplug_link link;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xlite_error err = { 0 };

		fake_answer_code(fake, (uint32_t)i * 2 + 1, -ENODEV, NULL);
		answer_dump(fake, (uint32_t)i * 2 + 2, cases[i].nr);
		assert_int_equal(hotplug_bridge_check(fake->net, "nope", &link, &err), -ENODEV);
		assert_string_equal(err.message, "there is no bridge nope");
		assert_string_equal(err.hint, cases[i].hint);
	}
	/* Who wants no message causes no dump. */
	fake_answer_code(fake, (uint32_t)i * 2 + 1, -ENODEV, NULL);
	fake_end(fake);
	assert_int_equal(hotplug_bridge_check(fake->net, "nope", &link, NULL), -ENODEV);
}

static void test_bridge_other_kind(void **state)
{
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };

	fake_answer_link(fake, 1, "v0", 7, "veth");
	answer_dump(fake, 2, 1);
	assert_int_equal(hotplug_bridge_check(fake->net, "v0", &link, &err), -ENOTTY);
	assert_string_equal(err.message, "v0 is not a bridge but an interface of kind \"veth\"");
	assert_string_equal(err.hint, "bridges here: br0");
	memset(&err, 0, sizeof(err));
	fake_answer_link(fake, 3, "eth0", 7, NULL);
	fake_answer_code(fake, 4, -EPERM, NULL); /* a hint that fails is no hint */
	assert_int_equal(hotplug_bridge_check(fake->net, "eth0", &link, &err), -ENOTTY);
	assert_string_equal(err.message, "eth0 is not a bridge but a network card or the like");
	assert_string_equal(err.hint, "");
}

static void send_event(struct fake *fake, int type, int family, const char *name)
{
	fake_send(fake->events, fake_link(type, 0, family, name, 9, 0, 1500, 0, NULL), 0);
}

static void test_wait(void **state)
{
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };
	char junk[3] = { 1, 2, 3 };

	/* Others' events, a bridge's view of a port, an end, junk: none of these leads to a look. */
	send_event(fake, RTM_NEWLINK, AF_UNSPEC, "vif3.1");
	send_event(fake, RTM_NEWLINK, AF_BRIDGE, "vif3.0");
	send_event(fake, RTM_DELLINK, AF_UNSPEC, "vif3.0");
	assert_int_equal(send(fake->events, junk, sizeof(junk), 0), sizeof(junk));
	fake_answer_code(fake, 1, -ENODEV, NULL);
	/* Come and gone, then come. */
	send_event(fake, RTM_NEWLINK, AF_UNSPEC, "vif3.0");
	fake_answer_code(fake, 2, -ENODEV, NULL);
	send_event(fake, RTM_NEWLINK, AF_UNSPEC, "vif3.0");
	fake_answer_link(fake, 3, "vif3.0", 9, NULL);
	fake_end(fake);
	assert_int_equal(hotplug_link_wait(fake->net, "vif3.0", clock_deadline_ms(2000), &link, &err), 0);
	assert_int_equal(link.ifindex, 9);
	assert_int_equal(err.code, 0);
}

static void test_wait_overrun(void **state)
{
	static char big[NET_BUFFER + 1];
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };

	fake_answer_code(fake, 1, -ENODEV, NULL);
	assert_int_equal(send(fake->events, big, sizeof(big), 0), sizeof(big));
	fake_answer_link(fake, 2, "vif3.0", 9, NULL);
	fake_end(fake);
	assert_int_equal(hotplug_link_wait(fake->net, "vif3.0", clock_deadline_ms(2000), &link, &err), 0);
	assert_int_equal(link.ifindex, 9);
}

static void test_wait_too_long(void **state)
{
	struct fake *fake = *state;
	struct hotplug_link link;
	struct xlite_error err = { 0 };
	int64_t begin = clock_now_ns(), took;

	fake_answer_code(fake, 1, -ENODEV, NULL);
	assert_int_equal(hotplug_link_wait(fake->net, "vif3.0", clock_deadline_ms(60), &link, &err), -ETIMEDOUT);
	took = clock_now_ns() - begin;
	assert_true(took >= 60 * NS_PER_MS && took < 2 * NS_PER_SEC);
	assert_string_equal(err.message, "vif3.0: the interface did not appear in time");
	assert_int_equal(xlite_error_exit(&err), XLITE_TIMEOUT);
	/* What is there is found even when it is late. */
	fake_answer_link(fake, 2, "vif3.0", 9, NULL);
	assert_int_equal(hotplug_link_wait(fake->net, "vif3.0", 0, &link, &err), 0);
	fake_answer_code(fake, 3, -EPERM, NULL);
	assert_int_equal(hotplug_link_wait(fake->net, "vif3.0", clock_deadline_ms(60), &link, &err), -EPERM);
	assert_string_equal(err.message, "vif3.0: Operation not permitted");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_get, setup, teardown),
		cmocka_unit_test_setup_teardown(test_get_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reason_uncapped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test_setup_teardown(test_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bridge_hints, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bridge_other_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait_overrun, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wait_too_long, setup, teardown),
	};

	return cmocka_run_group_tests_name("hotplug_net", tests, NULL, NULL);
}
