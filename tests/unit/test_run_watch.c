/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the watch does with a domain that has ended, over all codes and all words of the on_ keys; and its back-off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "xlite/reconcile/again.h"
#include "xlite/run/planning.h"
#include "xlite/run/watch_domains.h"
#include "xlite/run/watch_mend.h"
#include "xlite/run/watch_metrics.h"
#include "xlite/run/watch_policy.h"
#include "xlite/run/watch_status.h"

#define LONGEST 300

static const enum cfg_action actions[] = {
	CFG_ACTION_DESTROY, CFG_ACTION_RESTART, CFG_ACTION_PRESERVE, CFG_ACTION_RENAME_RESTART, CFG_ACTION_COREDUMP_DESTROY,
	CFG_ACTION_COREDUMP_RESTART,
};
static const enum watch_deed deeds[] = { WATCH_REMOVE, WATCH_BUILD, WATCH_KEEP, WATCH_BUILD, WATCH_REMOVE, WATCH_BUILD };

/* The spec in which one key has this word, and every other one another that leads elsewhere. */
static struct cfg_domain spec_of(unsigned code, enum cfg_action action)
{
	enum cfg_action other = action == CFG_ACTION_PRESERVE ? CFG_ACTION_RESTART : CFG_ACTION_PRESERVE;
	struct cfg_domain spec = { .on_poweroff = other, .on_reboot = other, .on_crash = other, .on_watchdog = other, .on_soft_reset = other };

	switch (code) {
	case SHUTDOWN_poweroff: spec.on_poweroff = action; break;
	case SHUTDOWN_reboot: spec.on_reboot = action; break;
	case SHUTDOWN_crash: spec.on_crash = action; break;
	case SHUTDOWN_watchdog: spec.on_watchdog = action; break;
	case SHUTDOWN_soft_reset: spec.on_soft_reset = action; break;
	default: break;
	}
	return spec;
}

static void test_each_end(void **state)
{
	static const unsigned codes[] = { SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_crash, SHUTDOWN_watchdog, SHUTDOWN_soft_reset };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		for (size_t k = 0; k < sizeof(actions) / sizeof(actions[0]); k++) {
			struct cfg_domain spec = spec_of(codes[i], actions[k]);
			struct xlite_domain_info info = { .domid = 3, .shutdown = true, .shutdown_reason = codes[i] };

			assert_int_equal(watch_deed(&info, &spec), deeds[k]);
			info.dying = true;
			assert_int_equal(watch_deed(&info, &spec), WATCH_NOTHING);
			info = (struct xlite_domain_info){ .domid = 3, .shutdown_reason = codes[i] };
			assert_int_equal(watch_deed(&info, &spec), WATCH_NOTHING);
		}
	}
}

/* Whatever the keys say: a guest that is being saved must stay, and so must what nobody knows. */
static void test_left(void **state)
{
	for (unsigned code = 0; code < 256; code++) {
		struct xlite_domain_info info = { .domid = 3, .shutdown = true, .shutdown_reason = code };
		struct cfg_domain spec = { .on_poweroff = CFG_ACTION_RESTART, .on_reboot = CFG_ACTION_RESTART, .on_crash = CFG_ACTION_RESTART,
					   .on_watchdog = CFG_ACTION_RESTART, .on_soft_reset = CFG_ACTION_RESTART };

		assert_int_equal(watch_deed(&info, &spec), code == SHUTDOWN_suspend || code > SHUTDOWN_soft_reset ? WATCH_LEAVE : WATCH_BUILD);
	}
}

static void test_pause(void **state)
{
	static const unsigned wanted[] = { 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };

	for (unsigned nr = 0; nr < sizeof(wanted) / sizeof(wanted[0]); nr++)
		assert_int_equal(watch_pause_s(nr, LONGEST), wanted[nr]);
	assert_int_equal(watch_pause_s(33, 86400), 86400);
	assert_int_equal(watch_pause_s(4294967295u, 86400), 86400);
	assert_int_equal(watch_pause_s(5, 1), 1);
	assert_int_equal(watch_retry_s(0, LONGEST), 0);
	assert_int_equal(watch_retry_s(1, LONGEST), 1);
	assert_int_equal(watch_retry_s(9, LONGEST), 256);
	assert_int_equal(watch_retry_s(4294967295u, LONGEST), LONGEST);
}

static void test_wait(void **state)
{
	static const struct {
		struct xlite_record_ends ends;
		uint64_t now_s;
		unsigned wait_s;
	} cases[] = {
		{ { 0, 0 }, 0, 0 }, { { 0, 0 }, 5, 0 }, { { 1, 100 }, 100, 0 }, { { 2, 100 }, 100, 1 }, { { 2, 100 }, 101, 0 },
		{ { 8, 100 }, 100, 64 }, { { 8, 100 }, 163, 1 }, { { 8, 100 }, 164, 0 }, { { 50, 100 }, 101, 299 },
		/* A healthy stretch: twice the longest pause. */
		{ { 50, 100 }, 400, 0 }, { { 50, 100 }, 700, 0 },
		/* A time that has not come yet is damage: it waits no longer than if it was now. */
		{ { 4, 1000 }, 100, 4 }, { { 4, UINT64_MAX }, 100, 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(watch_wait_s(&cases[i].ends, LONGEST, cases[i].now_s), cases[i].wait_s);
}

static void test_count(void **state)
{
	struct xlite_record_ends ends = { 0, 0 };

	ends = watch_count(&ends, LONGEST, 50);
	assert_int_equal(ends.nr, 1);
	assert_true(ends.built_s == 50);
	ends = watch_count(&ends, LONGEST, 649);
	assert_int_equal(ends.nr, 2);
	ends = watch_count(&ends, LONGEST, 649 + 600);
	assert_int_equal(ends.nr, 1);
	assert_true(ends.built_s == 1249);
	ends = (struct xlite_record_ends){ 4294967295u, 1249 };
	ends = watch_count(&ends, LONGEST, 1250);
	assert_int_equal(ends.nr, 4294967295u);
}

/* A guest that ends at once, for a day, with whatever luck of the watch: no more builds than the pauses allow. */
static void test_loop(void **state)
{
	struct xlite_record_ends ends = { 0, 0 };
	unsigned builds = 0;

	for (uint64_t now_s = 1000; now_s < 1000 + 86400; now_s++) {
		if (watch_wait_s(&ends, LONGEST, now_s))
			continue;
		ends = watch_count(&ends, LONGEST, now_s);
		builds++;
	}
	assert_in_range(builds, 86400 / LONGEST, 86400 / LONGEST + 11);
}

static const uint8_t uuid[16] = { 0x3e, 0x5b, 0x2b, 0x70, 0x0a, 0x4a, 0x45, 0x2b, 0xa2, 0x27, 0xf4, 0x52, 0xaf, 0x80, 0xa8, 0xf3 };
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
	pair->stale = (struct state_stale){ .domid = 9, .record = { .format = 1, .finished = true, .again = true, .uuid = UUID } };
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
	pair.stale.record = (struct xlite_record){ .format = 1, .finished = true, .stopped = true, .spec = pair.stale.record.spec };
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

/* A watch leaves records to the keys, and apply does not; a record whose domain no file describes is pruned with its set by both. */
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

/*
 * A guest that sleeps in a file is booted by --replace only, whatever of its name and uuid the document still has; also beside what a restore
 * left.
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
	}
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

/* A word of the process that did it, a failure, and what is said once. */
static void test_memory(void **state)
{
	struct watched item = { .name = (char *)"a", .ended = true, .deed = WATCH_BUILD, .told = "it has crashed", .ends = { 3, 100 }, .due_s = 102 };
	struct watch_domains domains = { .items = &item, .nr = 1, .longest_s = LONGEST };
	struct watch_word word = { .text = "done" };
	char text[256];

	memcpy(item.uuid, uuid, 16);
	memcpy(word.uuid, uuid, 16);
	assert_true(watch_domains_due_s(&domains) == 102);
	assert_true(watch_domains_say(&item, 100, text, sizeof(text)));
	assert_string_equal(text, "a: it has crashed (4 ends in a row): it is built anew in 2 s, and from now on less and less often");
	assert_false(watch_domains_say(&item, 100, text, sizeof(text)));
	/* Not due yet: the process was not to do it. */
	watch_domains_try(&domains, 101);
	watch_domains_tried(&domains, 101);
	assert_int_equal(item.fails, 0);
	/* It died, or did nothing. */
	watch_domains_try(&domains, 102);
	watch_domains_tried(&domains, 103);
	assert_int_equal(item.fails, 1);
	assert_true(watch_domains_due_s(&domains) == 104);
	/* It says that it failed, and why. */
	watch_domains_try(&domains, 104);
	word.failed = true;
	watch_domains_take(&domains, &word, 105);
	watch_domains_tried(&domains, 105);
	assert_int_equal(item.fails, 2);
	assert_string_equal(item.last, "done");
	/* It did it. */
	word.failed = false;
	watch_domains_take(&domains, &word, 110);
	assert_int_equal(item.fails, 0);
	assert_int_equal(item.ends.nr, 4);
	assert_true(item.ends.built_s == 110);
	assert_false(watch_domains_say(&item, 110, text, sizeof(text)));
	/* Nothing is due of what is kept, or runs. */
	item = (struct watched){ .name = (char *)"a", .ended = true, .deed = WATCH_KEEP, .told = "it has shut down", .policy = "on_poweroff" };
	assert_true(watch_domains_due_s(&domains) == UINT64_MAX);
	assert_true(watch_domains_say(&item, 5, text, sizeof(text)));
	assert_string_equal(text, "a: it has shut down, and is kept for inspection (on_poweroff: preserve)");
	item.ended = false;
	item.deed = WATCH_BUILD;
	assert_true(watch_domains_due_s(&domains) == UINT64_MAX);
}

/* What a service manager shows: with --drift=warn the host differs, and nothing has failed. */
static void test_status_line(void **state)
{
	static const struct {
		struct watch_applied applied;
		const char *end;
	} cases[] = {
		{ { .status = 1 }, "0 kept for inspection" }, { { .known = true }, "0 kept for inspection" },
		{ { .known = true, .status = XLITE_DIFFERS }, "; the host differs from the files" },
		{ { .known = true, .status = XLITE_FAILED }, "; the files could not be applied as a whole" },
		{ { .known = true, .status = -9 }, "; the files could not be applied as a whole" },
	};
	struct watch_domains domains = { .longest_s = LONGEST };
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].end);

		watch_status_line(&domains, &cases[i].applied, text, sizeof(text));
		assert_true(strlen(text) > len);
		assert_string_equal(text + strlen(text) - len, cases[i].end);
	}
}

/* The file as a whole: names, types, and a label that holds what ends one. */
static void test_metrics(void **state)
{
	struct watched items[] = {
		{ .name = (char *)"a\"b\\", .ended = true, .deed = WATCH_BUILD, .ends = { 3, 100 } },
		{ .name = (char *)"c", .ended = true, .deed = WATCH_KEEP }, { .name = (char *)"d", .deed = WATCH_BUILD, .ends = { 1, 100 } },
	};
	struct watch_domains domains = { .items = items, .nr = 3, .nr_built = 7, .nr_removed = 2, .nr_failed = 1 };
	struct watch_applied applied = { .known = true, .status = 65, .real_s = 1700000100 };
	char path[] = "/tmp/xlite-metrics-XXXXXX", nowhere[] = "/nonexistent/metrics";
	struct watch_metrics metrics = { .path = path, .began = 1700000000 };
	struct xlite_error err = { 0 };
	struct buf text = BUF_INIT;
	struct stat before, after;
	int fd = mkstemp(path);
	mode_t mask;

	watch_metrics_print(&domains, &applied, 1700000000, &text);
	assert_non_null(strstr(buf_str(&text), "# HELP xlite_watch_builds_total Domains that were built anew after their end.\n"
					       "# TYPE xlite_watch_builds_total counter\nxlite_watch_builds_total 7\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_removals_total 2\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_failures_total 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_ended_domains{deed=\"build\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_ended_domains{deed=\"keep\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_builds_in_a_row{domain=\"a\\\"b\\\\\"} 3\n"
					       "xlite_watch_builds_in_a_row{domain=\"d\"} 1\n"));
	assert_non_null(strstr(buf_str(&text), "\nxlite_watch_files_status 65\n"));
	assert_non_null(strstr(buf_str(&text), "gauge\nxlite_watch_start_time_seconds 1700000000\n"));
	/* Another file, once, as long as nothing changes; for others than root to read. */
	mask = umask(0077);
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	umask(mask);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0644);
	assert_int_equal(before.st_size, text.len);
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	domains.nr_built++;
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	watch_metrics_end(&metrics);
	assert_int_not_equal(access(path, F_OK), 0);
	/* Told once. */
	metrics = (struct watch_metrics){ .path = nowhere };
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), -ENOENT);
	assert_int_equal(watch_metrics_update(&metrics, &domains, &applied, &err), 0);
	watch_metrics_end(&metrics);
	buf_clear(&text);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_end), cmocka_unit_test(test_left), cmocka_unit_test(test_pause), cmocka_unit_test(test_wait),
		cmocka_unit_test(test_count), cmocka_unit_test(test_loop), cmocka_unit_test(test_leave), cmocka_unit_test(test_kept),
		cmocka_unit_test(test_not_started), cmocka_unit_test(test_pruned), cmocka_unit_test(test_saved), cmocka_unit_test(test_suspended),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_status_line),
		cmocka_unit_test(test_metrics),
	};

	return cmocka_run_group_tests_name("run_watch", tests, NULL, NULL);
}
