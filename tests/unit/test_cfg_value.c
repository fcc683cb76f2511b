/* SPDX-License-Identifier: GPL-2.0-or-later
 * Values by themselves: sizes, CPU lists, derived identities, did-you-mean; and that the table is consistent.
 */
#include <stdlib.h>

#include "tests/unit/cfg_check.h"

#include "cfg/keys.h"
#include "common/auto.h"

static void test_memory(void **state)
{
	static const struct { const char *text; int rc; uint64_t kib;
	} cases[] = {
		{ "512", 0, 512 * 1024 },
		{ "512MiB", 0, 512 * 1024 },
		{ "1GiB", 0, 1024 * 1024 },
		{ "3KiB", 0, 3 },
		{ "2TiB", 0, UINT64_C(2) << 30 },
		{ "0", 0, 0 },
		{ "", -EINVAL, 0 },
		{ "MiB", -EINVAL, 0 },
		{ "1 MiB", -EINVAL, 0 },
		{ "1MB", -EINVAL, 0 },
		{ "1mib", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1MiBx", -EINVAL, 0 },
		{ "01MiB", -EINVAL, 0 },
		{ "1.5GiB", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "18446744073709551615KiB", -ERANGE, 0 },
		{ "18446744073709551609KiB", 0, UINT64_C(18446744073709551609) },
		{ "18446744073709551615", -ERANGE, 0 },
		{ "99999999999999999999999999", -ERANGE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t kib = 77;
		int rc = cfg_parse_memory(cases[i].text, &kib);

		if (rc != cases[i].rc || (!rc && kib != cases[i].kib))
			fail_msg("`%s`: %d, %llu", cases[i].text, rc, (unsigned long long)kib);
	}
}

static void test_cpus(void **state)
{
	static const struct { const char *text; int rc; uint16_t cpus;
	} cases[] = {
		{ "0", 0, 0x0001 },         { "0-3", 0, 0x000f },
		{ "0-3,7", 0, 0x008f },     { "0-7,^2", 0, 0x00fb },
		{ "^2,0-7", 0, 0x00ff },    { "15", 0, 0x8000 },
		{ "0-15,^0-7", 0, 0xff00 }, { "all", 0, 0xffff },
		{ "3,3,3", 0, 0x0008 },     { "16", -ERANGE, 0 },
		{ "0-16", -ERANGE, 0 },     { "99999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },         { ",", -EINVAL, 0 },
		{ "1,", -EINVAL, 0 },       { ",1", -EINVAL, 0 },
		{ "3-1", -EINVAL, 0 },      { "1-", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },       { "a", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },       { "01", -EINVAL, 0 },
		{ "^", -EINVAL, 0 },        { "^^1", -EINVAL, 0 },
		{ "1-2-3", -EINVAL, 0 },    { "ALL", -EINVAL, 0 },
		{ "all,^0", 0, 0xfffe },    { "all,^0-3,^8,3", 0, 0xfef8 },
		{ "1,all", 0, 0xffff },     { "1,^all,3", 0, 0x0008 },
		{ "all,^16", -ERANGE, 0 },  { "allx", -EINVAL, 0 },
		{ "all,", -EINVAL, 0 },     { "all-3", -EINVAL, 0 },
		{ "1all", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bits[2] = { 0xaa, 0xaa };
		int rc = cfg_parse_cpus(cases[i].text, bits, sizeof(bits));

		if (rc != cases[i].rc || (!rc && (bits[0] | bits[1] << 8) != cases[i].cpus))
			fail_msg("`%s`: %d, %02x%02x", cases[i].text, rc, bits[1], bits[0]);
	}
}

/* A short spelling of a value is not named beside the value, and the value that stands in the way is. */
static void test_only(void **state)
{
	static const struct cfg_word words[] = { { "pvh" }, { "pv" }, { "hvm" } };
	static const struct { unsigned type, only; const char *names; } cases[] = {
		{ CFG_TYPE_PVH, 1u << CFG_TYPE_HVM, "type `hvm`" },
		{ CFG_TYPE_HVM, 1u << CFG_TYPE_PV, "type `pv`" },
		{ CFG_TYPE_HVM, 1u << CFG_TYPE_PVH | 1u << CFG_TYPE_PV, "type `pvh` or `pv`" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const size_t type = offsetof(struct cfg_domain, type);
		const struct cfg_key keys[] = {
			{ "pvh", .shape = CFG_SUGAR, .choice_at = type, .choice = CFG_TYPE_PVH },
			{ "type", .shape = CFG_SCALAR, .offset = type, .words = words, .nr_words = ARRAY_SIZE(words) },
			{ "firmware", .shape = CFG_SCALAR, .only_at = type, .only = cases[i].only },
		};
		const struct cfg_section section = { "domain", keys, ARRAY_SIZE(keys), .id = -1 };
		const struct cfg_domain domain = { .type = (enum cfg_type)cases[i].type };
		auto_buf struct buf names = BUF_INIT;

		cfg_key_only_names(&section, &keys[2], &names);
		assert_string_equal(buf_str(&names), cases[i].names);
		assert_string_equal(cfg_key_only_value(&section, &keys[2], &domain), words[cases[i].type].name);
		assert_false(cfg_key_applies(&keys[2], &domain));
	}
}

/* These values may never change: they are the identities of domains that exist. */
static void test_identities(void **state)
{
	static const uint8_t web1[16] = {
		0x9c, 0x18, 0x65, 0x75, 0x02, 0xd1, 0x51, 0x0b, 0xa2, 0xc4, 0x1a, 0x41, 0x13, 0x8f, 0xd9, 0x5f,
	};
	static const uint8_t second[6] = { 0x00, 0x16, 0x3e, 0x07, 0x63, 0x3f };
	uint8_t uuid[16], other[16], mac[6], mac2[6];

	cfg_uuid_of_name("web1", uuid);
	assert_memory_equal(uuid, web1, 16);
	cfg_uuid_of_name("web2", other);
	assert_memory_not_equal(uuid, other, 16);
	assert_int_equal(uuid[6] >> 4, 5);	/* version: SHA-1 of a name */
	assert_int_equal(uuid[8] >> 6, 2);
	cfg_mac_of(uuid, 1, mac);
	assert_memory_equal(mac, second, 6);
	for (unsigned i = 0; i < 64; i++) {
		cfg_mac_of(uuid, i, mac);
		assert_memory_equal(mac, second, 3);
		assert_int_equal(mac[3] & 0x80, 0);
		cfg_mac_of(other, i, mac2);
		assert_memory_not_equal(mac, mac2, 6);
	}
}

static void test_nearest(void **state)
{
	static const char *const words[] = { "name", "memory", "vcpus", "kernel", "on_reboot", "ro", "rw" };
	static const struct { const char *word, *nearest;
	} cases[] = {
		{ "memroy", "memory" }, { "vcpu", "vcpus" },
		{ "Name", "name" },     { "onreboot", "on_reboot" },
		{ "kernal", "kernel" }, { "r/w", "rw" },
		{ "x", NULL },          { "frobnicate", NULL },
		{ "", NULL },           { "RO", "ro" },
		{ "rx", NULL },         { "memorymemorymemorymemorymemorymemorymemory", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *near = cfg_nearest(cases[i].word, words, ARRAY_SIZE(words));

		if (!near != !cases[i].nearest || (near && strcmp(near, cases[i].nearest)))
			fail_msg("`%s`: %s", cases[i].word, near ? near : "none");
	}
	assert_null(cfg_nearest("name", words, 0));
}

static void test_names(void **state)
{
	assert_string_equal(cfg_state_name(CFG_STATE_STOPPED), "stopped");
	assert_string_equal(cfg_action_name(CFG_ACTION_RENAME_RESTART), "rename-restart");
	assert_string_equal(cfg_type_name(CFG_TYPE_HVM), "hvm");
	assert_string_equal(cfg_change_name(CFG_HOTPLUG), "hot-plug");
	assert_string_equal(cfg_change_name((enum cfg_change)99), "?");
	assert_string_equal(cfg_state_name((enum cfg_state)99), "?");
}

/* What a row of the table must be for the code that walks it. */
static void check_row(const struct cfg_section *section, const struct cfg_key *key)
{
	auto_buf struct buf text = BUF_INIT, why = BUF_INIT;
	uint64_t field[4] = { 0 };

	assert_non_null(key->help);
	assert_true(key->help[strlen(key->help) - 1] != '.');
	assert_ptr_equal(cfg_section_key(section, key->name, strlen(key->name)), key);
	assert_true(key->shape == CFG_SECTION || key->shape == CFG_ITEMS ? key->section != NULL : key->value != NULL);
	if (key->shape == CFG_ITEMS || key->shape == CFG_LIST || key->shape == CFG_LABELS)
		assert_true(key->max > 0);
	if (key->value == &cfg_value_uint || key->value == &cfg_value_memory || key->value == &cfg_value_seconds)
		assert_true(key->max > key->min);
	if (key->unless_key)
		assert_non_null(cfg_section_key(section, key->unless_key, strlen(key->unless_key)));
	if (!key->def || key->shape != CFG_SCALAR)
		return;
	/* Defaults are written canonically, so that what differs from them can be told by the text. */
	if (key->value->parse(key, key->def, field, &why))
		fail_msg("%s: default: %s", key->name, buf_str(&why));
	key->value->format(key, field, &text);
	assert_string_equal(buf_str(&text), key->def);
	if (key->value->text)
		free((void *)(uintptr_t)field[0]);
}

static void test_ready(void **state)
{
	static const struct {
		const char *text, *value;	/* value NULL: refused */
		enum cfg_ready ready;
		unsigned port;
	} cases[] = {
		{ "running", "", CFG_READY_RUNNING, 0 },
		{ "tcp=1", "", CFG_READY_TCP, 1 },
		{ "tcp=65535", "", CFG_READY_TCP, 65535 },
		{ "xenstore=data/up", "data/up", CFG_READY_XENSTORE, 0 },
		{ "console=a=b c", "a=b c", CFG_READY_CONSOLE, 0 },
		{ "", NULL, 0, 0 },
		{ "runs", NULL, 0, 0 },
		{ "running=1", NULL, 0, 0 },
		{ "tcp", NULL, 0, 0 },
		{ "tcp=", NULL, 0, 0 },
		{ "tcp=0", NULL, 0, 0 },
		{ "tcp=65536", NULL, 0, 0 },
		{ "tcp=1 ", NULL, 0, 0 },
		{ "xenstore=/data", NULL, 0, 0 },
		{ "xenstore=", NULL, 0, 0 },
		{ "console=", NULL, 0, 0 },
		{ "name=x", NULL, 0, 0 },
		{ "timeout=5s", NULL, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cfg_dependency ready = { .port = 0 };
		struct buf why = BUF_INIT;
		int rc = cfg_parse_ready(cases[i].text, &ready, &why);

		assert_int_equal(rc, cases[i].value ? 0 : -EINVAL);
		assert_int_equal(!why.len, !!cases[i].value);
		if (!rc) {
			assert_int_equal(ready.ready, cases[i].ready);
			assert_int_equal(ready.port, cases[i].port);
			assert_string_equal(ready.text ? ready.text : "", cases[i].value);
		}
		free(ready.text);
		buf_clear(&why);
	}
}

static void check_section(const struct cfg_section *section)
{
	assert_true(section->nr <= CFG_MAX_KEYS);
	for (size_t i = 0; i < section->nr; i++) {
		check_row(section, &section->keys[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(section->keys[i].name, section->keys[j].name);
		if (section->keys[i].section)
			check_section(section->keys[i].section);
	}
}

static void test_table(void **state)
{
	check_section(&cfg_domain_section);
	check_section(&cfg_network_section);
	check_section(&cfg_volume_section);
	check_section(&cfg_pool_section);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_only),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("cfg_value", tests, NULL, NULL);
}
