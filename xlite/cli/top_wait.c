/* SPDX-License-Identifier: GPL-2.0-or-later
 * top: waiting for the next look, a key, a signal, or for the end of who looks.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/top.h"

#define DEFAULT_S 3
/* Before the second look nothing is known of what goes on. */
#define FIRST_MS 500

volatile int top_ended, top_resized;
static sigset_t caught;

static void on_signal(int number)
{
	if (number == SIGWINCH) {
		top_resized = 1;
		return;
	}
	if (top_ended)
		_exit(XLITE_INTERRUPTED);
	top_ended = 1;
}

void top_catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };

	sigemptyset(&caught);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &(struct sigaction){ .sa_handler = on_signal }, NULL);
		sigaddset(&caught, signals[i]);
	}
}

int top_wait(bool keys, int64_t at_ns)
{
	struct pollfd end = { .fd = keys ? 0 : 1, .events = keys ? POLLIN : 0 };
	int64_t left = at_ns - clock_now_ns();
	struct timespec time = { .tv_sec = left > 0 ? left / NS_PER_SEC : 0, .tv_nsec = left > 0 ? left % NS_PER_SEC : 0 };
	sigset_t before;
	int n = 0;

	/* A signal that comes just before the wait is not slept over. */
	sigprocmask(SIG_BLOCK, &caught, &before);
	if (!top_ended && !top_resized)
		n = ppoll(&end, 1, &time, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* A terminal that has hung up has input for ever, and none of it is to be had. */
	if (n > 0 && (end.revents & (POLLHUP | POLLERR | POLLNVAL)))
		return -EPIPE;
	return n > 0;
}

int64_t top_next_ns(const struct cli *cli, unsigned nr_looks, int64_t last_ns)
{
	int64_t ms = (cli->options.delay_s ? cli->options.delay_s : DEFAULT_S) * 1000LL;

	return last_ns + (nr_looks == 1 ? FIRST_MS : ms) * NS_PER_MS;
}
