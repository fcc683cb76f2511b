/* SPDX-License-Identifier: GPL-2.0-or-later
 * list --watch: the list, then a line for each change of a domain. XenStore's events say when to look: of domains that
 * come and end, of names, of what a domain is to have, of our records. Of some changes there is no event (a domain is
 * paused, a guest gives memory back); most of them follow one of those, so that some looks follow each event, later and
 * later. Where nothing happens nothing is asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/cli/list.h"
#include "xlite/cli/list_shown.h"

#define NEVER INT64_MAX
/*
 * After an event: the looks that follow it, the last after some 25 s, and the least time between two, for a host
 * where much happens.
 */
#define AGAIN_FIRST_MS 50
#define AGAIN_LAST_MS 12800
#define APART_MS 200

struct watching {
	struct list_shown shown;
	int64_t next_ns, last_ns;	/* looks */
	int64_t again_ms;		/* until the one after that */
};

static volatile int ended;

static void on_end(int number)
{
	if (ended)
		_exit(XLITE_INTERRUPTED);
	ended = 1;
}

/* All events that have come. */
static int hear(struct watching *watching, struct xlite_error *err)
{
	struct xlite_error none = { 0 };
	const char *path, *token;
	bool any = false;
	int rc;

	while (!(rc = xlite_store_event(watching->shown.host.store, 0, &path, &token, &none))) {
		list_shown_event(&watching->shown, token);
		any = true;
	}
	if (any) {
		watching->again_ms = AGAIN_FIRST_MS;
		if (watching->last_ns + APART_MS * NS_PER_MS < watching->next_ns)
			watching->next_ns = watching->last_ns + APART_MS * NS_PER_MS;
	}
	if (rc == -ETIMEDOUT || rc == -EINTR)
		return 0;
	*err = none;
	return rc;
}

/* Signals come while it waits, and end that. -EPIPE: nobody reads on. */
static int rest(const struct watching *watching, const sigset_t *caught, struct xlite_error *err)
{
	struct pollfd ends[] = { { .fd = xlite_store_fd(watching->shown.host.store), .events = POLLIN }, { .fd = 1 } };
	int64_t left = watching->next_ns == NEVER ? 0 : watching->next_ns - clock_now_ns();
	struct timespec time = { .tv_sec = left > 0 ? left / NS_PER_SEC : 0, .tv_nsec = left > 0 ? left % NS_PER_SEC : 0 };
	sigset_t before;
	int n = 0;

	sigprocmask(SIG_BLOCK, caught, &before);
	if (!ended)
		n = ppoll(ends, ARRAY_SIZE(ends), watching->next_ns == NEVER ? NULL : &time, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return n > 0 && ends[1].revents ? xlite_error_sys(err, -EPIPE, "standard output") : 0;
}

static int go_on(struct watching *watching, const sigset_t *caught, struct xlite_error *err)
{
	int rc = 0;

	while (!rc && !ended) {
		rc = hear(watching, err);
		if (rc || watching->next_ns > clock_now_ns()) {
			rc = rc ? rc : rest(watching, caught, err);
			continue;
		}
		rc = list_shown_look(&watching->shown, err);
		watching->last_ns = clock_now_ns();
		watching->next_ns =
			watching->again_ms > AGAIN_LAST_MS ? NEVER : watching->last_ns + watching->again_ms * NS_PER_MS;
		watching->again_ms *= 2;
	}
	return rc;
}

static int begin(struct watching *watching, struct xlite_error *err)
{
	/* What is opened next would be in its place. */
	int rc = fcntl(1, F_GETFD) < 0 ? xlite_error_sys(err, -errno, "standard output") : 0;

	if (!rc)
		rc = cli_host_open(watching->shown.cli, &watching->shown.host, err);
	if (!rc)
		rc = xlite_store_watch(watching->shown.host.store, "@introduceDomain", "come", err);
	if (!rc)
		rc = xlite_store_watch(watching->shown.host.store, "@releaseDomain", "end", err);
	if (!rc)
		rc = xlite_store_watch(watching->shown.host.store, "/libxl", "records", err);
	return rc;
}

static void catch_signals(sigset_t *caught)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	sigemptyset(caught);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &(struct sigaction){ .sa_handler = on_end }, NULL);
		sigaddset(caught, signals[i]);
	}
	cli_end_with_connection();
}

int list_watch(struct cli *cli)
{
	enum cli_output output = cli->options.output;
	struct watching watching = {
		.shown = {
			.cli = cli,
			.table = { .titles = list_columns, .nr_columns = output == CLI_WIDE ? LIST_WIDE : LIST_NARROW },
			.full = output == CLI_WIDE || output == CLI_JSON || cli->options.selector,
		},
		.again_ms = AGAIN_FIRST_MS,
	};
	struct xlite_error err = { 0 };
	sigset_t caught;
	int rc;

	catch_signals(&caught);
	rc = begin(&watching, &err);
	if (!rc)
		rc = go_on(&watching, &caught, &err);
	list_shown_clear(&watching.shown);
	cli_host_close(cli, &watching.shown.host);
	if (rc == -EPIPE && freopen("/dev/null", "w", stdout))
		return 0;
	return !rc || (ended && rc == -EINTR) ? 0 : cli_fail(&err);
}
