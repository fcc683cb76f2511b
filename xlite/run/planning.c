/* SPDX-License-Identifier: GPL-2.0-or-later
 * From specs to a plan: which domains are meant, what must be looked at for that, who is pruned.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/run/foresee.h"
#include "xlite/run/planning.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/ready.h"
#include "xlite/reconcile/reach.h"
#include "xlite/reconcile/nft_rules.h"
#include "xlite/reconcile/record_spec.h"

static bool is_wanted(const struct cfg_set *set, const struct state_domain *domain)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (!memcmp(domains[i]->uuid, domain->info.uuid, 16))
			return true;
	}
	return false;
}

/* The domains that the specs could mean, by uuid or by name. */
bool planning_means(const struct cfg_set *set, const struct state_domain *domain)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (!memcmp(domains[i]->uuid, domain->info.uuid, 16) ||
		    (domain->name && !strcmp(domains[i]->name, domain->name)))
			return true;
	}
	return false;
}

static bool planning_is_meant(const void *ctx, const struct state_domain *domain)
{
	return planning_means(ctx, domain);
}

/* A member of the set that no document means, by uuid or by name. */
static bool is_pruned(const struct run *run, const struct cfg_set *set, const struct state_domain *domain)
{
	return run->options.prune && !domain->info.dying && domain->record.set &&
	       !strcmp(domain->record.set, run->options.set) && !planning_means(set, domain);
}

/* Details of the domains that the specs mean, and of those that go; the others stay a line in a list. */
static int observe_wanted(const struct run *run, const struct cfg_set *set, struct state *state, struct xlite_error *err)
{
	size_t nr, found = 0;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);
	auto_free struct state_domain **wanted = calloc(nr + state->nr + 1, sizeof(*wanted));

	if (!wanted)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		struct state_domain *domain = state_find_uuid(state, domains[i]->uuid);

		if (!domain)
			domain = state_find_name(state, domains[i]->name);
		if (domain)
			wanted[found++] = domain;
	}
	for (size_t i = 0; i < state->nr; i++) {
		if (is_pruned(run, set, &state->domains[i]))
			wanted[found++] = &state->domains[i];
	}
	return observe_details(run->host, wanted, found, err);
}

static bool has_wanted_uuid(const void *ctx, const struct state_domain *domain)
{
	return is_wanted(ctx, domain);
}

/*
 * Whether all that the specs want is there already, by uuid. Names of others matter only where a name is to be given:
 * two domains must not share one.
 */
static bool all_there(const struct cfg_set *set, const struct state *state)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		const struct state_domain *domain = state_find_uuid(state, domains[i]->uuid);

		if (!domain || domain->info.dying || domains[i]->uuid_given)
			return false;
	}
	return true;
}

/* Whether each has the name that it should have. */
static bool all_named(const struct cfg_set *set, const struct state *state)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		const struct state_domain *domain = state_find_uuid(state, domains[i]->uuid);

		if (!domain || !domain->name || strcmp(domain->name, domains[i]->name))
			return false;
	}
	return true;
}

static int add_pruned(struct plan *plan, const struct run *run, const struct cfg_set *set, struct state *state,
		      const struct plan_options *options)
{
	for (size_t i = 0; i < state->nr; i++) {
		if (is_pruned(run, set, &state->domains[i]) && plan_add_prune(plan, &state->domains[i], options))
			return -ENOMEM;
	}
	return 0;
}

/* What a domain that is to be built waits for is a part of the reason: it says where in the order it comes. */
static void add_order(struct plan_item *item)
{
	struct buf text = BUF_INIT;

	if (!apply_builds(item) || !item->want->nr_depends_on)
		return;
	buf_printf(&text, "%s%safter", item->reason, item->reason[0] ? "; " : "");
	for (size_t i = 0; i < item->want->nr_depends_on; i++) {
		buf_printf(&text, "%s %s (", i ? "," : "", item->want->depends_on[i].name);
		ready_text(&item->want->depends_on[i], &text);
		buf_puts(&text, ")");
	}
	snprintf(item->reason, sizeof(item->reason), "%s", buf_str(&text));
	buf_clear(&text);
}

/* Files that say nothing (a wrong directory, a template that came out empty) must not be what empties a set. */
static int check_prune(const struct run *run, const struct cfg_set *set, struct xlite_error *err)
{
	size_t nr_domains, nr_networks, nr_volumes;

	cfg_set_domains(set, &nr_domains);
	cfg_set_networks(set, &nr_networks);
	cfg_set_volumes(set, &nr_volumes);
	if (!run->options.prune || run->options.yes || nr_domains || nr_networks || nr_volumes)
		return 0;
	xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC,
			   "--prune: the files describe no domain, network or volume, and would delete all of set %s",
			   run->options.set);
	xlite_error_hint(err, "--yes deletes all members of the set");
	return -EINVAL;
}

int planning_make(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
		     struct xlite_error *err)
{
	struct plan_options options = { .replace = run->options.replace, .adopt = run->options.adopt, .set = run->options.set };
	auto_free struct cfg_domain **domains = NULL;
	size_t nr;
	int rc = check_prune(run, set, err);

	if (rc)
		return rc;
	options.wanted = cfg_set_domains(set, &options.nr_wanted);
	rc = cfg_set_order(set, &domains, &nr);
	for (size_t i = 0; !rc && i < nr; i++) {
		rc = plan_add(plan, domains[i], state, &options);
		if (!rc)
			add_order(&plan->items[plan->nr - 1]);
	}
	if (!rc && run->options.prune)
		rc = add_pruned(plan, run, set, state, &options);
	return rc ? xlite_error_set(err, rc, rc == -ENOMEM ? "out of memory" : "domains depend on each other in a circle") : 0;
}

/*
 * Whether one of the documents is that of the record's domain: of a guest that was saved also by its name, since what
 * else has that has its disks, too.
 */
static bool has_document(const struct cfg_set *set, const struct xlite_record *record)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);
	struct cfg_set *own = NULL;
	const struct cfg_domain *saved = record->saved ? record_spec(record, &own) : NULL;
	bool has = false;
	char uuid[37];

	for (size_t i = 0; i < nr && !has; i++) {
		xlite_uuid_text(domains[i]->uuid, uuid);
		has = !strcmp(uuid, record->uuid) || (saved && !strcmp(domains[i]->name, saved->name));
	}
	cfg_set_free(own);
	return has;
}

void planning_release(const struct run *run, const struct cfg_set *set, struct state *state)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);
	uint8_t uuid[16];

	for (size_t i = 0; i < nr && state->nr_stale && !run->options.leaves; i++) {
		/* A guest that was saved is not booted without being asked for: plan_add refuses that. */
		if (run->options.replace || !state_saved(state, domains[i]->name, domains[i]->uuid))
			state_stale_release(state, domains[i]->name, domains[i]->uuid);
	}
	for (size_t i = 0; i < state->nr_stale && run->options.prune; i++) {
		const struct xlite_record *record = &state->stale[i].record;

		if (record->set && !strcmp(record->set, run->options.set) && !has_document(set, record) &&
		    !xlite_uuid_parse(record->uuid, uuid))
			state_stale_release(state, "", uuid);
	}
}

/* Whether something must be created, as far as a list of uuids can tell. */
static bool any_missing(const struct cfg_set *set, const struct state *state)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (domains[i]->state != CFG_STATE_STOPPED && !state_find_uuid(state, domains[i]->uuid))
			return true;
	}
	return false;
}

/* From here on the documents are in this run's hand, and so is the host. */
static int begin(const struct run *run, const struct cfg_set *set, struct xlite_error *err)
{
	int rc = run->objects ? run_objects_add_documents(run->objects, set) : 0;

	if (!rc && run->objects && run->options.set)
		rc = run_objects_add_set(run->objects, run->options.set, run->options.prune);
	if (rc)
		return xlite_error_set(err, rc, "out of memory");
	rc = run_take_objects(run, err);
	return rc < 0 ? rc : host_lock(run->host, PLANNING_LOCK_MS, err);
}

static int look(const struct run *run, const struct cfg_set *set, bool act, struct state *state, struct plan *plan,
		struct xlite_error *err)
{
	struct host *host = run->host;
	int rc = observe_list(host, state, err);
	bool few;

	if (!rc && act && !host->locked && any_missing(set, state)) {
		state_clear(state);
		rc = begin(run, set, err);
		if (!rc)
			rc = observe_list(host, state, err);
	}
	few = !rc && !run->options.prune && all_there(set, state);
	if (!rc)
		rc = observe_names(host, state, few ? has_wanted_uuid : NULL, set, err);
	if (!rc && few && !all_named(set, state)) {
		state_clear(state);
		rc = observe(host, false, state, err);
	}
	if (!rc)
		planning_release(run, set, state);
	if (!rc)
		rc = observe_records(host, state, run->options.prune ? NULL : planning_is_meant, set, err);
	if (!rc)
		rc = observe_wanted(run, set, state, err);
	if (!rc)
		rc = planning_volumes(run, set, state, plan, err);
	if (!rc)
		rc = planning_make(run, set, state, plan, err);
	if (!rc)
		planning_refuse_volumes(set, state, plan);
	if (!rc)
		rc = nft_rules_check_ports(host, state, plan, err);
	if (!rc)
		rc = planning_networks(run, set, state, plan, err);
	if (!rc)
		rc = nft_rules_check_addresses(host, state, plan, err);
	if (!rc)
		rc = apply_order_room(host, plan, err);
	if (!rc)
		rc = foresee_swaps(run, plan, err);
	/* What apply is refused it tells when it comes to it. */
	if (!rc && !act)
		rc = foresee_plan(run, state, plan, err);
	return rc ? rc : reach_check(host, plan, err);
}

int planning_look(const struct run *run, const struct cfg_set *set, bool act, struct state *state,
		  struct plan *plan, struct xlite_error *err)
{
	int rc;

	run->host->specs = cfg_set_domains(set, &run->host->nr_specs);
	host_planning(run->host, true);
	rc = look(run, set, act, state, plan, err);
	host_planning(run->host, false);
	return rc;
}

/* The domains that go are in no document: 1 if another run had one of them in hand, and was waited for. */
static int take_pruned(const struct run *run, const struct plan *plan, struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < plan->nr && run->objects && !rc; i++) {
		if (plan->items[i].pruned)
			rc = run_objects_add_domain(run->objects, plan->items[i].name, plan->items[i].have->info.uuid);
	}
	for (size_t i = 0; i < plan->nr_networks && run->objects && !rc; i++) {
		if (plan->networks[i].pruned)
			rc = run_objects_add_network(run->objects, plan->networks[i].name);
	}
	return rc ? xlite_error_set(err, rc, "out of memory") : run_take_objects(run, err);
}

/* Looks without a lock first where it can: when nothing differs there is nothing to wait for. */
int planning_look_to_act(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
			 struct xlite_error *err)
{
	int rc = planning_look(run, set, true, state, plan, err);
	bool begun = run->host->locked;

	if (rc || (!begun && !plan_differs(plan) && !state_has_leftovers(state)))
		return rc;
	while (!rc && (!begun || (rc = take_pruned(run, plan, err)) > 0)) {
		plan_clear(plan);
		state_clear(state);
		rc = begun ? 0 : begin(run, set, err);
		begun = true;
		if (!rc)
			rc = planning_look(run, set, true, state, plan, err);
	}
	return rc;
}
