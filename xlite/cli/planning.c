/* SPDX-License-Identifier: GPL-2.0-or-later
 * From specs to a plan, and carrying it out: what apply, plan and delete share.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/jobs.h"
#include "xlite/cli/planning.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/rules.h"

/* Names that are printed of what an interrupted run left. */
#define LEFT_SHOWN 20

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
static bool is_pruned(const struct cli *cli, const struct cfg_set *set, const struct state_domain *domain)
{
	return cli->options.prune && !domain->info.dying && domain->record.set && !strcmp(domain->record.set, cli->options.set) &&
	       !planning_means(set, domain);
}

/* Details of the domains that the specs mean, and of those that go; the others stay a line in a list. */
static int observe_wanted(const struct cli *cli, struct host *host, const struct cfg_set *set, struct state *state, struct xlite_error *err)
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
		if (is_pruned(cli, set, &state->domains[i]))
			wanted[found++] = &state->domains[i];
	}
	return observe_details(host, wanted, found, err);
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

static int add_pruned(struct plan *plan, const struct cli *cli, const struct cfg_set *set, struct state *state,
		      const struct plan_options *options)
{
	for (size_t i = 0; i < state->nr; i++) {
		if (is_pruned(cli, set, &state->domains[i]) && plan_add_prune(plan, &state->domains[i], options))
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

int planning_make(struct cli *cli, const struct cfg_set *set, struct state *state, struct plan *plan,
		     struct xlite_error *err)
{
	struct plan_options options = { .replace = cli->options.replace, .adopt = cli->options.adopt, .set = cli->options.set };
	auto_free struct cfg_domain **domains = NULL;
	size_t nr;
	int rc = cfg_set_order(set, &domains, &nr);

	for (size_t i = 0; !rc && i < nr; i++) {
		rc = plan_add(plan, domains[i], state, &options);
		if (!rc)
			add_order(&plan->items[plan->nr - 1]);
	}
	if (!rc && cli->options.prune)
		rc = add_pruned(plan, cli, set, state, &options);
	return rc ? xlite_error_set(err, rc, rc == -ENOMEM ? "out of memory" : "domains depend on each other in a circle") : 0;
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

static int look(struct cli *cli, struct host *host, const struct cfg_set *set, bool act, struct state *state, struct plan *plan,
		struct xlite_error *err)
{
	int rc = observe_list(host, state, err);
	bool few;

	if (!rc && act && !host->locked && any_missing(set, state)) {
		state_clear(state);
		rc = host_lock(host, PLANNING_LOCK_MS, err);
		if (!rc)
			rc = observe_list(host, state, err);
	}
	few = !rc && !cli->options.prune && all_there(set, state);
	if (!rc)
		rc = observe_names(host, state, few ? has_wanted_uuid : NULL, set, err);
	if (!rc && few && !all_named(set, state)) {
		state_clear(state);
		rc = observe(host, false, state, err);
	}
	if (!rc)
		rc = observe_records(host, state, cli->options.prune ? NULL : planning_is_meant, set, err);
	if (!rc)
		rc = observe_wanted(cli, host, set, state, err);
	if (!rc)
		rc = planning_make(cli, set, state, plan, err);
	if (!rc)
		rc = rules_check_ports(host, state, plan, err);
	return rc ? rc : planning_networks(cli, host, set, state, plan, err);
}

int planning_look(struct cli *cli, struct host *host, const struct cfg_set *set, bool act, struct state *state,
		  struct plan *plan, struct xlite_error *err)
{
	int rc;

	host_planning(host, true);
	rc = look(cli, host, set, act, state, plan, err);
	host_planning(host, false);
	return rc;
}

/* What an interrupted run did not come to, or had to undo. */
static void say_left(const struct jobs *jobs)
{
	size_t left = 0, shown = 0;

	for (size_t i = 0; i < jobs->nr; i++)
		left += jobs_is_left(&jobs->jobs[i]);
	if (!left)
		return;
	fprintf(stderr, "xlite: interrupted: %zu of %zu domains are left:", left, jobs->nr);
	for (size_t i = 0; i < jobs->nr && shown < LEFT_SHOWN; i++) {
		if (jobs_is_left(&jobs->jobs[i]) && ++shown)
			fprintf(stderr, " %s", jobs->jobs[i].item->name);
	}
	fputs(left > shown ? " ...\n" : "\n", stderr);
}

/* Carries every item out; one that fails does not keep those from their turn that do not depend on it. */
int planning_carry_out(struct cli *cli, struct host *host, const struct plan *plan)
{
	struct xlite_error err = { 0 };
	struct jobs jobs;
	const char *failed = NULL;
	bool changed = false;
	int first, status = 0, rc = apply_check_room(host, plan, &err);

	if (rc)
		return cli_fail(&err);
	/* A network that fails is missed by the domains on it, not by the others. */
	first = planning_carry_networks(cli, host, plan, false, &changed, &failed);
	if (jobs_init(&jobs, cli, host, plan)) {
		xlite_error_set(&err, -ENOMEM, "out of memory");
		status = cli_fail(&err);
	} else {
		jobs.failed = failed;
		jobs_run(&jobs);
		status = jobs.first;
		failed = jobs.failed;
		if (cli_interrupted)
			say_left(&jobs);
		if (cli_interrupted && jobs_any_left(&jobs))
			status = XLITE_INTERRUPTED;
	}
	changed = changed || jobs.changed;
	jobs_clear(&jobs);
	first = first ? first : status;
	status = planning_carry_networks(cli, host, plan, true, &changed, &failed);
	first = first ? first : status;
	return !first && changed && cli->options.detailed_exitcode ? XLITE_DIFFERS : first;
}

/*
 * Records without a domain are what a run left that died while it deleted, rules and a QEMU without one what xl ended: whoever
 * changes the host next cleans up.
 */
void planning_clean_stale(struct host *host, const struct state *state)
{
	struct xlite_error sweep = { 0 };

	for (size_t i = 0; i < state->nr_stale; i++) {
		struct xlite_error err = { 0 };

		if (apply_clean_stale(host, &state->stale[i], &err))
			cli_fail(&err);
	}
	if (rules_sweep(host, &sweep))
		cli_fail(&sweep);
	for (size_t i = 0; i < state->nr_qemus; i++) {
		struct xlite_error err = { 0 };

		if (state_qemu_orphaned(state, i) && apply_clean_qemu(host, &state->qemus[i], &err))
			cli_fail(&err);
	}
}

void planning_show(const struct cli *cli, const struct plan *plan)
{
	struct buf text = BUF_INIT;

	if (cli->options.output_given && cli->options.output == CLI_JSON)
		plan_print_json(plan, &text);
	else
		plan_print(plan, cli_color(1), cli->options.verbose, &text);
	fputs(buf_str(&text), stdout);
	buf_clear(&text);
}
