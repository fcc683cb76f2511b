/* SPDX-License-Identifier: GPL-2.0-or-later
 * apply --confirm: what was applied is taken back unless somebody says in time that the host can still be reached. An
 * administrator who has cut his own connection has lost terminal and shell: SIGHUP does not end the wait, and any shell
 * of the host can confirm, by a socket. Nor do signals of the terminal stop it, since what is stopped takes nothing
 * back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/cli/cli.h"
#include "xlite/run/back.h"
#include "xlite/run/carry.h"

/* One such run is on a host at a time: what the one takes back, the other may have built upon. */
#define CONFIRM_LOCK "/run/xlite/confirm"
#define CONFIRM_SOCKET "/run/xlite/confirm.sock"
/* A signal that comes just before poll does not end it. */
#define LOOK_MS 500
#define ASK_S 10

static const struct sockaddr_un address = { AF_UNIX, CONFIRM_SOCKET };

enum answer { CONFIRMED, TIME_IS_UP, TAKE_BACK };

/* Not SIG_IGN, which programs that a step runs would inherit. */
static void on_nothing(int number)
{
}

/* However many come: by another signal the run would end with all of it done, and nobody to take it back. */
static void on_stop(int number)
{
	static const char text[] = "xlite: stops after the current step, and takes back what is done\n";

	if (cli_interrupted)
		return;
	cli_interrupted = 1;
	if (write(2, text, sizeof(text) - 1) < 0)
		return;
}

/* Without SA_RESTART: what a terminal refuses to one in its background is an error then. */
static void handle(const int *signals, size_t nr, void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler };

	for (size_t i = 0; i < nr; i++)
		sigaction(signals[i], &action, NULL);
}

static const int ends[] = { SIGINT, SIGTERM }, stops[] = { SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU };

static int take_lock(struct xlite_error *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET }, other = whole;
	int fd;

	mkdir("/run/xlite", 0755);
	fd = open(CONFIRM_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return xlite_error_sys(err, -errno, "open " CONFIRM_LOCK);
	if (!fcntl(fd, F_SETLK, &whole))
		return fd;
	xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "--confirm: another run (pid %d) can still be taken back",
			   fcntl(fd, F_GETLK, &other) || other.l_type == F_UNLCK ? 0 : (int)other.l_pid);
	xlite_error_hint(err, "`xlite confirm' keeps what it has done");
	close(fd);
	return -EAGAIN;
}

/* Whose lock it is, his is the socket: what an earlier one left is removed. */
static int listen_there(struct xlite_error *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;
	mode_t before;

	if (fd < 0)
		return xlite_error_sys(err, -errno, "socket");
	unlink(CONFIRM_SOCKET);
	before = umask(0177);
	rc = bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, 8) ? -errno : 0;
	umask(before);
	if (!rc)
		return fd;
	close(fd);
	return xlite_error_sys(err, rc, "listening on " CONFIRM_SOCKET);
}

static bool is_asked(int fd)
{
	static const char text[] = "confirmed\n";
	auto_close int asks = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	return asks >= 0 && send(asks, text, sizeof(text) - 1, MSG_NOSIGNAL) == sizeof(text) - 1;
}

static bool is_in_front(int fd)
{
	return tcgetpgrp(fd) == getpgrp();
}

/* A line on the terminal. One that has gone is not asked again, nor one that is a shell's again. */
static bool is_typed(struct pollfd *terminal)
{
	char text[256];
	ssize_t n = read(terminal->fd, text, sizeof(text));

	if (n <= 0 && !(n < 0 && errno == EINTR && is_in_front(terminal->fd)))
		terminal->fd = -1;
	return n > 0 && memchr(text, '\n', (size_t)n);
}

static enum answer wait_for_answer(int fd, bool typed, unsigned timeout_s)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = typed ? 0 : -1, .events = POLLIN } };
	int64_t deadline = clock_deadline_ms((int64_t)timeout_s * 1000), left_ms;

	while (!cli_interrupted && (left_ms = (deadline - clock_now_ns()) / NS_PER_MS) > 0) {
		if (poll(fds, ARRAY_SIZE(fds), left_ms < LOOK_MS ? (int)left_ms + 1 : LOOK_MS) <= 0)
			continue;
		if ((fds[0].revents && is_asked(fd)) || (fds[1].revents && is_typed(&fds[1])))
			return CONFIRMED;
	}
	return cli_interrupted ? TAKE_BACK : TIME_IS_UP;
}

static enum answer ask(const struct cli *cli, int fd)
{
	bool typed = isatty(0) && isatty(2) && is_in_front(0);

	/* Nobody has seen yet what is to be confirmed. */
	if (typed)
		tcflush(0, TCIFLUSH);
	fprintf(stderr, "xlite: %s`xlite confirm' in another shell keeps this; in %u seconds it is taken back%s\n",
		typed ? "ENTER here, or " : "", cli->options.confirm_s, typed ? ", and by Ctrl-C at once" : "");
	return wait_for_answer(fd, typed, cli->options.confirm_s);
}

static enum answer decide(const struct cli *cli, const struct run_outcome *outcome, struct xlite_error *err)
{
	enum answer answer = TAKE_BACK;
	int fd;

	if (outcome->status)
		return TAKE_BACK;
	fd = listen_there(err);
	if (fd < 0) {
		cli_fail(err);
		return TAKE_BACK;
	}
	answer = ask(cli, fd);
	unlink(CONFIRM_SOCKET);
	close(fd);
	return answer;
}

/* Signals do not end this: half of it would help nobody. */
static int take_back(const struct run *run, const struct run_back *back, enum answer answer, int status)
{
	struct run_outcome outcome;

	fprintf(stderr, "xlite: %s: all of it is taken back\n",
		answer == TIME_IS_UP ? "not confirmed in time"
		: cli_interrupted    ? "interrupted"
				     : "failed");
	handle(ends, ARRAY_SIZE(ends), on_nothing);
	cli_interrupted = 0;
	run_back_carry_out(run, back, &outcome);
	if (outcome.status) {
		fputs("xlite: not all of it could be taken back, as said above\n", stderr);
		return XLITE_FAILED;
	}
	return status ? status : answer == TIME_IS_UP ? XLITE_TIMEOUT : XLITE_INTERRUPTED;
}

static int carry(struct cli *cli, const struct run *run, const struct state *state, const struct plan *plan,
		 const struct run_back *back)
{
	struct xlite_error err = { 0 };
	struct run_outcome outcome;
	enum answer answer;

	if (run->host->locked)
		run_clean_stale(run, state);
	run_carry_out(run, plan, &outcome);
	if (!outcome.status && !outcome.changed)
		return 0;
	host_unlock(run->host);
	answer = decide(cli, &outcome, &err);
	if (answer != CONFIRMED)
		return take_back(run, back, answer, err.code ? (int)xlite_error_exit(&err) : (int)outcome.status);
	fputs("xlite: confirmed\n", stderr);
	return cli->options.detailed_exitcode ? XLITE_DIFFERS : 0;
}

int cli_carry_confirmed(struct cli *cli, const struct run *run, const struct state *state, const struct plan *plan)
{
	struct run_back back = RUN_BACK_INIT;
	struct xlite_error err = { 0 };
	auto_close int lock = -1;
	int status = 0;

	if (run_back_prepare(&back, state, plan, &err))
		status = cli_fail(&err);
	if (!status && !cli->options.dry_run) {
		lock = take_lock(&err);
		status = lock < 0 ? cli_fail(&err) : 0;
	}
	if (!status && !cli->options.dry_run) {
		handle(ends, ARRAY_SIZE(ends), on_stop);
		handle(stops, ARRAY_SIZE(stops), on_nothing);
		status = carry(cli, run, state, plan, &back);
	}
	run_back_clear(&back);
	return status;
}

static int say_confirmed(int fd, struct xlite_error *err)
{
	struct timeval patience = { .tv_sec = ASK_S };
	char text[64];
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		if (errno != ENOENT && errno != ECONNREFUSED)
			return xlite_error_sys(err, -errno, CONFIRM_SOCKET);
		return xlite_error_set(err, -ESRCH, "no run waits for a confirmation on this host");
	}
	n = recv(fd, text, sizeof(text), 0);
	return n > 0 ? 0 : xlite_error_set(err, -ECANCELED, "it comes too late: the run takes back what it has done");
}

int verb_confirm(struct cli *cli)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct xlite_error err = { 0 };
	int rc = fd < 0 ? xlite_error_sys(&err, -errno, "socket") : say_confirmed(fd, &err);

	if (rc)
		return cli_fail(&err);
	if (!cli->options.quiet)
		puts("confirmed");
	return 0;
}
