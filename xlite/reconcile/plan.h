/* SPDX-License-Identifier: GPL-2.0-or-later
 * Spec minus state is a plan. Pure: no I/O, no hypercall, no clock.
 */
#ifndef RECONCILE_PLAN_H
#define RECONCILE_PLAN_H

#include "cfg/cfg.h"
#include "common/buf.h"
#include "xlite/reconcile/state.h"

enum plan_action {
	PLAN_NONE,	/* as it should be */
	PLAN_CREATE,
	PLAN_CHANGE,	/* in place */
	PLAN_REPLACE,	/* stop, remove, create: allowed by --replace */
	PLAN_RESTART,	/* it has shut down by itself, or was never finished: remove the remains, create */
	PLAN_DELETE,
	PLAN_REFUSED,	/* differs, and must not be touched or needs --replace: reason says why */
};

struct plan_item {
	enum plan_action action;
	const struct cfg_domain *want;	/* NULL for a deletion */
	struct state_domain *have;	/* NULL for a creation; details observed */
	const struct cfg_network *want_network;	/* these two of networks only, whose want and have are NULL */
	struct state_network *have_network;
	const struct cfg_volume *want_volume;	/* and these of volumes only */
	const struct state_volume *have_volume;
	const char *name;
	struct cfg_diff *diffs;
	size_t nr_diffs;
	bool pruned;			/* a deletion that only --prune calls for */
	bool lags;			/* some of diffs were made, and the guest has not followed */
	bool waits;			/* some of diffs come into effect at the next boot only */
	char reason[768];		/* for restart and refused; may be empty */
	char hint[384];
	enum xlite_status status;	/* for refused: the exit status */
	bool kept;			/* a volume that a deletion leaves */
	/* refused by a look at the host, not by the comparison: carrying it out would fail so */
	bool foretold;
	size_t warned;			/* which of the plan's warnings concerns it, from 1; 0: none */
};

/** What does not keep a plan from being carried out, and an administrator should know. */
struct plan_warning {
	char text[700], hint[480];
};

struct plan {
	struct plan_item *items;
	size_t nr;
	struct plan_item *networks;	/* made before the domains, removed after them */
	size_t nr_networks;
	struct plan_item *volumes;	/* made before the domains, removed after them */
	size_t nr_volumes;
	struct plan_warning *warnings;
	size_t nr_warnings;
	bool ends_first;		/* what is built needs the memory of what is deleted */
};

struct plan_options {
	bool replace;		/* --replace; of a deletion: a suspended guest, too, and what it has in memory */
	bool adopt;		/* --adopt: foreign domains may be changed */
	const char *set;	/* --set NAME, or NULL */
	/* all domains of the documents: what another of them is called no more is free */
	struct cfg_domain *const *wanted;
	size_t nr_wanted;
};

/** Whether a difference can be carried out on a running domain by this version. */
bool plan_can_change(const struct cfg_diff *diff);
/** Whether a difference is remembered in the domain's record and comes into effect at its next boot. */
bool plan_at_next_boot(const struct cfg_diff *diff);
/** Adds the comparison of one wanted domain with the state. Returns 0 or -ENOMEM. */
int plan_add(struct plan *plan, const struct cfg_domain *want, const struct state *state,
	     const struct plan_options *options);
/** The same for networks. */
int plan_add_network(struct plan *plan, const struct cfg_network *want, const struct state *state,
		     const struct plan_options *options);
int plan_add_network_delete(struct plan *plan, struct state_network *have);
/**
 * The same for volumes, whose size and format are compared; what there is of them must not move while there is a
 * plan.
 */
int plan_add_volume(struct plan *plan, const struct cfg_volume *want, const struct state *state);
/** Adds the removal of a volume, with its data. */
int plan_add_volume_delete(struct plan *plan, const struct state_volume *have);
/** Adds a volume of a document that a deletion leaves where it is. */
int plan_add_volume_kept(struct plan *plan, const struct cfg_volume *want);
/** The i-th of all objects: networks, volumes, then domains; NULL behind the last. */
const struct plan_item *plan_at(const struct plan *plan, size_t i);
/** "domain", "network" or "volume" */
const char *plan_item_kind(const struct plan_item *item);
/** Whether the plan makes that volume before its domains. */
bool plan_makes_volume(const struct plan *plan, const char *path);
/** Whether the plan would make that volume, and refuses to. */
bool plan_lacks_volume(const struct plan *plan, const char *path);
/** Adds the removal of a domain that no document means, once all else has gone well. */
int plan_add_prune(struct plan *plan, struct state_domain *have, const struct plan_options *options);
/** Once all is added: where anything is refused, nothing is pruned. */
void plan_hold_prune(struct plan *plan);
/**
 * Refuses to build what depends on domains that are refused, as it would not be begun. Dependencies stand before
 * dependants.
 */
void plan_refuse_dependants(struct plan *plan);
/** Makes an item one that is refused, with reason (what is too long is cut), hint ("" for none) and exit status. */
void plan_refuse(struct plan_item *item, enum xlite_status status, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** The refusal of an item that is refused, as an error: -EBUSY. */
int plan_refused(const struct plan_item *item, struct xlite_error *err);
/* plan_mark.c: marks those of an item's differences that this domain cannot have as the table of keys says. */
/** Those that wait for the next boot: -ENOMEM. */
int plan_mark_waiting(struct plan_item *item);
/** Those in drives and cards of an emulated PC, which is built again for them. */
void plan_mark_emulated(struct plan_item *item);
/* plan_diff.c: adds to an item's differences those that no spec has. Each returns 0 or -ENOMEM. */
int plan_add_sizes(struct plan_item *item);
int plan_add_backends(struct plan_item *item);
int plan_add_lag(struct plan_item *item);
int plan_add_set(struct plan_item *item, const struct xlite_record *record, const struct plan_options *options);
/** Whether the difference is that a vbd's QEMU has ended. */
bool plan_is_qemu(const struct cfg_diff *diff);
/** The path of a difference in the size of the vbd's file. */
void plan_size_path(const char *vdev, char *path, size_t size);
/** Adds the removal of one domain. */
int plan_add_delete(struct plan *plan, struct state_domain *have, const struct plan_options *options);
/** A warning more, empty; NULL when out of memory. */
struct plan_warning *plan_warn(struct plan *plan);
/** True if any item differs from "as it should be". */
bool plan_differs(const struct plan *plan);
/** The plan as text, one paragraph per object that differs, and a closing count. verbose: also the steps. */
void plan_print(const struct plan *plan, bool color, bool verbose, struct buf *out);
/** One object of the plan as a JSON object (jansson), the caller's; NULL when out of memory. */
struct json_t *plan_item_json(const struct plan *plan, const struct plan_item *item);
/** The plan as JSON. */
void plan_print_json(const struct plan *plan, struct buf *out);
/** "create", "change", ... */
const char *plan_action_name(enum plan_action action);
void plan_clear(struct plan *plan);

#endif
