/* SPDX-License-Identifier: GPL-2.0-or-later
 * Grants of version 1. The entry's flags are the granter's while nobody uses it: whoever begins to use it marks that in
 * the same atomic operation that checks it, and takes the mark away with the last use.
 */
#include "xen-core/domain/grant.h"

#include <xen/grant_table.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/memory.h"
#include "xen-core/mm/limbo.h"

_Static_assert(sizeof(struct grant_entry_v1) * GRANT_PER_FRAME == PAGE_SIZE, "entries fill their frame");
_Static_assert(sizeof(struct grant_use) * GRANT_PER_FRAME == PAGE_SIZE, "as do their uses");

_Static_assert(GRANT_MAP_PAGES_DOM0 <= PAGE_SIZE / sizeof(struct grant_map *), "their pointers fill a page at most");

void grant_init(struct domain *d, unsigned frames, uint32_t maps)
{
	uint32_t most = (d->privileged ? GRANT_MAP_PAGES_DOM0 : GRANT_MAP_PAGES) * GRANT_MAPS_PER_PAGE;

	d->grants.max_frames = frames && frames < GRANT_FRAMES_MAX ? frames : GRANT_FRAMES_MAX;
	d->grants.max_maps = MIN(maps, most);
	d->grants.free_map = GRANT_MAP_NONE;
}

void *grant_frame(struct domain *d, unsigned nth)
{
	struct grant_table *t = &d->grants;

	if (nth >= t->max_frames)
		return NULL;
	while (t->nr_frames <= nth) {
		void *frame = page_alloc(), *uses = page_alloc();

		if (!frame || !uses) {
			page_free(frame);
			page_free(uses);
			return NULL;
		}
		t->frames[t->nr_frames] = frame;
		t->uses[t->nr_frames++] = uses;
	}
	return t->frames[nth];
}

static struct grant_entry_v1 *entry_of(struct domain *d, uint32_t ref)
{
	unsigned frame = ref / GRANT_PER_FRAME;

	return frame < d->grants.nr_frames ? (struct grant_entry_v1 *)d->grants.frames[frame] + ref % GRANT_PER_FRAME : NULL;
}

static struct grant_use *use_of(struct domain *d, uint32_t ref)
{
	return &d->grants.uses[ref / GRANT_PER_FRAME][ref % GRANT_PER_FRAME];
}

/* Checks an entry and marks it as in use, at once. */
static int entry_mark(struct grant_entry_v1 *entry, uint16_t user, bool writable)
{
	union { struct { uint16_t flags, domid; } e; uint32_t word; } old, next;
	uint32_t *word = (uint32_t *)(void *)entry;

	old.word = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	do {
		if ((old.e.flags & GTF_type_mask) != GTF_permit_access)
			return GNTST_bad_gntref;
		if (old.e.domid != user || (writable && (old.e.flags & GTF_readonly)))
			return GNTST_permission_denied;
		next = old;
		next.e.flags |= (uint16_t)(GTF_reading | (writable ? GTF_writing : 0));
	} while (!__atomic_compare_exchange_n(word, &old.word, next.word, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE));
	return GNTST_okay;
}

static void use_end(struct domain *granter, uint32_t ref, bool writable)
{
	struct grant_entry_v1 *entry = entry_of(granter, ref);
	struct grant_use *use;
	uint16_t clear = 0;

	if (!entry)
		return;
	use = use_of(granter, ref);
	use->readers--;
	use->writers -= writable;
	if (!use->writers)
		clear |= GTF_writing;
	if (!use->readers)
		clear |= GTF_reading;
	__atomic_fetch_and(&entry->flags, (uint16_t)~clear, __ATOMIC_SEQ_CST);
}

int grant_acquire(struct domain *d, struct domain *granter, uint32_t ref, bool writable, mfn_t *mfn)
{
	struct grant_entry_v1 *entry = entry_of(granter, ref);
	int status;

	if (!entry)
		return GNTST_bad_gntref;
	status = entry_mark(entry, d->id, writable);
	if (status)
		return status;
	use_of(granter, ref)->readers++;
	use_of(granter, ref)->writers += writable;
	/*
	 * Not before it is marked: until then the guest may take it back, and lend another frame to another by the
	 * same entry.
	 */
	*mfn = guest_frame_get(granter, GFN(__atomic_load_n(&entry->frame, __ATOMIC_ACQUIRE)));
	if (mfn_ok(*mfn))
		return GNTST_okay;
	use_end(granter, ref, writable);
	return GNTST_bad_page;
}

void grant_release(struct domain *granter, uint32_t ref, bool writable, mfn_t mfn)
{
	use_end(granter, ref, writable);
	frame_put(mfn);
}

/* Of a handle below nr_maps. */
static struct grant_map *map_of(struct grant_table *t, uint32_t handle)
{
	return &t->maps[handle / GRANT_MAPS_PER_PAGE][handle % GRANT_MAPS_PER_PAGE];
}

static struct grant_map *map_at(struct grant_table *t, uint32_t handle)
{
	return handle < t->nr_maps ? map_of(t, handle) : NULL;
}

static bool map_page(struct grant_table *t, uint32_t page)
{
	if (!t->maps)
		t->maps = page_alloc();
	if (t->maps && !t->maps[page])
		t->maps[page] = page_alloc();
	return t->maps && t->maps[page];
}

static void map_free(struct grant_table *t, uint32_t handle)
{
	*map_of(t, handle) = (struct grant_map){ .ref = t->free_map };
	t->free_map = handle;
}

/* However many there are, it takes the same time. */
static struct grant_map *map_new(struct grant_table *t, uint32_t *handle)
{
	*handle = t->free_map;
	if (*handle != GRANT_MAP_NONE) {
		t->free_map = map_of(t, *handle)->ref;
		return map_of(t, *handle);
	}
	if (t->nr_maps == t->max_maps || !map_page(t, t->nr_maps / GRANT_MAPS_PER_PAGE))
		return NULL;
	*handle = t->nr_maps++;
	return map_of(t, *handle);
}

int grant_map(struct domain *d, uint16_t granter, uint32_t ref, bool writable, gfn_t gfn, uint32_t *handle)
{
	struct domain *other = domain_find(granter);
	struct p2m_entry old;
	struct grant_map *map;
	mfn_t mfn;
	int status;

	if (!other || other->dying)
		return GNTST_bad_domain;
	if (p2m_lookup(&d->p2m, gfn).type == P2M_GRANT)
		return GNTST_bad_virt_addr;
	map = map_new(&d->grants, handle);
	if (!map)
		return GNTST_no_device_space;
	status = grant_acquire(d, other, ref, writable, &mfn);
	if (!status && p2m_set(&d->p2m, gfn, mfn, 0, P2M_GRANT, writable, &old)) {
		grant_release(other, ref, writable, mfn);
		status = GNTST_bad_virt_addr;
	}
	if (status) {
		map_free(&d->grants, *handle);
		return status;
	}
	memory_drop(d, &old);
	*map = (struct grant_map){ other->id, 1, writable, ref, gfn.v, mfn.v };
	return GNTST_okay;
}

static void map_remove(struct domain *d, const struct grant_map *map)
{
	struct p2m_entry old;

	if (p2m_set(&d->p2m, GFN(map->gfn), MFN_NONE, 0, P2M_NONE, false, &old))
		panic("an entry that is there needs no memory to be taken away");
}

/* The granter may be dead, and its table gone; its number is not, as long as its frame is held. */
void grant_unmap_end(const struct grant_map *ended)
{
	struct domain *granter = domain_find(ended->granter);

	if (granter)
		use_end(granter, ended->ref, ended->writable);
	limbo_put(MFN(ended->mfn));
}

int grant_unmap_begin(struct domain *d, uint32_t handle, gfn_t gfn, struct grant_map *ended)
{
	struct grant_map *map = map_at(&d->grants, handle);

	if (!map || !map->used)
		return GNTST_bad_handle;
	if (map->gfn != gfn.v)
		return GNTST_bad_virt_addr;
	*ended = *map;
	map_remove(d, map);
	map_free(&d->grants, handle);
	return GNTST_okay;
}

/* So many maps end from one look at the time to the next. */
#define CLEAR_LOOK 64

bool grant_clear(struct domain *d, uint64_t until_ns)
{
	struct grant_table *t = &d->grants;

	/* No CPU runs the domain any more, nor knows its translations when it runs another. */
	t->max_maps = 0;
	while (t->nr_maps) {
		const struct grant_map *map = map_of(t, --t->nr_maps);

		if (map->used) {
			map_remove(d, map);
			grant_unmap_end(map);
		}
		if (t->nr_maps % CLEAR_LOOK == 0 && time_over(until_ns))
			return false;
	}
	for (unsigned i = 0; t->maps && i < GRANT_MAP_PAGES_DOM0; i++)
		page_free(t->maps[i]);
	page_free(t->maps);
	t->maps = NULL;
	t->free_map = GRANT_MAP_NONE;
	for (unsigned i = 0; i < t->nr_frames; i++) {
		page_free(t->frames[i]);
		page_free(t->uses[i]);
	}
	t->nr_frames = 0;
	return true;
}
