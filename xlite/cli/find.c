/* SPDX-License-Identifier: GPL-2.0-or-later
 * Finding one domain by what an administrator types: a name, a uuid, or a domid.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/cli/cli.h"
#include "xlite/reconcile/observe.h"

static struct state_domain *find_domid(const struct state *state, const char *arg)
{
	char *end;
	unsigned long domid = strtoul(arg, &end, 10);

	if (!isdigit((unsigned char)*arg) || *end)
		return NULL;
	for (size_t i = 0; i < state->nr; i++) {
		if (state->domains[i].info.domid == domid)
			return &state->domains[i];
	}
	return NULL;
}

static void hint_names(const struct state *state, const char *arg, struct xlite_error *err)
{
	const char **names = calloc(state->nr + 1, sizeof(*names));
	const char *near;
	size_t nr = 0;

	for (size_t i = 0; names && i < state->nr; i++) {
		if (state->domains[i].name)
			names[nr++] = state->domains[i].name;
	}
	near = names ? cfg_nearest(arg, names, nr) : NULL;
	if (near)
		xlite_error_hint(err, "did you mean `%s'?", near);
	free(names);
}

/* Of one that is not there the record may be. */
static void hint_kept(const struct state *state, const char *arg, struct xlite_error *err)
{
	const struct state_stale *kept = state_find_kept(state, arg);

	if (!kept)
		return;
	if (kept->record.moved)
		xlite_error_hint(err, "its guest was sent to another host by `xlite migrate'");
	else if (kept->record.saved)
		xlite_error_hint(err, "it was saved: `xlite restore FILE' lets its guest go on");
	else if (kept->record.again)
		xlite_error_hint(err, "it is being built anew after its end, and was not finished");
	else
		xlite_error_hint(err, "it was %s: `xlite start %.63s' builds it again",
				 kept->record.stopped ? "stopped" : "removed when it ended", arg);
}

static bool is_it(const void *ctx, const struct state_domain *domain)
{
	return domain == ctx;
}

/* A run that died may have left a domain that has no name yet: it has the name's uuid. */
static struct state_domain *find_half_built(const struct state *state, const char *name)
{
	struct state_domain *domain;
	uint8_t uuid[16];

	cfg_uuid_of_name(name, uuid);
	domain = state_find_uuid(state, uuid);
	return domain && !domain->name ? domain : find_domid(state, name);
}

struct state_domain *cli_find_observed(const struct state *state, const char *arg)
{
	const char *name = cli_domain_arg(arg);
	struct state_domain *domain = state_find_name(state, name);
	uint8_t uuid[16];

	if (!domain && !xlite_uuid_parse(name, uuid))
		domain = state_find_uuid(state, uuid);
	return domain ? domain : find_half_built(state, name);
}

const char *cli_domain_arg(const char *arg)
{
	return !strncmp(arg, "domain/", 7) && !strchr(arg + 7, '/') ? arg + 7 : arg;
}

/* Whom the arguments and the documents mean, where each is a domain that has the uuid of its name. */
struct named {
	const char *const *args;
	size_t nr;
	bool (*names_domain)(const char *arg);
	const struct cfg_set *set;
};

static bool has_uuid_of(const struct state_domain *domain, const char *name)
{
	uint8_t uuid[16];

	cfg_uuid_of_name(name, uuid);
	return !memcmp(uuid, domain->info.uuid, 16);
}

static bool is_named(const void *ctx, const struct state_domain *domain)
{
	const struct named *named = ctx;
	struct cfg_domain *const *domains;
	size_t nr = 0;

	for (size_t i = 0; i < named->nr; i++) {
		if (has_uuid_of(domain, cli_domain_arg(named->args[i])))
			return true;
	}
	domains = named->set ? cfg_set_domains(named->set, &nr) : NULL;
	for (size_t i = 0; i < nr; i++) {
		if (!memcmp(domains[i]->uuid, domain->info.uuid, 16))
			return true;
	}
	return false;
}

/* Whether each argument is the name of the domain that has its uuid. Two domains never have one name: xl looks at it, too. */
static bool all_named(const struct named *named, const struct state *state)
{
	for (size_t i = 0; i < named->nr; i++) {
		const char *name = cli_domain_arg(named->args[i]);
		const struct state_domain *domain = state_find_name(state, name);

		if (named->names_domain(named->args[i]) && (!domain || !has_uuid_of(domain, name)))
			return false;
	}
	return true;
}

int cli_observe_named(struct host *host, const char *const *args, size_t nr, bool (*names_domain)(const char *arg),
		      const struct cfg_set *set, struct state *state, struct xlite_error *err)
{
	const struct named named = { args, nr, names_domain, set };
	int rc = observe_list(host, state, err);

	if (!rc)
		rc = observe_names(host, state, is_named, &named, err);
	if (rc || all_named(&named, state))
		return rc;
	state_clear(state);
	return observe(host, false, state, err);
}

static bool any_name(const char *arg)
{
	return true;
}

int cli_find_domain(struct host *host, const char *arg, struct state *state, struct state_domain **domain,
		    struct xlite_error *err)
{
	int rc = cli_observe_named(host, &arg, 1, any_name, NULL, state, err);

	if (rc)
		return rc;
	*domain = cli_find_observed(state, arg);
	if (*domain)
		return observe_records(host, state, is_it, *domain, err);
	rc = xlite_error_set(err, -ESRCH, "%s: no such domain", arg);
	hint_kept(state, cli_domain_arg(arg), err);
	hint_names(state, cli_domain_arg(arg), err);
	return rc;
}
