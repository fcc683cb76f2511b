/* SPDX-License-Identifier: GPL-2.0-or-later
 * Addresses and networks: text there and back, what is refused, what lies in what.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/inet.h"

static struct inet cidr(const char *text)
{
	struct inet inet;

	assert_int_equal(inet_parse_cidr(text, &inet, NULL), 0);
	return inet;
}

static void test_text(void **state)
{
	static const char *const same[] = { "10.0.0.1/24", "0.0.0.0/0", "255.255.255.255/32", "fd00::1/64", "::/0", "::1/128" };
	char text[INET_TEXT];
	struct inet inet;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(same); i++) {
		inet = cidr(same[i]);
		assert_string_equal(inet_text_cidr(&inet, text), same[i]);
	}
	assert_int_equal(inet_parse_address("FD00:0:0:0::0001", &inet, NULL), 0);
	assert_string_equal(inet_text(&inet, text), "fd00::1");
	assert_int_equal(inet.prefix, 128);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"10.0.0.1",
		"10.0.0.1/",
		"10.0.0.1/33",
		"10.0.0.1/-1",
		"10.0.0.1/+1",
		"10.0.0.1/ 8",
		"10.0.0.1/8x",
		"10.0.0/8",
		"fd00::/129",
		"fd00::1::/64",
		"/8",
		"10.0.0.1/08",
		"10.0.0.1/00",
		"10.0.0.1/99999999999999999999",
		"10.0.0.1/8/8",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/8"
	};
	struct xlite_error err = { 0 };
	struct inet inet;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(inet_parse_cidr(bad[i], &inet, &err), -EINVAL);
	assert_int_equal(inet_parse_cidr("10.0.0.1/33", &inet, &err), -EINVAL);
	assert_string_equal(err.message, "10.0.0.1/33: the prefix length must be 0 to 32");
}

static void test_either(void **state)
{
	struct inet inet, same = cidr("10.0.0.1/32");

	assert_int_equal(inet_parse("10.0.0.1", &inet, NULL), 0);
	assert_true(inet_same(&inet, &same));
	assert_int_equal(inet_parse("fd00::1/64", &inet, NULL), 0);
	assert_int_equal(inet.prefix, 64);
	assert_int_equal(inet_parse("10.0.0.1/", &inet, NULL), -EINVAL);
	assert_int_equal(inet_parse("10.0.0.1 ", &inet, NULL), -EINVAL);
}

static void test_contains(void **state)
{
	struct inet net = cidr("10.0.3.7/22"), six = cidr("fd00:0:0:8000::/49"), in = cidr("10.0.0.1/32"),
		    out = cidr("10.0.4.0/32");
	struct inet all = cidr("0.0.0.0/0"), in6 = cidr("fd00:0:0:ffff::1/128"), out6 = cidr("fd00:0:0:7fff::1/128");
	char text[INET_TEXT];

	assert_true(inet_contains(&net, &in));
	assert_false(inet_contains(&net, &out));
	assert_true(inet_contains(&all, &out));
	assert_false(inet_contains(&all, &in6));
	assert_true(inet_contains(&six, &in6));
	assert_false(inet_contains(&six, &out6));
	assert_false(inet_contains(&net, &all));
	inet_mask(&net);
	assert_string_equal(inet_text_cidr(&net, text), "10.0.0.0/22");
	inet_mask(&all);
	assert_string_equal(inet_text_cidr(&all, text), "0.0.0.0/0");
}

static void test_link_local(void **state)
{
	struct inet a = cidr("fe80::1/64"), b = cidr("febf::1/64"), c = cidr("fec0::1/64"), d = cidr("169.254.0.1/16");

	assert_true(inet_link_local(&a));
	assert_true(inet_link_local(&b));
	assert_false(inet_link_local(&c));
	assert_false(inet_link_local(&d));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_either), cmocka_unit_test(test_contains),
		cmocka_unit_test(test_link_local),
	};

	return cmocka_run_group_tests_name("inet", tests, NULL, NULL);
}
