/* SPDX-License-Identifier: GPL-2.0-or-later
 * watch: keeps the on_ keys of domains and applies files when they change, for as long as it lives.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/run/carry.h"
#include "xlite/run/planning.h"
#include "xlite/run/watch.h"
#include "xlite/run/watch_mend.h"
#include "xlite/run/watch_seat.h"

/* The longest pause between two builds of a domain, unless --backoff says otherwise. */
#define LONGEST_S 300

static volatile int hangup;

static void on_hangup(int number)
{
	hangup = 1;
}

/* The process that listens; those that work are children of it. */
static pid_t watcher;

/*
 * A child undoes what it has begun, also where it hears of the end twice: from the watch, and from who ends all
 * processes of a service.
 */
static void on_end(int number)
{
	if (cli_interrupted && getpid() == watcher)
		_exit(XLITE_INTERRUPTED);
	cli_interrupted = 1;
}

/* Standard error is a journal where this is a service: a line for each change, with its reason; none for what is as it was. */
static void on_result(void *ctx, const struct run_result *result)
{
	const struct plan_item *item = result->item;

	if (result->err) {
		cli_fail(result->err);
		return;
	}
	if (item->action == PLAN_NONE)
		return;
	fprintf(stderr, "xlite: %s/%s %s", result->kind, item->name, result->word);
	if (result->domid)
		fprintf(stderr, " (domid %u)", result->domid);
	fprintf(stderr, "%s%s\n", item->reason[0] ? ": " : "", item->reason);
}

static void on_trouble(void *ctx, const struct xlite_error *err)
{
	cli_fail(err);
}

static void say(void *ctx, const char *text)
{
	fprintf(stderr, "xlite: %s\n", text);
}

/* FNV-1a; never 0, which stands for no differences. */
static uint64_t hash(const struct buf *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text->len; i++)
		h = (h ^ (unsigned char)text->data[i]) * UINT64_C(0x100000001b3);
	return h ? h : 1;
}

/* What was refused at the last look, and still is, was told then. */
static void drop_refused(struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++) {
		if (plan->items[i].action == PLAN_REFUSED)
			plan->items[i].action = PLAN_NONE;
	}
}

/* Differences are told when they are others than those of the last look. */
static int tell_drift(const struct plan *plan, const struct watch_ask *ask, const struct buf *text)
{
	if (!plan_differs(plan))
		return 0;
	if (*ask->tells != ask->told)
		fprintf(stderr, "xlite: the host differs from the files:\n%s", buf_str(text));
	return XLITE_DIFFERS;
}

static int act(const struct run *run, const struct watch_ask *ask, const struct state *state, struct plan *plan)
{
	struct run_outcome outcome;

	if (ask->cause == WATCH_TIME && *ask->tells == ask->told)
		drop_refused(plan);
	if (run->host->locked)
		run_clean_stale(run, state);
	run_carry_out(run, plan, &outcome);
	return (int)outcome.status;
}

/* What watch_leave gave up is removed under the lock, like what dead runs left. */
static int lock_for_leftovers(const struct run *run, const struct state *state, struct xlite_error *err)
{
	return state_has_leftovers(state) ? host_lock(run->host, PLANNING_LOCK_MS, err) : 0;
}

static int apply_set(struct cli *cli, const struct run *run, const struct watch_ask *ask, const struct cfg_set *set,
		     struct state *state, struct plan *plan)
{
	auto_buf struct buf text = BUF_INIT;
	struct xlite_error err = { 0 };
	int rc = ask->act ? planning_look_to_act(run, set, state, plan, &err)
			  : planning_look(run, set, false, state, plan, &err);

	if (rc)
		return cli_fail(&err);
	watch_leave(plan, state, ask->cause == WATCH_CHANGED);
	if (ask->act && lock_for_leftovers(run, state, &err))
		return cli_fail(&err);
	if (ask->cause != WATCH_TIME)
		cli_warn(cli, run->host, plan);
	plan_print(plan, false, false, &text);
	*ask->tells = plan_differs(plan) ? hash(&text) : 0;
	return ask->act ? act(run, ask, state, plan) : tell_drift(plan, ask, &text);
}

static void run_init(struct cli *cli, struct host *host, struct run *run)
{
	cli_run_init(cli, host, run);
	run->observer = (struct run_observer){
		.ctx = cli, .result = on_result, .trouble = on_trouble, .waits = run->observer.waits,
	};
}

/* In a process of its own. */
static int apply(void *ctx, const struct watch_ask *ask)
{
	struct cli *cli = ctx;
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct plan plan = { 0 };
	struct cfg_set *set = NULL;
	struct host host;
	struct run run;
	int status = cli_load(cli, cli->args, cli->nr_args, &set);

	if (status)
		return status;
	if (cli_host_open(cli, &host, &err)) {
		cfg_set_free(set);
		return cli_fail(&err);
	}
	run_init(cli, &host, &run);
	run.objects = &objects;
	run.options.leaves = true;
	status = apply_set(cli, &run, ask, set, &state, &plan);
	plan_clear(&plan);
	state_clear(&state);
	cli_host_close(cli, &host);
	run_objects_release(&objects);
	cfg_set_free(set);
	return status;
}

/* The fields of a line, which is cut at its tabs. */
static size_t split(char *line, char **fields, size_t max)
{
	size_t nr = 0;

	while (line && nr < max)
		fields[nr++] = strsep(&line, "\t");
	return nr;
}

static void print_files(char **fields)
{
	if (!strcmp(fields[1], "-"))
		puts("files: none were applied yet");
	else
		printf("files: status %s, %s s ago (%s)\n", fields[1], fields[2], fields[3]);
}

static int print_status(char *text)
{
	static const char *const titles[] = { "NAME", "DOMID", "STATE", "REBUILT", "NEXT", "LAST" };
	struct cli_table table = { .titles = titles, .nr_columns = ARRAY_SIZE(titles) };
	bool whole = false;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *fields[8];
		size_t nr = split(line, fields, ARRAY_SIZE(fields));

		if (nr == 3 && !strcmp(fields[0], "watch"))
			printf("pid %s: %s\n", fields[1], fields[2]);
		else if (nr == 4 && !strcmp(fields[0], "files"))
			print_files(fields);
		else if (nr == 7 && !strcmp(fields[0], "domain"))
			for (size_t i = 1; i < nr; i++)
				cli_table_add(&table, "%s%s", fields[i], i == 5 && strcmp(fields[i], "-") ? "s" : "");
		whole = whole || !strcmp(fields[0], "end");
	}
	cli_table_print(&table);
	if (!whole)
		fputs("xlite: the answer of the watch is not whole\n", stderr);
	return whole ? 0 : XLITE_FAILED;
}

static int status(const struct cli *cli)
{
	auto_buf struct buf text = BUF_INIT;
	auto_free char *copy = NULL;
	struct xlite_error err = { 0 };

	if (cli->nr_args)
		return cli_bad_usage(cli, "--status asks the watch that runs, and takes no files");
	if (watch_seat_ask(&text, &err)) {
		xlite_error_hint(&err, "`xlite watch DIR' starts one");
		return cli_fail(&err);
	}
	copy = strdup(buf_str(&text));
	return copy ? print_status(copy) : XLITE_FAILED;
}

static int check_usage(const struct cli *cli)
{
	const struct cli_options *options = &cli->options;

	if (options->host)
		return cli_bad_usage(cli, "watch runs on the host itself: start it there (a service: xlite-watch.service)");
	for (int i = 0; i < cli->nr_args; i++) {
		if (!strcmp(cli->args[i], "-"))
			return cli_bad_usage(cli, "watch: `-' is read once and never changes; name a directory");
	}
	if (options->drift && strcmp(options->drift, "warn") && strcmp(options->drift, "fix"))
		return cli_bad_usage(cli, "--drift: `%s' is neither warn nor fix", options->drift);
	if (options->drift && !options->interval_s)
		return cli_bad_usage(cli, "--drift says what happens at the interval: it needs --interval");
	if (!cli->nr_args && (options->interval_s || options->set))
		return cli_bad_usage(cli, "watch: %s is about files, and none are named",
				     options->set ? "--set" : "--interval");
	return 0;
}

int verb_watch(struct cli *cli)
{
	const struct cli_options *options = &cli->options;
	struct xlite_error err = { 0 };
	struct watch watch = {
		.paths = cli->args,
		.nr_paths = (size_t)cli->nr_args,
		.longest_s = options->backoff_s ? options->backoff_s : LONGEST_S,
		.interval_s = options->interval_s,
		.drift_warns = options->drift && !strcmp(options->drift, "warn"),
		.metrics = options->metrics,
		.apply = apply,
		.say = say,
		.ctx = cli,
		.interrupted = &cli_interrupted,
		.hangup = &hangup,
	};
	int bad = check_usage(cli);

	if (bad || options->status)
		return bad ? bad : status(cli);
	run_init(cli, NULL, &watch.run);
	watch.about = watch.run.log->command;
	watcher = getpid();
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_end }, NULL);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_end }, NULL);
	sigaction(SIGHUP, &(struct sigaction){ .sa_handler = on_hangup }, NULL);
	bad = (int)run_watch(&watch, &err);
	return bad ? cli_fail(&err) : 0;
}
