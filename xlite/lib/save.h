/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A suspended domain into a stream that Xen's own tools read, too (stream.h has the format), and what a restored one is
 * built from. Asking the guest to suspend, files, and what becomes of the domain are the caller's.
 */
#ifndef XLITE_LIB_SAVE_H
#define XLITE_LIB_SAVE_H

#include <sys/types.h>

#include "xlite/lib/guest_type.h"
#include "xlite/lib/xen.h"

/** Where a stream comes from and goes to: as stream_read_fn and stream_write_fn of stream.h. */
struct xlite_save_io {
	void *ctx;
	ssize_t (*read)(void *ctx, void *buffer, size_t len);
	/* asked behind the last record whether all that came was what had been written: 0, or as read; or NULL */
	int (*end)(void *ctx);
	/*
	 * told, as it is restored, that the domain's CPUs are now as the guest has seen them, before its memory; or
	 * NULL
	 */
	int (*accepted)(void *ctx, struct xlite_error *err);
	int (*write)(void *ctx, const void *bytes, size_t len);
	/* as write, of so many zeros: a hole in a file; or NULL: they are written as all else */
	int (*zeros)(void *ctx, size_t len);
	/* told, now and then, how many pages of how many were looked at or filled; or NULL */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	const volatile int *interrupted;	/* or NULL: -EINTR when it is not 0 */
};

/**
 * Whether a domain of this type can be saved and restored here: 0, or -EOPNOTSUPP with the reason. Asks Xen whether it
 * has the calls for that.
 */
int xlite_save_check(struct xlite_xen *xen, const struct xlite_guest_type *type, struct xlite_error *err);
/**
 * Writes the domain, which must be suspended: json (json_bytes without a NUL) is the text of xl's header. *bytes is
 * what was written. -EBUSY: the guest has not given its memory back yet down to its target (memory that is populated on
 * demand).
 */
int xlite_save_write(struct xlite_xen *xen, uint32_t domid, const struct xlite_guest_type *type, const char *json,
		     size_t json_bytes, const struct xlite_save_io *io, uint64_t *bytes, struct xlite_error *err);

/** How a guest is written that runs on meanwhile. */
struct xlite_save_live {
	void *ctx;
	unsigned rounds;	/* at most; 0: 5, or 30 where downtime_ms is not 0 */
	/* the guest is suspended when what is left takes no longer than this at the rate so far; 0: 300, or when few
	 * pages are left, or after the rounds anyway */
	unsigned downtime_ms;
	/* after what the guest's CPUs are: whether the reader can give it that, or why not; or NULL */
	int (*accepted)(void *ctx, struct xlite_error *err);
	/* told what a round, from 1 on, has to write; or NULL */
	void (*round)(void *ctx, unsigned nr, uint64_t pages);
	int (*suspend)(void *ctx, struct xlite_error *err);
};

/**
 * As xlite_save_write for a domain that runs, and is suspended by live->suspend when little is left. Pages of zeros
 * have no contents in this stream, which xlite fills with zeros when it restores them; Xen's tools need not. Xen's log
 * of what the guest writes to is off again when it returns, whatever that is. -EBUSY: the guest writes faster than
 * live->downtime_ms allows.
 */
int xlite_save_live(struct xlite_xen *xen, uint32_t domid, const struct xlite_guest_type *type, const char *json,
		    size_t json_bytes, const struct xlite_save_io *io, const struct xlite_save_live *live,
		    uint64_t *bytes, struct xlite_error *err);

/** A stream whose headers were read. */
struct xlite_restore;

/** What they say; text is owned by the restore. */
struct xlite_restore_head {
	bool hvm;			/* of hardware virtualisation: PVH or HVM, as the text says */
	unsigned xen_major, xen_minor;	/* of the host that saved it */
	const char *json;
	size_t json_bytes;
};

/** Reads the headers; io must live as long as *out, which the caller frees. No hypercall. */
int xlite_restore_open(struct xlite_restore **out, const struct xlite_save_io *io, struct xlite_error *err);
const struct xlite_restore_head *xlite_restore_head(const struct xlite_restore *restore);
/**
 * Whether this host may take it: Xen restores what the same or an earlier release has saved. -EOPNOTSUPP says which
 * they are.
 */
int xlite_restore_check(const struct xlite_restore *restore, const struct xlite_xen *xen, struct xlite_error *err);
void xlite_restore_free(struct xlite_restore *restore);

#endif
