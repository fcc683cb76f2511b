/* SPDX-License-Identifier: GPL-2.0-or-later
 * Workers. A message is one structure of fixed size, below PIPE_BUF, so that it is written and read whole.
 */
#include "xlite/run/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"

enum message_kind { MESSAGE_EVENT, MESSAGE_WAITS, MESSAGE_WANTS, MESSAGE_END };

struct message {
	enum message_kind kind;
	char type[16], step[48], status[16];	/* of an event; at the end status is what was done */
	int64_t took_ns;
	struct xlite_error err;			/* code 0: none */
	uint32_t domid;				/* at the end: of what was built, or 0 */
	struct xlite_xen_counts xen;		/* at the end: what the connections cost */
	struct xlite_store_counts store;
};

_Static_assert(sizeof(struct message) <= PIPE_BUF, "a message is written at once");

static void send_message(int fd, const struct message *message)
{
	/* Nobody listens any more when the parent has died, and then this process does, too. */
	while (write(fd, message, sizeof(*message)) < 0 && errno == EINTR)
		;
}

static void send_event(void *ctx, const struct host_event *event)
{
	struct message message = { .kind = MESSAGE_EVENT, .took_ns = event->took_ns };

	snprintf(message.type, sizeof(message.type), "%s", event->type);
	snprintf(message.step, sizeof(message.step), "%s", event->step ? event->step : "");
	snprintf(message.status, sizeof(message.status), "%s", event->status);
	if (event->err)
		message.err = *event->err;
	send_message(*(const int *)ctx, &message);
}

/* Of the worker's own process. */
static volatile int stopped;

static void on_stop(int number)
{
	if (number == SIGTERM)
		stopped = 1;
}

static void take_signals(const sigset_t *before)
{
	struct sigaction action = { .sa_handler = on_stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, before, NULL);
}

struct ends {
	int out, answer;	/* to the parent, from the parent */
};

/* host_wait_begin and host_wait_end of a worker: the parent has the lock, and gives it up when all who need it wait. */
static int on_wait(void *ctx, bool begins, struct xlite_error *err)
{
	const struct ends *ends = ctx;
	struct message message = { .kind = begins ? MESSAGE_WAITS : MESSAGE_WANTS };
	struct xlite_error answer;
	ssize_t got;

	send_message(ends->out, &message);
	if (begins)
		return 0;
	do
		got = read(ends->answer, &answer, sizeof(answer));
	while (got < 0 && errno == EINTR && !stopped);
	if (got != (ssize_t)sizeof(answer))
		return xlite_error_set(err, -EINTR, "interrupted while waiting for the host's lock");
	if (answer.code)
		*err = answer;
	return answer.code;
}

/* The lock is the parent's; its descriptor is the same open file here, which keeps it until both have closed it. */
static void work(struct ends *ends, int gate, const struct host *parent, const struct plan_item *item,
		 const struct apply_options *options)
{
	struct message end = { .kind = MESSAGE_END };
	struct host host = { .report = parent->report ? send_event : NULL, .report_ctx = &ends->out, .interrupted = &stopped,
			     .waits = on_wait, .waits_ctx = ends };
	const char *done = "";

	if (!host_open(&host, &end.err)) {
		host.locked = parent->locked;
		host.specs = parent->specs;
		host.nr_specs = parent->nr_specs;
		host.lock = parent->lock;
		memcpy(host.grub, parent->grub, sizeof(host.grub));
		host.listed = parent->listed;
		host.nr_listed = parent->nr_listed;
		xlite_store_set_gate(host.store, gate);
		/* What went well may have left words of what was tried on the way. */
		if (!apply_item(&host, item, options, &done, &end.domid, &end.err))
			memset(&end.err, 0, sizeof(end.err));
		end.xen = *xlite_xen_counts(host.xen);
		end.store = *xlite_store_counts(host.store);
		host_close(&host);
	} else {
		xlite_error_prefix(&end.err, "%s", item->name);
	}
	snprintf(end.status, sizeof(end.status), "%s", done);
	send_message(ends->out, &end);
}

int worker_start(struct worker *worker, struct host *host, int gate, const struct plan_item *item,
		 const struct apply_options *options, struct xlite_error *err)
{
	sigset_t both, before;
	pid_t parent = getpid();
	int ends[2], answers[2], rc = 0;

	memset(worker, 0, sizeof(*worker));
	if (pipe2(ends, O_CLOEXEC))
		return xlite_error_sys(err, -errno, "%s: pipe", item->name);
	if (pipe2(answers, O_CLOEXEC)) {
		xlite_error_sys(err, -errno, "%s: pipe", item->name);
		close(ends[0]);
		close(ends[1]);
		return err->code;
	}
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	sigprocmask(SIG_BLOCK, &both, &before);
	worker->pid = fork();
	if (!worker->pid) {
		take_signals(&before);
		if (getppid() == parent)
			work(&(struct ends){ ends[1], answers[0] }, gate, host, item, options);
		_exit(0);
	}
	if (worker->pid < 0)
		rc = xlite_error_sys(err, -errno, "%s: fork", item->name);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	close(answers[0]);
	worker->fd = ends[0];
	worker->answer = answers[1];
	if (rc) {
		close(ends[0]);
		close(answers[1]);
	}
	return rc;
}

static void add_costs(struct host *host, const struct message *end)
{
	host->spent_xen.hypercalls += end->xen.hypercalls;
	host->spent_xen.writes += end->xen.writes;
	host->spent_xen.mapped_pages += end->xen.mapped_pages;
	host->spent_store.messages += end->store.messages;
	host->spent_store.writes += end->store.writes;
	host->spent_store.round_trips += end->store.round_trips;
}

/* Its pipe has ended: how it died, unless it had said that it was done. */
static int bury(struct worker *worker, const struct plan_item *item, struct xlite_error *err)
{
	int status = 0;
	pid_t pid;

	close(worker->fd);
	close(worker->answer);
	do
		pid = waitpid(worker->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (worker->finished)
		return 0;
	if (pid == worker->pid && WIFSIGNALED(status))
		xlite_error_set(err, -EIO, "%s: the worker that built it was killed by signal %d (%s)", item->name,
				WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		xlite_error_set(err, -EIO, "%s: the worker that built it ended without a result", item->name);
	xlite_error_hint(err, "the next apply finishes or removes what it left");
	return 0;
}

int worker_hear(struct worker *worker, struct host *host, const struct plan_item *item, struct xlite_error *err)
{
	struct message message;
	struct host_event event = { .type = message.type, .domain = item->name, .status = message.status };
	ssize_t got = read(worker->fd, &message, sizeof(message));

	if (got < 0 && errno == EINTR)
		return 1;
	if (got != (ssize_t)sizeof(message))
		return bury(worker, item, err);
	if (message.kind == MESSAGE_WAITS || message.kind == MESSAGE_WANTS) {
		worker->waits = true;
		worker->wants = message.kind == MESSAGE_WANTS;
		return 1;
	}
	if (message.kind == MESSAGE_END) {
		worker->finished = true;
		snprintf(worker->done, sizeof(worker->done), "%s", message.status);
		worker->domid = message.domid;
		if (message.err.code)
			*err = message.err;
		add_costs(host, &message);
		return 1;
	}
	event.step = message.step[0] ? message.step : NULL;
	event.took_ns = message.took_ns;
	event.err = message.err.code ? &message.err : NULL;
	host_report(host, &event);
	return 1;
}

void worker_go_on(struct worker *worker, const struct xlite_error *err)
{
	worker->waits = worker->wants = false;
	/* One that has died has closed its end, which says so to whoever hears it. */
	while (write(worker->answer, err, sizeof(*err)) < 0 && errno == EINTR)
		;
}

void worker_stop(const struct worker *worker)
{
	kill(worker->pid, SIGTERM);
}
