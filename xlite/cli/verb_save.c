/* SPDX-License-Identifier: GPL-2.0-or-later
 * save: a guest to sleep, into a file or a pipe.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xlite/cli/take.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/save.h"

void cli_tell_taken(struct cli *cli, struct host *host, const struct state_domain *domain, const char *word, bool tried, int rc,
		    struct xlite_error *err)
{
	const char *result = rc ? "failed" : word;
	const struct xlite_error *why = rc ? err : NULL;

	if (rc)
		xlite_error_prefix(err, "%s", domain->name ? domain->name : cli->args[0]);
	if (tried)
		run_log_write(cli_log(cli), &(struct run_log_entry){ .kind = "domain",
								     .name = domain->name,
								     .result = result,
								     .err = why,
								     .domid = domain->info.domid });
	host_report(host, &(struct host_event){ .type = "result", .domain = domain->name, .status = result, .err = why });
}

int cli_take_domain(struct cli *cli, struct host *host, struct run_objects *objects, struct state *state,
		    struct state_domain **domain, struct xlite_error *err)
{
	struct run run;
	int rc = cli_find_domain(host, cli->args[0], state, domain, err);

	if (!rc && !(*domain)->info.domid)
		return xlite_error_status(err, -EPERM, XLITE_CONFLICT,
					  "%s is the control domain: this verb is for guests", cli->args[0]);
	cli_run_init(cli, host, &run);
	run.objects = objects;
	if (!rc)
		rc = run_objects_add_domain(objects, (*domain)->name ? (*domain)->name : "", (*domain)->info.uuid);
	if (!rc)
		rc = run_take_objects(&run, err);
	if (rc > 0) {
		state_clear(state);
		rc = cli_find_domain(host, cli->args[0], state, domain, err);
	}
	return rc ? rc : observe_details(host, domain, 1, err);
}

static int save(struct cli *cli, struct host *host, const struct save_options *options, struct state_domain *domain,
		struct xlite_error *err)
{
	uint64_t bytes = 0;
	int rc = save_check(host, domain, err);
	bool tried = !rc;

	if (!rc)
		rc = save_domain(host, domain, options, &bytes, err);
	cli_amount(NULL, 0, 0);
	cli_tell_taken(cli, host, domain, "saved", tried, rc, err);
	return rc;
}

/* What is written to standard output is nothing but the stream. */
static void tell(const struct cli *cli, const struct save_options *options, const char *name)
{
	if (options->path)
		cli_result(cli, name, "saved");
	else if (!cli->options.quiet)
		fprintf(stderr, "domain/%s saved\n", name);
}

int verb_save(struct cli *cli)
{
	struct save_options options = {
		.path = strcmp(cli->args[1], "-") ? cli->args[1] : NULL, .fd = 1, .keep = cli->options.keep,
		.compress = cli->options.compress,
		.timeout_s = cli->options.timeout_s ? cli->options.timeout_s : CLI_SUSPEND_S,
	};
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct state_domain *domain = NULL;
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct host host;
	int rc;

	if (!options.path && cli_writes_to_terminal())
		return cli_bad_usage(cli, "a guest's memory is not for a terminal: name a file, or redirect standard output");
	cli_catch_signals();
	/* Who reads a pipe may go: the guest does not go with him. */
	signal(SIGPIPE, SIG_IGN);
	if (cli_host_open(cli, &host, &err))
		return cli_fail(&err);
	options.progress = cli_amount;
	options.progress_ctx = cli->args[0];
	rc = cli_take_domain(cli, &host, &objects, &state, &domain, &err);
	if (!rc)
		rc = save(cli, &host, &options, domain, &err);
	if (!rc)
		tell(cli, &options, domain->name);
	state_clear(&state);
	cli_host_close(cli, &host);
	run_objects_release(&objects);
	return rc ? cli_fail(&err) : 0;
}
