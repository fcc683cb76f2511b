/* SPDX-License-Identifier: GPL-2.0-or-later
 * top: what the host's domains use, live on a terminal, or as tables for pipes and files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/top.h"

static int print_table(const struct top_sample *sample, const struct top_view *view, struct xlite_error *err)
{
	auto_buf struct buf head = BUF_INIT;
	struct top_lines lines;

	if (top_lines_make(sample, view, &lines))
		return xlite_error_set(err, -ENOMEM, "out of memory");
	top_head(sample, &head);
	puts(buf_str(&head));
	for (size_t i = 0; i < lines.nr; i++)
		puts(lines.items[i]);
	top_lines_clear(&lines);
	return fflush(stdout) ? xlite_error_sys(err, -errno, "standard output") : 0;
}

/* The first look is for the rates of the second, which is the first that is shown. */
static int batch(const struct cli *cli, struct host *host, const struct top_view *view, struct xlite_error *err)
{
	struct top_sample sample, before = { 0 };
	unsigned nr = 0;
	int rc = 0;

	while (!rc && !top_ended && (!cli->options.count || nr <= cli->options.count)) {
		rc = nr ? top_wait(false, top_next_ns(cli, nr, before.at_ns)) : 0;
		if (!rc && !top_ended && !(rc = top_look(cli, host, view->vcpus, &sample, err))) {
			top_rate(&sample, &before);
			top_sort(&sample, view);
			if (nr > 1)
				puts("");
			rc = nr ? print_table(&sample, view, err) : 0;
			top_sample_clear(&before);
			before = sample;
			nr++;
		}
	}
	top_sample_clear(&before);
	return rc;
}

/* At the begin each name must be a domain's; one that goes later is no longer shown. */
static int check_names(const struct cli *cli, struct host *host, struct xlite_error *err)
{
	int rc = 0;

	for (int i = 0; i < cli->nr_args && !rc; i++) {
		struct state state = { 0 };
		struct state_domain *domain;

		rc = cli_find_domain(host, cli->args[i], &state, &domain, err);
		state_clear(&state);
	}
	return rc;
}

static int check_usage(const struct cli *cli, struct top_view *view)
{
	if (cli->options.sort && !top_order_parse(cli->options.sort, &view->order))
		return cli_bad_usage(cli, "--sort: `%s' is none of cpu, memory, time, id and name", cli->options.sort);
	if (!cli->options.batch && (!isatty(0) || !isatty(1)))
		return cli_bad_usage(cli, "top: needs a terminal; for pipes and files there is --batch");
	return 0;
}

int verb_top(struct cli *cli)
{
	struct top_view view = { .vcpus = cli->options.vcpus };
	struct xlite_error err = { 0 };
	struct host host;
	int rc = check_usage(cli, &view);

	if (rc)
		return rc;
	/* What is opened next would be in its place. */
	if (fcntl(1, F_GETFD) < 0) {
		xlite_error_sys(&err, -errno, "standard output");
		return cli_fail(&err);
	}
	top_catch_signals();
	if (cli->options.batch)
		cli_end_with_connection();
	rc = cli_host_open(cli, &host, &err);
	if (!rc)
		rc = check_names(cli, &host, &err);
	if (!rc)
		rc = cli->options.batch ? batch(cli, &host, &view, &err) : top_screen(cli, &host, &view, &err);
	cli_host_close(cli, &host);
	/* Nobody looks any more. */
	if (rc == -EPIPE && freopen("/dev/null", "w", stdout))
		return 0;
	return !rc || (top_ended && rc == -EINTR) ? 0 : cli_fail(&err);
}
