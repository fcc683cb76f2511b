/* SPDX-License-Identifier: GPL-2.0-or-later
 * Grants of version 1 (xen/grant_table.h): a domain's shared table says who may use which of its frames; here is who does.
 */
#ifndef XEN_CORE_DOMAIN_GRANT_H
#define XEN_CORE_DOMAIN_GRANT_H

#include "xen-core/mm/addr.h"

struct domain;

#define GRANT_FRAMES_MAX	64
#define GRANT_PER_FRAME		512
#define GRANT_MAP_PAGES		64

struct grant_use {
	uint32_t readers, writers;	/* mappings and copies under way */
};

struct grant_map {
	uint16_t granter;		/* whose grant it is */
	uint8_t used, writable;
	uint32_t ref;
	uint64_t gfn, mfn;
};

#define GRANT_MAPS_PER_PAGE	(PAGE_SIZE / sizeof(struct grant_map))

struct grant_table {
	void *frames[GRANT_FRAMES_MAX];		/* what the guest sees */
	struct grant_use *uses[GRANT_FRAMES_MAX];
	unsigned nr_frames, max_frames;
	struct grant_map *maps[GRANT_MAP_PAGES];	/* what this domain maps of others */
	uint32_t next_map;			/* where to look for a free one */
};

/** At most max frames, 0: as many as there may be. */
void grant_init(struct domain *d, unsigned max);
/** The nth frame of the table, made with those before it when it is not there. NULL: beyond the limit, or no memory. */
void *grant_frame(struct domain *d, unsigned nth);
/** What the domain maps is given up, and its table freed. */
void grant_clear(struct domain *d);
/** GNTST_*. On success *handle says which mapping it is, for grant_unmap. */
int grant_map(struct domain *d, uint16_t granter, uint32_t ref, bool writable, gfn_t gfn, uint32_t *handle);
int grant_unmap(struct domain *d, uint32_t handle, gfn_t gfn);
/** For a copy: the frame, kept until grant_release. GNTST_*. */
int grant_acquire(struct domain *d, struct domain *granter, uint32_t ref, bool writable, mfn_t *mfn);
void grant_release(struct domain *granter, uint32_t ref, bool writable, mfn_t mfn);

#endif
