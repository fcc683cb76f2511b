/* SPDX-License-Identifier: GPL-2.0-or-later
 * The format of saved domains: bytes that xl wrote, every row of the table, and 20 000 streams with damage in them (10^6 with
 * XLITE_CHECK_LONG=1; XLITE_FUZZ_SEED begins elsewhere).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "xlite/lib/stream.h"

/* A stream in memory, which is read in pieces of a few bytes where pieces is set. */
struct source {
	const uint8_t *bytes;
	size_t len, at;
	size_t pieces;
};

static ssize_t source_read(void *ctx, void *buffer, size_t len)
{
	struct source *source = ctx;
	size_t left = source->len - source->at;

	if (source->pieces && len > source->pieces)
		len = source->pieces;
	if (len > left)
		len = left;
	memcpy(buffer, source->bytes + source->at, len);
	source->at += len;
	return (ssize_t)len;
}

static int sink_write(void *ctx, const void *bytes, size_t len)
{
	buf_add(ctx, bytes, len);
	return 0;
}

static struct stream_head head_of(enum stream_guest guest)
{
	static char json[] = "{\"c_info\": {\"name\": \"g\"}}";

	return (struct stream_head){ guest, 4, 17, json, sizeof(json) - 1 };
}

static struct stream_writer begin(struct buf *out, enum stream_guest guest)
{
	struct stream_writer writer = { .write = sink_write, .ctx = out };
	struct stream_head head = head_of(guest);

	assert_int_equal(stream_write_head(&writer, &head), 0);
	return writer;
}

/* What xl of Xen 4.17 wrote of a PVH guest, but for its JSON, and for pages and contexts that only repeat. */
static const uint8_t captured_xl[STREAM_XL_BYTES + 4] =
	"Xen saved domain, xl format\n \0 \r" "\x04\x03\x02\x01" "\x03\0\0\0" "\0\0\0\0" "\x7c\x05\0\0" "\x78\x05\0";
static const uint8_t captured_libxl[] = {
	0x4c, 0x69, 0x62, 0x78, 0x6c, 0x46, 0x6d, 0x74, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x58, 0x45, 0x4e, 0x46, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 0, 0, 0, 0x0c, 0, 0, 0, 4, 0, 0, 0, 0x11, 0, 0, 0,
};
static const uint8_t captured_msrs[] = {
	0x12, 0, 0, 0, 0x20, 0, 0, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0x0a, 1, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	0x10, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t captured_tsc[] = {
	8, 0, 0, 0, 0x18, 0, 0, 0, 0, 0, 0, 0, 0x2b, 0x9d, 0x27, 0, 0xdb, 0xc3, 0xd4, 0x18, 0x0f, 0, 0, 0, 1, 0, 0, 0,
	0, 0, 0, 0,
};
static const uint64_t captured_params[] = { 8,       1,  0xfeffc, 5,  0xfeffd, 6,  0xfeffb,   27, 0xfeff8, 28,
					    0xfeff9, 29, 0xfeffa, 17, 0xfefff, 12, 0xfeffe000 };

static void captured(struct buf *out)
{
	struct stream_writer writer = { .write = sink_write, .ctx = out };
	char json[0x578] = "{";

	memset(json + 1, ' ', sizeof(json) - 3);
	json[sizeof(json) - 2] = '}';
	buf_add(out, captured_xl, sizeof(captured_xl));
	buf_add(out, json, sizeof(json));
	buf_add(out, captured_libxl, sizeof(captured_libxl));
	buf_add(out, captured_msrs, sizeof(captured_msrs));
	buf_add(out, captured_tsc, sizeof(captured_tsc));
	assert_int_equal(stream_write_record(&writer, STREAM_HVM_PARAMS, captured_params, sizeof(captured_params)), 0);
	/* The two ends, each of eight zero bytes. */
	buf_add(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void what_xl_wrote_is_read(void **state)
{
	static const struct { bool libxl; uint32_t type, length; } records[] = {
		{ false, STREAM_MSR_POLICY, 32 }, { false, STREAM_STATIC_DATA_END, 0 }, { false, STREAM_TSC_INFO, 24 },
		{ false, STREAM_HVM_PARAMS, 136 }, { false, STREAM_END, 0 }, { true, STREAM_LIBXL_END, 0 },
	};
	struct stream_reader *reader;
	struct stream_record record;
	struct xlite_error err = { 0 };
	struct stream_head head;
	struct buf bytes = BUF_INIT;

	captured(&bytes);
	for (size_t pieces = 0; pieces < 9; pieces++) {
		struct source source = { (const uint8_t *)bytes.data, bytes.len, 0, pieces };

		assert_int_equal(stream_open(&reader, source_read, &source, &head, &err), 0);
		assert_int_equal(head.guest, STREAM_HVM);
		assert_int_equal(head.xen_major, 4);
		assert_int_equal(head.xen_minor, 17);
		assert_int_equal(head.json_bytes, 0x577);
		assert_int_equal(head.json[0x576], '}');
		free(head.json);
		for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
			assert_int_equal(stream_next(reader, &record, &err), 0);
			assert_int_equal(record.libxl, records[i].libxl);
			assert_int_equal(record.type, records[i].type);
			assert_int_equal(record.length, records[i].length);
		}
		assert_int_equal(source.at, bytes.len);
		assert_int_equal(stream_next(reader, &record, &err), -EINVAL);
		stream_close(reader);
	}
	buf_clear(&bytes);
}

/* The headers as the writer has them are those that xl wrote. */
static void headers_are_as_xl_writes_them(void **state)
{
	struct stream_writer writer;
	struct buf bytes = BUF_INIT;
	size_t json = strlen("{\"c_info\": {\"name\": \"g\"}}") + 1;

	writer = begin(&bytes, STREAM_HVM);
	assert_int_equal(bytes.len, sizeof(captured_xl) + json + sizeof(captured_libxl));
	assert_int_equal(writer.bytes, bytes.len);
	assert_memory_equal(bytes.data, captured_xl, 44);
	assert_int_equal((uint8_t)bytes.data[44], json + 4);
	assert_int_equal((uint8_t)bytes.data[48], json);
	assert_memory_equal(bytes.data + sizeof(captured_xl) + json, captured_libxl, sizeof(captured_libxl));
	buf_clear(&bytes);
}

/* A stream with one record of that body, in its place. */
static int read_one(enum stream_guest guest, bool libxl, uint32_t type, const void *body, size_t len,
		    const struct stream_row *row, struct xlite_error *err)
{
	struct buf bytes = BUF_INIT;
	struct stream_writer writer = begin(&bytes, guest);
	struct source source;
	struct stream_reader *reader = NULL;
	struct stream_record record = { 0 };
	struct stream_head head;
	int rc;

	if (libxl || (row && row->place != STREAM_STATIC && row->place != STREAM_BORDER))
		stream_write_record(&writer, STREAM_STATIC_DATA_END, NULL, 0);
	if (libxl)
		stream_write_end(&writer);
	stream_write_record(&writer, type, body, len);
	source = (struct source){ (const uint8_t *)bytes.data, bytes.len, 0, 0 };
	rc = stream_open(&reader, source_read, &source, &head, err);
	assert_int_equal(rc, 0);
	free(head.json);
	do
		rc = stream_next(reader, &record, err);
	while (!rc && (record.libxl != libxl || record.type != type));
	stream_close(reader);
	buf_clear(&bytes);
	return rc;
}

/* A body of that length which says what it has to of itself. */
static void make_body(uint8_t *body, uint32_t type, bool libxl, size_t len)
{
	memset(body, 0, len + 1);
	if (!libxl && type == STREAM_PAGE_DATA)
		body[0] = (uint8_t)((len - 8) / 8);
	if (!libxl && type == STREAM_HVM_PARAMS)
		body[0] = (uint8_t)((len - 8) / 16);
	for (size_t i = 8; !libxl && type == STREAM_PAGE_DATA && i + 8 <= len; i += 8)
		body[i + 7] = STREAM_PAGE_EMPTY << 4;
}

static void check_row(const struct stream_row *row, uint32_t type, bool libxl)
{
	enum stream_guest guest = row->guests & STREAM_HVM ? STREAM_HVM : STREAM_PV;
	struct xlite_error err = { 0 };
	uint8_t *body;
	size_t len;

	assert_non_null(row->name);
	if (row->refused) {
		assert_int_equal(read_one(guest, libxl, type, NULL, row->least == 8 ? 0 : row->least, row, &err),
				 -EPROTONOSUPPORT);
		assert_non_null(strstr(err.message, row->refused));
		assert_non_null(strstr(err.message, row->name));
		return;
	}
	assert_true(row->most <= STREAM_BODY_MAX);
	body = malloc(row->most + row->unit + 1);
	/* The least, and one unit more where there is one. */
	for (len = row->least; len <= row->most && len <= row->least + row->unit; len += row->unit) {
		make_body(body, type, libxl, len);
		memset(&err, 0, sizeof(err));
		if (read_one(guest, libxl, type, body, len, row, &err))
			fail_msg("%s of %zu bytes: %s", row->name, len, err.message);
	}
	/* One less, one more than a unit, and more than the most. */
	make_body(body, type, libxl, row->most);
	if (row->least)
		assert_int_equal(read_one(guest, libxl, type, body, row->least - 1, row, &err), -EBADMSG);
	if (row->unit > 1)
		assert_int_equal(read_one(guest, libxl, type, body, row->least + 1, row, &err), -EBADMSG);
	assert_int_equal(read_one(guest, libxl, type, body, row->most + row->unit, row, &err), -EBADMSG);
	/* Of another type of guest. */
	for (int other = STREAM_PV; other <= STREAM_HVM; other++) {
		if (!(row->guests & other))
			assert_int_equal(read_one((enum stream_guest)other, libxl, type, body, row->least, row, &err),
					 -EBADMSG);
	}
	/* On the wrong side of STATIC_DATA_END. */
	if (!libxl && row->place == STREAM_STATE) {
		make_body(body, type, libxl, row->least);
		assert_int_equal(read_one(guest, libxl, type, body, row->least, NULL, &err), -EBADMSG);
		assert_non_null(strstr(err.message, "before STATIC_DATA_END"));
	}
	free(body);
}

static void every_record_is_held_against_its_row(void **state)
{
	for (uint32_t type = 0; type < STREAM_TYPES; type++)
		check_row(&stream_rows[type], type, false);
	for (uint32_t type = 0; type < STREAM_LIBXL_TYPES; type++) {
		if (type != STREAM_LIBXC_CONTEXT)
			check_row(&stream_libxl_rows[type], type, true);
	}
}

static void unknown_records_are_told_apart(void **state)
{
	static const uint8_t body[24];
	struct xlite_error err = { 0 };

	/* One that may be passed over is, and the stream then ends too early for whoever looks for it. */
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_OPTIONAL | 7, body, 24, NULL, &err), -EBADMSG);
	assert_non_null(strstr(err.message, "it ends at byte"));
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_TYPES, body, 24, NULL, &err), -EPROTONOSUPPORT);
	assert_int_equal(read_one(STREAM_HVM, true, STREAM_LIBXL_TYPES, body, 24, NULL, &err), -EPROTONOSUPPORT);
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_TYPES, body, 24, NULL, NULL), -EPROTONOSUPPORT);
}

static void pages_are_counted(void **state)
{
	const struct stream_row *row = &stream_rows[STREAM_PAGE_DATA];
	static uint8_t body[16 + 2 * STREAM_PAGE_BYTES];
	struct xlite_error err = { 0 };

	body[0] = 1;
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16 + STREAM_PAGE_BYTES, row, &err), 0);
	/* Contents too few, too many, of a page that has none. */
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16, row, &err), -EBADMSG);
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, sizeof(body), row, &err), -EBADMSG);
	body[15] = STREAM_PAGE_NONE << 4;
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16 + STREAM_PAGE_BYTES, row, &err), -EBADMSG);
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16, row, &err), 0);
	/* Types and bits that there are not. */
	for (uint8_t type = 5; type < 9; type++) {
		body[15] = (uint8_t)(type << 4);
		assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16 + STREAM_PAGE_BYTES, row, &err),
				 -EBADMSG);
	}
	body[15] = 1;
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16 + STREAM_PAGE_BYTES, row, &err), -EBADMSG);
	/* A number that would overflow what it is counted with. */
	memset(body, 0, 16);
	body[3] = 0x20;
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16, row, &err), -EBADMSG);
	memset(body, 0, 16);
	assert_int_equal(read_one(STREAM_HVM, false, STREAM_PAGE_DATA, body, 16, row, &err), -EBADMSG);
}

/* Each byte of the headers that means something, changed; and each length that they can be cut to. */
static void headers_are_checked(void **state)
{
	struct buf bytes = BUF_INIT;
	struct stream_reader *reader;
	struct stream_head head;
	size_t json = sizeof(captured_xl), libxl = json + strlen("{\"c_info\": {\"name\": \"g\"}}") + 1;

	begin(&bytes, STREAM_HVM);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		struct source source = { (const uint8_t *)bytes.data, cut, 0, 0 };
		struct xlite_error err = { 0 };

		assert_int_equal(stream_open(&reader, source_read, &source, &head, &err), -EBADMSG);
	}
	for (size_t i = 0; i < bytes.len; i++) {
		struct source source = { (const uint8_t *)bytes.data, bytes.len, 0, 0 };
		struct xlite_error err = { 0 };
		/*
		 * Optional flags; the text; a length of the text within that of its part; options and reserved
		 * words; the release.
		 */
		bool free_byte = (i >= 40 && i < 44) || (i >= json && i < libxl) || i == 48 ||
				 (i >= libxl + 24 + 16 && i < libxl + 48) || i == libxl + 54 || i == libxl + 55 ||
				 i >= libxl + 56;
		int rc;

		bytes.data[i] ^= 0x12;
		rc = stream_open(&reader, source_read, &source, &head, &err);
		if (!rc) {
			free(head.json);
			stream_close(reader);
		}
		if (!rc && !free_byte)
			fail_msg("byte %zu changed: %d %s", i, rc, err.message);
		bytes.data[i] ^= 0x12;
	}
	buf_clear(&bytes);
}

static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
	drawn ^= drawn << 13;
	drawn ^= drawn >> 7;
	drawn ^= drawn << 17;
	return (uint32_t)((drawn >> 16) % below);
}

/* Records as they come, most of them well formed and some out of place. */
static void random_stream(struct buf *bytes)
{
	static uint8_t body[64 << 10];
	struct stream_writer writer = begin(bytes, draw(8) ? STREAM_HVM : STREAM_PV);
	unsigned nr = draw(12);

	for (unsigned i = 0; i < nr; i++) {
		uint32_t type = draw(40) ? i == 3 ? (uint32_t)STREAM_STATIC_DATA_END : draw(STREAM_TYPES) : draw(UINT32_MAX);
		const struct stream_row *row = type < STREAM_TYPES ? &stream_rows[type] : NULL;
		size_t len = row ? row->least + (size_t)row->unit * draw(4) : draw(100);

		if (len > sizeof(body) - 1)
			len = sizeof(body) - 1;
		make_body(body, type, false, len);
		stream_write_record(&writer, type, body, len);
	}
	stream_write_end(&writer);
	stream_write_last(&writer);
}

static void read_all(const uint8_t *bytes, size_t len)
{
	struct source source = { bytes, len, 0, 0 };
	struct stream_reader *reader;
	struct stream_record record = { 0 };
	struct xlite_error err = { 0 };
	struct stream_head head;
	int rc = stream_open(&reader, source_read, &source, &head, &err);
	uint32_t sum = 0;

	if (rc) {
		assert_true(err.message[0]);
		return;
	}
	assert_int_equal(strlen(head.json), head.json_bytes);
	free(head.json);
	while (!rc && !(record.libxl && record.type == STREAM_LIBXL_END)) {
		rc = stream_next(reader, &record, &err);
		assert_true(rc || record.length <= STREAM_BODY_MAX);
		for (uint32_t i = 0; !rc && i < record.length; i += 512)
			sum += record.body[i];
	}
	assert_true(!rc || err.message[0] || sum);
	stream_close(reader);
}

static void damage(struct buf *bytes)
{
	for (unsigned n = draw(4); n; n--) {
		size_t at = draw((uint32_t)bytes->len);

		switch (draw(3)) {
		case 0:
			bytes->data[at] = (char)(bytes->data[at] ^ (1 << draw(8)));
			break;
		case 1:
			memset(bytes->data + at, 0xff, bytes->len - at < 8 ? bytes->len - at : draw(8));
			break;
		default:
			bytes->len = at + 1;
		}
	}
}

static void damaged_streams_are_refused_or_read(void **state)
{
	const char *seed = getenv("XLITE_FUZZ_SEED"), *all = getenv("XLITE_CHECK_LONG");
	unsigned long inputs = all && *all == '1' ? 1000000 : 20000;

	drawn = seed && *seed ? strtoull(seed, NULL, 0) : 88172645463325252;
	for (unsigned long i = 0; i < inputs; i++) {
		struct buf bytes = BUF_INIT;
		uint8_t *exact;

		random_stream(&bytes);
		damage(&bytes);
		/* Of its exact size, so that a byte too many is seen. */
		exact = malloc(bytes.len);
		memcpy(exact, bytes.data, bytes.len);
		read_all(exact, bytes.len);
		free(exact);
		buf_clear(&bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_xl_wrote_is_read),
		cmocka_unit_test(headers_are_as_xl_writes_them),
		cmocka_unit_test(every_record_is_held_against_its_row),
		cmocka_unit_test(unknown_records_are_told_apart),
		cmocka_unit_test(pages_are_counted),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(damaged_streams_are_refused_or_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
