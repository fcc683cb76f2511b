/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to saving and restoring: the work under way, and which parts a guest type has.
 */
#ifndef XLITE_LIB_SAVE_INT_H
#define XLITE_LIB_SAVE_INT_H

#include "xlite/lib/hypercall.h"
#include "xlite/lib/save.h"
#include "xlite/lib/stream.h"

struct xlite_save {
	struct xlite_xen *xen;
	uint32_t domid;
	struct stream_writer writer;
	const struct xlite_save_io *io;
	const struct xlite_save_live *live;	/* or NULL: the domain is suspended */
};

/** What a type writes between the headers and libxc's END, in this order; behind it what libxl's records hold. */
struct xlite_guest_saver {
	enum stream_guest guest;
	int (*fixed)(struct xlite_save *save, struct xlite_error *err);		/* up to STATIC_DATA_END */
	int (*memory)(struct xlite_save *save, struct xlite_error *err);
	int (*state)(struct xlite_save *save, struct xlite_error *err);
	int (*emulator)(struct xlite_save *save, struct xlite_error *err);	/* or NULL */
};

int save_pvh_fixed(struct xlite_save *save, struct xlite_error *err);
int save_pvh_memory(struct xlite_save *save, struct xlite_error *err);
int save_pvh_state(struct xlite_save *save, struct xlite_error *err);

/** Groups of STREAM_PAGES_MAX frames that the domain has, from frame 0 on. */
int save_nr_groups(struct xlite_save *save, uint64_t *groups, struct xlite_error *err);
/** Types of nr groups from first on, a few at most: as XEN_DOMCTL_getpageframeinfo3 answers. */
int save_page_types(struct xlite_save *save, uint64_t first, unsigned nr, uint64_t *types, struct xlite_error *err);
bool save_is_memory(uint64_t type);
/** At most STREAM_PAGES_MAX frames, all of them memory: one record. */
int save_write_frames(struct xlite_save *save, const uint64_t *frames, size_t nr, struct xlite_error *err);
/** All memory, once. */
int save_all_memory(struct xlite_save *save, struct xlite_error *err);
/** All memory in rounds, with save->live, which suspends the guest before the last. */
int save_live_memory(struct xlite_save *save, struct xlite_error *err);

/** Fills err for a write that failed. Returns rc. */
int save_written(const struct xlite_save *save, int rc, struct xlite_error *err);
/** -EINTR where the run is to stop. */
int save_interrupted(const struct xlite_save_io *io, struct xlite_error *err);

/** CPU policies at most: leaves and MSRs of all releases fit. */
#define SAVE_LEAVES_MAX 512u
#define SAVE_MSRS_MAX 256u
/** HVM parameters that outlive a domain (xen/hvm/params.h), as Xen's tools choose them. */
extern const uint32_t save_params[];
extern const size_t nr_save_params;

/** Memory that Xen may look at, beyond what a batch has room for: hvm contexts. NULL: see errno. */
void *save_locked_new(size_t bytes);
void save_locked_free(void *p, size_t bytes);

struct xlite_restore {
	struct stream_reader *reader;
	const struct xlite_save_io *io;
	struct stream_head stream;
	struct xlite_restore_head head;
};

#endif
