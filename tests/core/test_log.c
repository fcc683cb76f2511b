/* SPDX-License-Identifier: GPL-2.0-or-later
 * The log and a console that is slower than what is said: nobody waits for it, all of it arrives, and what cannot is
 * told. And lines that guests cause.
 */
#include "tests/core/core_check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/serial.h"
#include "xen-core/domain/domain.h"

#define RING 16384u

static char out[1 << 20];
static size_t nr_out, takes;
static size_t out_at_stop;
static bool waited, restarted;
static unsigned stops;
static unsigned after;
static jmp_buf *ended;
static void (*meanwhile)(void);		/* happens while the console is given something */
static uint64_t now_ns;

size_t serial_offer(const char *text, size_t len)
{
	size_t n = MIN(len, takes);
	void (*happens)(void) = meanwhile;

	meanwhile = NULL;
	if (happens)
		happens();
	memcpy(out + nr_out, text, n);
	nr_out += n;
	takes -= n;
	return n;
}

void serial_write(const char *text, size_t len)
{
	waited = true;
	takes = SIZE_MAX;
	serial_offer(text, len);
	takes = 0;
}

void machine_stop_others(void)
{
	stops++;
	out_at_stop = nr_out;
}

void machine_end(bool restart, unsigned after_s)
{
	restarted = restart;
	after = after_s;
	longjmp(*ended, 1);
}

uint64_t time_now_ns(void)
{
	return now_ns;
}

/* The console has all that was said. */
static int setup(void **state)
{
	takes = 0;
	log_wait(true);
	log_wait(false);
	nr_out = 0;
	takes = 0;
	waited = false;
	return 0;
}

static void say(unsigned nr)
{
	log_print("line %05u\n", nr);
}

static const size_t line = sizeof("(core) line 00000\n") - 1;

static void expect_lines(const char *text, unsigned from, unsigned nr)
{
	char wanted[64];

	for (unsigned i = 0; i < nr; i++) {
		snprintf(wanted, sizeof(wanted), "(core) line %05u\n", from + i);
		assert_memory_equal(text + i * line, wanted, line);
	}
}

/* Whoever says something gives the console what it takes just then, and no more. */
static void test_not_waited_for(void **state)
{
	say(0);
	assert_int_equal(nr_out, 0);
	takes = 10;
	say(1);
	assert_int_equal(nr_out, 10);
	for (unsigned i = 2; i < 300; i++)
		say(i);
	assert_int_equal(nr_out, 10);
	for (unsigned i = 0; i < 300 * line; i++) {
		takes = 1;
		assert_int_equal(log_send(), nr_out + 1 < 300 * line);
	}
	assert_int_equal(nr_out, 300 * line);
	expect_lines(out, 0, 300);
	assert_false(log_send());
	assert_false(waited);
}

/* One that is always ready does not keep who sends for all of it. */
static void test_bounded(void **state)
{
	for (unsigned i = 0; i < 600; i++)
		say(i);
	takes = SIZE_MAX;
	assert_true(log_send());
	assert_true(nr_out > 0 && nr_out <= 512);
	while (log_send())
		;
	assert_int_equal(nr_out, 600 * line);
	expect_lines(out, 0, 600);
}

/* Often enough that the ring's end lies anywhere in a line. */
static void test_round_and_round(void **state)
{
	unsigned said = 0;

	while (said < 20000) {
		unsigned some = 1 + said * 7 % 61;

		for (unsigned i = 0; i < some; i++)
			say(said++ % 100000);
		takes = 5 * some * line;
		while (takes && log_send())
			;
		takes = 0;
	}
	expect_lines(out, 0, said);
	assert_int_equal(nr_out, said * line);
}

static void test_room(void **state)
{
	assert_true(log_has_room(RING));
	assert_false(log_has_room(RING + 1));
	say(0);
	assert_true(log_has_room(RING - line));
	assert_false(log_has_room(RING - line + 1));
	takes = 8;
	log_send();
	assert_true(log_has_room(RING - line + 8));
	assert_false(log_has_room(RING - line + 9));
}

/* Whoever waits for room does not do so for ever, until there is hope again. */
static void test_stuck(void **state)
{
	while (log_has_room(line))
		say(0);
	for (unsigned i = 0; i < 100000; i++)
		assert_true(log_send());
	assert_false(log_has_room(line));
	for (unsigned i = 0; i < 1000000; i++)
		log_send();
	assert_true(log_has_room(line));
	takes = 1;
	log_send();
	assert_false(log_has_room(line));
	/* Nor where the word of what is left out waits as well. */
	for (unsigned i = 0; i < 10; i++)
		say(0);
	for (unsigned i = 0; i < 1000000; i++)
		log_send();
	assert_true(log_has_room(line));
}

/* What was pushed out is missing, and the console says so; the newest is there. */
static void test_lost(void **state)
{
	unsigned nr = 3 * RING / (unsigned)line;

	for (unsigned i = 0; i < nr; i++)
		say(i);
	takes = SIZE_MAX;
	while (log_send())
		;
	out[nr_out] = '\0';
	assert_non_null(strstr(out, "left out"));
	assert_true(nr_out > RING && nr_out < RING + 100);
	expect_lines(out + nr_out - 800 * line, nr - 800, 800);
	nr_out = 0;
	say(7);
	expect_lines(out, 7, 1);
	assert_int_equal(nr_out, line);
}

/* At the end of all things it is waited for, also with what is left from before. */
static void test_end(void **state)
{
	for (unsigned i = 0; i < 100; i++)
		say(i);
	assert_int_equal(nr_out, 0);
	log_wait(true);
	assert_int_equal(nr_out, 100 * line);
	say(100);
	expect_lines(out, 0, 101);
	assert_true(waited);
}

static void last_words(void)
{
	log_seize();
	log_print("the end\n");
}

/* Another CPU is in the middle of a line: nobody waits for it, not when it is done with it either. */
static void test_seized(void **state)
{
	meanwhile = last_words;
	alarm(120);
	say(0);
	say(1);
	log_print("the end, again\n");
	alarm(0);
	out[nr_out] = '\0';
	assert_non_null(strstr(out, "(core) the end\n"));
	assert_non_null(strstr(out, "(core) line 00001\n(core) the end, again\n"));
}

/* What was said before is there, then why; who watches has time to read it. Halted it is where that is wanted. */
static void test_panic(void **state)
{
	jmp_buf here;

	ended = &here;
	stops = 0;
	say(0);
	if (!setjmp(here))
		panic("number %d", 7);
	assert_true(restarted);
	assert_int_equal(after, 5);
	/* Others are stopped before a word of it. */
	assert_int_equal(stops, 1);
	assert_int_equal(out_at_stop, 0);
	out[nr_out] = '\0';
	expect_lines(out, 0, 1);
	assert_string_equal(out + line, "(core) panic:\n(core) number 7\n(core) starting again in 5 seconds\n");
	nr_out = 0;
	panic_halts();
	if (!setjmp(here))
		panic("number %d", 8);
	assert_false(restarted);
	out[nr_out] = '\0';
	assert_non_null(strstr(out, "number 8"));
	assert_non_null(strstr(out, "halted\n"));
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	out[nr_out] = '\0';
	for (const char *at = out; (at = strstr(at, what)); at++)
		n++;
	return n;
}

/* Each has so many lines a second, and the log says how many more there were. */
static void test_notes(void **state)
{
	static struct domain noisy = { .id = 5 }, other = { .id = 6 };

	now_ns = 10 * NS_PER_SEC;
	takes = SIZE_MAX;
	domain_note(&noisy, "quiet\n");
	assert_int_equal(nr_out, 0);
	log_level(true);
	for (unsigned i = 0; i < 1000; i++) {
		takes = SIZE_MAX;
		domain_note(&noisy, "v%u: x\n", 3);
	}
	assert_int_equal(count("(core) d5: v3: x\n"), 50);
	domain_note(&other, "v0: x\n");
	assert_int_equal(count("d6: v0: x\n"), 1);
	assert_int_equal(count("left out"), 0);
	now_ns += NS_PER_SEC;
	takes = SIZE_MAX;
	domain_note(&noisy, "v3: x\n");
	assert_int_equal(count("d5: 950 lines are left out\n"), 1);
	assert_int_equal(count("d5: v3: x\n"), 51);
	for (unsigned i = 0; i < 50; i++)
		domain_note(&noisy, "v3: x\n");
	takes = SIZE_MAX;
	domain_note_rest(&noisy);
	assert_int_equal(count("d5: 1 lines are left out\n"), 1);
	domain_note_rest(&noisy);
	domain_note_rest(&other);
	assert_int_equal(count("left out"), 2);
	log_level(false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_not_waited_for, setup),
		cmocka_unit_test_setup(test_bounded, setup),
		cmocka_unit_test_setup(test_round_and_round, setup),
		cmocka_unit_test_setup(test_room, setup),
		cmocka_unit_test_setup(test_stuck, setup),
		cmocka_unit_test_setup(test_lost, setup),
		cmocka_unit_test_setup(test_end, setup),
		cmocka_unit_test_setup(test_notes, setup),
		cmocka_unit_test_setup(test_seized, setup),
		cmocka_unit_test_setup(test_panic, setup),
	};

	return cmocka_run_group_tests_name("core log", tests, NULL, NULL);
}
