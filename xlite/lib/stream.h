/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Saved domains as Xen's own tools write them: xl's header with a JSON text, libxl's records, and inside of its first
 * one libxc's records, version 3. Reading trusts nothing: each record's size is checked against its row in the table
 * before its body is read, into memory that was taken beforehand. What records mean to a domain is save.h and build.h.
 * Sources: docs/specs/libxc-migration-stream.pandoc, docs/specs/libxl-migration-stream.pandoc of Xen.
 *
 *   xl     magic 32 bytes, byte order, mandatory flags, optional flags, length; length bytes: u32 n, n bytes of JSON
 *   libxl  "LibxlFmt", version 2, options (big endian); records: u32 type, u32 length, body, padding to 8 bytes
 *   libxc  in libxl's LIBXC_CONTEXT: image header (24 bytes, big endian), domain header (16); records of the same form
 */
#ifndef XLITE_LIB_STREAM_H
#define XLITE_LIB_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/** Pages that one record describes at most, as Xen's tools write them. */
#define STREAM_PAGES_MAX 1024u
#define STREAM_PAGE_BYTES 4096u
/** No body that is taken is longer. */
#define STREAM_BODY_MAX (8u + STREAM_PAGES_MAX * (8u + STREAM_PAGE_BYTES))
/** Bytes of the JSON text at most. */
#define STREAM_JSON_MAX (1u << 20)

/** Types of libxc's records. */
enum stream_type {
	STREAM_END, STREAM_PAGE_DATA, STREAM_PV_INFO, STREAM_PV_P2M_FRAMES, STREAM_PV_VCPU_BASIC,
	STREAM_PV_VCPU_EXTENDED,
	STREAM_PV_VCPU_XSAVE, STREAM_SHARED_INFO, STREAM_TSC_INFO, STREAM_HVM_CONTEXT, STREAM_HVM_PARAMS,
	STREAM_TOOLSTACK,
	STREAM_PV_VCPU_MSRS, STREAM_VERIFY, STREAM_CHECKPOINT, STREAM_CHECKPOINT_DIRTY, STREAM_STATIC_DATA_END,
	STREAM_CPUID_POLICY, STREAM_MSR_POLICY,
	STREAM_TYPES
};

/** Types of libxl's records. */
enum stream_libxl_type {
	STREAM_LIBXL_END, STREAM_LIBXC_CONTEXT, STREAM_EMULATOR_XENSTORE, STREAM_EMULATOR_CONTEXT,
	STREAM_LIBXL_CHECKPOINT_END,
	STREAM_LIBXL_CHECKPOINT_STATE,
	STREAM_LIBXL_TYPES
};

/** Bit 31 of a type: who does not know the record passes over it. */
#define STREAM_OPTIONAL (UINT32_C(1) << 31)

/** Types of guests, bits of stream_row.guests; in the domain header as they stand. */
enum stream_guest { STREAM_PV = 1, STREAM_HVM = 2 };

/** Where a record may stand. */
enum stream_place {
	STREAM_STATIC,		/* before STATIC_DATA_END */
	STREAM_BORDER,		/* is that */
	STREAM_STATE,		/* behind it */
	STREAM_LAST,		/* ends its level */
};

/** What there is to know of a type. Lengths are of the body without padding: least, least + unit, ... up to most. */
struct stream_row {
	const char *name;
	uint32_t least, most, unit;
	uint8_t guests;		/* types of guests that have it: STREAM_PV | STREAM_HVM */
	enum stream_place place;
	bool once;
	const char *refused;	/* why no such record is taken, or NULL */
};

extern const struct stream_row stream_rows[STREAM_TYPES];
extern const struct stream_row stream_libxl_rows[STREAM_LIBXL_TYPES];

/**
 * Page types (xen/domctl.h: XEN_DOMCTL_PFINFO_*), bits 63 to 60 of an entry of PAGE_DATA; bits 51 to 0 are the
 * frame number.
 */
enum stream_page { STREAM_PAGE_NORMAL = 0, STREAM_PAGE_BROKEN = 13, STREAM_PAGE_EMPTY = 14, STREAM_PAGE_NONE = 15 };

static inline unsigned stream_page_type(uint64_t entry)
{
	return (unsigned)(entry >> 60);
}

static inline uint64_t stream_page_frame(uint64_t entry)
{
	return entry & ((UINT64_C(1) << 52) - 1);
}

/** Whether the contents of such a page are in the record. */
static inline bool stream_page_has_data(uint64_t entry)
{
	return stream_page_type(entry) < STREAM_PAGE_BROKEN;
}

/** What the headers say. */
struct stream_head {
	enum stream_guest guest;
	unsigned xen_major, xen_minor;	/* of the host that saved */
	char *json;			/* of json_bytes and a NUL; the owner frees it */
	size_t json_bytes;
};

/** A record; body is valid until the next is read. */
struct stream_record {
	bool libxl;		/* type is of enum stream_libxl_type, else of enum stream_type */
	uint32_t type, length;
	const uint8_t *body;	/* 8-byte aligned */
};

/**
 * Where bytes come from: reads up to len of them, 0 at the end, or returns a negative errno; -EBADMSG: what they
 * come from is damaged.
 */
typedef ssize_t stream_read_fn(void *ctx, void *buffer, size_t len);
/** Where they go: writes all, or returns a negative errno. */
typedef int stream_write_fn(void *ctx, const void *bytes, size_t len);

struct stream_reader;

/**
 * Reads the headers into *head, whose json is the caller's. -EBADMSG says what is wrong, and where; -EPROTONOSUPPORT:
 * it is of a version, or of other tools, that this one does not read. *out is the caller's, freed by stream_close,
 * which leaves ctx alone.
 */
int stream_open(struct stream_reader **out, stream_read_fn *read, void *ctx, struct stream_head *head,
		struct xlite_error *err);
/**
 * The next record, checked: its size, its place among the others, of PAGE_DATA and HVM_PARAMS that what it counts is
 * there. The two END records come, too, and nothing is read behind the second. Optional records that are not known are
 * passed over.
 */
int stream_next(struct stream_reader *reader, struct stream_record *record, struct xlite_error *err);
/** Bytes read so far. */
uint64_t stream_position(const struct stream_reader *reader);
void stream_close(struct stream_reader *reader);

/** Writing. Each function returns what write did. */
struct stream_writer {
	stream_write_fn *write;
	void *ctx;
	uint64_t bytes;		/* written so far */
};

/** All headers, up to the first of libxc's records. */
int stream_write_head(struct stream_writer *writer, const struct stream_head *head);
/** A record with all of its body. */
int stream_write_record(struct stream_writer *writer, uint32_t type, const void *body, size_t len);
/** A PAGE_DATA record up to the contents of its pages, which follow by stream_write_bytes: nr_data times 4096 bytes. */
int stream_write_pages(struct stream_writer *writer, const uint64_t *entries, uint32_t nr, uint32_t nr_data);
int stream_write_bytes(struct stream_writer *writer, const void *bytes, size_t len);
/** Zeros, by a function that leaves them out where that means the same. */
int stream_write_zeros(struct stream_writer *writer, int (*zeros)(void *ctx, size_t len), size_t len);
/** libxc's END. */
int stream_write_end(struct stream_writer *writer);
/** libxl's END, the last of all. */
int stream_write_last(struct stream_writer *writer);

/** The bytes of headers, for both directions; see the picture above. */
#define STREAM_XL_MAGIC "Xen saved domain, xl format\n \0 \r"	/* 32 bytes without the NUL at its end */
#define STREAM_XL_BYTES 48
#define STREAM_XL_ORDER UINT32_C(0x01020304)
#define STREAM_XL_JSON UINT32_C(1)
#define STREAM_XL_STREAM2 UINT32_C(2)
#define STREAM_LIBXL_IDENT UINT64_C(0x4c6962786c466d74)
#define STREAM_LIBXL_BYTES 16
#define STREAM_LIBXL_VERSION 2
#define STREAM_IMAGE_IDENT UINT32_C(0x58454e46)
#define STREAM_IMAGE_BYTES 24
#define STREAM_IMAGE_VERSION 3
#define STREAM_DOMAIN_BYTES 16
#define STREAM_PAGE_SHIFT 12

#endif
