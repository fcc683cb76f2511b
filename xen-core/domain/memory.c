/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's memory, and the accounts of it.
 */
#include "xen-core/domain/memory.h"

#include <xen/errno.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"
#include "xen-core/mm/limbo.h"

static bool is_counted(const struct p2m_entry *entry)
{
	return entry->type == P2M_RAM || entry->type == P2M_FOREIGN || entry->type == P2M_GRANT;
}

void memory_drop(struct domain *d, const struct p2m_entry *entry)
{
	if (is_counted(entry))
		limbo_put(entry->mfn);
}

static void frames_put(mfn_t mfn, unsigned order)
{
	for (uint64_t i = 0; i < BIT(order); i++)
		frame_put(MFN(mfn.v + i));
}

/* In entries as large as the tables know. */
static int enter(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned order)
{
	unsigned step = order >= 9 ? 9 : 0;

	for (uint64_t i = 0; i < BIT(order); i += BIT(step)) {
		int rc = p2m_set(&d->p2m, GFN(gfn.v + i), MFN(mfn.v + i), step, P2M_RAM, true, NULL);

		if (rc) {
			for (uint64_t k = 0; k < i; k += BIT(step))
				p2m_set(&d->p2m, GFN(gfn.v + k), MFN_NONE, step, P2M_NONE, false, NULL);
			return rc;
		}
	}
	return 0;
}

static bool is_empty(const struct domain *d, gfn_t gfn, unsigned order)
{
	for (uint64_t i = 0; i < BIT(order); i++)
		if (p2m_lookup(&d->p2m, GFN(gfn.v + i)).type != P2M_NONE)
			return false;
	return true;
}

/*
 * dom0's memory is where the machine has it, since its devices know no other addresses: a frame that it gave away comes
 * back as the same frame, or not at all while somebody else has it.
 */
static mfn_t take_same(struct domain *d, gfn_t gfn, unsigned order)
{
	for (uint64_t i = 0; i < BIT(order); i++) {
		if (frame_take_clear(MFN(gfn.v + i), d->id))
			continue;
		while (i--)
			frame_put(MFN(gfn.v + i));
		return MFN_NONE;
	}
	return MFN(gfn.v);
}

int memory_populate(struct domain *d, gfn_t gfn, unsigned order)
{
	mfn_t mfn;
	int rc;

	if (gfn.v + BIT(order) > P2M_FRAMES || (gfn.v & (BIT(order) - 1)) || !is_empty(d, gfn, order))
		return -XEN_EINVAL;
	if (frames_owned(d->id) + BIT(order) > d->max_frames)
		return -XEN_ENOMEM;
	mfn = d->privileged ? take_same(d, gfn, order) : frame_alloc_clear(order, d->id);
	if (!mfn_ok(mfn))
		return -XEN_ENOMEM;
	rc = enter(d, gfn, mfn, order);
	if (rc)
		frames_put(mfn, order);
	return rc;
}

int memory_release(struct domain *d, gfn_t gfn, unsigned order)
{
	struct p2m_entry old;
	int rc;

	if (gfn.v + BIT(order) > P2M_FRAMES)
		return -XEN_EINVAL;
	for (uint64_t i = 0; i < BIT(order); i++)
		if (p2m_lookup(&d->p2m, GFN(gfn.v + i)).type != P2M_RAM)
			return -XEN_EINVAL;
	for (uint64_t i = 0; i < BIT(order); i++) {
		rc = p2m_set(&d->p2m, GFN(gfn.v + i), MFN_NONE, 0, P2M_NONE, false, &old);
		if (rc)
			return rc;
		memory_drop(d, &old);
	}
	return 0;
}

/* In place of what is there, unless that is a grant. */
static int entry_replace(struct domain *d, gfn_t gfn, mfn_t mfn, enum p2m_type type)
{
	struct p2m_entry old;
	int rc = p2m_lookup(&d->p2m, gfn).type == P2M_GRANT ? -XEN_EBUSY : p2m_set(&d->p2m, gfn, mfn, 0, type, true, &old);

	if (!rc)
		memory_drop(d, &old);
	return rc;
}

int memory_show(struct domain *d, gfn_t gfn, mfn_t mfn)
{
	return entry_replace(d, gfn, mfn, P2M_CORE);
}

int memory_map_foreign(struct domain *d, gfn_t gfn, mfn_t mfn)
{
	return entry_replace(d, gfn, mfn, P2M_FOREIGN);
}

int memory_share(struct domain *d, gfn_t gfn, struct domain *other, gfn_t theirs)
{
	mfn_t mfn = guest_frame_get(other, theirs);
	int rc;

	if (!mfn_ok(mfn))
		return -XEN_EINVAL;
	rc = memory_map_foreign(d, gfn, mfn);
	if (rc)
		frame_put(mfn);
	return rc;
}

int memory_remove(struct domain *d, gfn_t gfn)
{
	struct p2m_entry old = p2m_lookup(&d->p2m, gfn);
	int rc;

	if (old.type == P2M_NONE || old.type == P2M_GRANT)
		return -XEN_EINVAL;
	rc = p2m_set(&d->p2m, gfn, MFN_NONE, 0, P2M_NONE, false, &old);
	if (!rc)
		memory_drop(d, &old);
	return rc;
}

/* How many frames are given back from one look at the time to the next. */
#define CLEAR_LOOK 64

struct clear {
	uint64_t until_ns, nr;
};

/* No CPU can know them: none has run the domain since it was halted, nor will. */
static bool clear_each(void *ctx, gfn_t gfn, const struct p2m_entry *entry)
{
	struct clear *c = ctx;

	(void)gfn;
	if (c->until_ns && c->nr >= CLEAR_LOOK) {
		if (time_over(c->until_ns))
			return false;
		c->nr = 0;
	}
	c->nr += entry->type == P2M_NONE ? 1 : BIT(entry->order);
	if (is_counted(entry))
		frames_put(entry->mfn, entry->order);
	return true;
}

bool memory_clear(struct domain *d, uint64_t until_ns)
{
	struct clear c = { until_ns, 0 };

	return !d->p2m.root || (p2m_walk(&d->p2m, &d->cleared, clear_each, &c) && p2m_clear(&d->p2m, until_ns));
}
