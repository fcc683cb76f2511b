/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is told while a run goes on: JSON lines for machines, one moving line on a terminal.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cfg/json.h"
#include "common/clock.h"
#include "xlite/cli/cli.h"

static const char *event_kind(const struct host_event *event)
{
	return event->kind ? event->kind : "domain";
}

static bool is_progress(const struct host_event *event)
{
	return !strcmp(event->type, "progress");
}

static void report_json(void *ctx, const struct host_event *event)
{
	static json_int_t seq;
	struct timespec now;
	json_t *line;
	char *text;

	if (is_progress(event))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	line = json_pack("{s:i, s:I, s:f, s:s, s:o, s:s?, s:s, s:f}", "v", 1, "seq", ++seq, "ts",
			 (double)now.tv_sec + (double)now.tv_nsec / 1e9, "type", event->type, event_kind(event),
			 cfg_json_text(event->domain ? event->domain : ""), "step", event->step, "status", event->status, "ms",
			 (double)event->took_ns / 1e6);
	if (event->err && !strcmp(event->status, "failed")) {
		json_object_set_new(line, "error", cfg_json_text(event->err->message));
		json_object_set_new(line, "errno", json_integer(-event->err->code));
		if (event->err->left[0])
			json_object_set_new(line, "not_undone", cfg_json_text(event->err->left));
	}
	if (event->err && !strcmp(event->type, "warning")) {
		json_object_set_new(line, "message", cfg_json_text(event->err->message));
		json_object_set_new(line, "hint", cfg_json_text(event->err->hint));
	}
	text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(14));
	if (text)
		fprintf(stderr, "%s\n", text);
	free(text);
	json_decref(line);
}

static void report_verbose(void *ctx, const struct host_event *event)
{
	if (!event->step || is_progress(event) || !strcmp(event->status, "start"))
		return;
	fprintf(stderr, "%s/%s: %s %s (%.1f ms)\n", event_kind(event), event->domain,
		strcmp(event->type, "undo") ? event->step : "undo", event->status, (double)event->took_ns / 1e6);
}

/* Where a run of several domains has come to, for the line on a terminal, and whether there is such a line. */
static struct {
	size_t finished, total;
	bool shown;
} progress;

static void wipe_line(void)
{
	if (progress.shown)
		fputs("\r\033[K", stderr);
	progress.shown = false;
}

void cli_progress(size_t finished, size_t total)
{
	progress.finished = finished;
	progress.total = total;
	if (!total)
		wipe_line();
}

/* At most ten times a second. */
void cli_amount(void *what, uint64_t done, uint64_t total)
{
	static int64_t last_ns;
	int64_t now_ns = what ? clock_now_ns() : 0;

	if (!what) {
		wipe_line();
		return;
	}
	if (!isatty(2) || now_ns - last_ns < NS_PER_SEC / 10 || !total)
		return;
	last_ns = now_ns;
	wipe_line();
	fprintf(stderr, "%.60s: %llu%% of %llu MiB", (const char *)what,
		(unsigned long long)(done >= total ? 100 : done * 100 / total), (unsigned long long)total >> 8);
	fflush(stderr);
	progress.shown = true;
}

static void report_terminal(void *ctx, const struct host_event *event)
{
	if (event->step && !strcmp(event->status, "done"))
		return;
	wipe_line();
	if (!event->step || strcmp(event->status, "start"))
		return;
	if (progress.total > 1)
		fprintf(stderr, "%zu/%zu %s: %s", progress.finished, progress.total, event->domain, event->step);
	else if (is_progress(event))
		fprintf(stderr, "%s/%s: %s... %u%%", event_kind(event), event->domain, event->step, event->percent);
	else
		fprintf(stderr, "%s/%s: %s...", event_kind(event), event->domain, event->step);
	progress.shown = true;
}

int cli_host_open(struct cli *cli, struct host *host, struct xlite_error *err)
{
	memset(host, 0, sizeof(*host));
	host->interrupted = &cli_interrupted;
	if (cli->options.json_events)
		host->report = report_json;
	else if (cli->options.verbose)
		host->report = report_verbose;
	else if (cli_color(2) && !cli->options.quiet && cli->verb->takes_files)
		host->report = report_terminal;
	return host_open(host, err);
}

/* Counts do not wobble: what a run cost, for tests and for those who tune. */
static void print_stats(const struct host *host)
{
	const struct xlite_store_counts *store = xlite_store_counts(host->store), *more_store = &host->spent_store;
	const struct xlite_xen_counts *xen = xlite_xen_counts(host->xen), *more_xen = &host->spent_xen;

	fprintf(stderr,
		"stats: hypercalls=%llu hypercall_writes=%llu mapped_pages=%llu store_messages=%llu store_writes=%llu "
		"store_round_trips=%llu\n",
		(unsigned long long)(xen->hypercalls + more_xen->hypercalls),
		(unsigned long long)(xen->writes + more_xen->writes),
		(unsigned long long)(xen->mapped_pages + more_xen->mapped_pages),
		(unsigned long long)(store->messages + more_store->messages),
		(unsigned long long)(store->writes + more_store->writes),
		(unsigned long long)(store->round_trips + more_store->round_trips));
}

void cli_host_close(const struct cli *cli, struct host *host)
{
	if (cli->options.stats && host->xen && host->store)
		print_stats(host);
	host_close(host);
}
