/* SPDX-License-Identifier: GPL-2.0-or-later
 * Records of domains: written, shortened and read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/fake_nodes.h"
#include "xlite/lib/layout.h"

static struct xlite_error err;

static char *long_text(size_t len)
{
	char *text = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = (char)('!' + i % 90);
	text[len] = '\0';
	return text;
}

static void records_of_any_length(void **state)
{
	static const size_t lengths[] = { 100000, 0, 1, 1998, 2003, 2004, 2005, 4004, 4005, 10 };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const uint32_t domids[] = { 5, 3, 6 };
	struct xlite_record back[3];
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct xlite_record record = { .set = (char *)(i % 2 ? "prod" : NULL), .finished = i % 3 == 0 };
		uint64_t trips = xlite_store_counts(fake.store)->round_trips;
		size_t first = 2048 - strlen("1 3e5b2b70-0a4a-452b-a227-f452af80a8f3 0000\n") - (i % 2 ? strlen(" prod") : 0);
		size_t pieces = lengths[i] > first ? (lengths[i] - first + 1999) / 2000 : 0;

		record.spec = long_text(lengths[i]);
		strcpy(record.uuid, "3e5b2b70-0a4a-452b-a227-f452af80a8f3");
		xlite_record_write(batch, 3, &record);
		fake_nodes_commit(&fake, batch);
		assert_int_equal(fake_nodes_nr, 1 + (i % 3 == 0) + pieces);
		trips = xlite_store_counts(fake.store)->round_trips;
		assert_int_equal(xlite_record_read(fake.store, domids, 3, back, &err), 0);
		assert_int_equal(xlite_store_counts(fake.store)->round_trips - trips, pieces ? 2 : 1);
		assert_int_equal(back[0].format, 0);
		assert_int_equal(back[1].format, 1);
		assert_int_equal(back[1].finished, i % 3 == 0);
		assert_string_equal(back[1].uuid, record.uuid);
		assert_string_equal(back[1].spec, record.spec);
		assert_int_equal(back[1].set != NULL, i % 2);
		free(record.spec);
		for (int k = 0; k < 3; k++)
			xlite_record_clear(&back[k]);
	}
	xlite_record_finish(batch, 3,
			    &(struct xlite_record){ .waits = true, .asked = true, .begun = (char *)"vif/1 vbd/51728" });
	fake_nodes_commit(&fake, batch);
	assert_int_equal(xlite_record_read(fake.store, domids + 1, 1, back, &err), 0);
	assert_true(back[0].finished);
	assert_true(back[0].waits);
	assert_true(back[0].asked);
	assert_string_equal(back[0].begun, "vif/1 vbd/51728");
	xlite_record_clear(&back[0]);
	xlite_record_finish(batch, 3, &(struct xlite_record){ .asked = true });
	fake_nodes_commit(&fake, batch);
	assert_int_equal(xlite_record_read(fake.store, domids + 1, 1, back, &err), 0);
	assert_true(back[0].finished);
	assert_null(back[0].begun);
	assert_false(back[0].waits);
	assert_true(back[0].asked);
	xlite_record_clear(&back[0]);
	assert_int_equal(xlite_record_read(fake.store, domids, 0, back, &err), 0);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

/* `finished' as this version writes it, as earlier ones did, and as nobody should. */
static void records_of_ends(void **state)
{
#define VM "1 3e5b2b70-0a4a-452b-a227-f452af80a8f3 0000\nname: a\n"
	static const struct {
		const char *node;
		unsigned nr;
		uint64_t built_s;
		bool waits, asked, again, off;
		const char *begun;
		bool stopped;
	} cases[] = {
		{ "1", 0, 0, false, false, false, false, NULL },
		{ "1 next vif/1", 0, 0, true, false, false, false, "vif/1" },
		{ "1 ends=3@70", 3, 70, false, false, false, false, NULL },
		{ "1 again", 0, 0, false, false, true, false, NULL },
		{ "1 next asked ends=4294967295@18446744073709551615 again vif/0 vbd/51712", 4294967295u, UINT64_MAX,
		  true, true, true, false, "vif/0 vbd/51712" },
		{ "1 ends=1@2 vif/0", 1, 2, false, false, false, false, "vif/0" },
		{ "1 ends=4294967296@1", 0, 0, false, false, false, false, "ends=4294967296@1" },
		{ "1 ends=1@99999999999999999999", 0, 0, false, false, false, false, "ends=1@99999999999999999999" },
		{ "1 ends=@1", 0, 0, false, false, false, false, "ends=@1" },
		{ "1 ends=1@", 0, 0, false, false, false, false, "ends=1@" },
		{ "1 ends=1@ 7", 0, 0, false, false, false, false, "ends=1@ 7" },
		{ "1 ends=1@2x", 0, 0, false, false, false, false, "ends=1@2x" },
		{ "1 off", 0, 0, false, false, false, true, NULL },
		{ "1 ends=2@3 off vbd/1", 2, 3, false, false, false, true, "vbd/1" },
		{ "1 stopped", 0, 0, false, false, false, false, NULL, true },
		{ "1 ends=2@3 stopped vif/0", 2, 3, false, false, false, false, "vif/0", true },
		{ "1 stoppeds", 0, 0, false, false, false, false, "stoppeds" },
		{ "1 agains", 0, 0, false, false, false, false, "agains" },
	};
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const uint32_t domid = 3;
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	fake_nodes_put("/libxl/3/xlite", VM);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* What was read is written and read once more. */
		for (int pass = 0; pass < 2; pass++) {
			struct xlite_record record;

			if (!pass)
				fake_nodes_put("/libxl/3/xlite/finished", cases[i].node);
			assert_int_equal(xlite_record_read(fake.store, &domid, 1, &record, &err), 0);
			assert_true(record.finished);
			assert_int_equal(record.ends.nr, cases[i].nr);
			assert_true(record.ends.built_s == cases[i].built_s);
			assert_int_equal(record.waits, cases[i].waits);
			assert_int_equal(record.asked, cases[i].asked);
			assert_int_equal(record.again, cases[i].again);
			assert_int_equal(record.off, cases[i].off);
			assert_int_equal(record.stopped, cases[i].stopped);
			assert_int_equal(record.begun != NULL, cases[i].begun != NULL);
			if (cases[i].begun)
				assert_string_equal(record.begun, cases[i].begun);
			xlite_record_finish(batch, domid, &record);
			fake_nodes_commit(&fake, batch);
			xlite_record_clear(&record);
		}
	}
	xlite_store_batch_free(batch);
	fake_clear(&fake);
#undef VM
}

/* Beyond what the command takes: the first line remains one that can be read. */
static void records_of_any_set(void **state)
{
	static const struct {
		size_t len;
		bool kept;
	} cases[] = { { 1, true }, { 63, true }, { 1980, true }, { 1981, false }, { 2010, false }, { 5000, false } };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_record back;
	uint32_t domid = 3;
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	for (size_t i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
		bool whole = i < sizeof(cases) / sizeof(cases[0]), kept = whole && cases[i].kept;
		char *set = whole ? long_text(cases[i].len) : strdup("a\nb");
		struct xlite_record record = { .set = set,
					       .spec = long_text(4100),
					       .uuid = "3e5b2b70-0a4a-452b-a227-f452af80a8f3" };

		xlite_record_write(batch, domid, &record);
		fake_nodes_commit(&fake, batch);
		assert_int_equal(xlite_record_read(fake.store, &domid, 1, &back, &err), 0);
		assert_string_equal(back.spec, record.spec);
		assert_int_equal(back.set != NULL, kept);
		if (kept)
			assert_string_equal(back.set, set);
		xlite_record_clear(&back);
		free(record.spec);
		free(set);
	}
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

static void records_that_are_damaged(void **state)
{
#define UUID "3e5b2b70-0a4a-452b-a227-f452af80a8f3"
	static const struct {
		const char *node;
		unsigned expect;
		const char *spec, *set;
	} cases[] = {
		{ "1 " UUID " 0000\nname: a\n", 1, "name: a\n", NULL },
		{ "1 " UUID " 0000 x\n", 1, "", "x" },
		{ "1 " UUID " 0001\nzero", 1, NULL, NULL },
		{ "2 whatever comes\n", 2, NULL, NULL },
		{ "1 " UUID " x\nzero", 1, NULL, NULL },
		{ "1 " UUID " 1025\nzero", 1, NULL, NULL },
		{ "1 " UUID " -1\nzero", 1, NULL, NULL },
		{ "1 " UUID " \nzero", 1, NULL, NULL },
		{ "1 " UUID " 0", 0, NULL, NULL },
		{ "1 " UUID "0 0\nzero", 1, NULL, NULL },
		{ "1 short 0\nzero", 1, NULL, NULL },
		{ "1\nzero", 1, NULL, NULL },
		{ "\n", 0, NULL, NULL },
		{ "", 0, NULL, NULL },
		{ "x\n", 0, NULL, NULL },
		{ "1x " UUID " 0\n", 0, NULL, NULL },
		{ "0 " UUID " 0\n", 0, NULL, NULL },
		{ "99999999999999999999 \n", 0, NULL, NULL },
	};
	const uint32_t domid = 3;
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xlite_record record;

		fake_nodes_put("/libxl/3/xlite", cases[i].node);
		assert_int_equal(xlite_record_read(fake.store, &domid, 1, &record, &err), 0);
		assert_int_equal(record.format, cases[i].expect);
		assert_int_equal(record.spec != NULL, cases[i].spec != NULL);
		if (cases[i].spec) {
			assert_string_equal(record.spec, cases[i].spec);
			assert_string_equal(record.uuid, UUID);
		}
		assert_int_equal(cases[i].set != NULL, record.set && record.spec);
		if (cases[i].set)
			assert_string_equal(record.set, cases[i].set);
		assert_false(record.finished);
		xlite_record_clear(&record);
	}
	fake_clear(&fake);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fake_nodes_clear, fake_nodes_clear)
	const struct CMUnitTest tests[] = {
		CASE(records_of_any_length), CASE(records_of_ends), CASE(records_of_any_set), CASE(records_that_are_damaged),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
