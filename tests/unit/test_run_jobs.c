/* SPDX-License-Identifier: GPL-2.0-or-later
 * The order of jobs: what waits for what, and who is the first of a circle. Nothing is carried out but what is refused: that needs no host.
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

	/* The heir of a's MAC waits for the circle and is none of it. */
	add(scene, PLAN_CREATE, "heir", "vifs: [{bridge: b, mac: '00:16:3e:00:00:01'}]\n", NULL);
	add(scene, PLAN_DELETE, "a", NULL, "depends_on: [b]\nvifs: [{bridge: b, mac: '00:16:3e:00:00:01'}]\n")->pruned = true;
	add(scene, PLAN_DELETE, "b", NULL, "depends_on: [a]\n");
	assert_int_equal(jobs_init(&jobs, &run, &scene->plan), 0);
	assert_ptr_equal(jobs_find_circle(&jobs), &jobs.jobs[2]);
	jobs.jobs[2].state = JOB_DONE;
	assert_null(jobs_find_circle(&jobs));
	jobs_clear(&jobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_circle_after_failure, scene_new, scene_free),
		cmocka_unit_test_setup_teardown(test_circle_choice, scene_new, scene_free),
	};

	return cmocka_run_group_tests_name("run_jobs", tests, NULL, NULL);
}
