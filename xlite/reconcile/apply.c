/* SPDX-License-Identifier: GPL-2.0-or-later
 * Carries plans out: makes an item's steps and has them walked (step.c).
 */
#include "xlite/reconcile/apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/reconcile/change.h"
#include "xlite/reconcile/change_devices.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/step.h"

/* For a guest to let go of a device, or to follow a change of its memory or vCPUs, unless --timeout says otherwise. */
#define LET_GO_MS 30000

/* Between two looks, the first and the last: Xen tells nobody of what a guest does with its memory and its vCPUs. */
#define FOLLOW_FIRST_MS 10
#define FOLLOW_LAST_MS 1000

static int tell_lag(const struct state_domain *domain, const struct state_lag *lag, struct xlite_error *err)
{
	auto_buf struct buf text = BUF_INIT;

	if (lag->memory)
		buf_printf(&text, "%llu of %llu MiB", (unsigned long long)lag->memory_kib / 1024,
			   (unsigned long long)domain->spec->memory_kib / 1024);
	if (lag->vcpus)
		buf_printf(&text, "%s%u of %u vCPUs", text.len ? ", " : "", lag->vcpus_online, domain->spec->vcpus_online);
	xlite_error_status(err, -ETIMEDOUT, XLITE_TIMEOUT, "was changed, but the guest has not followed yet: it has %s",
			   buf_str(&text));
	xlite_error_hint(err, "it may be booting still: `xlite plan' shows when it has followed; it needs a balloon driver, or CPU "
			      "hotplug, and a kernel that can have more than it was booted with");
	return -ETIMEDOUT;
}

static int forget_asked(struct host *host, const struct state_domain *domain, struct xlite_error *err)
{
	struct xlite_record record = { .waits = domain->record.waits, .begun = domain->record.begun,
				       .ends = domain->record.ends };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xlite_record_finish(batch, domain->info.domid, &record);
	rc = xlite_store_batch_apply(host->store, batch, err);
	xlite_store_batch_free(batch);
	return rc;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* Waits until the guest has what it was given or told to give back. One that is paused follows when it runs again. */
static int follow(struct host *host, struct state_domain *domain, int64_t deadline_ns, struct xlite_error *err)
{
	int64_t pause_ms = FOLLOW_FIRST_MS;
	struct state_lag lag;

	for (;;) {
		int rc = xlite_domain_info(host->xen, domain->info.domid, &domain->info, err);

		if (rc)
			return rc;
		lag = state_lag(domain);
		if (!lag.memory && !lag.vcpus)
			return domain->info.paused ? 0 : forget_asked(host, domain, err);
		if (host->interrupted && *host->interrupted)
			return xlite_error_set(err, -EINTR, "was changed; interrupted while the guest follows");
		if (clock_now_ns() >= deadline_ns)
			return tell_lag(domain, &lag, err);
		sleep_ms(pause_ms);
		pause_ms = pause_ms * 2 > FOLLOW_LAST_MS ? FOLLOW_LAST_MS : pause_ms * 2;
	}
}

/* Reads the domain again: what was applied must be what is there. */
static int verify(struct host *host, uint32_t domid, const struct cfg_domain *want, int64_t follow_ns, struct xlite_error *err)
{
	struct state state;
	struct state_domain *now;
	struct cfg_diff *diffs = NULL;
	size_t nr = 0;
	int rc = observe_domain(host, domid, &state, err);

	if (rc)
		return rc;
	now = state_find_uuid(&state, want->uuid);
	rc = now ? observe_details(host, &now, 1, err) :
		   xlite_error_set(err, -ESRCH, "the domain has gone while it was changed");
	if (!rc && now->spec)
		rc = cfg_diff(now->spec, want, &diffs, &nr);
	if (!rc && nr)
		rc = xlite_error_set(err, -EIO, "was changed, but %s still is %s", diffs[0].path,
				     diffs[0].before ? diffs[0].before : "absent");
	for (size_t i = 0; !rc && i < now->nr_resized; i++) {
		if (!now->resized[i].exchanged)
			rc = xlite_error_set(err, -EIO, "was changed, but disk %s still has another size than its file",
					     now->resized[i].vdev);
	}
	if (!rc && now->qemu_ended)
		rc = xlite_error_set(err, -EIO, "was changed, but its QEMU has ended");
	else if (!rc && now->record.asked)
		rc = follow(host, now, follow_ns, err);
	cfg_diff_free(diffs, nr);
	state_clear(&state);
	return rc;
}

/* What can be had now, where some of what is wanted must wait for the next boot. */
static struct cfg_domain *wanted_now(const struct plan_item *item, struct xlite_error *err)
{
	struct cfg_domain *now = cfg_domain_copy(item->want);

	if (now && item->waits && cfg_domain_keep(now, item->have->spec)) {
		cfg_domain_free(now);
		now = NULL;
	}
	if (!now)
		xlite_error_set(err, -ENOMEM, "out of memory");
	return now;
}

/* A change of what can be changed now. */
struct possible {
	struct cfg_domain *want;
	struct plan_item item;
	struct step steps[CHANGE_STEPS_MAX];
};

static int possible_make(struct possible *possible, const struct plan_item *item, struct xlite_error *err)
{
	*possible = (struct possible){ .want = wanted_now(item, err), .item = *item };
	if (!possible->want)
		return -ENOMEM;
	possible->item.want = possible->want;
	change_steps(&possible->item, possible->steps);
	return 0;
}

int apply_change(struct host *host, const struct plan_item *item, const struct apply_options *options, struct xlite_error *err)
{
	struct possible possible;
	struct change_job job = {
		.host = host, .item = &possible.item, .set = options->set, .next = item->waits ? item->want : NULL,
		.timeout_ms = options->timeout_s ? options->timeout_s * 1000 : LET_GO_MS,
	};
	int rc = possible_make(&possible, item, err);

	if (rc)
		return rc;
	rc = steps_walk(host, item->name, possible.steps, &job, "`xlite apply' again goes on from what is there now", err);
	change_devices_free(job.devices);
	if (!rc)
		rc = verify(host, item->have->info.domid, possible.want, clock_deadline_ms(job.timeout_ms), err);
	cfg_domain_free(possible.want);
	return rc;
}

int apply_foresee_change(struct host *host, const struct plan_item *item, bool given, struct xlite_error *err)
{
	struct possible possible;
	struct change_job job = { .host = host, .item = &possible.item, .given = given };
	int rc = possible_make(&possible, item, err);

	if (rc)
		return rc;
	rc = steps_check(possible.steps, &job, NULL, err);
	change_devices_free(job.devices);
	cfg_domain_free(possible.want);
	return rc;
}

int apply_item(struct host *host, const struct plan_item *item, const struct apply_options *options, const char **done,
	       uint32_t *domid, struct xlite_error *err)
{
	bool forced;
	int rc = 0;

	switch (item->action) {
	case PLAN_NONE:
		*done = "unchanged";
		return 0;
	case PLAN_CREATE:
		*done = "created";
		rc = apply_create(host, item->want, options, domid, err);
		break;
	case PLAN_CHANGE:
		*done = "changed";
		rc = apply_change(host, item, options, err);
		break;
	case PLAN_RESTART:
		*done = "created";
		rc = apply_replace(host, item, options, domid, err);
		break;
	case PLAN_REPLACE:
		*done = "replaced";
		rc = apply_replace(host, item, options, domid, err);
		break;
	case PLAN_DELETE:
		rc = apply_stop(host, item->have, options, &forced, err);
		*done = forced ? "destroyed" : "deleted";
		break;
	case PLAN_REFUSED:
		*done = "refused";
		rc = plan_refused(item, err);
		break;
	}
	if (rc)
		xlite_error_prefix(err, "%s", item->name);
	return rc;
}
