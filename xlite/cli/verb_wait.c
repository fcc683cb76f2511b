/* SPDX-License-Identifier: GPL-2.0-or-later
 * wait: until domains run, answer, have ended or are gone. It changes nothing, and holds no lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/ready.h"

#define DEFAULT_S 60
/* Between two looks: Xen has no event for a domain that is unpaused, nor a port for one that takes connections. */
#define LOOK_FIRST_MS 10
#define LOOK_LAST_MS 200
/* XenStore says when a domain ends, but may have merged two events. */
#define RELEASE "@releaseDomain"
#define RELEASE_MS 1000

enum condition { IS_READY, HAS_ENDED, IS_GONE };

/* The wait for one domain. */
struct wait {
	enum condition condition;
	struct cfg_dependency want;	/* of IS_READY; text is that of all */
	struct ready ready;
	int64_t deadline_ns;
	const char *arg;
	char *name;
	bool done;
	bool found;		/* it was there at one look: what has ended may be gone at the next */
	uint8_t uuid[16];
	uint32_t domid;
};

/* Not there yet, for one that is to run, or to end: 0. */
static int look_ready(struct wait *wait, struct host *host, struct xlite_error *err)
{
	struct xlite_error why = { 0 };
	int rc = ready_check(&wait->ready, host, &why);

	if (rc != -ENOENT || wait->ready.found) {
		if (rc < 0)
			*err = why;
		return rc;
	}
	wait->ready.lacks = "there is no such domain on this host";
	return clock_now_ns() < wait->deadline_ns ? 0 :
	       xlite_error_set(err, -ETIMEDOUT, "%s: there is no such domain on this host", wait->arg);
}

static bool any_name(const char *arg)
{
	return true;
}

/* Whether it runs yet: one of another number was built anew, after the end of that which was meant at the first look. */
static bool goes_on(const struct wait *wait, const struct state_domain *domain)
{
	return domain && domain->info.domid == wait->domid && !domain->info.shutdown && !domain->info.dying;
}

/* Whether the domain is as it is to be; at the first look it is what the argument means. */
static int look_end(struct wait *wait, struct host *host, struct xlite_error *err)
{
	struct state state = { 0 };
	struct state_domain *domain = NULL;
	int rc = cli_observe_named(host, &wait->arg, 1, any_name, NULL, &state, err);

	if (!rc) {
		domain = wait->found ? state_find_uuid(&state, wait->uuid) : cli_find_observed(&state, wait->arg);
		if (domain && !wait->found) {
			memcpy(wait->uuid, domain->info.uuid, 16);
			wait->domid = domain->info.domid;
		}
		if (!domain && !wait->found && wait->condition == HAS_ENDED)
			rc = xlite_error_set(err, -ESRCH, "%s: no such domain", wait->arg);
		else
			rc = wait->condition == HAS_ENDED ? !goes_on(wait, domain) : !domain;
		wait->found = wait->found || domain;
	}
	state_clear(&state);
	return rc;
}

static int look(struct wait *wait, struct host *host, struct xlite_error *err)
{
	int rc = wait->condition == IS_READY ? look_ready(wait, host, err) : look_end(wait, host, err);

	if (!rc && wait->condition != IS_READY && clock_now_ns() >= wait->deadline_ns)
		rc = xlite_error_set(err, -ETIMEDOUT,
				     wait->condition == IS_GONE ? "%s: it is still there" : "%s: it has not ended",
				     wait->arg);
	return rc;
}

static int rest(const struct wait *any, struct host *host, unsigned nr_looks, struct xlite_error *err)
{
	int64_t deadline_ns = clock_deadline_ms(RELEASE_MS);
	int64_t ms = nr_looks < 5 ? LOOK_FIRST_MS << nr_looks : LOOK_LAST_MS;
	const char *path, *token;
	int rc;

	if (any->condition == IS_READY) {
		nanosleep(&(struct timespec){ .tv_nsec = (long)(ms * NS_PER_MS) }, NULL);
		return 0;
	}
	if (any->deadline_ns < deadline_ns)
		deadline_ns = any->deadline_ns;
	rc = xlite_store_event(host->store, deadline_ns, &path, &token, err);
	if (rc == -ETIMEDOUT)
		memset(err, 0, sizeof(*err));
	return rc == -ETIMEDOUT ? 0 : rc;
}

static void tell(const struct cli *cli, const struct wait *wait)
{
	const char *word = cli->options.condition ? cli->options.condition : "running";

	cli_result(cli, wait->name, wait->condition == IS_READY && strcmp(word, "running") ? "ready" : word);
}

/*
 * Whether the wait for it is over: it is as it is to be, which is told, or cannot become so. *status is that of the
 * first that failed.
 */
static bool is_over(const struct cli *cli, struct host *host, struct wait *wait, int *status)
{
	struct xlite_error err = { 0 };
	int rc = look(wait, host, &err), failed = rc < 0 ? cli_fail(&err) : 0;

	/* What went well may have left words of what was tried on the way. */
	if (rc > 0)
		tell(cli, wait);
	*status = *status ? *status : failed;
	return rc;
}

static int wait_for_all(const struct cli *cli, struct host *host, struct wait *waits, size_t nr)
{
	size_t left = nr;
	int status = 0;

	for (unsigned nr_looks = 0; left; nr_looks++) {
		struct xlite_error err = { 0 };

		for (size_t i = 0; i < nr; i++) {
			if (waits[i].done || !is_over(cli, host, &waits[i], &status))
				continue;
			waits[i].done = true;
			left--;
		}
		if (left && rest(waits, host, nr_looks, &err))
			return cli_fail(&err);
	}
	return status;
}

/* What --for means; errors of usage. */
static int read_condition(const struct cli *cli, struct wait *wait)
{
	const char *text = cli->options.condition ? cli->options.condition : "running";
	auto_buf struct buf why = BUF_INIT;

	if (!strcmp(text, "gone") || !strcmp(text, "ended")) {
		wait->condition = *text == 'g' ? IS_GONE : HAS_ENDED;
		return 0;
	}
	switch (cfg_parse_ready(text, &wait->want, &why)) {
	case 0:
		return 0;
	case -ENOMEM:
		return cli_fail(&(struct xlite_error){ .code = -ENOMEM, .message = "out of memory" });
	default:
		return cli_bad_usage(cli, "--for: %s", buf_str(&why));
	}
}

/* The name of the domain that a uuid or a domid means; arg itself where it is a name, be it of none yet. The caller's. */
static char *name_of(struct host *host, const char *arg)
{
	struct state state = { 0 };
	struct state_domain *domain = NULL;
	char *name;

	if (!cli_observe_named(host, &arg, 1, any_name, NULL, &state, NULL))
		domain = cli_find_observed(&state, arg);
	name = strdup(domain && domain->name ? domain->name : cli_domain_arg(arg));
	state_clear(&state);
	return name;
}

/* Whom the arguments mean; all have the condition and the time of the model. */
static struct wait *begin(const struct cli *cli, struct host *host, const struct wait *model, struct xlite_error *err)
{
	struct wait *waits = calloc((size_t)cli->nr_args, sizeof(*waits));
	bool failed = !waits;

	for (int i = 0; i < cli->nr_args && waits; i++) {
		struct wait *wait = &waits[i];

		*wait = *model;
		wait->arg = cli->args[i];
		wait->name = wait->want.name = name_of(host, wait->arg);
		failed = failed || !wait->name;
		ready_init(&wait->ready, &wait->want, NULL);
		wait->ready.deadline_ns = wait->deadline_ns;
	}
	if (failed)
		xlite_error_set(err, -ENOMEM, "out of memory");
	return waits;
}

static void end(struct wait *waits, int nr)
{
	for (int i = 0; i < nr && waits; i++) {
		ready_clear(&waits[i].ready);
		free(waits[i].name);
	}
	free(waits);
}

static int wait_here(const struct cli *cli, struct host *host, const struct wait *model)
{
	struct xlite_error err = { 0 };
	struct wait *waits;
	int status;

	/* Without it the end is seen a second later. */
	if (model->condition != IS_READY)
		xlite_store_watch(host->store, RELEASE, "wait", NULL);
	waits = begin(cli, host, model, &err);
	status = err.code ? cli_fail(&err) : wait_for_all(cli, host, waits, (size_t)cli->nr_args);
	end(waits, cli->nr_args);
	return status;
}

int verb_wait(struct cli *cli)
{
	unsigned timeout_s = cli->options.timeout_s ? cli->options.timeout_s : DEFAULT_S;
	struct wait model = { .want.timeout_s = timeout_s, .deadline_ns = clock_deadline_ms((int64_t)timeout_s * 1000) };
	struct xlite_error err = { 0 };
	struct host host;
	int status = read_condition(cli, &model);

	if (status)
		return status;
	cli_end_with_connection();
	status = cli_host_open(cli, &host, &err) ? cli_fail(&err) : wait_here(cli, &host, &model);
	cli_host_close(cli, &host);
	free(model.want.text);
	return status;
}
