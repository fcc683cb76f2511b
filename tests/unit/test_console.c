/* SPDX-License-Identifier: GPL-2.0-or-later
 * The console: one pseudo terminal stands for xenconsoled's, another for the user's. The copying runs in a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/auto.h"
#include "common/clock.h"
#include "tests/unit/fake_store.h"
#include "xlite/lib/console.h"
#include "xlite/lib/console_log.h"

static struct xlite_error err;

/* Both ends of everything. guest: what xenconsoled holds; in and out: the user's. */
struct bench {
	int guest, tty;		/* master, slave */
	int user, terminal;	/* master and slave of the user's terminal; -1: pipes */
	int in_read, in_write, out_read, out_write;
	int gone_read, gone_write;
	pid_t child;
};

static int clear_error(void **state)
{
	memset(&err, 0, sizeof(err));
	alarm(60);
	return 0;
}

static int open_master(char *name, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd) || unlockpt(fd), 0);
	assert_int_equal(ptsname_r(fd, name, size), 0);
	return fd;
}

static void bench_init(struct bench *bench, bool terminal)
{
	char name[64];
	int fds[2];

	bench->guest = open_master(name, sizeof(name));
	assert_int_equal(xlite_console_open(name, &bench->tty, &err), 0);
	bench->user = bench->terminal = -1;
	if (terminal) {
		bench->user = open_master(name, sizeof(name));
		bench->terminal = open(name, O_RDWR | O_NOCTTY);
		assert_true(bench->terminal >= 0);
	}
	assert_int_equal(pipe(fds), 0);
	bench->in_read = fds[0];
	bench->in_write = fds[1];
	assert_int_equal(pipe(fds), 0);
	bench->out_read = fds[0];
	bench->out_write = fds[1];
	assert_int_equal(pipe(fds), 0);
	bench->gone_read = fds[0];
	bench->gone_write = fds[1];
}

static bool always(void *ctx)
{
	return true;
}

/* The child exits with 0 (left), 1 (ended), or 100 + errno. */
static void bench_run(struct bench *bench, struct xlite_console_options *options)
{
	enum xlite_console_end end;
	int ret;

	if (bench->terminal >= 0) {
		options->in_fd = options->out_fd = bench->terminal;
	} else {
		options->in_fd = bench->in_read;
		options->out_fd = bench->out_write;
	}
	bench->child = fork();
	assert_true(bench->child >= 0);
	if (bench->child == 0) {
		close(bench->guest);
		close(bench->in_write);
		close(bench->out_read);
		ret = xlite_console_copy(bench->tty, options, bench->gone_read, always, NULL, &end, &err);
		_exit(ret ? 100 - ret : (int)end);
	}
	close(bench->tty);
	close(bench->in_read);
	close(bench->out_write);
}

static int bench_wait(struct bench *bench)
{
	int status;

	assert_int_equal(waitpid(bench->child, &status, 0), bench->child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void bench_clear(struct bench *bench)
{
	int *fds[] = { &bench->guest, &bench->user, &bench->terminal, &bench->in_write, &bench->out_read,
		       &bench->gone_read, &bench->gone_write };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			close(*fds[i]);
}

static void shut(int *fd)
{
	close(*fd);
	*fd = -1;
}

static void give(int fd, const void *bytes, size_t len)
{
	assert_int_equal(write(fd, bytes, len), len);
}

/* Exactly len bytes. */
static void expect(int fd, const char *bytes, size_t len)
{
	char got[4096];
	size_t have = 0;

	assert_true(len <= sizeof(got));
	while (have < len) {
		ssize_t n = read(fd, got + have, len - have);

		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_memory_equal(got, bytes, len);
}

static void names_of_terminals(void **state)
{
	static const char *const bad[] = {
		"", "/dev/pts/", "/dev/pts/ptmx", "/dev/pts/../null", "/dev/pts/1x", "/dev/pts/1/", "/dev/ptmx", "/dev/tty",
		"/etc/passwd", "dev/pts/1", "/dev/pts/-1", "/dev/pts/99999999999", " /dev/pts/1", "/dev/pts//1",
	};
	int fd = -1;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(xlite_console_open(bad[i], &fd, &err), -EPERM);
		assert_int_equal(fd, -1);
	}
	assert_int_equal(xlite_console_open("/dev/pts/999999", &fd, &err), -ENOENT);
}

static void terminal_of_another_user(void **state)
{
	char name[64];
	int master, fd = -1;

	if (geteuid())
		skip();
	master = open_master(name, sizeof(name));
	assert_int_equal(chown(name, 12345, 0), 0);
	assert_int_equal(xlite_console_open(name, &fd, &err), -EPERM);
	assert_non_null(strstr(err.message, "another user"));
	close(master);
}

static void pipe_to_its_end(void **state)
{
	struct xlite_console_options options = { .escape = XLITE_CONSOLE_ESCAPE };
	struct bench bench;

	bench_init(&bench, false);
	bench_run(&bench, &options);
	/* No escape in what is no terminal. */
	give(bench.in_write, "a\x1d\0b\r\n\xff", 7);
	shut(&bench.in_write);
	expect(bench.guest, "a\x1d\0b\r\n\xff", 7);
	assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_LEFT);
	bench_clear(&bench);
}

static void stays_until_the_console_ends(void **state)
{
	struct xlite_console_options options = { .escape = XLITE_CONSOLE_ESCAPE, .stay = true };
	struct bench bench;

	bench_init(&bench, false);
	bench_run(&bench, &options);
	shut(&bench.in_write);
	give(bench.guest, "\x1b[31m\0\xff", 7);
	expect(bench.out_read, "\x1b[31m\0\xff", 7);
	shut(&bench.guest);
	assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_ENDED);
	bench_clear(&bench);
}

static void much_text(void **state)
{
	struct xlite_console_options options = { .escape = -1, .stay = true };
	static char text[4000];
	struct bench bench;

	memset(text, 'x', sizeof(text));
	bench_init(&bench, false);
	bench_run(&bench, &options);
	shut(&bench.in_write);
	for (int i = 0; i < 100; i++) {
		give(bench.guest, text, sizeof(text));
		expect(bench.out_read, text, sizeof(text));
	}
	shut(&bench.guest);
	assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_ENDED);
	bench_clear(&bench);
}

static void domain_goes(void **state)
{
	struct xlite_console_options options = { .escape = -1, .stay = true };
	struct bench bench;

	bench_init(&bench, false);
	bench_run(&bench, &options);
	shut(&bench.in_write);
	give(bench.guest, "last words", 10);
	expect(bench.out_read, "last words", 10);
	give(bench.gone_write, "!", 1);
	assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_ENDED);
	bench_clear(&bench);
}

static bool same_mode(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_lflag == b->c_lflag && a->c_cflag == b->c_cflag;
}

/* Waits until the child has put the terminal into raw mode. */
static void wait_raw(int fd)
{
	struct termios mode;

	do {
		usleep(1000);
		assert_int_equal(tcgetattr(fd, &mode), 0);
	} while (mode.c_lflag & ICANON);
	assert_false(mode.c_lflag & (ECHO | ISIG));
}

static void typed_escape(void **state)
{
	struct xlite_console_options options = { .escape = XLITE_CONSOLE_ESCAPE };
	struct termios before, after;
	struct bench bench;

	bench_init(&bench, true);
	assert_int_equal(tcgetattr(bench.terminal, &before), 0);
	bench_run(&bench, &options);
	wait_raw(bench.terminal);
	give(bench.user, "ls\x03\r", 4);
	expect(bench.guest, "ls\x03\r", 4);
	give(bench.guest, "\x1b[1m#\r\n", 7);
	expect(bench.user, "\x1b[1m#\r\n", 7);
	give(bench.user, "x\x1dy", 3);
	assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_LEFT);
	assert_int_equal(tcgetattr(bench.terminal, &after), 0);
	assert_true(same_mode(&before, &after));
	bench_clear(&bench);
}

static void terminal_after_signals(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct xlite_console_options options = { .escape = XLITE_CONSOLE_ESCAPE };
		struct termios before, after;
		struct bench bench;

		bench_init(&bench, true);
		assert_int_equal(tcgetattr(bench.terminal, &before), 0);
		bench_run(&bench, &options);
		wait_raw(bench.terminal);
		kill(bench.child, signals[i]);
		kill(bench.child, signals[i]);
		assert_int_equal(bench_wait(&bench), 100 + EINTR);
		assert_int_equal(tcgetattr(bench.terminal, &after), 0);
		assert_true(same_mode(&before, &after));
		bench_clear(&bench);
	}
}

static void escape_from_a_guest_that_does_not_read(void **state)
{
	struct xlite_console_options options = { .escape = XLITE_CONSOLE_ESCAPE };
	char text[256];
	struct bench bench;

	memset(text, 'x', sizeof(text));
	bench_init(&bench, true);
	bench_run(&bench, &options);
	wait_raw(bench.terminal);
	for (int i = 0; i < 400; i++)
		give(bench.user, text, sizeof(text));
	give(bench.user, "\x1d", 1);
	assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_LEFT);
	bench_clear(&bench);
}

static void reader_goes(void **state)
{
	struct xlite_console_options options = { .escape = -1, .stay = true };
	struct bench bench;

	/* With something to say, and with nothing more: `xlite console web1 | grep -m 1 login:' ends. */
	for (int talks = 0; talks < 2; talks++) {
		bench_init(&bench, false);
		bench_run(&bench, &options);
		give(bench.guest, "first", 5);
		expect(bench.out_read, "first", 5);
		shut(&bench.out_read);
		if (talks)
			give(bench.guest, "hello", 5);
		assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_LEFT);
		bench_clear(&bench);
	}
}

static void safe_text_on_the_way(void **state)
{
	struct xlite_console_options options = { .escape = -1, .stay = true, .safe = true };
	struct bench bench;

	bench_init(&bench, false);
	bench_run(&bench, &options);
	shut(&bench.in_write);
	give(bench.guest, "\x1b[2Jhi\r\n\xe2\x82", 10);
	expect(bench.out_read, "\\x1b[2Jhi\n", 10);
	shut(&bench.guest);
	expect(bench.out_read, "\\xe2\\x82", 8);
	assert_int_equal(bench_wait(&bench), XLITE_CONSOLE_ENDED);
	bench_clear(&bench);
}

/* Escapes text in two pieces, split at every place; all ways give the same. */
static void assert_escaped(const char *text, size_t len, const char *expected)
{
	for (size_t split = 0; split <= len; split++) {
		struct xlite_console_safe safe = { 0 };
		char out[4096];
		size_t used;

		used = xlite_console_escape(&safe, text, split, out);
		used += xlite_console_escape(&safe, text + split, len - split, out + used);
		used += xlite_console_escape_end(&safe, out + used);
		out[used] = '\0';
		assert_string_equal(out, expected);
		assert_true(used <= 4 * len + 20);
	}
}

static void escaping(void **state)
{
#define ESCAPED(text, expected) assert_escaped(text, sizeof(text) - 1, expected)
	ESCAPED("plain\ttext\n", "plain\ttext\n");
	ESCAPED("a\r\nb\rc\r", "a\nb\\x0dc\\x0d");
	ESCAPED("a\r\r\n", "a\\x0d\n");
	ESCAPED("\x1b]0;title\x07\x7f\0", "\\x1b]0;title\\x07\\x7f\\x00");
	ESCAPED("\\x1b", "\\\\x1b");
	ESCAPED("gr\xc3\xbc\xc3\x9f, \xe2\x82\xac, \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f, \xe2\x82\xac, \xf0\x9f\x98\x80");
	/* C1 control characters: CSI as a byte and as a character. */
	ESCAPED("\x9b" "2J", "\\x9b2J");
	ESCAPED("\xc2\x9b" "2J", "\\xc2\\x9b2J");
	/* Overlong, surrogate, too large, cut off by text, by another character and by a control byte. */
	ESCAPED("\xc0\x9b", "\\xc0\\x9b");
	ESCAPED("\xe0\x80\x9b", "\\xe0\\x80\\x9b");
	ESCAPED("\xed\xa0\x80", "\\xed\\xa0\\x80");
	ESCAPED("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	ESCAPED("\xe2\x82z", "\\xe2\\x82z");
	ESCAPED("\xe2\x82\xc3\xbc", "\\xe2\\x82\xc3\xbc");
	ESCAPED("\xe2\x1b[", "\\xe2\\x1b[");
	ESCAPED("\r\xe2\x82\xac", "\\x0d\xe2\x82\xac");
}

static void no_control_byte_passes(void **state)
{
	unsigned seed = 1;

	for (int round = 0; round < 2000; round++) {
		struct xlite_console_safe safe = { 0 };
		char bytes[64], out[4 * 64 + 40];
		size_t used;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)((seed = seed * 1103515245 + 12345) >> (round % 2 ? 16 : 20));
		used = xlite_console_escape(&safe, bytes, sizeof(bytes), out);
		used += xlite_console_escape_end(&safe, out + used);
		for (size_t i = 0; i < used; i++) {
			unsigned char c = (unsigned char)out[i];

			assert_true(c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f));
			if (c == 0xc2)
				assert_true((unsigned char)out[i + 1] >= 0xa0);
		}
	}
}

/* A store that holds one domain's console. mode 0: domain, no tty; 1: tty; 2: no domain; 3: a name that is none. */
static char fake_tty[64];

static void answer_console(struct fake *fake, const struct fake_request *request)
{
	bool tty = strstr(request->body, "/console/tty");

	if (request->type == XS_WATCH) {
		fake_ok(fake, request);
		fake_event(fake, request->body, request->body + strlen(request->body) + 1);
	} else if (request->type != XS_READ) {
		fake_plain(fake, request);
	} else if (fake->mode == 2 || (tty && fake->mode == 0)) {
		fake_error(fake, request->id, "ENOENT");
	} else if (tty) {
		fake_text(fake, XS_READ, request->id, fake->mode == 3 ? "/etc/shadow" : fake_tty);
	} else {
		fake_text(fake, XS_READ, request->id, "");
	}
}

static void attach_by_domid(void **state)
{
	struct xlite_console_options options = { .escape = -1 };
	enum xlite_console_end end = XLITE_CONSOLE_ENDED;
	static const int expected[] = { -ETIMEDOUT, 0, -ENOENT, -EPERM };
	int fds[2], master = open_master(fake_tty, sizeof(fake_tty));

	for (int mode = 0; mode < 4; mode++) {
		struct fake fake;

		assert_int_equal(pipe(fds), 0);
		give(fds[1], "hi", 2);
		close(fds[1]);
		options.in_fd = fds[0];
		options.out_fd = 1;
		fake_init(&fake, answer_console);
		fake.mode = mode;
		assert_int_equal(xlite_console_attach(fake.store, 3, &options, clock_deadline_ms(100), &end, &err),
				 expected[mode]);
		if (!expected[mode]) {
			assert_int_equal(end, XLITE_CONSOLE_LEFT);
			expect(master, "hi", 2);
		}
		fake_clear(&fake);
		close(fds[0]);
	}
	close(master);
}

static void names_of_logs(void **state)
{
	char path[64], name[64];

	assert_int_equal(xlite_console_log_path("web 1.\xc3\xa9", path, sizeof(path)), 0);
	assert_string_equal(path, XLITE_CONSOLE_LOG_DIR "/guest-web 1.\xc3\xa9.log");
	assert_int_equal(xlite_console_log_path("", path, sizeof(path)), -EINVAL);
	assert_int_equal(xlite_console_log_path("../../../etc/passwd", path, sizeof(path)), -EINVAL);
	assert_int_equal(xlite_console_log_open("a/b"), -EINVAL);
	assert_int_equal(xlite_console_log_open("no domain of this name"), -ENOENT);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(xlite_console_log_path(name, path, sizeof(path)), -EINVAL);
}

static void check_tail_of(const char *text, size_t len, unsigned lines, off_t most, off_t from)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(xlite_console_log_tail(fileno(file), lines, most), from);
	fclose(file);
}

static void check_tail(const char *text, size_t len, unsigned lines, off_t from)
{
	check_tail_of(text, len, lines, 0, from);
}

/* Blocks are of 4096 bytes: lines that end at, before and behind their ends. */
static void last_lines(void **state)
{
	static char text[3 * 4096];

	check_tail("", 0, 1, 0);
	check_tail("a", 1, 1, 0);
	check_tail("a\n", 2, 1, 0);
	check_tail("a\nb", 3, 1, 2);
	check_tail("a\nb\n", 4, 1, 2);
	check_tail("a\nb\n", 4, 2, 0);
	check_tail("a\nb\n", 4, 9, 0);
	check_tail("\n\n\n", 3, 1, 2);
	check_tail("\n\n\n", 3, 2, 1);
	for (size_t end = 4090; end < 4100; end++) {
		for (size_t len = end + 1; len < sizeof(text); len += 4093) {
			memset(text, 'x', sizeof(text));
			text[end] = '\n';
			check_tail(text, len, 1, len == end + 1 ? 0 : (off_t)end + 1);
			check_tail(text, len, 2, 0);
		}
	}
	assert_int_equal(xlite_console_log_tail(-1, 1, 0), -EBADF);
}

/* A guest that prints no end of line makes nobody read all that it ever printed. */
static void last_bytes(void **state)
{
	static char text[3 * 4096];

	memset(text, 'x', sizeof(text));
	for (off_t most = 4090; most < 4100; most++) {
		check_tail_of(text, sizeof(text), 1, most, (off_t)sizeof(text) - most);
		check_tail_of(text, 4095, 1, most, most < 4095 ? 4095 - most : 0);
	}
	text[sizeof(text) - 3] = '\n';
	check_tail_of(text, sizeof(text), 1, 4096, (off_t)sizeof(text) - 2);
	check_tail_of(text, sizeof(text), 1, 2, (off_t)sizeof(text) - 2);
	check_tail_of(text, sizeof(text), 1, 1, (off_t)sizeof(text) - 1);
	check_tail_of(text, sizeof(text), 2, 4096, (off_t)sizeof(text) - 4096);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, clear_error)
	const struct CMUnitTest tests[] = {
		CASE(names_of_terminals),
		CASE(terminal_of_another_user),
		CASE(pipe_to_its_end),
		CASE(stays_until_the_console_ends),
		CASE(much_text),
		CASE(domain_goes),
		CASE(typed_escape),
		CASE(terminal_after_signals),
		CASE(escape_from_a_guest_that_does_not_read),
		CASE(reader_goes),
		CASE(safe_text_on_the_way),
		CASE(escaping),
		CASE(no_control_byte_passes),
		CASE(attach_by_domid),
		CASE(names_of_logs),
		CASE(last_lines),
		CASE(last_bytes),
	};

	/* Who starts us in the background or by nohup has had some of them ignored, and so they would stay. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
