/* SPDX-License-Identifier: GPL-2.0-or-later
 * What of a plan could be taken back, and what it is taken back to. tests/lab/confirm.bats takes it back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "xlite/run/back.h"

static const char had[] = "name: web\nmemory: 16MiB\nkernel: /k\n",
		  asked[] = "name: web\nmemory: 16MiB\nkernel: /k\nscheduler: {weight: 300}\n";

/* One domain, and what is to become of it. */
struct scene {
	struct cfg_set *sets[2];
	struct state_domain have;
	struct plan_item item;
	struct plan plan;
	struct state_stale stale;
	struct state state;
};

static struct cfg_domain *parse(struct cfg_set **set, const char *text)
{
	size_t nr;

	*set = cfg_set_new();
	assert_int_equal(cfg_set_parse(*set, "spec", text, strlen(text)), 0);
	return cfg_set_domains(*set, &nr)[0];
}

static void begin(struct scene *scene, enum plan_action action)
{
	*scene = (struct scene){ .have.record = { .format = 1, .finished = true } };
	scene->have.spec = parse(&scene->sets[0], had);
	scene->item = (struct plan_item){ .action = action, .name = "web", .want = parse(&scene->sets[1], asked) };
	if (action != PLAN_CREATE)
		scene->item.have = &scene->have;
	scene->plan = (struct plan){ .items = &scene->item, .nr = 1 };
	scene->state = (struct state){ .stale = &scene->stale };
}

static void end(struct scene *scene)
{
	cfg_set_free(scene->sets[0]);
	cfg_set_free(scene->sets[1]);
}

/* text: why not, or what the domain's document has when it is taken back. */
static void prepares(const struct scene *scene, int code, const char *text)
{
	struct run_back back = RUN_BACK_INIT;
	struct xlite_error err = { 0 };
	struct buf document = BUF_INIT;
	size_t nr;

	assert_int_equal(run_back_prepare(&back, &scene->state, &scene->plan, &err), code);
	if (code) {
		assert_non_null(strstr(err.message, "--confirm: nothing is done, since domain/web "));
	} else {
		struct cfg_domain *const *domains = cfg_set_domains(back.set, &nr);

		assert_int_equal(nr, 1);
		cfg_print(domains[0], true, &document);
	}
	if (!strstr(code ? err.message : buf_str(&document), text))
		fail_msg("`%s' is not in: %s", text, code ? err.message : buf_str(&document));
	buf_clear(&document);
	run_back_clear(&back);
}

static void test_actions(void **state)
{
	static const struct { enum plan_action action; int code; const char *text;
	} cases[] = {
		{ PLAN_CHANGE, 0, "weight: 256" },
		{ PLAN_CREATE, 0, "state: stopped" },
		{ PLAN_RESTART, -EPERM, "would be built again" },
		{ PLAN_REPLACE, -EPERM, "would be replaced" },
		{ PLAN_DELETE, -EPERM, "would be deleted" },
		{ PLAN_REFUSED, -EPERM, "is refused" },
	};
	struct scene scene;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&scene, cases[i].action);
		prepares(&scene, cases[i].code, cases[i].text);
		end(&scene);
	}
	begin(&scene, PLAN_CHANGE);
	scene.have.record.format = 0;
	prepares(&scene, -EPERM, "would be adopted");
	end(&scene);
}

/* A record that a watch keeps is given up when its domain is built. What a run left that died is nothing that was meant. */
static void test_kept(void **state)
{
	struct scene scene;

	for (int i = 0; i < 3; i++) {
		begin(&scene, PLAN_CREATE);
		scene.stale.record = (struct xlite_record){ .format = 1, .finished = true, .off = i == 0, .again = i == 1 };
		xlite_uuid_text(scene.item.want->uuid, scene.stale.record.uuid);
		scene.state.nr_stale = 1;
		assert_int_equal(state_stale_release(&scene.state, "web", scene.item.want->uuid), i < 2);
		prepares(&scene, i < 2 ? -EPERM : 0, i < 2 ? "has ended, and what is kept of that" : "state: stopped");
		end(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_actions), cmocka_unit_test(test_kept) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
