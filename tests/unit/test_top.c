/* SPDX-License-Identifier: GPL-2.0-or-later
 * top: rates from two looks, the order of lines, and the lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "xlite/cli/top.h"

#define S UINT64_C(1000000000)

static const struct top_domain model[] = {
	{ .info = { .domid = 0, .mem_kib = 2048 * 1024, .nr_online_vcpus = 4, .cpu_time_ns = 4000 * S },
	  .state = "running",
	  .shown = true },
	{ .info = { .domid = 3,
		    .uuid = { 3 },
		    .mem_kib = 512 * 1024,
		    .nr_online_vcpus = 2,
		    .cpu_time_ns = 61 * S + S / 4 },
	  .state = "running",
	  .shown = true,
	  .has_vifs = true,
	  .has_vbds = true,
	  .bytes = { 1000, 2000, 3000, 4000 } },
	{ .info = { .domid = 7, .uuid = { 7 }, .mem_kib = 1024 * 1024, .nr_online_vcpus = 1 },
	  .state = "paused",
	  .shown = true },
};
static const char *const names[] = { "Domain-0", "web1", "a\x1b[2J" };

static void make(struct top_sample *sample, int64_t at_s)
{
	*sample = (struct top_sample){ .at_ns = at_s * (int64_t)S,
				       .host = { .total_kib = 4096 * 1024, .free_kib = 512 * 1024, .nr_cpus = 4 } };
	sample->nr = ARRAY_SIZE(model);
	sample->domains = calloc(sample->nr, sizeof(*sample->domains));
	assert_non_null(sample->domains);
	memcpy(sample->domains, model, sizeof(model));
	for (size_t i = 0; i < sample->nr; i++)
		sample->domains[i].name = strdup(names[i]);
	sample->domains[1].vcpus = calloc(2, sizeof(struct top_vcpu));
	sample->domains[1].nr_vcpus = 2;
	sample->domains[1].vcpus[0] = (struct top_vcpu){ .online = true, .cpu_ns = 60 * S };
}

/* Two looks, two seconds apart. */
static void make_two(struct top_sample *before, struct top_sample *sample)
{
	make(before, 10);
	make(sample, 12);
	sample->domains[0].info.cpu_time_ns += 2 * S;
	sample->domains[1].info.cpu_time_ns += 3 * S;
	sample->domains[1].vcpus[0].cpu_ns += S;
	sample->domains[1].bytes = (struct top_bytes){ 1000 + 3 * 1024, 2000 + 2 * 1000, 3000 + 40 * 1024 * 1024, 0 };
}

static void test_rates(void **state)
{
	struct top_sample before, sample, none = { 0 };

	make_two(&before, &sample);
	top_rate(&before, &none);
	assert_true(before.busy < 0);
	assert_false(before.domains[0].rated);
	top_rate(&sample, &before);
	assert_true(sample.busy == 62.5);
	assert_true(sample.domains[0].percent == 100);
	assert_true(sample.domains[1].percent == 150);
	assert_true(sample.domains[1].vcpus[0].percent == 50);
	assert_true(sample.domains[1].received_s == 1536);
	assert_true(sample.domains[1].sent_s == 1000);
	assert_true(sample.domains[1].read_s == 20 * 1024 * 1024);
	/* A counter that has begun anew. */
	assert_true(sample.domains[1].written_s == 0);
	/* Another domain that has the number now. */
	before.domains[1].info.uuid[0] = 9;
	sample.domains[1].rated = false;
	top_rate(&sample, &before);
	assert_false(sample.domains[1].rated);
	top_sample_clear(&before);
	top_sample_clear(&sample);
	assert_int_equal(sample.nr, 0);
}

static void check_order(struct top_sample *sample, enum top_order order, bool reversed, uint32_t a, uint32_t b, uint32_t c)
{
	struct top_view view = { .order = order, .reversed = reversed };

	top_sort(sample, &view);
	assert_int_equal(sample->domains[0].info.domid, a);
	assert_int_equal(sample->domains[1].info.domid, b);
	assert_int_equal(sample->domains[2].info.domid, c);
}

static void test_order(void **state)
{
	struct top_sample before, sample;
	enum top_order order = TOP_ID;

	make_two(&before, &sample);
	top_rate(&sample, &before);
	check_order(&sample, TOP_CPU, false, 3, 0, 7);
	check_order(&sample, TOP_CPU, true, 7, 0, 3);
	check_order(&sample, TOP_MEMORY, false, 0, 7, 3);
	check_order(&sample, TOP_TIME, false, 0, 3, 7);
	check_order(&sample, TOP_ID, false, 0, 3, 7);
	check_order(&sample, TOP_NAME, false, 0, 7, 3);
	assert_true(top_order_parse("memory", &order));
	assert_int_equal(order, TOP_MEMORY);
	assert_false(top_order_parse("mem", &order));
	assert_false(top_order_parse("", &order));
	top_sample_clear(&before);
	top_sample_clear(&sample);
}

static void check_lines(const struct top_sample *sample, const struct top_view *view, size_t nr, const char *const *wanted)
{
	struct top_lines lines;

	assert_int_equal(top_lines_make(sample, view, &lines), 0);
	assert_int_equal(lines.nr, nr);
	for (size_t i = 0; i < nr; i++)
		assert_string_equal(lines.items[i], wanted[i]);
	assert_int_equal(lines.domids[0], UINT32_MAX);
	top_lines_clear(&lines);
}

static void test_lines(void **state)
{
	static const char *const all[] = {
		" ID  NAME          STATE    VCPUS   CPU%   MEMORY  MEM%   RX/s   TX/s  READ/s  WRITE/s      TIME+",
		"  0  Domain-0      running      4  100.0  2048MiB  50.0      -      -       -        -    1h06:42",
		"  3  web1          running      2  150.0   512MiB  12.5   1.5K   1000     20M        0    1:04.25",
	};
	static const char *const some[] = {
		" ID  NAME          STATE     VCPUS   CPU%  MEMORY  MEM%   RX/s   TX/s  READ/s  WRITE/s      TIME+",
		"  3  web1          running       2  150.0  512MiB  12.5   1.5K   1000     20M        0    1:04.25",
		"  -    vcpu0       runnable      -   50.0       -     -      -      -       -        -    1:01.00",
		"  -    vcpu1       offline       -    0.0       -     -      -      -       -        -    0:00.00",
	};
	static const char *const hostile[] = {
		" ID  NAME          STATE    VCPUS   CPU%   MEMORY  MEM%   RX/s   TX/s  READ/s  WRITE/s      TIME+",
		"  7  a?[2J         paused       1    0.0  1024MiB  25.0      -      -       -        -    0:00.00",
	};
	struct top_sample before, sample;
	auto_buf struct buf head = BUF_INIT;

	make_two(&before, &sample);
	sample.domains[2].shown = false;
	top_rate(&sample, &before);
	check_lines(&sample, &(struct top_view){ 0 }, 3, all);
	check_lines(&sample, &(struct top_view){ .vcpus = true, .filter = "eb" }, 4, some);
	sample.domains[2].shown = true;
	check_lines(&sample, &(struct top_view){ .filter = "a\x1b" }, 2, hostile);
	check_lines(&sample, &(struct top_view){ .filter = "none" }, 1, (const char *const[]){
		" ID  NAME          STATE    VCPUS   CPU%  MEMORY  MEM%   RX/s   TX/s  READ/s  WRITE/s      TIME+" });
	top_head(&sample, &head);
	assert_string_equal(buf_str(&head), "4 CPUs, 62.5% busy; memory 4096MiB, 512MiB free; 3 domains, 2 running");
	top_sample_clear(&before);
	top_sample_clear(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates), cmocka_unit_test(test_order), cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
