/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's memory: its frames, and what it is shown of others'.
 */
#ifndef XEN_CORE_DOMAIN_MEMORY_H
#define XEN_CORE_DOMAIN_MEMORY_H

#include "xen-core/mm/addr.h"

struct domain;
struct p2m_entry;

/** 2^order new frames at gfn, cleared; all or none. -ENOMEM: none left, or more than the domain may have. */
int memory_populate(struct domain *d, gfn_t gfn, unsigned order);
/** The domain gives back frames that are its own. -EINVAL: not all are. */
int memory_release(struct domain *d, gfn_t gfn, unsigned order);
/** A page of xen-core's becomes visible at gfn; what was there is released. */
int memory_show(struct domain *d, gfn_t gfn, mfn_t mfn);
/**
 * A frame with a reference, which is taken over on success, becomes visible at gfn; what was there is released.
 * -EBUSY: a grant.
 */
int memory_map_foreign(struct domain *d, gfn_t gfn, mfn_t mfn);
/** A frame of another domain's RAM becomes visible at gfn. -EINVAL: it has none there. */
int memory_share(struct domain *d, gfn_t gfn, struct domain *other, gfn_t theirs);
/** Whatever is at gfn but for grants is taken away. -EINVAL: nothing, or a grant, is there. */
int memory_remove(struct domain *d, gfn_t gfn);
/** Gives back what an entry held, once it is in no table any more. */
void memory_drop(struct domain *d, const struct p2m_entry *entry);
/**
 * Everything, of a domain that never runs again, or what can be done until until_ns, unless 0; false: there is
 * more.
 */
bool memory_clear(struct domain *d, uint64_t until_ns);

#endif
