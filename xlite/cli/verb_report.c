/* SPDX-License-Identifier: GPL-2.0-or-later
 * report: one page about a host, for a browser.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/report_page.h"
#include "xlite/reconcile/observe.h"
#include "xlite/run/planning.h"

static int print(struct report *report)
{
	auto_buf struct buf page = BUF_INIT;
	int rc = report_page(report, &page);

	if (rc)
		return cli_fail(&(struct xlite_error){ .code = rc, .message = "report: out of memory" });
	fputs(buf_str(&page), stdout);
	return 0;
}

/* What runs is looked at as list does; the plan's own look is at what the files mean. */
static int report_host(struct cli *cli, const struct cfg_set *set)
{
	struct xlite_error err = { 0 };
	struct host host = { 0 };
	struct run run;
	struct state state = { 0 }, all = { 0 };
	struct plan plan = { 0 };
	struct kept kept = { 0 };
	struct xlite_host_info info;
	auto_buf struct buf changes = BUF_INIT;
	char name[256] = "";
	int rc, status;

	cli_run_init(cli, &host, &run);
	rc = cli_host_open(cli, &host, &err);
	if (!rc)
		rc = planning_look(&run, set, false, &state, &plan, &err);
	if (!rc)
		rc = observe(&host, true, &all, &err);
	if (!rc)
		rc = kept_find(&all, true, &kept, &err);
	if (!rc)
		rc = xlite_host_info(host.xen, &info, &err);
	gethostname(name, sizeof(name) - 1);
	cli_warn(cli, &host, &plan);
	status = rc ? cli_fail(&err)
		    : print(&(struct report){
			      .host = name,
			      .xen = xlite_xen_version(host.xen),
			      .info = &info,
			      .set = set,
			      .state = &all,
			      .kept = &kept,
			      .plan = &plan,
			      .changes = report_log(&changes) ? buf_str(&changes) : NULL,
		      });
	plan_clear(&plan);
	kept_clear(&kept);
	state_clear(&all);
	state_clear(&state);
	cli_host_close(cli, &host);
	return status;
}

static int report_against(struct cli *cli, const struct cfg_set *set)
{
	struct cfg_set *against = NULL;
	struct state state = { 0 };
	struct plan plan = { 0 };
	struct run run;
	int status;

	cli_run_init(cli, NULL, &run);
	status = cli_plan_against(cli, &run, set, &against, &state, &plan);
	if (!status)
		status = print(&(struct report){ .set = set, .state = &state, .plan = &plan });
	plan_clear(&plan);
	state_clear(&state);
	cfg_set_free(against);
	return status;
}

int verb_report(struct cli *cli)
{
	struct cfg_set *set = NULL;
	int status = cli_load(cli, cli->args, cli->nr_args, &set);

	if (!status)
		status = cli->options.against ? report_against(cli, set) : report_host(cli, set);
	cfg_set_free(set);
	return status;
}
