/* SPDX-License-Identifier: GPL-2.0-or-later
 * The order of jobs: what waits for what, and who is the first of a circle. Nothing is carried out but what is refused:
 * that needs no host.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "xlite/run/jobs.h"

#define ITEMS_MAX 8

/* A plan of items whose specs are YAML. */
struct scene {
	struct plan plan;
	struct plan_item items[ITEMS_MAX];
	struct state_domain have[ITEMS_MAX];
	struct cfg_set *sets[2 * ITEMS_MAX];
	size_t nr_sets;
	struct buf told;	/* "NAME WORD;" of each result */
};

static struct cfg_domain *parse(struct scene *scene, const char *name, const char *yaml)
{
	struct cfg_set *set = cfg_set_new();
	struct buf text = BUF_INIT;
	struct cfg_domain *const *domains;
	size_t nr;

	buf_printf(&text, "name: %s\nmemory: 16\nkernel: /k\n%s", name, yaml);
	assert_int_equal(cfg_set_parse(set, "test", buf_str(&text), text.len), 0);
	buf_clear(&text);
	domains = cfg_set_domains(set, &nr);
	assert_int_equal(nr, 1);
	scene->sets[scene->nr_sets++] = set;
	return domains[0];
}

/* want and have are what a document says beyond name, memory and kernel; NULL: there is none. */
static struct plan_item *add(struct scene *scene, enum plan_action action, const char *name, const char *want, const char *have)
{
	struct plan_item *item = &scene->items[scene->plan.nr];

	item->action = action;
	item->name = name;
	item->want = want ? parse(scene, name, want) : NULL;
	if (have) {
		item->have = &scene->have[scene->plan.nr];
		item->have->spec = parse(scene, name, have);
	}
	scene->plan.items = scene->items;
	scene->plan.nr++;
	return item;
}

static void on_result(void *ctx, const struct run_result *result)
{
	buf_printf(&((struct scene *)ctx)->told, "%s %s;", result->item->name, result->word);
}

static int scene_new(void **state)
{
	*state = calloc(1, sizeof(struct scene));
	alarm(60);
	return *state ? 0 : -1;
}

static int scene_free(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < scene->nr_sets; i++)
		cfg_set_free(scene->sets[i]);
	buf_clear(&scene->told);
	free(scene);
	return 0;
}

static void test_circle_after_failure(void **state)
{
	struct scene *scene = *state;
	struct host host = { 0 };
	struct run run = { .host = &host, .observer = { .ctx = scene, .result = on_result } };
	struct jobs jobs;

	add(scene, PLAN_DELETE, "a", NULL, "depends_on: [b]\n")->pruned = true;
	add(scene, PLAN_DELETE, "b", NULL, "depends_on: [a]\n")->pruned = true;
	add(scene, PLAN_DELETE, "c", NULL, "depends_on: [c]\n")->pruned = true;
	add(scene, PLAN_REFUSED, "web", "", "")->status = XLITE_CONFLICT;
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	jobs_run(&jobs);
	assert_int_equal(jobs.first, XLITE_CONFLICT);
	assert_string_equal(buf_str(&scene->told), "web failed;c skipped;a skipped;b skipped;");
	jobs_clear(&jobs);
}

static void test_circle_choice(void **state)
{
	struct scene *scene = *state;
	struct run run = { 0 };
	struct jobs jobs;

	/* The successor of a's MAC waits for the circle and is none of it. */
	add(scene, PLAN_CREATE, "successor", "vifs: [{bridge: b, mac: '00:16:3e:00:00:01'}]\n", NULL);
	add(scene, PLAN_DELETE, "a", NULL, "depends_on: [b]\nvifs: [{bridge: b, mac: '00:16:3e:00:00:01'}]\n")->pruned = true;
	add(scene, PLAN_DELETE, "b", NULL, "depends_on: [a]\n");
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	assert_ptr_equal(jobs_find_circle(&jobs), &jobs.jobs[2]);
	jobs.jobs[2].state = JOB_DONE;
	assert_null(jobs_find_circle(&jobs));
	jobs_clear(&jobs);
}

/* Whether job i waits for job k itself. */
static bool is_after(const struct jobs *jobs, size_t i, size_t k)
{
	for (size_t n = 0; n < jobs->jobs[i].nr_after; n++) {
		if (jobs->jobs[i].after[n] == &jobs->jobs[k])
			return true;
	}
	return false;
}

#define MAC_A "vifs: [{bridge: b, mac: '00:16:3e:00:00:0a'}]\n"
#define MAC_B "vifs: [{bridge: b, mac: '00:16:3e:00:00:0b'}]\n"
#define MAC_C "vifs: [{bridge: b, mac: '00:16:3e:00:00:0c'}]\n"
#define DISK(path, more) "vbds: [{vdev: xvda, source: " path more "}]\n"

/* What passes from one to the other, as it is given up and as it is taken; both orders of the documents. */
static void test_passing(void **state)
{
	static const struct { enum plan_action gives, takes; const char *had, *left, *before, *taken, *what;
	} cases[] = {
		{ PLAN_CHANGE, PLAN_CHANGE, MAC_A, "", "", MAC_A, "the MAC 00:16:3e:00:00:0a" },
		{ PLAN_CHANGE, PLAN_CREATE, MAC_A, MAC_C, NULL, MAC_A, "the MAC 00:16:3e:00:00:0a" },
		{ PLAN_REPLACE, PLAN_CHANGE, DISK("/d", ""), DISK("/e", ""), "", DISK("/d", ""), "disk xvda" },
		{ PLAN_DELETE, PLAN_CREATE, DISK("nbd://h/d", ""), "state: stopped\n", NULL, DISK("nbd://h/d", ""),
		  "disk xvda" },
		{ PLAN_CHANGE, PLAN_REPLACE, DISK("LABEL=x", ", mode: ro"), "", "", DISK("LABEL=x", ", mode: rw"),
		  "disk xvda" },
		{ PLAN_CHANGE, PLAN_CHANGE, "vifs: [{nat: n, ip: 10.0.0.2, forward: [{udp: 53, to: 53}]}]\n", "", "",
		  "vifs: [{nat: n, ip: 10.0.0.3, forward: [{udp: 53, to: 53}]}]\n", "udp port 53" },
		{ PLAN_CHANGE, PLAN_CREATE, "vifs: [{bridge: b, ifname: lan0}]\n", "vifs: [{bridge: b}]\n", NULL,
		  "vifs: [{route: r, ip: 10.0.0.3, ifname: lan0}]\n", "the interface name lan0" },
		/* Neither: both may have it, another segment, it is kept, it was had before. */
		{ PLAN_CHANGE, PLAN_CHANGE, DISK("/d", ", mode: ro"), "", "", DISK("/d", ", mode: ro"), NULL },
		{ PLAN_CHANGE, PLAN_CHANGE, "vifs: [{bridge: c, mac: '00:16:3e:00:00:0a'}]\n", "", "", MAC_A, NULL },
		{ PLAN_CHANGE, PLAN_CREATE, DISK("/d", ""), DISK("/d", ""), NULL, DISK("/d", ""), NULL },
		{ PLAN_CHANGE, PLAN_CHANGE, MAC_A, "", MAC_A, MAC_A, NULL },
		{ PLAN_NONE, PLAN_CREATE, MAC_A, "", NULL, MAC_A, NULL },
	};
	struct scene *scene = *state;
	struct run run = { 0 };
	char what[CLAIMS_TEXT_MAX];
	struct jobs jobs;

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		size_t giver = i % 2, taker = !giver, n = i / 2;

		memset(&scene->plan, 0, sizeof(scene->plan));
		memset(scene->items, 0, sizeof(scene->items));
		for (size_t k = 0; k < 2; k++) {
			if (k == giver)
				add(scene, cases[n].gives, "from", cases[n].left, cases[n].had);
			else
				add(scene, cases[n].takes, "to", cases[n].taken, cases[n].before);
		}
		assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
		assert_int_equal(is_after(&jobs, taker, giver), !!cases[n].what);
		assert_false(is_after(&jobs, giver, taker));
		assert_int_equal(!!job_takes(&jobs.jobs[taker], &jobs.jobs[giver], what), !!cases[n].what);
		if (cases[n].what)
			assert_string_equal(what, cases[n].what);
		assert_null(jobs_find_swap(&jobs, &jobs.jobs[taker], what));
		jobs_clear(&jobs);
		while (scene->nr_sets)
			cfg_set_free(scene->sets[--scene->nr_sets]);
	}
}

/* What takes over something of a domain that is pruned comes after it; else what is pruned goes last. */
static void test_successor(void **state)
{
	static const struct { const char *had, *taken; bool waits; } cases[] = {
		{ MAC_A, MAC_A, true },
		{ DISK("/d", ""), DISK("/d", ", mode: ro"), true },
		{ "vifs: [{nat: n, ip: 10.0.0.2, forward: [{tcp: 80, to: 80}]}]\n",
		  "vifs: [{nat: n, ip: 10.0.0.3, forward: [{tcp: 80, to: 81}]}]\n", true },
		{ "vifs: [{bridge: b}, {bridge: c, ifname: lan0}]\n", "vifs: [{bridge: d, ifname: lan0}]\n", true },
		{ "vifs: [{bridge: b, ifname: lan1}]\n", "vifs: [{bridge: b, ifname: lan0}]\n", false },
		{ "vifs: [{bridge: b}]\n", "vifs: [{bridge: b}]\n", false },
	};
	struct scene *scene = *state;
	struct run run = { 0 };
	struct jobs jobs;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memset(&scene->plan, 0, sizeof(scene->plan));
		memset(scene->items, 0, sizeof(scene->items));
		add(scene, PLAN_CREATE, "to", cases[i].taken, NULL);
		add(scene, PLAN_DELETE, "from", NULL, cases[i].had)->pruned = true;
		assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
		assert_int_equal(is_after(&jobs, 0, 1), cases[i].waits);
		assert_int_equal(is_after(&jobs, 1, 0), !cases[i].waits);
		jobs_clear(&jobs);
		while (scene->nr_sets)
			cfg_set_free(scene->sets[--scene->nr_sets]);
	}
}

/* A name is given up by a document of the same uuid; in a circle of three none can begin. */
static void test_swap(void **state)
{
	struct scene *scene = *state;
	struct run run = { 0 };
	char what[CLAIMS_TEXT_MAX];
	struct jobs jobs;

	add(scene, PLAN_CHANGE, "a", MAC_B, MAC_A);
	add(scene, PLAN_CHANGE, "b", MAC_C, MAC_B);
	add(scene, PLAN_REPLACE, "c", MAC_A, MAC_C);
	add(scene, PLAN_CREATE, "d", "", NULL);
	scene->items[3].have = &scene->have[3];
	scene->have[3].spec = parse(scene, "e", "");
	scene->items[3].action = PLAN_CHANGE;
	add(scene, PLAN_CREATE, "e", "", NULL);
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	assert_ptr_equal(jobs_find_swap(&jobs, &jobs.jobs[0], what), &jobs.jobs[1]);
	assert_string_equal(what, "the MAC 00:16:3e:00:00:0b");
	assert_non_null(jobs_find_swap(&jobs, &jobs.jobs[1], what));
	assert_non_null(jobs_find_swap(&jobs, &jobs.jobs[2], what));
	assert_true(is_after(&jobs, 4, 3));
	assert_true(job_takes(&jobs.jobs[4], &jobs.jobs[3], what));
	assert_string_equal(what, "the name e");
	assert_null(jobs_find_swap(&jobs, &jobs.jobs[4], what));
	jobs_clear(&jobs);
}

/* A domain whose creation was killed has no name, and gives up nothing by that. */
static void test_unnamed(void **state)
{
	struct scene *scene = *state;
	struct run run = { 0 };
	char what[CLAIMS_TEXT_MAX];
	struct jobs jobs;
	char *name;

	add(scene, PLAN_REPLACE, "a", MAC_A, MAC_A);
	add(scene, PLAN_CREATE, "b", MAC_B, NULL);
	name = scene->have[0].spec->name;
	scene->have[0].spec->name = NULL;
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	assert_int_equal(job_takes(&jobs.jobs[1], &jobs.jobs[0], what), CLAIMS_NOTHING);
	assert_int_equal(job_takes(&jobs.jobs[0], &jobs.jobs[0], what), CLAIMS_NOTHING);
	jobs_clear(&jobs);
	scene->have[0].spec->name = name;
}

#define PORTS(ip, port) "vifs: [{nat: n, ip: " ip ", forward: [{tcp: " port ", to: 80}]}]\n"

/* Two domains may exchange ports; a third that takes one of a domain which waits for nobody still comes after that. */
static void test_swap_of_ports(void **state)
{
	struct scene *scene = *state;
	struct run run = { 0 };
	char what[CLAIMS_TEXT_MAX];
	struct jobs jobs;

	add(scene, PLAN_CHANGE, "a", PORTS("10.0.0.2", "2"), PORTS("10.0.0.2", "1"));
	add(scene, PLAN_CHANGE, "b", PORTS("10.0.0.3", "1"), PORTS("10.0.0.3", "2"));
	add(scene, PLAN_CHANGE, "c", PORTS("10.0.0.4", "3"), PORTS("10.0.0.4", "4"));
	add(scene, PLAN_CHANGE, "d", "", PORTS("10.0.0.5", "3"));
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	for (size_t i = 0; i < 4; i++)
		assert_null(jobs_find_swap(&jobs, &jobs.jobs[i], what));
	assert_int_equal(is_after(&jobs, 0, 1) + is_after(&jobs, 1, 0), 1);
	assert_true(is_after(&jobs, 2, 3));
	jobs_clear(&jobs);
}

/* Who was to give up something has failed: what needs it is not begun, whatever it is to become. */
static void test_giver_failed(void **state)
{
	struct scene *scene = *state;
	struct host host = { 0 };
	struct run run = { .host = &host, .observer = { .ctx = scene, .result = on_result } };
	struct jobs jobs;

	add(scene, PLAN_CHANGE, "to", MAC_A, "");
	add(scene, PLAN_CREATE, "new", "vbds: [{vdev: xvda, source: /d}]\n", NULL);
	add(scene, PLAN_REFUSED, "from", "", MAC_A "vbds: [{vdev: xvdb, source: /d}]\n")->status = XLITE_CONFLICT;
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	jobs_run(&jobs);
	assert_int_equal(jobs.first, XLITE_CONFLICT);
	assert_string_equal(buf_str(&scene->told), "from failed;to skipped;new skipped;");
	assert_string_equal(jobs.jobs[1].err.message, "new: not started: from, which was to give up disk xvdb, failed");
	jobs_clear(&jobs);
}

/* What is deleted comes first where its memory is needed, and else, if it is pruned, last. */
static void test_memory_order(void **state)
{
	struct scene *scene = *state;
	struct run run = { 0 };
	struct jobs jobs;

	add(scene, PLAN_CREATE, "new", "", NULL);
	add(scene, PLAN_DELETE, "old", NULL, "")->pruned = true;
	add(scene, PLAN_DELETE, "off", "state: stopped\n", "");
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	assert_true(is_after(&jobs, 1, 0));
	assert_false(is_after(&jobs, 0, 1) || is_after(&jobs, 0, 2));
	jobs_clear(&jobs);
	scene->plan.ends_first = true;
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	assert_false(is_after(&jobs, 1, 0));
	assert_true(is_after(&jobs, 0, 1) && is_after(&jobs, 0, 2));
	assert_null(jobs_find_circle(&jobs));
	jobs_clear(&jobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_circle_after_failure, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_circle_choice, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_passing, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_successor, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_swap, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_unnamed, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_swap_of_ports, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_giver_failed, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_memory_order, scene_new, scene_free),
	};

	return cmocka_run_group_tests_name("run_jobs", tests, NULL, NULL);
}
