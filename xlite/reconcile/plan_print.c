/* SPDX-License-Identifier: GPL-2.0-or-later
 * Plans as text for people and as JSON for machines.
 */
#include "xlite/reconcile/plan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/json.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/step.h"

const char *plan_action_name(enum plan_action action)
{
	static const char *const names[] = {
		[PLAN_NONE] = "unchanged", [PLAN_CREATE] = "create", [PLAN_CHANGE] = "change",
		[PLAN_REPLACE] = "replace", [PLAN_RESTART] = "restart", [PLAN_DELETE] = "delete",
		[PLAN_REFUSED] = "refused",
	};

	return names[action];
}

/* What is said behind a difference: how it reaches the guest, and whether this run does it. */
static const char *diff_note(const struct plan_item *item, const struct cfg_diff *diff)
{
	if (item->action == PLAN_REPLACE && item->want_network)
		return "with the new network";
	if (item->action == PLAN_RESTART || item->action == PLAN_REPLACE)
		return "with the new domain";
	return cfg_change_name(diff->change);
}

static const char *paint(bool color, char how)
{
	if (!color)
		return "";
	return how == '+' ? "\033[32m" : how == '-' ? "\033[31m" : "\033[33m";
}

static bool in_place(const struct plan_item *item, const struct cfg_diff *diff)
{
	return item->want_network || item->want_volume ? diff->change != CFG_REPLACES
						       : plan_can_change(diff) || plan_at_next_boot(diff);
}

static void print_diff(const struct plan_item *item, const struct cfg_diff *diff, bool color, struct buf *out)
{
	buf_printf(out, "  %s%c%s %s: ", paint(color, diff->how), diff->how, color ? "\033[0m" : "", diff->path);
	if (diff->before && diff->after)
		buf_printf(out, "%s -> %s", diff->before, diff->after);
	else
		buf_puts(out, diff->after ? diff->after : diff->before ? diff->before : "");
	buf_printf(out, "  (%s%s)\n", diff_note(item, diff),
		   item->action == PLAN_REFUSED && !item->foretold && !in_place(item, diff) ? ", needs --replace" : "");
}

/* What is new is shown by its spec, each line marked as added. */
static void print_created(const struct plan_item *item, bool color, struct buf *out)
{
	struct buf text = BUF_INIT;
	char *line, *save = NULL;

	if (item->want_network)
		cfg_print_network(item->want_network, false, &text);
	else if (item->want_volume)
		cfg_print_volume(item->want_volume, false, &text);
	else
		cfg_print(item->want, false, &text);
	for (line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		buf_printf(out, "  %s+%s %s\n", paint(color, '+'), color ? "\033[0m" : "", line);
	buf_clear(&text);
}

static void print_steps(const struct cfg_domain *want, struct buf *out)
{
	buf_puts(out, "  steps:");
	for (const struct step *step = guest_type_of(want->type)->create_steps; step->name; step++)
		buf_printf(out, " %s", step->name);
	buf_puts(out, "\n");
}

/* A domain is made, with no kernel of the host's. */
static bool makes_own(const struct plan_item *item)
{
	return (item->action == PLAN_CREATE || item->action == PLAN_RESTART || item->action == PLAN_REPLACE) && item->want &&
	       cfg_boots_by_grub(item->want);
}

static void print_item(const struct plan_item *item, bool color, bool verbose, struct buf *out)
{
	buf_printf(out, "%s/%s: %s", plan_item_kind(item), item->name, plan_action_name(item->action));
	if (item->reason[0])
		buf_printf(out, ": %s", item->reason);
	buf_puts(out, "\n");
	if (item->action == PLAN_CREATE)
		print_created(item, color, out);
	if (makes_own(item))
		buf_puts(out, "  boots: its own disk, by GRUB\n");
	for (size_t i = 0; i < item->nr_diffs; i++)
		print_diff(item, &item->diffs[i], color, out);
	if (item->hint[0])
		buf_printf(out, "  hint: %s\n", item->hint);
	if (verbose && item->want && item->action != PLAN_CHANGE && item->action != PLAN_REFUSED)
		print_steps(item->want, out);
	buf_puts(out, "\n");
}

void plan_print(const struct plan *plan, bool color, bool verbose, struct buf *out)
{
	size_t counts[PLAN_REFUSED + 1] = { 0 };
	const struct plan_item *item;

	for (size_t i = 0; (item = plan_at(plan, i)); i++) {
		counts[item->action]++;
		if (item->action != PLAN_NONE || item->waits)
			print_item(item, color, verbose, out);
	}
	buf_printf(out, "Plan: %zu to create, %zu to change, %zu to restart, %zu to replace, %zu to delete, ",
		   counts[PLAN_CREATE], counts[PLAN_CHANGE], counts[PLAN_RESTART], counts[PLAN_REPLACE],
		   counts[PLAN_DELETE]);
	if (counts[PLAN_REFUSED])
		buf_printf(out, "%zu refused, ", counts[PLAN_REFUSED]);
	buf_printf(out, "%zu unchanged.\n", counts[PLAN_NONE]);
}

static json_t *diff_json(const struct plan_item *item, const struct cfg_diff *diff)
{
	return json_pack("{s:o, s:s#, s:o, s:o, s:s, s:b}", "path", cfg_json_text(diff->path), "how", &diff->how, 1,
			 "before", cfg_json_text(diff->before), "after", cfg_json_text(diff->after), "change", cfg_change_name(diff->change),
			 "in_place", in_place(item, diff));
}

json_t *plan_item_json(const struct plan *plan, const struct plan_item *item)
{
	json_t *diffs = json_array(), *json;

	for (size_t k = 0; k < item->nr_diffs; k++)
		json_array_append_new(diffs, diff_json(item, &item->diffs[k]));
	json = json_pack("{s:s, s:o, s:s, s:o, s:o}", "kind", plan_item_kind(item), "name", cfg_json_text(item->name), "action",
			 plan_action_name(item->action), "reason", cfg_json_text(item->reason), "changes", diffs);
	if (item->hint[0])
		json_object_set_new(json, "hint", cfg_json_text(item->hint));
	if (item->warned)
		json_object_set_new(json, "warning", cfg_json_text(plan->warnings[item->warned - 1].text));
	return json;
}

void plan_print_json(const struct plan *plan, struct buf *out)
{
	json_t *root = json_array();
	const struct plan_item *item;
	char *text;

	for (size_t i = 0; (item = plan_at(plan, i)); i++)
		json_array_append_new(root, plan_item_json(plan, item));
	text = json_dumps(root, JSON_INDENT(2));
	if (text)
		buf_printf(out, "%s\n", text);
	else
		out->failed = true;
	free(text);
	json_decref(root);
}
