/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Reading a saved domain, which may be anybody's: sizes and order are checked before anything is believed.
 */
#include "xlite/lib/stream.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct stream_reader {
	stream_read_fn *read;
	void *ctx;
	uint64_t position;
	uint64_t record_at;	/* where the record under way began */
	enum stream_guest guest;
	bool in_libxl;		/* libxc's part has ended */
	bool ended;
	bool border;		/* STATIC_DATA_END was seen */
	uint32_t seen, seen_libxl; /* types, as bits */
	uint8_t body[STREAM_BODY_MAX + 8] __attribute__((aligned(8)));
};

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static uint32_t get32_big(const uint8_t *at)
{
	return __builtin_bswap32(get32(at));
}

static uint64_t get64(const uint8_t *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

uint64_t stream_position(const struct stream_reader *reader)
{
	return reader->position;
}

void stream_close(struct stream_reader *reader)
{
	free(reader);
}

/* All of len bytes, or an error that says how far it came. */
static int take(struct stream_reader *reader, void *buffer, size_t len, struct xlite_error *err)
{
	uint8_t *at = buffer;

	while (len) {
		ssize_t got = reader->read(reader->ctx, at, len);

		if (got == -EINTR)
			return xlite_error_set(err, -EINTR, "interrupted");
		if (got == -EBADMSG)
			return xlite_error_set(
				err, -EBADMSG,
				"it cannot be decompressed beyond byte %llu of what it holds: it is damaged, or cut off",
				(unsigned long long)reader->position);
		if (got < 0)
			return xlite_error_sys(err, (int)got, "byte %llu: read", (unsigned long long)reader->position);
		if (!got)
			return xlite_error_set(err, -EBADMSG, "it ends at byte %llu, in the middle of what it should hold",
					       (unsigned long long)reader->position);
		at += got;
		len -= (size_t)got;
		reader->position += (uint64_t)got;
	}
	return 0;
}

static int no_file(struct xlite_error *err, const char *what)
{
	xlite_error_set(err, -EBADMSG, "%s", what);
	xlite_error_hint(err, "it must be a file that `xlite save' or `xl save' wrote");
	return -EBADMSG;
}

static int read_json(struct stream_reader *reader, uint32_t length, struct stream_head *head, struct xlite_error *err)
{
	uint8_t count[4];
	uint32_t bytes;
	int rc;

	if (length < 5 || length > STREAM_JSON_MAX + 4)
		return xlite_error_set(err, -EBADMSG, "xl's header: %u bytes of configuration are not in 5 to %u",
				       length, STREAM_JSON_MAX + 4);
	rc = take(reader, count, sizeof(count), err);
	if (rc)
		return rc;
	bytes = get32(count);
	if (!bytes || bytes > length - 4)
		return xlite_error_set(err, -EBADMSG, "xl's header: a configuration of %u bytes in a part of %u", bytes,
				       length - 4);
	/* No longer than the reader's memory: 1 MiB. */
	rc = take(reader, reader->body, length - 4, err);
	if (rc)
		return rc;
	head->json_bytes = strnlen((const char *)reader->body, bytes);
	head->json = strndup((const char *)reader->body, head->json_bytes);
	return head->json ? 0 : xlite_error_set(err, -ENOMEM, "out of memory");
}

static int read_xl(struct stream_reader *reader, struct stream_head *head, struct xlite_error *err)
{
	uint8_t bytes[STREAM_XL_BYTES];
	uint32_t flags;
	int rc = take(reader, bytes, sizeof(bytes), err);

	if (rc)
		return rc == -EBADMSG ? no_file(err, "it is too short to be a saved domain") : rc;
	if (memcmp(bytes, STREAM_XL_MAGIC, 32))
		return no_file(err, "it is not a saved domain: it does not begin as one of xl's format");
	if (get32(bytes + 32) != STREAM_XL_ORDER)
		return xlite_error_set(err, -EPROTONOSUPPORT, "xl's header: its numbers have another byte order");
	flags = get32(bytes + 36);
	if (flags != (STREAM_XL_JSON | STREAM_XL_STREAM2))
		return xlite_error_set(err, -EPROTONOSUPPORT,
				       "xl's header: flags 0x%x, not 0x3: it is of a release before Xen 4.6, or of one to come", flags);
	return read_json(reader, get32(bytes + 44), head, err);
}

static int read_libxl(struct stream_reader *reader, struct xlite_error *err)
{
	uint8_t bytes[STREAM_LIBXL_BYTES + 8];
	int rc = take(reader, bytes, sizeof(bytes), err);

	if (rc)
		return rc;
	if (get32_big(bytes) != (uint32_t)(STREAM_LIBXL_IDENT >> 32) || get32_big(bytes + 4) != (uint32_t)STREAM_LIBXL_IDENT)
		return no_file(err, "libxl's header is not where it should be");
	if (get32_big(bytes + 8) != STREAM_LIBXL_VERSION)
		return xlite_error_set(err, -EPROTONOSUPPORT, "libxl's header: version %u, not %u",
				       get32_big(bytes + 8), STREAM_LIBXL_VERSION);
	if (get32_big(bytes + 12))
		return xlite_error_set(err, -EPROTONOSUPPORT,
				       "libxl's header: options 0x%x: big endian, or converted from a release before Xen 4.6", get32_big(bytes + 12));
	if (get32(bytes + 16) != STREAM_LIBXC_CONTEXT || get32(bytes + 20))
		return xlite_error_set(err, -EBADMSG,
				       "libxl's first record is of type %u and %u bytes, not an empty LIBXC_CONTEXT",
				       get32(bytes + 16), get32(bytes + 20));
	reader->seen_libxl = 1u << STREAM_LIBXC_CONTEXT;
	return 0;
}

static int read_libxc(struct stream_reader *reader, struct stream_head *head, struct xlite_error *err)
{
	static const uint8_t marker[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t bytes[STREAM_IMAGE_BYTES + STREAM_DOMAIN_BYTES], *domain = bytes + STREAM_IMAGE_BYTES;
	int rc = take(reader, bytes, sizeof(bytes), err);

	if (rc)
		return rc;
	if (memcmp(bytes, marker, 8) || get32_big(bytes + 8) != STREAM_IMAGE_IDENT)
		return no_file(err, "the image header is not where it should be");
	if (get32_big(bytes + 12) != STREAM_IMAGE_VERSION) {
		xlite_error_set(err, -EPROTONOSUPPORT, "the image header: version %u, not %u", get32_big(bytes + 12),
				STREAM_IMAGE_VERSION);
		xlite_error_hint(err, "Xen 4.14 and later write version 3; `xl restore' reads what came before");
		return -EPROTONOSUPPORT;
	}
	if (bytes[17] & 1)
		return xlite_error_set(err, -EPROTONOSUPPORT, "the image header: big endian");
	if (get32(domain) != STREAM_PV && get32(domain) != STREAM_HVM)
		return xlite_error_set(err, -EBADMSG, "the domain header: there is no guest of type %u", get32(domain));
	if ((get32(domain + 4) & 0xffff) != STREAM_PAGE_SHIFT)
		return xlite_error_set(err, -EBADMSG, "the domain header: pages of 2^%u bytes, not of 2^12",
				       get32(domain + 4) & 0xffff);
	head->guest = reader->guest = (enum stream_guest)get32(domain);
	head->xen_major = get32(domain + 8);
	head->xen_minor = get32(domain + 12);
	return 0;
}

int stream_open(struct stream_reader **out, stream_read_fn *read, void *ctx, struct stream_head *head, struct xlite_error *err)
{
	struct stream_reader *reader = calloc(1, sizeof(*reader));
	int rc;

	*head = (struct stream_head){ 0 };
	if (!reader)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	reader->read = read;
	reader->ctx = ctx;
	rc = read_xl(reader, head, err);
	if (!rc)
		rc = read_libxl(reader, err);
	if (!rc)
		rc = read_libxc(reader, head, err);
	if (rc) {
		free(head->json);
		*head = (struct stream_head){ 0 };
		free(reader);
		return rc;
	}
	*out = reader;
	return 0;
}

/* The row's name, with the place. */
static int bad(const struct stream_reader *reader, const struct stream_row *row, struct xlite_error *err)
{
	xlite_error_prefix(err, "byte %llu: record %s", (unsigned long long)reader->record_at, row->name);
	return err ? err->code : -EBADMSG;
}

static int check_row(struct stream_reader *reader, const struct stream_row *row, uint32_t type, uint32_t length,
		     struct xlite_error *err)
{
	uint32_t *seen = reader->in_libxl ? &reader->seen_libxl : &reader->seen;

	if (row->refused)
		return xlite_error_set(err, -EPROTONOSUPPORT, "%s", row->refused);
	if (!(row->guests & reader->guest))
		return xlite_error_set(err, -EBADMSG, "the domain header says that the guest is %s, which has none",
				       reader->guest == STREAM_PV ? "PV" : "PVH or HVM");
	if (length < row->least || length > row->most || (length - row->least) % row->unit)
		return xlite_error_set(err, -EBADMSG, "it cannot be of %u bytes", length);
	if (row->once && *seen & 1u << type)
		return xlite_error_set(err, -EBADMSG, "it comes a second time");
	if (!reader->in_libxl && reader->border != (row->place != STREAM_STATIC && row->place != STREAM_BORDER))
		return xlite_error_set(err, -EBADMSG,
				       reader->border ? "it comes behind STATIC_DATA_END"
						      : "it comes before STATIC_DATA_END");
	*seen |= 1u << type;
	return 0;
}

/* Contents of pages that the entries call for. */
static int check_pages(const struct stream_record *record, struct xlite_error *err)
{
	uint32_t nr = get32(record->body), data = 0;

	if (!nr || nr > STREAM_PAGES_MAX || record->length < 8 + nr * 8)
		return xlite_error_set(err, -EBADMSG, "%u pages in %u bytes", nr, record->length);
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t entry = get64(record->body + 8 + i * 8);
		unsigned type = stream_page_type(entry);

		if (type > 4 && type < 9)
			return xlite_error_set(err, -EBADMSG, "page %u is of type %u, which there is not", i, type);
		if (entry >> 52 & 0xff)
			return xlite_error_set(err, -EBADMSG, "page %u: reserved bits are set", i);
		data += stream_page_has_data(entry);
	}
	if (record->length != 8 + nr * 8 + data * STREAM_PAGE_BYTES)
		return xlite_error_set(err, -EBADMSG, "%u pages with contents of %u pages in %u bytes", nr, data,
				       record->length);
	return 0;
}

static int check_body(const struct stream_reader *reader, const struct stream_record *record, struct xlite_error *err)
{
	if (record->libxl)
		return 0;
	if (record->type == STREAM_PAGE_DATA)
		return check_pages(record, err);
	if (record->type == STREAM_HVM_PARAMS && (record->length - 8) / 16 != get32(record->body))
		return xlite_error_set(err, -EBADMSG, "%u parameters in %u bytes", get32(record->body), record->length);
	return 0;
}

static const struct stream_row *row_of(const struct stream_reader *reader, uint32_t type)
{
	if (reader->in_libxl)
		return type < STREAM_LIBXL_TYPES ? &stream_libxl_rows[type] : NULL;
	return type < STREAM_TYPES ? &stream_rows[type] : NULL;
}

static int skip(struct stream_reader *reader, uint64_t length, struct xlite_error *err)
{
	int rc = 0;

	while (length && !rc) {
		size_t part = length < sizeof(reader->body) ? (size_t)length : sizeof(reader->body);

		rc = take(reader, reader->body, part, err);
		length -= part;
	}
	return rc;
}

/* An empty row for one that is not known and may be passed over; else NULL with an error. */
static int pass_over(struct stream_reader *reader, uint32_t type, uint32_t length, struct xlite_error *err)
{
	if (type & STREAM_OPTIONAL)
		return skip(reader, ((uint64_t)length + 7) & ~UINT64_C(7), err);
	return xlite_error_set(err, -EPROTONOSUPPORT,
			       "byte %llu: a record of type 0x%x, which is not known and must not be passed over",
			       (unsigned long long)reader->record_at, type);
}

static int read_known(struct stream_reader *reader, const struct stream_row *row, struct stream_record *record,
		      struct xlite_error *err)
{
	int rc = check_row(reader, row, record->type, record->length, err);

	if (rc)
		return bad(reader, row, err), rc;
	rc = take(reader, reader->body, ((size_t)record->length + 7) & ~(size_t)7, err);
	if (rc)
		return rc;
	rc = check_body(reader, record, err);
	if (rc)
		return bad(reader, row, err), rc;
	if (row->place == STREAM_BORDER)
		reader->border = true;
	if (row->place == STREAM_LAST) {
		reader->ended = reader->in_libxl;
		reader->in_libxl = true;
	}
	return 0;
}

int stream_next(struct stream_reader *reader, struct stream_record *record, struct xlite_error *err)
{
	uint8_t start[8];

	if (reader->ended)
		return xlite_error_set(err, -EINVAL, "nothing is read behind the end");
	for (;;) {
		const struct stream_row *row;
		int rc;

		reader->record_at = reader->position;
		rc = take(reader, start, sizeof(start), err);
		if (rc)
			return rc;
		*record = (struct stream_record){ reader->in_libxl, get32(start), get32(start + 4), reader->body };
		row = row_of(reader, record->type);
		if (row)
			return read_known(reader, row, record, err);
		rc = pass_over(reader, record->type, record->length, err);
		if (rc)
			return rc;
	}
}
