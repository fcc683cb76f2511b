/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is printed of a run: plans, results, and what went wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "xlite/cli/cli.h"

/* Names that are printed of what an interrupted run left. */
#define LEFT_SHOWN 20

/* What was changed in the record only. */
static void say_waits(const struct plan_item *item)
{
	bool first = true;

	for (size_t i = 0; i < item->nr_diffs; i++) {
		if (!plan_at_next_boot(&item->diffs[i]))
			continue;
		if (first)
			fprintf(stderr, "xlite: %s: waits for its next boot:", item->name);
		fprintf(stderr, "%s %s", first ? "" : ",", item->diffs[i].path);
		first = false;
	}
	if (!first)
		fputs(" (`xlite reboot', or apply --replace)\n", stderr);
}

static void on_result(void *ctx, const struct run_result *result)
{
	const struct plan_item *item = result->item;
	const struct cli *cli = ctx;

	if (result->err)
		cli_fail(result->err);
	else if (item->waits && item->action == PLAN_CHANGE && !cli->options.quiet)
		say_waits(item);
	if (!result->err || !strcmp(result->word, "skipped"))
		cli_result_of(cli, result->kind, item->name, result->word);
}

static void on_trouble(void *ctx, const struct xlite_error *err)
{
	cli_fail(err);
}

static void on_left(void *ctx, const struct plan_item *const *items, size_t nr, size_t total)
{
	fprintf(stderr, "xlite: interrupted: %zu of %zu domains are left:", nr, total);
	for (size_t i = 0; i < nr && i < LEFT_SHOWN; i++)
		fprintf(stderr, " %s", items[i]->name);
	fputs(nr > LEFT_SHOWN ? " ...\n" : "\n", stderr);
}

static void on_waits(void *ctx, const char *name, pid_t holder)
{
	if (holder)
		fprintf(stderr, "xlite: waits for another run (pid %d), which is working on %s\n", (int)holder, name);
	else
		fprintf(stderr, "xlite: waits for another run, which is working on %s\n", name);
}

static void on_progress(void *ctx, size_t finished, size_t total)
{
	cli_progress(finished, total);
}

void cli_run_init(struct cli *cli, struct host *host, struct run *run)
{
	const struct cli_options *options = &cli->options;

	*run = (struct run){
		.host = host,
		.log = cli_log(cli),
		.options = {
			.set = options->set, .prune = options->prune, .replace = options->replace, .adopt = options->adopt,
			.now = options->now, .yes = options->yes, .timeout_s = options->timeout_s, .wait_s = options->wait_s,
			.jobs = options->jobs,
		},
		.observer = {
			.ctx = cli, .result = on_result, .trouble = on_trouble, .progress = on_progress, .left = on_left,
			.waits = on_waits,
		},
	};
}

void cli_warn(const struct cli *cli, const struct host *host, const struct plan *plan)
{
	for (size_t i = 0; i < plan->nr_warnings; i++) {
		const struct plan_warning *warning = &plan->warnings[i];
		struct xlite_error err = { 0 };

		if (cli->options.json_events) {
			xlite_error_set(&err, -EINVAL, "%s", warning->text);
			xlite_error_hint(&err, "%s", warning->hint);
			host_report(host, &(struct host_event){ .type = "warning", .status = "warning", .err = &err });
		} else {
			fprintf(stderr, "xlite: warning: %s\n", warning->text);
			if (warning->hint[0])
				fprintf(stderr, "  hint: %s\n", warning->hint);
		}
	}
}

static bool is_conflict(const struct plan_item *item)
{
	return item->action == PLAN_REFUSED && item->status == XLITE_CONFLICT;
}

/* Of what apply would be refused by the host, the first counts. */
static int plan_status(const struct plan *plan)
{
	const struct plan_item *item;

	for (size_t i = 0; (item = plan_at(plan, i)); i++) {
		if (is_conflict(item))
			return XLITE_CONFLICT;
	}
	for (size_t i = 0; (item = plan_at(plan, i)); i++) {
		if (item->action == PLAN_REFUSED && item->foretold)
			return (int)item->status;
	}
	return plan_differs(plan) ? XLITE_DIFFERS : 0;
}

int cli_show_plan(const struct cli *cli, const struct plan *plan)
{
	auto_buf struct buf text = BUF_INIT;

	if (cli->options.output_given && cli->options.output == CLI_JSON)
		plan_print_json(plan, &text);
	else
		plan_print(plan, cli_color(1), cli->options.verbose, &text);
	/* A saved plan is alone on standard output. */
	fputs(buf_str(&text), cli->options.out && !strcmp(cli->options.out, "-") ? stderr : stdout);
	return plan_status(plan);
}
