/* SPDX-License-Identifier: GPL-2.0-or-later
 * --selector: domains by their labels, as kubectl has it, in the place of names. Only those that xlite made have labels: no other is ever meant,
 * also not by what a label is not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/kept.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"

/* One part of a selector, between commas. */
struct requirement {
	const char *name, *value;
	size_t name_len, value_len;
	bool negated;		/* no such label, or none of that value */
};

static const char *skip_spaces(const char *text)
{
	return text + strspn(text, " ");
}

static size_t trimmed(const char *text, size_t len)
{
	while (len && text[len - 1] == ' ')
		len--;
	return len;
}

/* A name that no label can have would, negated, mean all domains. */
static bool is_name(const struct requirement *requirement)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";

	return requirement->name_len && strspn(requirement->name, known) >= requirement->name_len;
}

/* Reads up to a comma, which it steps over. False: it is nothing that can be meant. */
static bool next_requirement(const char **at, struct requirement *requirement)
{
	const char *text = skip_spaces(*at);
	size_t len = strcspn(text, ","), name;

	*at = text + len + (text[len] == ',');
	*requirement = (struct requirement){ .negated = *text == '!' };
	if (requirement->negated) {
		requirement->name = skip_spaces(text + 1);
		requirement->name_len = trimmed(requirement->name, len - (size_t)(requirement->name - text));
		return is_name(requirement);
	}
	requirement->name = text;
	name = strcspn(text, "=!,");
	requirement->name_len = trimmed(text, name < len ? name : len);
	if (name >= len)
		return is_name(requirement);
	requirement->negated = text[name] == '!';
	text += name + 1;
	if (requirement->negated && *text != '=')
		return false;
	/* != and == */
	text += *text == '=';
	requirement->value = skip_spaces(text);
	requirement->value_len = trimmed(requirement->value, strcspn(requirement->value, ","));
	return is_name(requirement) && !memchr(requirement->value, '=', requirement->value_len);
}

static bool meets(const struct cfg_domain *spec, const struct requirement *requirement)
{
	for (size_t i = 0; i < spec->nr_labels; i++) {
		const struct cfg_label *label = &spec->labels[i];

		if (strlen(label->name) != requirement->name_len || strncmp(label->name, requirement->name, requirement->name_len))
			continue;
		if (!requirement->value || (strlen(label->value) == requirement->value_len &&
					    !strncmp(label->value, requirement->value, requirement->value_len)))
			return !requirement->negated;
	}
	return requirement->negated;
}

bool cli_select_matches(const char *selector, const struct cfg_domain *spec)
{
	struct requirement requirement;

	while (*selector) {
		if (!next_requirement(&selector, &requirement) || !meets(spec, &requirement))
			return false;
	}
	return true;
}

bool cli_select_is_sound(const char *selector)
{
	struct requirement requirement;

	/* What selects all is no selector, nor what ends as if more were to come. */
	if (!*skip_spaces(selector) || selector[trimmed(selector, strlen(selector)) - 1] == ',')
		return false;
	while (*selector) {
		if (!next_requirement(&selector, &requirement))
			return false;
	}
	return true;
}

static bool is_meant(const char *selector, const struct state_domain *domain)
{
	struct cfg_set *set = NULL;
	const struct cfg_domain *spec;
	bool meant;

	if (!domain->info.domid || !domain->name || !state_owned(domain))
		return false;
	spec = record_spec(&domain->record, &set);
	meant = spec && cli_select_matches(selector, spec);
	cfg_set_free(set);
	return meant;
}

/* They are the command's, as those that were typed are. */
static int take_name(struct cli *cli, const struct state_domain *domain, struct xlite_error *err)
{
	if (!is_meant(cli->options.selector, domain))
		return 0;
	return asprintf(&cli->args[cli->nr_args++], "domain/%s", domain->name) < 0 ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
}

/* Those that were stopped, where the verb is for them, too. */
static bool takes_stopped(const struct cli *cli)
{
	return cli->verb->run == verb_start || cli->verb->run == verb_get || cli->verb->run == verb_list || cli->verb->run == verb_delete;
}

static int take_names(struct cli *cli, const struct state *state, struct xlite_error *err)
{
	struct kept kept = { 0 };
	int rc = kept_find(state, cli->verb->run == verb_get || cli->verb->run == verb_list, &kept, err);

	cli->args = calloc(state->nr + kept.nr + 1, sizeof(*cli->args));
	cli->nr_args = 0;
	if (!rc && !cli->args)
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < state->nr && !rc; i++)
		rc = take_name(cli, &state->domains[i], err);
	for (size_t i = 0; i < kept.nr && takes_stopped(cli) && !rc; i++)
		rc = take_name(cli, &kept.items[i], err);
	kept_clear(&kept);
	return rc;
}

int cli_select(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct host host;
	int rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = observe(&host, true, &state, &err);
	if (!rc)
		rc = take_names(cli, &state, &err);
	state_clear(&state);
	cli_host_close(cli, &host);
	if (rc)
		return cli_fail(&err);
	/* A list of none is one, too. */
	if (cli->nr_args || !cli->verb->min_args)
		return -1;
	fprintf(stderr, "xlite: no domain has these labels: %s\n", cli->options.selector);
	return cli->verb->run == verb_wait ? XLITE_FAILED : 0;
}
