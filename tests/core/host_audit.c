/* SPDX-License-Identifier: GPL-2.0-or-later
 * The accounts of a host of the tests: everything that holds a frame is looked up, and compared with the table of frames.
 */
#include "tests/core/host_check.h"

#define PTE_P	BIT(0)
#define PTE_PS	BIT(7)
#define ADDRESS	UINT64_C(0x000ffffffffff000)

#define FRAMES_MAX 8192

static uint32_t found[FRAMES_MAX];

static void see(mfn_t mfn)
{
	assert_true(mfn.v && mfn.v < FRAMES_MAX);
	found[mfn.v]++;
}

static void see_page(const void *page)
{
	if (!page)
		return;
	see(ptr_mfn(page));
	assert_int_equal(frame_owner(ptr_mfn(page)), OWNER_CORE);
}

static void see_pages(void *const *pages, unsigned nr)
{
	for (unsigned i = 0; pages && i < nr; i++)
		see_page(pages[i]);
}

static unsigned see_tables(const uint64_t *table, unsigned level)
{
	unsigned nr = 1;

	see_page(table);
	for (unsigned i = 0; level && i < 512; i++)
		if ((table[i] & PTE_P) && !(table[i] & PTE_PS))
			nr += see_tables(maddr_ptr(MADDR(table[i] & ADDRESS)), level - 1);
	return nr;
}

struct memory {
	const struct domain *d;
	uint64_t grants;
};

static bool see_entry(void *ctx, gfn_t gfn, const struct p2m_entry *entry)
{
	struct memory *memory = ctx;

	(void)gfn;
	for (uint64_t i = 0; entry->type != P2M_NONE && i < BIT(entry->order); i++) {
		mfn_t mfn = MFN(entry->mfn.v + i);

		if (entry->type == P2M_CORE)
			assert_int_equal(frame_owner(mfn), OWNER_CORE);
		if (entry->type == P2M_RAM)
			assert_int_equal(frame_owner(mfn), memory->d->id);
		if (entry->type == P2M_RAM || entry->type == P2M_FOREIGN || entry->type == P2M_GRANT)
			see(mfn);
		memory->grants += entry->type == P2M_GRANT;
	}
	return true;
}

static void see_grants(const struct domain *d, uint64_t grants)
{
	const struct grant_table *t = &d->grants;
	uint32_t used = 0, unused = 0;

	see_pages(t->frames, t->nr_frames);
	see_pages((void *const *)t->uses, t->nr_frames);
	see_page(t->maps);
	see_pages((void *const *)t->maps, t->maps ? GRANT_MAP_PAGES_DOM0 : 0);
	for (uint32_t i = 0; i < t->nr_maps; i++) {
		const struct grant_map *map = &t->maps[i / GRANT_MAPS_PER_PAGE][i % GRANT_MAPS_PER_PAGE];
		struct p2m_entry entry;

		used += map->used;
		if (!map->used)
			continue;
		entry = p2m_lookup(&d->p2m, GFN(map->gfn));
		assert_int_equal(entry.type, P2M_GRANT);
		assert_int_equal(entry.mfn.v, map->mfn);
		assert_int_equal(entry.writable, map->writable);
		grants--;
	}
	assert_int_equal(grants, 0);
	for (uint32_t at = t->free_map; at != GRANT_MAP_NONE && unused <= t->nr_maps; unused++)
		at = t->maps[at / GRANT_MAPS_PER_PAGE][at % GRANT_MAPS_PER_PAGE].ref;
	/* One that dies gets no new ones. */
	assert_true(d->halted || used + unused == t->nr_maps);
}

/* Those it has let go of, and others hold, included. */
static void see_owned(const struct domain *d)
{
	uint64_t owned = 0;

	for (uint64_t i = 1; i <= frames_highest(); i++)
		owned += frame_owner(MFN(i)) == d->id;
	assert_int_equal(owned, frames_owned(d->id));
}

static void see_domain(const struct domain *d)
{
	struct memory memory = { d };
	gfn_t gfn = GFN(0);

	see_page(d);
	see_page((const char *)d + PAGE_SIZE);
	see_page(d->shared);
	see_owned(d);
	if (d->dead)
		return;
	if (d->p2m.root) {
		assert_int_equal(see_tables(d->p2m.root, 3), d->p2m.nr_tables);
		assert_true(p2m_walk(&d->p2m, &gfn, see_entry, &memory));
	}
	see_grants(d, memory.grants);
	see_pages(d->map.pages, MEMORY_MAP_PAGES);
	see_page(d->events.pages);
	see_pages((void *const *)d->events.pages, EVENT_PORTS / EVENT_PER_PAGE);
	for (unsigned i = 0; i < d->events.nr_word_pages; i++)
		see(ptr_mfn(d->events.words[i]));
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		const struct vcpu *v = d->vcpus[i];

		if (!v)
			continue;
		see_page(v);
		if (mfn_ok(v->info_page))
			see(v->info_page);
		if (v->fifo)
			see(ptr_mfn(v->fifo));
	}
}

void host_audit(void)
{
	uint64_t used = 0;

	memset(found, 0, sizeof(found));
	for (uint64_t i = 0; i < LIMBO_FRAMES; i++)
		see(MFN(host_limbo + i));
	for (const struct domain *d = domain_list; d; d = d->next)
		see_domain(d);
	assert_true(frames_highest() < FRAMES_MAX);
	for (uint64_t i = 1; i <= frames_highest(); i++) {
		used += machine_refs(i) != 0;
		assert_int_equal(machine_refs(i), found[i]);
	}
	assert_int_equal(used + frames_free(), frames_total());
}
