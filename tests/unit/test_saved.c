/* SPDX-License-Identifier: GPL-2.0-or-later
 * Saved plans without a host: what is written is read again; what is damaged is refused or read as another plan, and
 * never more. tests/lab/saved.bats has what makes another plan on a host.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "xlite/reconcile/saved.h"

#define VERSION "1.2.3"

static const char before[] = "name: web\nmemory: 16MiB\nkernel: /k\nlabels: {a: b}\nvifs: [{bridge: br0}]\n";
static const char after[] = "name: web\nmemory: 16MiB\nkernel: /k\nlabels: {a: \"c\\\"\\u00e4\"}\nvifs: [{bridge: br0}]\n---\n"
			    "kind: network\nname: lan\n---\nname: new\nmemory: 16MiB\nkernel: /proc/self/exe\ndepends_on: [web]\n";

/* What a plan is made of. */
struct world {
	struct cfg_set *have, *want;
	struct state_domain domain;
	struct state state;
	struct plan plan;
	struct buf text;
	bool prunes;
};

static struct cfg_set *parse(const char *text)
{
	struct cfg_set *set = cfg_set_new();

	assert_non_null(set);
	assert_int_equal(cfg_set_parse(set, "spec", text, strlen(text)), 0);
	assert_int_equal(cfg_set_check(set), 0);
	return set;
}

static void compare(struct world *world, const struct cfg_set *want)
{
	const struct plan_options options = { .set = "s" };
	struct cfg_domain *const *domains;
	struct cfg_network *const *networks;
	size_t nr;

	plan_clear(&world->plan);
	networks = cfg_set_networks(want, &nr);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(plan_add_network(&world->plan, networks[i], &world->state, &options), 0);
	domains = cfg_set_domains(want, &nr);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(plan_add(&world->plan, domains[i], &world->state, &options), 0);
	if (world->prunes)
		assert_int_equal(plan_add_prune(&world->plan, &world->domain, &options), 0);
}

static void save(struct world *world)
{
	const struct saved_options options = { .set = "s", .prune = true, .yes = true };
	struct xlite_error err = { 0 };

	compare(world, world->want);
	assert_int_equal(saved_print(&world->plan, world->want, &options, VERSION, &world->text, &err), 0);
}

static void begin(struct world *world)
{
	size_t nr;

	*world = (struct world){ .have = parse(before), .want = parse(after) };
	world->domain = (struct state_domain){
		.name = (char *)"web",
		.record = { .format = 1, .finished = true, .set = (char *)"s" },
		.spec = cfg_set_domains(world->have, &nr)[0],
		.detailed = true,
		.info = { .domid = 3, .cpu_time_ns = 1 },
	};
	memcpy(world->domain.info.uuid, world->domain.spec->uuid, 16);
	world->state = (struct state){ .domains = &world->domain, .nr = 1 };
	save(world);
}

static void end(struct world *world)
{
	plan_clear(&world->plan);
	buf_clear(&world->text);
	cfg_set_free(world->have);
	cfg_set_free(world->want);
}

static struct saved_plan *read_again(const struct world *world)
{
	struct xlite_error err = { 0 };
	struct saved_plan *saved;

	assert_true(saved_is_plan(world->text.data, world->text.len));
	assert_int_equal(saved_parse(world->text.data, world->text.len, VERSION, &saved, &err), 0);
	return saved;
}

/* The plan that the saved documents make. */
static int check_again(struct world *world, const struct saved_plan *saved, struct xlite_error *err)
{
	struct cfg_set *set = cfg_set_new();
	int rc;

	assert_int_equal(saved_documents(saved, "p", set), 0);
	assert_int_equal(cfg_set_check(set), 0);
	compare(world, set);
	rc = saved_check(saved, &world->plan, err);
	plan_clear(&world->plan);
	cfg_set_free(set);
	return rc;
}

static void test_same(void **state)
{
	struct xlite_error err = { 0 };
	struct saved_plan *saved;
	struct world world;

	begin(&world);
	saved = read_again(&world);
	assert_string_equal(saved_options(saved)->set, "s");
	assert_true(saved_options(saved)->prune && saved_options(saved)->yes);
	assert_false(saved_options(saved)->replace || saved_options(saved)->adopt);
	assert_int_equal(saved_check_host(saved, &err), 0);
	assert_int_equal(check_again(&world, saved, &err), 0);
	/* Built anew it is the same domain. */
	world.domain.info.domid = 4;
	assert_int_equal(check_again(&world, saved, &err), 0);
	saved_free(saved);
	end(&world);
}

static void differs(struct world *world, const struct saved_plan *saved, const char *text)
{
	struct xlite_error err = { 0 };

	assert_int_equal(check_again(world, saved, &err), -ESTALE);
	assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
	if (!strstr(err.message, text))
		fail_msg("`%s' is not in: %s", text, err.message);
}

static void test_differs(void **state)
{
	struct saved_plan *saved;
	struct world world;

	begin(&world);
	saved = read_again(&world);
	world.domain.info.shutdown = true;
	world.domain.info.shutdown_reason = 3;
	differs(&world, saved, "domain/web: it is to be done now: restart, it has crashed; in the plan: change");
	world.domain.info.shutdown = false;
	world.domain.record.set = (char *)"t";
	differs(&world, saved, "domain/web: set has become t");
	world.domain.record.set = (char *)"s";
	world.domain.spec->weight = 3;
	differs(&world, saved, "domain/web: scheduler.weight has become 3");
	world.domain.spec->weight = 256;
	world.domain.record.format = 0;
	differs(&world, saved, "domain/web: it would be refused now: ");
	world.domain.record.format = 1;
	world.state.nr = 0;
	differs(&world, saved, "domain/web: it is gone");
	saved_free(saved);
	end(&world);
}

/*
 * Who is to be deleted must be as he was when that was decided: nothing else than his state tells that a guest runs
 * again, or has ended.
 */
static void test_deleted(void **state)
{
	static const struct { bool shutdown, paused; const char *told; } cases[] = {
		{ false, false, "domain/web: its state is running, and was crashed" },
		{ false, true, "domain/web: its state is paused, and was crashed" },
		{ true, false, NULL },
	};
	struct xlite_error err = { 0 };
	struct saved_plan *saved;
	struct world world;

	begin(&world);
	cfg_set_free(world.want);
	world.want = parse("name: new\nmemory: 16MiB\nkernel: /k\n");
	world.prunes = true;
	world.domain.info.shutdown = true;
	world.domain.info.shutdown_reason = 3;
	buf_clear(&world.text);
	save(&world);
	saved = read_again(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world.domain.info.shutdown = cases[i].shutdown;
		world.domain.info.paused = cases[i].paused;
		if (cases[i].told)
			differs(&world, saved, cases[i].told);
		else
			assert_int_equal(check_again(&world, saved, &err), 0);
	}
	saved_free(saved);
	end(&world);
}

/* Of each kind of file that a domain is built from, one that is written to after the plan was made. */
static void test_files(void **state)
{
	static const char *const keys[][2] = {
		{ "kernel: ", "" }, { "kernel: /k\nramdisk: ", "" }, { "kernel: /k\ncloud_init: {user_data: ", "}" },
		{ "kernel: /k\ncloud_init: {vendor_data: ", "}" }, { "kernel: /k\ncloud_init: {ssh_keys: [", "]}" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char path[] = "/tmp/saved-XXXXXX", text[256], told[128];
		struct world world = { 0 };
		struct saved_plan *saved;
		int fd = mkstemp(path);

		assert_true(fd >= 0);
		snprintf(text, sizeof(text), "name: new\nmemory: 16MiB\n%s%s%s\n", keys[i][0], path, keys[i][1]);
		world.want = parse(text);
		save(&world);
		saved = read_again(&world);
		assert_int_equal(check_again(&world, saved, NULL), 0);
		assert_int_equal(write(fd, "x", 1), 1);
		snprintf(told, sizeof(told), "domain/new: %s is not the file that it was", path);
		differs(&world, saved, told);
		saved_free(saved);
		end(&world);
		close(fd);
		unlink(path);
	}
}

static void test_version(void **state)
{
	struct xlite_error err = { 0 };
	struct saved_plan *saved;
	struct world world;

	begin(&world);
	assert_int_equal(saved_parse(world.text.data, world.text.len, "1.2.4", &saved, &err), -ESTALE);
	assert_int_equal(xlite_error_exit(&err), XLITE_AGAIN);
	assert_null(saved);
	end(&world);
}

/* Whatever comes of it: it is used as far as it goes. */
static void use(struct world *world, const char *text, size_t len)
{
	struct xlite_error err = { 0 };
	struct saved_plan *saved;
	struct cfg_set *set;

	saved_is_plan(text, len);
	if (saved_parse(text, len, VERSION, &saved, &err)) {
		assert_true(err.message[0]);
		return;
	}
	set = cfg_set_new();
	saved_documents(saved, "p", set);
	saved_check_host(saved, &err);
	compare(world, world->want);
	saved_check(saved, &world->plan, &err);
	cfg_set_free(set);
	saved_free(saved);
}

static void test_damaged(void **state)
{
	struct xlite_error err = { 0 };
	struct saved_plan *saved;
	struct world world;
	char *text;

	begin(&world);
	text = malloc(world.text.len);
	assert_non_null(text);
	/* A copy of its own length: what reads beyond it is seen by ASan. */
	for (size_t len = 0; len < world.text.len - 1; len += 7) {
		char *part = malloc(len + 1);

		memcpy(part, world.text.data, len);
		assert_int_equal(saved_parse(part, len, VERSION, &saved, &err), -EINVAL);
		free(part);
	}
	for (size_t i = 0; i < world.text.len; i += 3) {
		memcpy(text, world.text.data, world.text.len);
		text[i] = "0\"x[{}:,"[i % 8];
		use(&world, text, world.text.len);
	}
	free(text);
	end(&world);
}

static void test_other_texts(void **state)
{
	assert_false(saved_is_plan("", 0));
	assert_false(saved_is_plan("{", 1));
	assert_false(saved_is_plan("name: web\n", 10));
	assert_false(saved_is_plan("{\"name\": 1}", 11));
	assert_true(saved_is_plan(" \n{ \t\"xlite-plan\"", 17));
	assert_false(saved_is_plan(" \n{ \t\"xlite-plan\"", 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),        cmocka_unit_test(test_differs), cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_files),       cmocka_unit_test(test_version), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_other_texts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
