/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a run over the files leaves to the watch, and what a plan makes of domains that have ended or sleep.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "xlite/reconcile/again.h"
#include "xlite/run/planning.h"
#include "xlite/run/watch_mend.h"

static const uint8_t uuid[16] = {
	0x3e, 0x5b, 0x2b, 0x70, 0x0a, 0x4a, 0x45, 0x2b, 0xa2, 0x27, 0xf4, 0x52, 0xaf, 0x80, 0xa8, 0xf3,
};
#define UUID "3e5b2b70-0a4a-452b-a227-f452af80a8f3"

/* One domain, running by default, and one document that means it. */
struct pair {
	struct cfg_domain want, spec;
	struct state_domain have;
	struct state_stale stale;
	struct state state;
	struct plan_item item;
	struct plan plan;
	struct cfg_set *set;
};

static void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	memcpy(pair->want.uuid, uuid, 16);
	memcpy(pair->have.info.uuid, uuid, 16);
	pair->have.info.domid = 3;
	pair->have.info.cpu_time_ns = 1;
	pair->have.record = (struct xlite_record){ .format = 1, .finished = true };
	pair->have.spec = &pair->spec;
	pair->have.name = (char *)"a";
	pair->state = (struct state){ .domains = &pair->have, .nr = 1, .stale = &pair->stale };
	pair->stale = (struct state_stale){ .domid = 9,
					    .record = { .format = 1, .finished = true, .again = true, .uuid = UUID } };
	pair->item = (struct plan_item){ .action = PLAN_RESTART, .want = &pair->want, .have = &pair->have, .name = "a" };
	pair->plan = (struct plan){ .items = &pair->item, .nr = 1 };
}

/* The document is this text, and the record that is kept has the spec of 16 MiB. */
static void document(struct pair *pair, const char *text)
{
	size_t nr;

	cfg_set_free(pair->set);
	pair->set = cfg_set_new();
	assert_int_equal(cfg_set_parse(pair->set, "a.yaml", text, strlen(text)), 0);
	assert_int_equal(cfg_set_check(pair->set), 0);
	pair->item.want = cfg_set_domains(pair->set, &nr)[0];
	assert_int_equal(nr, 1);
	pair->item.name = pair->item.want->name;
	pair->stale.record.spec = (char *)"name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n";
}

static void leaves(struct pair *pair, bool changed, bool wanted)
{
	enum plan_action before = pair->item.action;

	watch_leave(&pair->plan, &pair->state, changed);
	assert_int_equal(pair->item.action, wanted ? PLAN_NONE : before);
	pair->item.action = before;
}

/* What applying files leaves to the keys and their back-off. */
static void test_leave(void **state)
{
	struct pair pair;

	pair_init(&pair);
	pair.have.info.shutdown = true;
	leaves(&pair, false, true);
	leaves(&pair, true, true);
	/* Its document was changed: whoever did that may have mended it. */
	pair.item.nr_diffs = 1;
	leaves(&pair, false, true);
	leaves(&pair, true, false);
	/* It is to be gone, kept ones are refused, another tool's are not ours, and what cannot be read has no key. */
	pair.want.state = CFG_STATE_STOPPED;
	pair.item.action = PLAN_DELETE;
	leaves(&pair, false, false);
	pair_init(&pair);
	pair.have.info.shutdown = true;
	pair.item.action = PLAN_REFUSED;
	leaves(&pair, false, true);
	pair.have.record.format = 0;
	leaves(&pair, false, false);
	pair_init(&pair);
	pair.have.info.shutdown = true;
	pair.have.spec = NULL;
	leaves(&pair, false, false);
	/* One that runs, and is to be changed. */
	pair_init(&pair);
	pair.item.action = PLAN_CHANGE;
	leaves(&pair, false, false);
}

/* A record without a domain, or with one that is not finished, is the watch's; else it is what a run left. */
static void test_kept(void **state)
{
	struct pair pair;

	pair_init(&pair);
	pair.state.nr = 0;
	pair.item.have = NULL;
	pair.item.action = PLAN_CREATE;
	leaves(&pair, false, false);
	pair.state.nr_stale = 1;
	assert_true(state_stale_kept(&pair.state, 0));
	assert_false(state_has_leftovers(&pair.state));
	/* Without a spec that could be compared it is not known to be the same. */
	leaves(&pair, false, false);
	assert_true(state_has_leftovers(&pair.state));
	document(&pair, "name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n");
	pair.stale.record.again = true;
	leaves(&pair, false, true);
	leaves(&pair, true, true);
	assert_false(state_has_leftovers(&pair.state));
	/* One that was removed at its end stays away, until its document changes, or is gone. */
	pair.stale.record.again = false;
	pair.stale.record.off = true;
	leaves(&pair, false, true);
	leaves(&pair, true, true);
	assert_true(pair.stale.record.off);
	document(&pair, "name: a\nuuid: " UUID "\nmemory: 32MiB\nkernel: /k\n");
	leaves(&pair, false, false);
	assert_false(pair.stale.record.off);
	pair.stale.record.off = true;
	pair.plan.nr = 0;
	leaves(&pair, false, false);
	assert_false(pair.stale.record.off);
	assert_true(state_has_leftovers(&pair.state));
	/* One that somebody stopped stays away whatever its document says, also without one. */
	pair.stale.record =
		(struct xlite_record){ .format = 1, .finished = true, .stopped = true, .spec = pair.stale.record.spec };
	memcpy(pair.stale.record.uuid, UUID, sizeof(UUID));
	leaves(&pair, false, false);
	pair.plan.nr = 1;
	leaves(&pair, false, true);
	leaves(&pair, true, true);
	assert_true(pair.stale.record.stopped);
	assert_false(state_has_leftovers(&pair.state));
	pair.stale.record.stopped = false;
	/* Another domain's record is no reason. */
	pair.plan.nr = 1;
	document(&pair, "name: b\nmemory: 16MiB\nkernel: /k\n");
	pair.stale.record.again = true;
	leaves(&pair, false, false);
	assert_true(pair.stale.record.again);
	cfg_set_free(pair.set);
	/* A domain that is not finished. */
	pair_init(&pair);
	pair.state.nr_stale = 1;
	pair.have.info.paused = true;
	pair.have.info.cpu_time_ns = 0;
	pair.have.record.finished = false;
	assert_true(state_stale_kept(&pair.state, 0));
	document(&pair, "name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n");
	leaves(&pair, false, true);
	cfg_set_free(pair.set);
	pair.have.record.finished = true;
	assert_false(state_stale_kept(&pair.state, 0));
	assert_true(state_has_leftovers(&pair.state));
	/* Given up, by its uuid, or by the name in its spec. */
	pair_init(&pair);
	pair.state.nr = 0;
	pair.state.nr_stale = 1;
	pair.stale.record.spec = (char *)"name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n";
	assert_false(state_stale_release(&pair.state, "b", (const uint8_t[16]){ 1 }));
	assert_true(state_stale_kept(&pair.state, 0));
	assert_true(state_stale_release(&pair.state, "a", (const uint8_t[16]){ 1 }));
	assert_false(state_stale_kept(&pair.state, 0));
	assert_true(state_has_leftovers(&pair.state));
	pair.stale.record.again = true;
	assert_true(state_stale_release(&pair.state, "b", uuid));
	assert_false(state_stale_release(&pair.state, "b", uuid));
	/* A record as dead runs leave it. */
	assert_true(state_has_leftovers(&pair.state));
}

/* Only what a dead run of ours did not come to start is started for it. */
static void test_not_started(void **state)
{
	struct state_domain twin = { .info = { .paused = true }, .record = { .format = 1, .finished = true, .uuid = UUID } };

	twin.record.spec = (char *)"name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n";
	assert_true(again_not_started(&twin));
	twin.info.cpu_time_ns = 1;
	assert_false(again_not_started(&twin));
	twin.info.cpu_time_ns = 0;
	twin.info.paused = false;
	assert_false(again_not_started(&twin));
	twin.info.paused = true;
	twin.record.finished = false;
	assert_false(again_not_started(&twin));
	twin.record.finished = true;
	twin.record.spec = (char *)"name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\nstate: paused\n";
	assert_false(again_not_started(&twin));
	/* Another tool's, which creates its domains paused. */
	twin = (struct state_domain){ .info = { .paused = true }, .name = (char *)"a" };
	assert_false(again_not_started(&twin));
}

static bool released(struct pair *pair, const struct run *run)
{
	pair->stale.record.again = true;
	planning_release(run, pair->set, &pair->state);
	return !pair->stale.record.again;
}

/*
 * A watch leaves records to the keys, and apply does not; a record whose domain no file describes is pruned with
 * its set by both.
 */
static void test_pruned(void **state)
{
	struct run watch = { .options = { .leaves = true, .set = "fleet", .prune = true } }, apply = watch;
	struct pair pair;

	apply.options.leaves = false;
	pair_init(&pair);
	pair.state.nr = 0;
	pair.state.nr_stale = 1;
	pair.stale.record.set = (char *)"fleet";
	document(&pair, "name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n");
	assert_false(released(&pair, &watch));
	assert_true(released(&pair, &apply));
	document(&pair, "name: b\nmemory: 16MiB\nkernel: /k\n");
	assert_true(released(&pair, &watch));
	assert_true(state_has_leftovers(&pair.state));
	assert_true(released(&pair, &apply));
	/* Of another set, of none, and where nothing is pruned. */
	pair.stale.record.set = (char *)"others";
	assert_false(released(&pair, &watch));
	assert_false(released(&pair, &apply));
	pair.stale.record.set = NULL;
	assert_false(released(&pair, &watch));
	pair.stale.record.set = (char *)"fleet";
	watch.options.prune = apply.options.prune = false;
	assert_false(released(&pair, &watch));
	assert_false(released(&pair, &apply));
	cfg_set_free(pair.set);
}

static enum plan_action planned(struct pair *pair, bool replace)
{
	struct run apply = { .options = { .replace = replace } };
	struct plan plan = { 0 };
	enum plan_action action;

	pair->stale.record.saved = true;
	planning_release(&apply, pair->set, &pair->state);
	assert_int_equal(pair->stale.record.saved, !replace);
	assert_int_equal(plan_add(&plan, pair->item.want, &pair->state, &(struct plan_options){ .replace = replace }), 0);
	action = plan.items[0].action;
	assert_true(action != PLAN_REFUSED || strstr(plan.items[0].reason, "sleeps in a file"));
	plan_clear(&plan);
	return action;
}

/* Whether the record of a guest that was saved outlives --prune of its set. */
static bool is_kept_by_prune(struct pair *pair)
{
	struct run prunes = { .options = { .prune = true, .set = "s" } };

	pair->stale.record.saved = true;
	pair->stale.record.set = (char *)"s";
	planning_release(&prunes, pair->set, &pair->state);
	pair->stale.record.set = NULL;
	return pair->stale.record.saved;
}

/*
 * A guest that sleeps in a file is booted by --replace only, whatever of its name and uuid the document still has; also
 * beside what a restore left.
 */
static void test_saved(void **state)
{
	static const char *const texts[] = {
		"name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n", "name: a\nmemory: 32MiB\nkernel: /k\n",
		"name: b\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\n",
	};
	struct pair pair;

	pair_init(&pair);
	pair.state.nr = 0;
	pair.state.nr_stale = 1;
	pair.stale.record.again = false;
	for (size_t i = 0; i < 3; i++) {
		document(&pair, texts[i]);
		assert_int_equal(planned(&pair, false), PLAN_REFUSED);
		assert_int_equal(planned(&pair, true), PLAN_CREATE);
		assert_true(is_kept_by_prune(&pair));
	}
	document(&pair, "name: c\nmemory: 16MiB\nkernel: /k\n");
	assert_false(is_kept_by_prune(&pair));
	document(&pair, texts[0]);
	pair.have.info.paused = true;
	pair.have.info.cpu_time_ns = 0;
	pair.have.record.finished = false;
	pair.state.nr = 1;
	assert_int_equal(planned(&pair, false), PLAN_REFUSED);
	assert_int_equal(planned(&pair, true), PLAN_RESTART);
	/* A watch does not forget it, either: the document means it by its name, or says that it is to be gone. */
	pair.state.nr = 0;
	pair.item.have = NULL;
	pair.item.action = PLAN_REFUSED;
	document(&pair, texts[1]);
	pair.stale.record.saved = true;
	leaves(&pair, true, false);
	assert_true(pair.stale.record.saved);
	pair.item.action = PLAN_NONE;
	document(&pair, "name: a\nuuid: " UUID "\nmemory: 16MiB\nkernel: /k\nstate: stopped\n");
	leaves(&pair, true, true);
	assert_true(pair.stale.record.saved);
	cfg_set_free(pair.set);
}

/* What a suspended guest has in memory may be nowhere else: it is not ended in passing, whoever made its domain. */
static void test_suspended(void **state)
{
	struct plan_options options = { .adopt = true };
	struct pair pair;

	pair_init(&pair);
	pair.have.info.shutdown = true;
	pair.have.info.shutdown_reason = SHUTDOWN_suspend;
	for (int foreign = 0; foreign < 2; foreign++) {
		struct plan plan = { 0 };

		pair.have.record.format = !foreign;
		options.replace = false;
		assert_int_equal(plan_add_delete(&plan, &pair.have, &options), 0);
		assert_int_equal(plan_add_prune(&plan, &pair.have, &options), 0);
		options.replace = true;
		assert_int_equal(plan_add_delete(&plan, &pair.have, &options), 0);
		assert_int_equal(plan_add_prune(&plan, &pair.have, &options), 0);
		assert_int_equal(plan.items[0].action, PLAN_REFUSED);
		assert_non_null(strstr(plan.items[0].hint, "--now ends it"));
		assert_int_equal(plan.items[1].action, PLAN_REFUSED);
		assert_non_null(strstr(plan.items[1].hint, "--replace ends it"));
		assert_true(plan.items[1].pruned);
		assert_int_equal(plan.items[2].action, PLAN_DELETE);
		assert_int_equal(plan.items[3].action, PLAN_DELETE);
		plan_clear(&plan);
	}
	/* One that has crashed has nothing to lose. */
	pair.have.info.shutdown_reason = SHUTDOWN_crash;
	pair.plan = (struct plan){ 0 };
	options.replace = false;
	assert_int_equal(plan_add_delete(&pair.plan, &pair.have, &options), 0);
	assert_int_equal(pair.plan.items[0].action, PLAN_DELETE);
	plan_clear(&pair.plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leave),  cmocka_unit_test(test_kept),  cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_pruned), cmocka_unit_test(test_saved), cmocka_unit_test(test_suspended),
	};

	return cmocka_run_group_tests_name("run_watch", tests, NULL, NULL);
}
