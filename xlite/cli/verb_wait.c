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
	struct ready ready;
	struct cfg_dependency want;
	enum condition condition;
	const char *arg;
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
	return clock_now_ns() < wait->ready.deadline_ns ? 0 :
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

	if (!rc && wait->condition != IS_READY && clock_now_ns() >= wait->ready.deadline_ns)
		rc = xlite_error_set(err, -ETIMEDOUT, wait->condition == IS_GONE ? "%s: it is still there" : "%s: it has not ended",
				     wait->arg);
	return rc;
}

static int rest(const struct wait *wait, struct host *host, unsigned nr_looks, struct xlite_error *err)
{
	int64_t deadline_ns = clock_deadline_ms(RELEASE_MS);
	int64_t ms = nr_looks < 5 ? LOOK_FIRST_MS << nr_looks : LOOK_LAST_MS;
	const char *path, *token;
	int rc;

	if (wait->condition == IS_READY) {
		nanosleep(&(struct timespec){ .tv_nsec = (long)(ms * NS_PER_MS) }, NULL);
		return 0;
	}
	if (wait->ready.deadline_ns < deadline_ns)
		deadline_ns = wait->ready.deadline_ns;
	rc = xlite_store_event(host->store, deadline_ns, &path, &token, err);
	if (rc == -ETIMEDOUT)
		memset(err, 0, sizeof(*err));
	return rc == -ETIMEDOUT ? 0 : rc;
}

static int wait_for(struct wait *wait, struct host *host, struct xlite_error *err)
{
	int rc = 0;

	for (unsigned nr_looks = 0; !rc; nr_looks++) {
		rc = look(wait, host, err);
		if (!rc)
			rc = rest(wait, host, nr_looks, err);
	}
	return rc < 0 ? rc : 0;
}

/* What --for means; errors of usage. */
static int read_condition(struct cli *cli, struct wait *wait)
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

/* The time is that of all together. */
static int wait_one(struct cli *cli, struct host *host, struct wait *wait, const char *arg, int64_t deadline_ns, struct xlite_error *err)
{
	const char *word = cli->options.condition ? cli->options.condition : "running";
	auto_free char *name = name_of(host, arg);
	int rc;

	if (!name)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	wait->arg = arg;
	wait->found = false;
	wait->want.name = name;
	ready_init(&wait->ready, &wait->want, NULL);
	wait->ready.deadline_ns = deadline_ns;
	rc = wait_for(wait, host, err);
	ready_clear(&wait->ready);
	if (!rc)
		cli_result(cli, wait->want.name, wait->condition == IS_READY && strcmp(word, "running") ? "ready" : word);
	return rc;
}

int verb_wait(struct cli *cli)
{
	unsigned timeout_s = cli->options.timeout_s ? cli->options.timeout_s : DEFAULT_S;
	struct wait wait = { .want.timeout_s = timeout_s };
	struct xlite_error err = { 0 };
	struct host host;
	int status = read_condition(cli, &wait);

	if (status)
		return status;
	cli_end_with_connection();
	if (cli_host_open(cli, &host, &err)) {
		status = cli_fail(&err);
	} else {
		int64_t deadline_ns = clock_deadline_ms((int64_t)timeout_s * 1000);

		/* Without it the end is seen a second later. */
		if (wait.condition != IS_READY)
			xlite_store_watch(host.store, RELEASE, "wait", NULL);
		for (int i = 0; i < cli->nr_args; i++) {
			memset(&err, 0, sizeof(err));
			if (wait_one(cli, &host, &wait, cli->args[i], deadline_ns, &err)) {
				int failed = cli_fail(&err);

				status = status ? status : failed;
			}
		}
		cli_host_close(cli, &host);
	}
	free(wait.want.text);
	return status;
}
