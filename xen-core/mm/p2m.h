/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's physical memory: which machine frame, if any, is at each guest frame. The tables are those that the processor
 * walks (nested paging); each entry also says what it is, and so whose reference it holds:
 *   RAM      a frame of the domain's own; the reference that allocation gave
 *   FOREIGN  a frame of another domain, by one reference to it
 *   GRANT    the same, by way of a grant; only the grant's end removes it
 *   CORE     a page of xen-core's that is shown to the guest (shared info, grant table); no reference
 *   MMIO     a device; no reference
 */
#ifndef XEN_CORE_MM_P2M_H
#define XEN_CORE_MM_P2M_H

#include "xen-core/mm/addr.h"

enum p2m_type { P2M_NONE, P2M_RAM, P2M_FOREIGN, P2M_GRANT, P2M_CORE, P2M_MMIO };

struct p2m {
	uint64_t *root;
	uint64_t nr_tables;		/* pages, root included */
	uint64_t max_tables;		/* that there may be, 0: as many as there is memory for */
	uint64_t flushes;		/* how often something was taken away that a CPU may still know */
};

/* Of all domains together. */
extern uint64_t p2m_flushes;

struct p2m_entry {
	mfn_t mfn;			/* of the very frame asked for */
	enum p2m_type type;
	bool writable;
	/* 0 or 9: how much the entry maps that it was found in; where nothing is also 18 or 27 */
	unsigned order;
};

/** -ENOMEM. */
int p2m_init(struct p2m *p2m);
/**
 * Frees the tables; what they name must have been released. False: it is until_ns (0: never), and there is more to
 * do.
 */
bool p2m_clear(struct p2m *p2m, uint64_t until_ns);
struct p2m_entry p2m_lookup(const struct p2m *p2m, gfn_t gfn);
/**
 * Sets 2^order frames (0 or 9), replacing what was there, which *old (unless NULL, order 0 only) receives. -ENOMEM,
 * -EINVAL.
 */
int p2m_set(struct p2m *p2m, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type, bool writable,
	    struct p2m_entry *old);
/**
 * Calls each for every entry, in use or not, smallest frame first, from *gfn on; stops when it returns false, with
 * *gfn there.
 */
bool p2m_walk(const struct p2m *p2m, gfn_t *gfn, bool (*each)(void *ctx, gfn_t gfn, const struct p2m_entry *entry),
	      void *ctx);
/** What CPUs know of it is not to be used any more, once the caller has left the hypervisor. */
void p2m_flush(struct p2m *p2m);
/** The largest guest frame there can be, plus one. */
#define P2M_FRAMES BIT(36)

#endif
