/* SPDX-License-Identifier: GPL-2.0-or-later
 * Volumes between their documents and real files: which file is meant by a name, which never is, and what sizes are the same.
 */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xlite/run/planning.h"

#define MIB (1 << 20)

static char pool[] = "/tmp/xlite-test-XXXXXX";

static void make_file(const char *name, off_t bytes, const void *head, size_t len)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", pool, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, len, f), len);
	fclose(f);
	assert_int_equal(truncate(path, bytes), 0);
}

static void make_qcow2(const char *name)
{
	const struct {
		uint32_t magic, version;
		uint64_t backing;
		uint32_t backing_len, cluster_bits;
		uint64_t bytes;
	} head = { htobe32(0x514649fb), htobe32(2), 0, 0, htobe32(16), htobe64(MIB) };

	make_file(name, 65536, &head, sizeof(head));
}

static void remove_file(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", pool, name);
	unlink(path);
}

/* The last object of the plan of these documents, on a host where nothing runs. why: what its reason has, NULL: it has none. */
static void expect(const char *documents, enum plan_action action, const char *why)
{
	struct cfg_set *set = cfg_set_new();
	struct host host = { 0 };
	const struct run run = { .host = &host };
	struct state state = { 0 };
	struct plan plan = { 0 };
	struct xlite_error err = { 0 };
	const struct plan_item *item = NULL;
	char text[512];

	snprintf(text, sizeof(text), "{kind: pool, name: default, folder: %s}\n---\n%s", pool, documents);
	assert_int_equal(cfg_set_parse(set, "spec", text, strlen(text)), 0);
	assert_int_equal(cfg_set_check(set), 0);
	assert_int_equal(planning_volumes(&run, set, &state, &plan, &err), 0);
	assert_int_equal(planning_make(&run, set, &state, &plan, &err), 0);
	planning_refuse_volumes(set, &state, &plan);
	for (size_t i = 0; plan_at(&plan, i); i++)
		item = plan_at(&plan, i);
	assert_non_null(item);
	if (item->action != action || (why && !strstr(item->reason, why)))
		fail_msg("%s: %s: %s", documents, plan_action_name(item->action), item->reason);
	plan_clear(&plan);
	state_clear(&state);
	cfg_set_free(set);
}

static int make_pool(void **state)
{
	return !mkdtemp(pool);
}

static int remove_pool(void **state)
{
	return rmdir(pool);
}

#define ON(rest) "{name: a, kernel: /k, memory: 16MiB, vbds: [{vdev: xvda, volume: v" rest "}]}"

static void test_name_alone(void **state)
{
	expect(ON(""), PLAN_REFUSED, "disk xvda: no document describes the volume v");
	make_file("v.raw", MIB, "", 0);
	expect(ON(""), PLAN_CREATE, NULL);
	expect("{kind: volume, name: w, clone: v}", PLAN_CREATE, NULL);
	/* One of the two is not what is meant. */
	make_qcow2("v.qcow2");
	expect(ON(""), PLAN_REFUSED, "disk xvda: the volume v is both ");
	expect("{kind: volume, name: w, clone: v}", PLAN_REFUSED, "clone: the volume v is both ");
	expect("{kind: volume, name: v, format: qcow2, size: 1MiB}\n---\n" ON(""), PLAN_CREATE, NULL);
	remove_file("v.raw");
	expect(ON(""), PLAN_CREATE, NULL);
	make_file("v.qcow2", 65536, "no image", 8);
	expect(ON(""), PLAN_REFUSED, "v.qcow2: format: qcow2 was said, but it is no qcow2 image");
	expect("{kind: volume, name: w, clone: v}", PLAN_REFUSED, "clone: volume v: ");
	remove_file("v.qcow2");
}

/* Two that write to one qcow2 image destroy it. */
static void test_shared(void **state)
{
	make_qcow2("v.qcow2");
	expect(ON(", shared: true"), PLAN_REFUSED, "disk xvda: shared: v is a qcow2 volume");
	expect(ON(", shared: true, mode: ro"), PLAN_CREATE, NULL);
	remove_file("v.qcow2");
	make_file("v.raw", MIB, "", 0);
	expect(ON(", shared: true"), PLAN_CREATE, NULL);
	remove_file("v.raw");
}

/* A folder that others may write to has no disk that could not be another tomorrow. */
static void test_folder(void **state)
{
	make_file("v.raw", MIB, "", 0);
	chmod(pool, 0777);
	expect(ON(""), PLAN_REFUSED, "can be written to by other users");
	expect("{kind: volume, name: v, size: 1MiB}", PLAN_REFUSED, "can be written to by other users");
	chmod(pool, 0700);
	expect(ON(""), PLAN_CREATE, NULL);
	remove_file("v.raw");
}

/* Sizes of specs are multiples of 4 KiB, those of images need not be. */
static void test_sizes(void **state)
{
	make_file("v.raw", MIB + 512, "", 0);
	expect("{kind: volume, name: v, size: 1028KiB}", PLAN_NONE, NULL);
	expect("{kind: volume, name: v, size: 1032KiB}", PLAN_CHANGE, NULL);
	expect("{kind: volume, name: v, size: 1MiB}", PLAN_REFUSED, "never made smaller");
	make_file("v.raw", MIB, "", 0);
	expect("{kind: volume, name: v, size: 1MiB}", PLAN_NONE, NULL);
	expect("{kind: volume, name: v, size: 1028KiB}", PLAN_CHANGE, NULL);
	make_file("v.raw", 512, "", 0);
	expect("{kind: volume, name: v, size: 4KiB}", PLAN_NONE, NULL);
	remove_file("v.raw");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_alone),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("run_volumes", tests, make_pool, remove_pool);
}
