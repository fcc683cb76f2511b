/* SPDX-License-Identifier: GPL-2.0-or-later
 * Nested page tables of four levels (AMD64 APM 2, 15.25). Bits 9 to 11, which the processor leaves to us, hold the type.
 * Every level has U set: nested walks are user accesses.
 */
#include "xen-core/mm/p2m.h"

#include <xen/errno.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/mm/frame.h"
#include "xen-core/mm/limbo.h"

#define TYPE_SHIFT 9

uint64_t p2m_flushes;

void p2m_flush(struct p2m *p2m)
{
	p2m->flushes++;
	p2m_flushes++;
}

static unsigned index_of(gfn_t gfn, unsigned level)
{
	return gfn.v >> 9 * level & 511;
}

int p2m_init(struct p2m *p2m)
{
	p2m->root = page_alloc();
	p2m->nr_tables = p2m->root ? 1 : 0;
	return p2m->root ? 0 : -XEN_ENOMEM;
}

static uint64_t *below(uint64_t pte)
{
	return maddr_ptr(MADDR(pte & PTE_ADDRESS));
}

static bool is_table(uint64_t pte, unsigned level)
{
	return level && (pte & PTE_P) && !(pte & PTE_PS);
}

/* A CPU may be in the middle of a walk through them. False: it is until_ns, and some of those below are there yet. */
static bool tables_free(struct p2m *p2m, uint64_t *table, unsigned level, uint64_t until_ns)
{
	for (unsigned i = 0; i < 512; i++) {
		if (!is_table(table[i], level))
			continue;
		if (!tables_free(p2m, below(table[i]), level - 1, until_ns))
			return false;
		table[i] = 0;
		if (time_over(until_ns))
			return false;
	}
	limbo_put(ptr_mfn(table));
	p2m->nr_tables--;
	return true;
}

bool p2m_clear(struct p2m *p2m, uint64_t until_ns)
{
	if (p2m->root && !tables_free(p2m, p2m->root, 3, until_ns))
		return false;
	p2m->root = NULL;
	return true;
}

static struct p2m_entry entry_of(uint64_t pte, gfn_t gfn, unsigned level)
{
	uint64_t within = gfn.v & (BIT(9 * level) - 1);

	if (!(pte & PTE_P))
		return (struct p2m_entry){ .mfn = MFN_NONE, .order = 9 * level };
	return (struct p2m_entry){
		.mfn = MFN(((pte & PTE_ADDRESS) >> PAGE_SHIFT) + within),
		.type = (enum p2m_type)(pte >> TYPE_SHIFT & 7),
		.writable = pte & PTE_W,
		.order = 9 * level,
	};
}

struct p2m_entry p2m_lookup(const struct p2m *p2m, gfn_t gfn)
{
	const uint64_t *table = p2m->root;
	unsigned level = 3;

	if (gfn.v >= P2M_FRAMES)
		return (struct p2m_entry){ .mfn = MFN_NONE };
	while (is_table(table[index_of(gfn, level)], level)) {
		table = below(table[index_of(gfn, level)]);
		level--;
	}
	return entry_of(table[index_of(gfn, level)], gfn, level);
}

/* The table below an entry, made where there is none; a large page becomes 512 that say the same. */
static uint64_t *descend(struct p2m *p2m, uint64_t *pte, unsigned level)
{
	uint64_t *table;

	if (is_table(*pte, level))
		return below(*pte);
	/* What a guest spreads over its addresses costs tables, which are ours. */
	if (p2m->max_tables && p2m->nr_tables >= p2m->max_tables)
		return NULL;
	table = page_alloc();
	if (!table)
		return NULL;
	p2m->nr_tables++;
	for (unsigned i = 0; (*pte & PTE_P) && i < 512; i++) {
		table[i] = *pte + ((uint64_t)i << (PAGE_SHIFT + 9 * (level - 1)));
		if (level == 1)
			table[i] &= ~PTE_PS;
	}
	/* A CPU that walks meanwhile finds the table filled. */
	__atomic_store_n(pte, mfn_addr(ptr_mfn(table)).v | PTE_P | PTE_W | PTE_U | PTE_AD, __ATOMIC_RELEASE);
	return table;
}

int p2m_set(struct p2m *p2m, gfn_t gfn, mfn_t mfn, unsigned order, enum p2m_type type, bool writable, struct p2m_entry *old)
{
	unsigned target = order / 9;
	uint64_t *table = p2m->root, *pte;
	uint64_t value = 0, before;

	if (gfn.v >= P2M_FRAMES || order % 9 || target > 1 || (gfn.v & (BIT(order) - 1)))
		return -XEN_EINVAL;
	if (type != P2M_NONE && (mfn.v > PTE_ADDRESS >> PAGE_SHIFT || (mfn.v & (BIT(order) - 1))))
		return -XEN_EINVAL;
	for (unsigned level = 3; level > target; level--) {
		table = descend(p2m, &table[index_of(gfn, level)], level);
		if (!table)
			return -XEN_ENOMEM;
	}
	pte = &table[index_of(gfn, target)];
	before = *pte;
	if (old)
		*old = entry_of(before, gfn, target);
	if (type != P2M_NONE)
		value = mfn_addr(mfn).v | PTE_P | (writable ? PTE_W : 0) | PTE_U | PTE_AD | (target ? PTE_PS : 0) |
			(uint64_t)type << TYPE_SHIFT;
	__atomic_store_n(pte, value, __ATOMIC_RELEASE);
	if (before & PTE_P)
		p2m_flush(p2m);
	if (is_table(before, target))
		tables_free(p2m, below(before), target - 1, 0);
	return 0;
}

bool p2m_walk(const struct p2m *p2m, gfn_t *gfn, bool (*each)(void *ctx, gfn_t gfn, const struct p2m_entry *entry), void *ctx)
{
	while (gfn->v < P2M_FRAMES) {
		struct p2m_entry entry = p2m_lookup(p2m, *gfn);
		uint64_t size = BIT(entry.order);

		if (!each(ctx, *gfn, &entry))
			return false;
		gfn->v = (gfn->v & ~(size - 1)) + size;
	}
	return true;
}
