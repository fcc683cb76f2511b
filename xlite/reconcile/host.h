/* SPDX-License-Identifier: GPL-2.0-or-later
 * The connections to one Xen host that a run needs, opened when first asked for, and the
 * reporter through which steps tell what they do.
 */
#ifndef RECONCILE_HOST_H
#define RECONCILE_HOST_H

#include <sys/types.h>
#include <time.h>

#include "cfg/spec.h"
#include "hotplug/grub.h"
#include "hotplug/link.h"
#include "hotplug/lock.h"
#include "hotplug/nft.h"
#include "xlite/lib/store.h"
#include "xlite/lib/xen.h"

/** What happened, for --events and for progress on a terminal. */
struct host_event {
	/* "step", "undo", "result", "warning"; "progress": of a step that takes long, for people */
	const char *type;
	const char *kind;	/* "network", "volume"; NULL: "domain" */
	const char *domain;	/* whose, or the network's or volume's name */
	unsigned percent;	/* of "progress" */
	const char *step;	/* or NULL */
	const char *status;	/* "start", "done", "failed"; for results: "created", "changed"... */
	int64_t took_ns;	/* 0 at the start */
	const struct xlite_error *err; /* where status is "failed"; of a warning: what it says */
};

struct cfg_domain;
struct cfg_network;
struct plan;

/** A file as it was when something was found out about it. */
struct host_file {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
};

struct guest_type;

struct host {
	struct xlite_xen *xen;
	struct xlite_store *store;
	struct hotplug_net *net;
	struct hotplug_lock lock;
	bool locked;
	bool planning;		/* nothing is changed meanwhile: what nft has is asked once (host_rules) */
	bool rules_known;
	struct hotplug_nft_list rules;
	/* the domains, when the hypervisor was last asked for all (observe_list); the host's */
	struct xlite_domain_info *listed;
	size_t nr_listed;
	bool removed;		/* a domain was removed: shared directories may be empty now */
	void (*report)(void *ctx, const struct host_event *event); /* or NULL */
	void *report_ctx;
	struct xlite_xen_counts spent_xen; /* what workers of this run did on connections of their own */
	struct xlite_store_counts spent_store;
	struct cfg_domain *const *specs; /* what the run was given, borrowed: whose a disk is before its domain runs */
	size_t nr_specs;
	/* while it is foreseen what a plan would be refused: networks that are made before domains */
	const struct cfg_network *const *coming;
	size_t nr_coming;
	const struct plan *planned; /* meanwhile the plan itself: volumes that are made before domains */
	struct host_file sound;	/* the last kernel that could be unpacked: many domains have the same */
	/* by type, for domains without a kernel; NULL until one is built or foreseen */
	struct hotplug_grub *grub[CFG_TYPE_HVM + 1];
	bool let_go;		/* the lock was given up since it was first taken: what was seen under it may be old */
	/* how a worker gives the lock up, and gets it again; or NULL */
	int (*waits)(void *ctx, bool begins, struct xlite_error *err);
	void *waits_ctx;
	const volatile int *interrupted; /* or NULL; steps stop, and are undone, when it is not 0 */
};

/** Whether the run is to stop. */
static inline bool host_interrupted(const struct host *host)
{
	return host->interrupted && *host->interrupted;
}

/** Opens hypervisor and XenStore; the rest follows when needed. host is zeroed but for report. */
int host_open(struct host *host, struct xlite_error *err);
void host_close(struct host *host);
/** The netlink session, opened at the first call. */
int host_net(struct host *host, struct hotplug_net **net, struct xlite_error *err);
/** Takes the host's creation lock (ours and xl's), waiting at most timeout_ms; a lock already held is success. */
int host_lock(struct host *host, unsigned timeout_ms, struct xlite_error *err);
void host_unlock(struct host *host);
/**
 * Around a wait for what a guest decides: a lock that is held is given up meanwhile, and taken again after, so that
 * what was seen before must be looked at again. was_locked is what the first returned. A wait that failed may end
 * without the second.
 */
bool host_wait_begin(struct host *host);
int host_wait_end(struct host *host, bool was_locked, struct xlite_error *err);
/**
 * What nft has in our tables; the host's, valid until the next call. It is asked anew each time, but while
 * host->planning.
 */
int host_rules(struct host *host, const struct hotplug_nft_list **rules, struct xlite_error *err);
/** Before and after a plan is made. */
void host_planning(struct host *host, bool begins);
/** GRUB, as the kernel of a domain of that type that has none in its spec: made once for all of them, the host's. */
int host_grub(struct host *host, const struct guest_type *type, const struct hotplug_grub **grub,
	      struct xlite_error *err);
void host_report(const struct host *host, const struct host_event *event);
/** The time for since_ns of host_tell; 0 where nobody listens, since asking for it may cost a system call. */
int64_t host_start_ns(const struct host *host);
/** Reports what became of a step of a domain. since_ns: when it began, or 0. */
void host_tell(const struct host *host, const char *type, const char *domain, const char *step, const char *status,
	       int64_t since_ns, const struct xlite_error *err);

#endif
