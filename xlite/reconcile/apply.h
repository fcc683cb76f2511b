/* SPDX-License-Identifier: GPL-2.0-or-later
 * Carries plans out. The only place that walks steps.
 */
#ifndef RECONCILE_APPLY_H
#define RECONCILE_APPLY_H

#include "hotplug/qemu.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/plan.h"
#include "xlite/reconcile/state.h"

/** A guest that comes from another host, which lets it go on here or does not. */
struct apply_arrival {
	void *ctx;
	/* called when all but that is done; another status than 0 takes it all back */
	int (*whole)(void *ctx, struct xlite_error *err);
};

struct apply_options {
	const char *set;		/* --set NAME, or NULL */
	bool now;			/* destroy without asking the guest first */
	bool reboot;			/* tell the guest that it will be started again */
	struct xlite_restore *restore;	/* the memory of what is created comes from there; or NULL */
	const char *next;		/* with restore: the spec that waits for the next boot, or NULL */
	bool paused;			/* with restore: it is left paused */
	const struct apply_arrival *arrival; /* with restore; or NULL */
	/* of a domain that is built anew as it has ended: for its record, which stays until that is done */
	const struct xlite_record_ends *ends;
	/* CLOCK_MONOTONIC: who has not followed by then, or in the time below, is destroyed; 0: that is an error */
	int64_t deadline_ns;
	unsigned timeout_s;		/* for a graceful stop, 0: the spec's; with now until it is gone, 0: a minute */
};

/**
 * Carries one item out; what it did is in *done ("created", "changed", "unchanged", "replaced", "deleted",
 * "destroyed"). *domid is that of the domain that was built, and else left alone.
 */
int apply_item(struct host *host, const struct plan_item *item, const struct apply_options *options, const char **done,
	       uint32_t *domid, struct xlite_error *err);
/** The same for an item of a plan's networks. */
int apply_network(struct host *host, const struct plan_item *item, const struct apply_options *options,
		  const char **done, struct xlite_error *err);
/** Whether carrying the item out builds a domain. */
static inline bool apply_builds(const struct plan_item *item)
{
	return item->action == PLAN_CREATE || item->action == PLAN_RESTART || item->action == PLAN_REPLACE;
}
/**
 * Checks that Xen has the memory for all domains that the plan builds, counting what those that they replace, and those
 * that it deletes, give back. -ENOMEM names the sum and what is free. No call is made where fewer than two are to be
 * built.
 */
int apply_check_memory(struct host *host, const struct plan *plan, struct xlite_error *err);
/** Sets plan->ends_first where what the plan builds has room only without what it deletes. */
int apply_order_room(struct host *host, struct plan *plan, struct xlite_error *err);
/** Creates a domain. *domid is valid on success. */
int apply_create(struct host *host, const struct cfg_domain *want, const struct apply_options *options, uint32_t *domid,
		 struct xlite_error *err);
/** Domains, with their details, that make room for another before it is built. */
struct apply_ends {
	const struct state_domain *const *items;
	size_t nr, nr_gone;		/* the first of them are gone then, the others have given up what it needs */
};
/**
 * Whether want could be built after ends: images, memory, disks, vifs, pool. Changes nothing; the rest of what can go
 * wrong shows only when it is built.
 */
int apply_foresee(struct host *host, const struct cfg_domain *want, const struct apply_ends *ends,
		  struct xlite_error *err);
/**
 * Whether the item, a change in place, would be refused before anything is done: the checks of its steps. given:
 * devices that it attaches are not asked for, since others give them up before. Changes nothing.
 */
int apply_foresee_change(struct host *host, const struct plan_item *item, bool given, struct xlite_error *err);
/**
 * Ends a domain the gentle way where it can be, and removes it. *forced: its guest did not follow, and the options
 * have a deadline.
 */
int apply_stop(struct host *host, const struct state_domain *have, const struct apply_options *options, bool *forced,
	       struct xlite_error *err);
/**
 * The same, and keeps its record, which says that it was stopped, for apply_resume. The domain's details were observed;
 * it is looked at again once the lock is held.
 */
int apply_stop_keeping(struct host *host, const struct state_domain *domain, const struct apply_options *options,
		       struct xlite_error *err);
/** Stops a domain and builds the one that the item wants in its place. *domid is as of apply_create. */
int apply_replace(struct host *host, const struct plan_item *item, const struct apply_options *options, uint32_t *domid,
		  struct xlite_error *err);
/** Carries out what a plan says of a volume; *done as of apply_item, and "kept". */
int apply_volume(struct host *host, const struct plan_item *item, const char **done, struct xlite_error *err);
/**
 * Shuts a domain down, whose details were observed, and builds it anew from its record, with what waited there. The
 * guest is waited for without the host's lock, and its record read again after. *domid is as of apply_create.
 */
int apply_reboot(struct host *host, const struct state_domain *domain, const struct apply_options *options,
		 uint32_t *domid, struct xlite_error *err);
/** Changes a domain in place as the differences say, then verifies. */
int apply_change(struct host *host, const struct plan_item *item, const struct apply_options *options,
		 struct xlite_error *err);
/** Asks the guest to shut down ("poweroff", "reboot") and waits; -ETIMEDOUT when it will not. */
int apply_shutdown(struct host *host, const struct state_domain *domain, const char *how, unsigned timeout_s,
		   struct xlite_error *err);
/**
 * Waits until the domain runs no more: it has shut down, suspended, crashed, or is gone; -ETIMEDOUT past
 * deadline_ns.
 */
int apply_wait_stopped(struct host *host, uint32_t domid, int64_t deadline_ns, struct xlite_error *err);
/**
 * Removes a domain at once, with all of its nodes and devices, and waits until it is gone: timeout_s, 0 is a minute.
 * Past that the status is XLITE_HELD when only Xen still knows it, since somebody has its memory mapped. -ESTALE
 * (XLITE_AGAIN) when it is gone and another domain has its uuid; where both are there, what goes by the uuid is left to
 * the other.
 */
int apply_destroy(struct host *host, uint32_t domid, const uint8_t uuid[16], unsigned timeout_s,
		  struct xlite_error *err);
/** The other domain, not dying, that has the uuid: *twin is its domid, or 0. */
int apply_twin(struct host *host, uint32_t domid, const uint8_t uuid[16], uint32_t *twin, struct xlite_error *err);
/** Says that the domain was rebuilt as twin, or (0) removed, while this run waited. Returns -ESTALE (XLITE_AGAIN). */
int apply_overtaken(uint32_t twin, struct xlite_error *err);
/**
 * As apply_destroy, and leaves keep in the place of the domain's record: it goes with apply_clean_stale. NULL:
 * nothing is left.
 */
int apply_destroy_keeping(struct host *host, uint32_t domid, const uint8_t uuid[16], unsigned timeout_s,
			  const struct xlite_record *keep, struct xlite_error *err);
/** Removes the nodes of a record whose domain has gone; nothing if there is a domain of that number after all. */
int apply_clean_stale(struct host *host, const struct state_stale *stale, struct xlite_error *err);
/** The same, and leaves keep in the place of the record. */
int apply_clean_keeping(struct host *host, const struct state_stale *stale, const struct xlite_record *keep,
			struct xlite_error *err);
/**
 * Builds the domain of a record that another run kept (state_stale_kept), and could not build anew any more, or that
 * stale says is to stay away and still does. Takes the host's lock and reads the record again. 0 with *domid 0: there
 * is nothing to build by now, and what was left of the record is gone.
 */
int apply_resume(struct host *host, const struct state_stale *stale, const struct xlite_record_ends *ends,
		 uint32_t *domid, struct xlite_error *err);
/** Ends a QEMU whose domain has gone, and removes what it leaves; nothing if there is that domain after all. */
int apply_clean_qemu(struct host *host, const struct hotplug_qemu *of, struct xlite_error *err);

#endif
