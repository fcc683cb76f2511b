/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lists of addresses, routes, proxied neighbours and ports out of netlink's answers, good and hostile; the requests of changes.
 */
#include "tests/unit/hotplug_fake.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>

#include "common/auto.h"
#include "hotplug/rt.h"

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

static void done(struct fake *fake, uint32_t seq, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_simple(NLMSG_DONE, NLM_F_MULTI | flags);

	nlmsg_append(msg, &(int){ 0 }, sizeof(int), NLMSG_ALIGNTO);
	fake_send(fake->requests, msg, seq);
}

static void send_address(struct fake *fake, uint32_t seq, int family, int ifindex, unsigned prefix, const char *text,
			 unsigned flags)
{
	struct ifaddrmsg ifa = { .ifa_family = (unsigned char)family, .ifa_index = (unsigned)ifindex,
				 .ifa_prefixlen = (unsigned char)prefix, .ifa_flags = (unsigned char)flags };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWADDR, NLM_F_MULTI);
	struct inet inet;

	assert_int_equal(inet_parse_address(text, &inet, NULL), 0);
	nlmsg_append(msg, &ifa, sizeof(ifa), NLMSG_ALIGNTO);
	nla_put(msg, IFA_ADDRESS, (int)inet_size(inet.family), inet.bytes);
	fake_send(fake->requests, msg, seq);
}

static void test_addresses(void **state)
{
	struct fake *fake = *state;
	struct rt_address *list = NULL;
	char text[INET_TEXT];
	size_t nr;

	send_address(fake, 1, AF_INET, 7, 24, "10.0.0.1", IFA_F_PERMANENT);
	send_address(fake, 1, AF_INET, 8, 24, "10.0.1.1", IFA_F_PERMANENT);
	send_address(fake, 1, AF_INET6, 7, 64, "fd00::1", 0);
	done(fake, 1, 0);
	assert_int_equal(rt_addresses(fake->net, 7, &list, &nr, NULL), 0);
	assert_int_equal(nr, 2);
	assert_string_equal(inet_text_cidr(&list[0].inet, text), "10.0.0.1/24");
	assert_true(list[0].permanent && list[0].global);
	assert_string_equal(inet_text_cidr(&list[1].inet, text), "fd00::1/64");
	assert_false(list[1].permanent);
	free(list);
}

/* What changed while it was listed is asked for again; what never holds still is given up. */
static void test_interrupted(void **state)
{
	struct fake *fake = *state;
	struct rt_address *list = NULL;
	struct xlite_error err = { 0 };
	uint32_t seq;
	size_t nr;

	send_address(fake, 1, AF_INET, 7, 24, "10.0.0.1", 0);
	done(fake, 1, NLM_F_DUMP_INTR);
	send_address(fake, 2, AF_INET, 7, 24, "10.0.0.2", 0);
	done(fake, 2, 0);
	assert_int_equal(rt_addresses(fake->net, 0, &list, &nr, &err), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(list[0].inet.bytes[3], 2);
	free(list);
	for (seq = 3; seq < 13; seq++)
		done(fake, seq, NLM_F_DUMP_INTR);
	assert_int_equal(rt_addresses(fake->net, 0, &list, &nr, &err), -EAGAIN);
	assert_string_equal(err.message, "it changes faster than it can be listed");
	assert_null(list);
	assert_int_equal(nr, 0);
}

static void test_hostile(void **state)
{
	struct fake *fake = *state;
	struct rt_address *list = NULL;
	struct rt_route *routes = NULL;
	struct inet *proxies = NULL;
	struct nl_msg *msg;
	size_t nr;

	send_address(fake, 1, AF_INET, 7, 33, "10.0.0.1", 0);
	assert_int_equal(rt_addresses(fake->net, 0, &list, &nr, NULL), -EBADMSG);
	send_address(fake, 2, AF_INET6, 7, 24, "10.0.0.1", 0);
	assert_int_equal(rt_addresses(fake->net, 0, &list, &nr, NULL), -EBADMSG);
	/* Too short for any header. */
	msg = nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_MULTI);
	fake_send(fake->requests, msg, 3);
	assert_int_equal(rt_routes(fake->net, 0, &routes, &nr, NULL), -EBADMSG);
	msg = nlmsg_alloc_simple(RTM_NEWNEIGH, NLM_F_MULTI);
	fake_send(fake->requests, msg, 4);
	assert_int_equal(rt_proxies(fake->net, 0, &proxies, &nr, NULL), -EBADMSG);
	/* Something else than was asked for. */
	send_address(fake, 5, AF_INET, 7, 24, "10.0.0.1", 0);
	assert_int_equal(rt_routes(fake->net, 0, &routes, &nr, NULL), -EBADMSG);
	fake_end(fake);
	assert_int_equal(rt_addresses(fake->net, 0, &list, &nr, NULL), -ECONNRESET);
}

static struct nl_msg *route(unsigned table, unsigned type, unsigned prefix)
{
	struct rtmsg rtm = { .rtm_family = AF_INET, .rtm_table = (unsigned char)table, .rtm_type = (unsigned char)type,
			     .rtm_dst_len = (unsigned char)prefix };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_MULTI);

	nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO);
	return msg;
}

static void test_routes(void **state)
{
	static const uint8_t gateway[4] = { 10, 0, 0, 254 };
	struct { struct rtnexthop hop; struct nlattr attr; uint8_t gateway[4]; } hops[2] = {
		{ { sizeof(hops[0]), 0, 0, 3 }, { 8, RTA_GATEWAY }, { 10, 0, 0, 1 } },
		{ { sizeof(hops[0]), 0, 0, 4 }, { 8, RTA_GATEWAY }, { 10, 0, 1, 1 } },
	};
	struct fake *fake = *state;
	struct rt_route *list = NULL;
	struct nl_msg *msg;
	size_t nr;

	msg = route(RT_TABLE_MAIN, RTN_UNICAST, 0);
	nla_put_u32(msg, RTA_OIF, 2);
	nla_put(msg, RTA_GATEWAY, 4, gateway);
	fake_send(fake->requests, msg, 1);
	fake_send(fake->requests, route(RT_TABLE_LOCAL, RTN_UNICAST, 0), 1);
	fake_send(fake->requests, route(RT_TABLE_MAIN, RTN_BLACKHOLE, 0), 1);
	msg = route(RT_TABLE_MAIN, RTN_UNICAST, 0);
	nla_put(msg, RTA_MULTIPATH, sizeof(hops), hops);
	fake_send(fake->requests, msg, 1);
	done(fake, 1, 0);
	assert_int_equal(rt_routes(fake->net, 0, &list, &nr, NULL), 0);
	assert_int_equal(nr, 3);
	assert_int_equal(list[0].oif, 2);
	assert_memory_equal(list[0].gateway.bytes, gateway, 4);
	assert_int_equal(list[1].oif, 3);
	assert_int_equal(list[2].oif, 4);
	assert_int_equal(list[2].gateway.bytes[2], 1);
	free(list);
	/* A next hop whose length lies is not followed. */
	hops[0].hop.rtnh_len = 3;
	msg = route(RT_TABLE_MAIN, RTN_UNICAST, 0);
	nla_put(msg, RTA_MULTIPATH, sizeof(hops), hops);
	fake_send(fake->requests, msg, 2);
	done(fake, 2, 0);
	assert_int_equal(rt_routes(fake->net, 0, &list, &nr, NULL), 0);
	assert_int_equal(nr, 0);
	free(list);
}

static void test_ports(void **state)
{
	struct fake *fake = *state;
	struct link_info *list = NULL;
	size_t nr;

	/* A kernel that ignores the filter. */
	fake_send(fake->requests, fake_link(RTM_NEWLINK, NLM_F_MULTI, AF_UNSPEC, "vif1.0", 12, IFF_UP, 1500, 7, NULL), 1);
	fake_send(fake->requests, fake_link(RTM_NEWLINK, NLM_F_MULTI, AF_UNSPEC, "vif2.0", 13, IFF_UP, 1500, 8, NULL), 1);
	fake_send(fake->requests, fake_link(RTM_NEWLINK, NLM_F_MULTI, AF_UNSPEC, "eth0", 2, IFF_UP, 1500, 0, NULL), 1);
	done(fake, 1, 0);
	assert_int_equal(rt_ports(fake->net, 7, &list, &nr, NULL), 0);
	assert_int_equal(nr, 1);
	assert_string_equal(list[0].link.name, "vif1.0");
	free(list);
}

/* The request of a change. */
static struct nlmsghdr *request(struct fake *fake, int type, int flags)
{
	static union { struct nlmsghdr hdr; char bytes[4096]; } in;

	assert_true(recv(fake->requests, in.bytes, sizeof(in.bytes), MSG_DONTWAIT) > 0);
	assert_int_equal(in.hdr.nlmsg_type, type);
	assert_int_equal(in.hdr.nlmsg_flags, flags);
	return &in.hdr;
}

static void test_changes(void **state)
{
	const int new_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	struct fake *fake = *state;
	struct nlattr *tb[RTA_MAX + 1];
	struct nlmsghdr *hdr;
	struct inet inet;
	uint32_t seq;

	for (seq = 1; seq <= 4; seq++)
		fake_answer_code(fake, seq, seq == 4 ? -ESRCH : 0, NULL);
	assert_int_equal(inet_parse_cidr("10.0.0.1/24", &inet, NULL), 0);
	assert_int_equal(rt_address_change(fake->net, true, 7, &inet, NULL), 0);
	hdr = request(fake, RTM_NEWADDR, new_flags);
	assert_int_equal(nlmsg_parse(hdr, sizeof(struct ifaddrmsg), tb, IFA_MAX, NULL), 0);
	assert_memory_equal(nla_data(tb[IFA_LOCAL]), inet.bytes, 4);
	assert_memory_equal(nla_data(tb[IFA_BROADCAST]), ((uint8_t[4]){ 10, 0, 0, 255 }), 4);
	assert_null(tb[IFA_FLAGS]);
	assert_int_equal(inet_parse_cidr("fd00::1/64", &inet, NULL), 0);
	assert_int_equal(rt_address_change(fake->net, true, 7, &inet, NULL), 0);
	hdr = request(fake, RTM_NEWADDR, new_flags);
	assert_int_equal(nlmsg_parse(hdr, sizeof(struct ifaddrmsg), tb, IFA_MAX, NULL), 0);
	assert_null(tb[IFA_BROADCAST]);
	assert_int_equal(nla_get_u32(tb[IFA_FLAGS]), IFA_F_NODAD);
	assert_int_equal(rt_proxy_change(fake->net, true, 7, &inet, NULL), 0);
	hdr = request(fake, RTM_NEWNEIGH, new_flags);
	assert_int_equal(((struct ndmsg *)nlmsg_data(hdr))->ndm_flags, NTF_PROXY);
	assert_int_equal(rt_route_change(fake->net, false, 7, &inet, NULL), -ESRCH);
	hdr = request(fake, RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(((struct rtmsg *)nlmsg_data(hdr))->rtm_dst_len, 64);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_routes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
	};

	return cmocka_run_group_tests_name("rt", tests, NULL, NULL);
}
