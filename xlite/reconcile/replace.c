/* SPDX-License-Identifier: GPL-2.0-or-later
 * The end of a domain that runs, and its building anew. A guest may be waited for without the host's lock: what was seen
 * before the lock was ours is looked at again.
 */
#include "xlite/reconcile/apply.h"

#include <errno.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "common/clock.h"
#include "xlite/reconcile/again.h"
#include "xlite/reconcile/observe.h"

#define LOCK_MS 60000
#define STOP_HINT "`xlite shutdown' ends its guest, `xlite delete --adopt' removes it"

/* The time that a guest has: its own, and no more than all have together. */
static unsigned time_to_end(const struct state_domain *have, const struct apply_options *options)
{
	unsigned timeout_s = options->timeout_s ? options->timeout_s : have->spec ? have->spec->shutdown_timeout_s : 60;
	int64_t left_ns = options->deadline_ns - clock_now_ns();

	if (!options->deadline_ns || left_ns > timeout_s * NS_PER_SEC)
		return timeout_s;
	return left_ns > 0 ? (unsigned)(left_ns / NS_PER_SEC) : 0;
}

/* Where it ends in any case, one that somebody paused goes on: it would lose what it has in memory. */
static int shut_down(struct host *host, const struct state_domain *have, const struct apply_options *options,
		     struct xlite_error *err)
{
	struct state_domain awake = *have;
	int rc = 0;

	if (options->deadline_ns && have->info.paused) {
		awake.info.paused = false;
		rc = xlite_domain_unpause(host->xen, have->info.domid, err);
	}
	return rc ? rc : apply_shutdown(host, &awake, options->reboot ? "reboot" : "poweroff", time_to_end(have, options), err);
}

/*
 * Asks the guest to end, where there is one and the options do not forbid it. *forced: it has not followed, and ends by
 * the deadline that there is.
 */
static int ask(struct host *host, const struct state_domain *have, const struct apply_options *options, bool *forced,
	       struct xlite_error *err)
{
	bool idle = have->info.shutdown || have->info.dying || state_unfinished(have);
	int64_t start = host_start_ns(host);
	bool was_locked;
	int rc;

	*forced = false;
	if (options->now || idle)
		return 0;
	if (!have->info.domid)
		return xlite_error_status(err, -EPERM, XLITE_CONFLICT, "the control domain is not shut down");
	host_tell(host, "step", have->name, "shutdown", "start", 0, NULL);
	was_locked = host_wait_begin(host);
	rc = shut_down(host, have, options, err);
	*forced = rc && rc != -EINTR && options->deadline_ns;
	if (!rc)
		rc = host_wait_end(host, was_locked, err);
	host_tell(host, "step", have->name, "shutdown", rc ? "failed" : "done", start, rc ? err : NULL);
	return *forced ? host_wait_end(host, was_locked, err) : rc;
}

/* A domain that was seen unfinished may have been in another run's hands. */
static int lock(struct host *host, const struct state_domain *have, struct xlite_error *err)
{
	struct xlite_record record = { 0 };
	uint32_t domid = have->info.domid;
	bool had_lock = host->locked;
	int rc = host_lock(host, LOCK_MS, err);

	if (rc || had_lock || !state_unfinished(have))
		return rc;
	rc = xlite_record_read(host->store, &domid, 1, &record, err);
	if (!rc && record.finished)
		rc = xlite_error_set(err, -EAGAIN, "another run has just created it");
	xlite_record_clear(&record);
	return rc;
}

/* want: what is built in its place and must not be lost when this run is; or NULL. */
static int destroy(struct host *host, const struct state_domain *have, const struct apply_options *options,
		   const struct cfg_domain *want, struct xlite_error *err)
{
	unsigned timeout_s = options->now ? options->timeout_s : 0;
	int64_t start = host_start_ns(host);
	int rc;

	host_tell(host, "step", have->name, "destroy", "start", 0, NULL);
	rc = want ? again_destroy(host, have, timeout_s, want, options->ends, err) :
		    apply_destroy(host, have->info.domid, have->info.uuid, timeout_s, err);
	host_tell(host, "step", have->name, "destroy", rc ? "failed" : "done", start, rc ? err : NULL);
	return rc;
}

int apply_stop(struct host *host, const struct state_domain *have, const struct apply_options *options, bool *forced,
	       struct xlite_error *err)
{
	int rc = ask(host, have, options, forced, err);

	if (!rc)
		rc = lock(host, have, err);
	return rc ? rc : destroy(host, have, options, NULL, err);
}

int apply_replace(struct host *host, const struct plan_item *item, const struct apply_options *options, uint32_t *domid,
		  struct xlite_error *err)
{
	const struct state_domain *have = item->have;
	struct apply_options create = *options;
	uint32_t twin = 0;
	bool forced;
	/* What can be refused is refused before the old domain is touched. */
	int rc = apply_foresee(host, item->want, &(struct apply_ends){ &have, 1, 1 }, err);

	if (!rc)
		rc = ask(host, have, options, &forced, err);
	if (!rc)
		rc = lock(host, have, err);
	/* Two domains must not have one uuid: their nodes would be one's. */
	if (!rc)
		rc = apply_twin(host, have->info.domid, have->info.uuid, &twin, err);
	if (!rc && twin)
		rc = apply_overtaken(twin, err);
	if (!rc)
		rc = destroy(host, have, options, options->ends ? item->want : NULL, err);
	if (!create.set)
		create.set = have->record.set;
	if (!rc)
		rc = apply_create(host, item->want, &create, domid, err);
	if (!rc && options->ends)
		again_forget(host, have->info.domid);
	return rc;
}

static int check_spec(const struct state_domain *domain, const char *hint, struct xlite_error *err)
{
	if (state_owned(domain) && domain->spec)
		return 0;
	xlite_error_status(err, -EPERM, XLITE_CONFLICT,
			   "was not made by xlite, which therefore has no spec to build it again from");
	xlite_error_hint(err, "%s", hint);
	return -EPERM;
}

/*
 * Another tool's, as xlite leaves no domain so; or one that is handed over, beside which nothing may be built, whatever the
 * options say. As it is now: the run that was waited for may have done that.
 */
static int check_suspended(struct host *host, const struct state_domain *domain, const struct apply_options *options,
			   struct xlite_error *err)
{
	struct state_domain now = { 0 };
	bool handed_over, suspended;
	int rc = xlite_domain_info(host->xen, domain->info.domid, &now.info, err);

	if (rc == -ESRCH) {
		/* That it is gone is told by who finds that it was overtaken. */
		*err = (struct xlite_error){ 0 };
		return 0;
	}
	if (!rc)
		rc = xlite_record_read(host->store, &domain->info.domid, 1, &now.record, err);
	if (rc)
		return rc;
	handed_over = state_handed_over(&now);
	suspended = now.info.shutdown && now.info.shutdown_reason == SHUTDOWN_suspend;
	xlite_record_clear(&now.record);
	if (handed_over) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "its guest is handed over to another host, where it may run");
		xlite_error_hint(err,
				 "the same `xlite migrate' again asks that host; `xlite delete --now' removes what is here");
		return -EBUSY;
	}
	if (!suspended || options->now)
		return 0;
	xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "it is suspended: another tool may be saving or migrating it");
	xlite_error_hint(err, "--now ends it all the same, and what it has in memory is lost");
	return -EBUSY;
}

/* What a domain is built from anew: its record, or what waits there for a reboot. */
static int reboot_want(const struct state_domain *domain, struct cfg_domain **want, struct xlite_error *err)
{
	int rc = check_spec(domain, "reboot it with the tool that made it: xl reboot, virsh reboot", err);

	*want = NULL;
	if (rc)
		return rc;
	*want = cfg_domain_copy(domain->next ? domain->next : domain->spec);
	if (!*want)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	(*want)->state = CFG_STATE_RUNNING;
	again_keep_formats(domain->spec, *want);
	return 0;
}

/* Reads the domain again, once the lock is held: another run may have changed, rebuilt or removed it. */
static int look_again(struct host *host, const struct state_domain *before, struct state *state, struct xlite_error *err)
{
	const struct xlite_domain_info *info;
	struct state_domain *now;
	uint32_t twin = 0;
	int rc = observe_domain(host, before->info.domid, state, err);
	bool gone = rc == -ESRCH;

	if (rc && !gone)
		return rc;
	info = gone ? NULL : &state->domains->info;
	if (gone || info->dying || memcmp(info->uuid, before->info.uuid, 16)) {
		rc = apply_twin(host, before->info.domid, before->info.uuid, &twin, err);
		return rc ? rc : apply_overtaken(twin, err);
	}
	now = state->domains;
	return observe_details(host, &now, 1, err);
}

static int reboot_locked(struct host *host, const struct state_domain *before, const struct apply_options *options,
			 uint32_t *domid, struct xlite_error *err)
{
	struct plan_item item = { .action = PLAN_REPLACE };
	struct cfg_domain *want = NULL;
	struct state state = { 0 };
	int rc = look_again(host, before, &state, err);

	if (!rc)
		rc = reboot_want(state.domains, &want, err);
	if (!rc) {
		item.want = want;
		item.have = state.domains;
		item.name = state.domains->name;
		rc = apply_replace(host, &item, options, domid, err);
	}
	cfg_domain_free(want);
	state_clear(&state);
	return rc;
}

int apply_reboot(struct host *host, const struct state_domain *domain, const struct apply_options *options, uint32_t *domid,
		 struct xlite_error *err)
{
	struct apply_options how = *options;
	struct cfg_domain *want;
	bool forced;
	int rc = reboot_want(domain, &want, err);

	/* Now, too, since the guest is running yet; what comes after may be another spec. */
	if (!rc)
		rc = apply_foresee(host, want, &(struct apply_ends){ &domain, 1, 1 }, err);
	cfg_domain_free(want);
	how.reboot = true;
	if (!rc)
		rc = check_suspended(host, domain, options, err);
	if (!rc)
		rc = ask(host, domain, &how, &forced, err);
	if (!rc)
		rc = lock(host, domain, err);
	return rc ? rc : reboot_locked(host, domain, &how, domid, err);
}

/*
 * Its record says that it is half built, and would say otherwise while it is removed: a run that is killed then
 * leaves one that can be unpaused.
 */
static int check_finished(const struct state_domain *domain, struct xlite_error *err)
{
	if (!state_unfinished(domain))
		return 0;
	xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "its creation was never finished");
	xlite_error_hint(err, "`xlite apply' of its spec builds it anew, `xlite delete' removes it");
	return -EBUSY;
}

static int remove_locked(struct host *host, const struct state_domain *before, const struct apply_options *options,
			 struct xlite_error *err)
{
	int64_t start = host_start_ns(host);
	struct state state = { 0 };
	int rc = look_again(host, before, &state, err);

	if (!rc)
		rc = check_spec(state.domains, STOP_HINT, err);
	if (!rc)
		rc = check_finished(state.domains, err);
	if (!rc) {
		host_tell(host, "step", before->name, "destroy", "start", 0, NULL);
		rc = again_remove(host, state.domains, options->now ? options->timeout_s : 0, AGAIN_STOPPED, err);
		host_tell(host, "step", before->name, "destroy", rc ? "failed" : "done", start, rc ? err : NULL);
	}
	state_clear(&state);
	return rc;
}

int apply_stop_keeping(struct host *host, const struct state_domain *domain, const struct apply_options *options,
		       struct xlite_error *err)
{
	int rc = check_spec(domain, STOP_HINT, err);
	bool forced;

	if (!rc)
		rc = check_suspended(host, domain, options, err);
	if (!rc)
		rc = ask(host, domain, options, &forced, err);
	if (!rc)
		rc = lock(host, domain, err);
	return rc ? rc : remove_locked(host, domain, options, err);
}
