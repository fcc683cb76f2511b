/* SPDX-License-Identifier: GPL-2.0-or-later
 * --selector: domains by their labels, as kubectl has it. Only those that xlite made have labels: no other is ever
 * meant, also not by what a label is not.
 */
#include <string.h>

#include "xlite/cli/cli.h"
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

		if (strlen(label->name) != requirement->name_len ||
		    strncmp(label->name, requirement->name, requirement->name_len))
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

bool cli_select_means(const char *selector, const struct state_domain *domain)
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
