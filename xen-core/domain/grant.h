/* SPDX-License-Identifier: GPL-2.0-or-later
 * Grants of version 1 (xen/grant_table.h): a domain's shared table says who may use which of its frames; here is who
 * does.
 */
#ifndef XEN_CORE_DOMAIN_GRANT_H
#define XEN_CORE_DOMAIN_GRANT_H

#include "xen-core/mm/addr.h"

struct domain;

#define GRANT_FRAMES_MAX	64
#define GRANT_PER_FRAME		512
/* Pages of mappings that a domain may have; dom0, which serves them all, has the more. */
#define GRANT_MAP_PAGES		64
#define GRANT_MAP_PAGES_DOM0	512
#define GRANT_MAP_NONE		UINT32_MAX

struct grant_use {
	uint32_t readers, writers;	/* mappings and copies under way */
};

struct grant_map {
	uint16_t granter;		/* whose grant it is */
	uint8_t used, writable;
	uint32_t ref;			/* of one that is free: the next free one's handle */
	uint64_t gfn, mfn;
};

#define GRANT_MAPS_PER_PAGE	(PAGE_SIZE / sizeof(struct grant_map))

struct grant_table {
	void *frames[GRANT_FRAMES_MAX];		/* what the guest sees */
	struct grant_use *uses[GRANT_FRAMES_MAX];
	unsigned nr_frames, max_frames;
	/* what this domain maps of others: a page of pointers to pages, NULL: not yet */
	struct grant_map **maps;
	uint32_t nr_maps, max_maps;		/* those that have been used; and may be */
	uint32_t free_map;			/* a handle, or GRANT_MAP_NONE */
};

/** At most so many frames, 0: as many as there may be; and so many mappings, cut to what the domain may have. */
void grant_init(struct domain *d, unsigned frames, uint32_t maps);
/** The nth frame of the table, made with those before it when it is not there. NULL: beyond the limit, or no memory. */
void *grant_frame(struct domain *d, unsigned nth);
/**
 * What the domain, which is halted, maps is given up, and its table freed. False: it is until_ns (0: never), and
 * there is more to do.
 */
bool grant_clear(struct domain *d, uint64_t until_ns);
/** GNTST_*. On success *handle says which mapping it is, for grant_unmap. */
int grant_map(struct domain *d, uint16_t granter, uint32_t ref, bool writable, gfn_t gfn, uint32_t *handle);
/**
 * The end of a mapping, in two parts, since the granter may use its page anew as soon as the entry says so. The first
 * takes it out of the domain's memory and frees the handle; *ended is for the second, which tells the granter. In
 * between domain_flush, once for several. GNTST_*.
 */
int grant_unmap_begin(struct domain *d, uint32_t handle, gfn_t gfn, struct grant_map *ended);
void grant_unmap_end(const struct grant_map *ended);
/** For a copy: the frame, kept until grant_release. GNTST_*. */
int grant_acquire(struct domain *d, struct domain *granter, uint32_t ref, bool writable, mfn_t *mfn);
void grant_release(struct domain *granter, uint32_t ref, bool writable, mfn_t mfn);

#endif
