/* SPDX-License-Identifier: GPL-2.0-or-later
 * The spec in a saved domain, which may be anybody's file: of xlite's own what would not have been in a record is
 * refused, of xl's what no spec can say.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/cfg.h"
#include "xlite/reconcile/restore.h"

#define UUID "3e5b2b70-0a4a-452b-a227-f452af80a8f3"
#define OTHER "3e5b2b70-0a4a-452b-a227-f452af80a8f4"
#define SPEC "name: a\\nuuid: " UUID "\\nmemory: 16MiB\\nkernel: /k\\n"

static int read_text(const char *json, struct restore_text *text, struct xlite_error *err)
{
	const struct xlite_restore_head head = { .hvm = true, .json = json, .json_bytes = strlen(json) };

	memset(err, 0, sizeof(*err));
	return restore_text_read(&head, text, err);
}

static void taken(const char *json)
{
	struct restore_text text;
	struct xlite_error err;

	if (read_text(json, &text, &err))
		fail_msg("%s: %s", json, err.message);
	restore_text_clear(&text);
}

static void refused(const char *json, const char *why)
{
	struct restore_text text;
	struct xlite_error err;

	assert_int_equal(read_text(json, &text, &err), -EINVAL);
	assert_int_equal(err.status, XLITE_BAD_SPEC);
	if (!strstr(err.message, why))
		fail_msg("%s: %s", json, err.message);
	for (const char *at = err.message; *at; at++)
		assert_true(*at >= ' ' && *at <= '~');
	assert_int_equal(text.spec.len, 0);
}

static void own_text_is_what_a_record_could_have(void **state)
{
	taken("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "\"}}");
	taken("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "\", \"next\": \"" SPEC "\", \"set\": \"fleet\"}}");
	/* What came to a domain one after the other may contradict, and is read all the same. */
	taken("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "vcpus: {max: 1, online: 2}\\n\"}}");
	refused("{\"x-xlite\": {\"format\": 2, \"spec\": \"" SPEC "\"}}", "later version");
	refused("{\"x-xlite\": {\"format\": 1}}", "no spec");
	refused("{\"x-xlite\": {\"format\": 1, \"spec\": \"- 1\"}}", "no spec");
	refused("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "---\\n" SPEC "\"}}", "no spec");
	refused("{\"x-xlite\": {\"format\": 1, \"spec\": \"name: ../a\\nuuid: " UUID
		"\\nmemory: 16MiB\\nkernel: /k\\n\"}}",
		"no spec");
	refused("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "\", \"next\": \"name: a\\nuuid: " OTHER
		"\\nmemory: 16MiB\\nkernel: /k\\n\"}}",
		"next boot");
	refused("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "\", \"next\": \"- 1\"}}", "next boot");
	refused("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "\", \"set\": \"a\\u001b[2J\"}}", "set");
	refused("{\"x-xlite\": {\"format\": 1, \"spec\": \"" SPEC "\", \"set\": \"a b\"}}", "set");
	refused("[]", "not JSON");
	refused("{", "not JSON");
}

#define XL(rest) "{\"c_info\": {\"type\": \"pvh\", \"name\": \"a\", \"uuid\": \"" UUID "\"}, " rest "}"
#define BUILD(more) "\"b_info\": {\"max_vcpus\": 2, \"avail_vcpus\": [0, 1], \"max_memkb\": 16384, \"kernel\": \"/k\"" more "}"

static void what_a_guest_of_xls_has_does_not_vanish(void **state)
{
	struct restore_text text;
	struct xlite_error err;
	struct cfg_set *set = cfg_set_new();
	const struct cfg_domain *domain;
	size_t nr;

	assert_int_equal(read_text(XL(BUILD(", \"vcpu_hard_affinity\": [[0, 2], []], \"vcpu_soft_affinity\": [[2], [1]]")
				      ", \"disks\": [{\"vdev\": \"xvda\", \"pdev_path\": \"/d\", \"format\": \"raw\", \"backend_domid\": 0}]"),
				   &text, &err), 0);
	assert_true(text.foreign);
	assert_int_equal(cfg_set_parse(set, "a", text.spec.data, text.spec.len), 0);
	assert_int_equal(cfg_set_check(set), 0);
	domain = cfg_set_domains(set, &nr)[0];
	assert_int_equal(domain->affinity.nr, 2);
	assert_string_equal(domain->affinity.items[0], "0,2");
	assert_string_equal(domain->affinity.items[1], "all");
	assert_string_equal(domain->soft_affinity.items[0], "2");
	assert_string_equal(domain->soft_affinity.items[1], "1");
	cfg_set_free(set);
	restore_text_clear(&text);
	/* Another domain serves it. */
	refused(XL(BUILD(
			"") ", \"disks\": [{\"vdev\": \"xvda\", \"pdev_path\": \"/d\", \"format\": \"raw\", \"backend_domid\": 3}]"),
		"disks.backend_domid");
	refused(XL(BUILD("") ", \"nics\": [{\"bridge\": \"b\", \"mac\": \"00:16:3e:00:00:01\", \"backend_domid\": 3}]"),
		"nics.backend_domid");
	refused(XL(BUILD("") ", \"pcidevs\": [{\"dev\": 1}]"), "pcidevs");
	refused(XL(BUILD(", \"\\u001b]0;x\\u0007\": 1")), "b_info.a word that cannot be shown");
	refused(XL(BUILD("") ", \"disks\": [{\"vdev\": \"xvda\", \"format\": \"\\u001b[2J\"}]"), "disks.format");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_text_is_what_a_record_could_have),
		cmocka_unit_test(what_a_guest_of_xls_has_does_not_vanish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
