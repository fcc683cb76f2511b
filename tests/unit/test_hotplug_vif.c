/* SPDX-License-Identifier: GPL-2.0-or-later
 * The requests that join a vif to its bridge and take it out, and what becomes of a refusal.
 */
#include "tests/unit/hotplug_fake.h"

#include <linux/if_link.h>

static const struct hotplug_link bridge = { .ifindex = 7, .mtu = 1400, .up = true, .bridge = true, .name = "xenbr0" };
static const uint8_t dummy_mac[6] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

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

static struct hotplug_link vif_new(void)
{
	return (struct hotplug_link){ .ifindex = 12, .mtu = 1500, .name = "vif3.0", .mac = { 2, 0, 0, 0, 0, 1 } };
}

static void expect_flags(struct fake *fake, unsigned flags)
{
	struct nlattr *tb[IFLA_MAX + 1];
	struct nlmsghdr hdr;
	struct ifinfomsg info;

	assert_true(fake_request(fake, &hdr, &info, tb));
	assert_int_equal(hdr.nlmsg_type, RTM_SETLINK);
	assert_int_equal(info.ifi_index, 12);
	assert_int_equal(info.ifi_change, IFF_UP);
	assert_int_equal(info.ifi_flags, flags);
	assert_null(tb[IFLA_MASTER]);
}

/* mtu and master 0, mac false: not to be in the request. */
static void expect_join(struct fake *fake, unsigned mtu, unsigned master, bool mac, bool ipv6)
{
	struct nlattr *tb[IFLA_MAX + 1], *inet6;
	struct nlmsghdr hdr;
	struct ifinfomsg info;

	assert_true(fake_request(fake, &hdr, &info, tb));
	assert_int_equal(hdr.nlmsg_type, RTM_SETLINK);
	assert_int_equal(hdr.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(info.ifi_index, 12);
	assert_int_equal(info.ifi_change, 0);
	assert_int_equal(tb[IFLA_MTU] ? nla_get_u32(tb[IFLA_MTU]) : 0, mtu);
	assert_int_equal(tb[IFLA_MASTER] ? nla_get_u32(tb[IFLA_MASTER]) : 0, master);
	assert_int_equal(!!tb[IFLA_ADDRESS], mac);
	if (mac)
		assert_memory_equal(nla_data(tb[IFLA_ADDRESS]), dummy_mac, 6);
	assert_int_equal(!!tb[IFLA_AF_SPEC], ipv6);
	if (!ipv6)
		return;
	inet6 = nla_find(nla_data(tb[IFLA_AF_SPEC]), nla_len(tb[IFLA_AF_SPEC]), AF_INET6);
	assert_non_null(inet6);
	inet6 = nla_find(nla_data(inet6), nla_len(inet6), IFLA_INET6_ADDR_GEN_MODE);
	assert_non_null(inet6);
	assert_int_equal(nla_get_u8(inet6), IN6_ADDR_GEN_MODE_NONE);
}

static void expect_offline(struct fake *fake)
{
	struct nlattr *tb[IFLA_MAX + 1];
	struct nlmsghdr hdr;
	struct ifinfomsg info;

	assert_true(fake_request(fake, &hdr, &info, tb));
	assert_int_equal(hdr.nlmsg_type, RTM_SETLINK);
	assert_int_equal(info.ifi_index, 0);
	assert_string_equal(nla_get_string(tb[IFLA_IFNAME]), "vif3.0");
	assert_int_equal(info.ifi_change, IFF_UP);
	assert_int_equal(info.ifi_flags, 0);
	assert_non_null(tb[IFLA_MASTER]);
	assert_int_equal(nla_get_u32(tb[IFLA_MASTER]), 0);
}

static void expect_no_more(struct fake *fake)
{
	struct nlattr *tb[IFLA_MAX + 1];
	struct nlmsghdr hdr;
	struct ifinfomsg info;

	assert_false(fake_request(fake, &hdr, &info, tb));
}

/* Queues acknowledgements; a list of codes. */
static void answer(struct fake *fake, size_t nr, const int codes[])
{
	size_t i;

	for (i = 0; i < nr; i++)
		fake_answer_code(fake, (uint32_t)i + 1, codes[i], codes[i] ? "no" : NULL);
	fake_end(fake);
}

static void test_new(void **state)
{
	struct hotplug_link vif = vif_new();
	struct xlite_error err = { 0 };

	answer(*state, 2, (int[]){ 0, 0 });
	assert_int_equal(hotplug_vif_bridge(((struct fake *)*state)->net, &vif, &bridge, NULL, &err), 0);
	assert_int_equal(err.code, 0);
	expect_join(*state, 1400, 7, true, true);
	expect_flags(*state, IFF_UP);
	expect_no_more(*state);
}

static void test_mtu_given(void **state)
{
	struct hotplug_link vif = vif_new();

	memcpy(vif.mac, dummy_mac, 6);
	answer(*state, 2, (int[]){ 0, 0 });
	assert_int_equal(hotplug_vif_bridge(((struct fake *)*state)->net, &vif, &bridge,
					    &(struct hotplug_vif_options){ .mtu = 1500 }, NULL), 0);
	expect_join(*state, 0, 7, false, true);
	expect_flags(*state, IFF_UP);
	expect_no_more(*state);
}

static void test_already_up(void **state)
{
	struct hotplug_link vif = vif_new();

	vif.up = true;
	vif.master = 7;
	answer(*state, 3, (int[]){ 0, 0, 0 });
	assert_int_equal(hotplug_vif_bridge(((struct fake *)*state)->net, &vif, &bridge,
					    &(struct hotplug_vif_options){ .mtu = 9000 }, NULL), 0);
	expect_flags(*state, 0);
	expect_join(*state, 9000, 0, true, true);
	expect_flags(*state, IFF_UP);
	expect_no_more(*state);
}

static void test_no_ipv6(void **state)
{
	struct hotplug_link vif = vif_new();

	answer(*state, 4, (int[]){ -EAFNOSUPPORT, 0, -EAFNOSUPPORT, 0 });
	assert_int_equal(hotplug_vif_bridge(((struct fake *)*state)->net, &vif, &bridge, NULL, NULL), 0);
	expect_join(*state, 1400, 7, true, true);
	expect_join(*state, 1400, 7, true, false);
	expect_join(*state, 1400, 7, true, true);
	expect_flags(*state, IFF_UP);
	expect_no_more(*state);
}

static void test_refused(void **state)
{
	struct hotplug_link vif = vif_new();
	struct xlite_error err = { 0 };

	answer(*state, 2, (int[]){ -EBUSY, 0 });
	assert_int_equal(hotplug_vif_bridge(((struct fake *)*state)->net, &vif, &bridge, NULL, &err), -EBUSY);
	assert_string_equal(err.message, "vif3.0: join bridge xenbr0 (MTU 1400): no: Device or resource busy");
	expect_join(*state, 1400, 7, true, true);
	expect_offline(*state);
	expect_no_more(*state);
}

static void test_refused_up(void **state)
{
	struct hotplug_link vif = vif_new();
	struct xlite_error err = { 0 };

	answer(*state, 3, (int[]){ 0, -EPERM, -EPERM });
	assert_int_equal(hotplug_vif_bridge(((struct fake *)*state)->net, &vif, &bridge, NULL, &err), -EPERM);
	assert_int_equal(xlite_error_exit(&err), XLITE_DENIED);
	expect_join(*state, 1400, 7, true, true);
	expect_flags(*state, IFF_UP);
	expect_offline(*state);
	expect_no_more(*state);
}

static void test_gone(void **state)
{
	struct hotplug_link vif = vif_new();
	struct xlite_error err = { 0 };

	fake_end(*state);
	assert_int_equal(hotplug_vif_bridge(((struct fake *)*state)->net, &vif, &bridge, NULL, &err), -ECONNRESET);
	assert_int_equal(err.code, -ECONNRESET);
}

static void test_offline(void **state)
{
	struct fake *fake = *state;
	struct xlite_error err = { 0 };

	answer(fake, 3, (int[]){ 0, -ENODEV, -EPERM });
	assert_int_equal(hotplug_vif_offline(fake->net, "vif3.0", &err), 0);
	expect_offline(fake);
	assert_int_equal(hotplug_vif_offline(fake->net, "vif3.0", NULL), 0);
	assert_int_equal(err.code, 0);
	assert_int_equal(hotplug_vif_offline(fake->net, "vif3.0", &err), -EPERM);
	assert_string_equal(err.message, "vif3.0: leave its bridge: no: Operation not permitted");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mtu_given, setup, teardown),
		cmocka_unit_test_setup_teardown(test_already_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_ipv6, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offline, setup, teardown),
	};

	return cmocka_run_group_tests_name("hotplug_vif", tests, NULL, NULL);
}
