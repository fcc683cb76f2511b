/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The layout of a PV domain's memory and its first page tables.
 */
#include "xlite/lib/build_pv.h"

#include <errno.h>

#define SHIFT 12
#define PAGE (UINT64_C(1) << SHIFT)
#define LEVEL_BITS 9
#define ENTRIES (1u << LEVEL_BITS)
#define ADDRESS_MASK ((UINT64_C(1) << 48) - 1)

/* What a kernel may use before it has memory management of its own: 512 KiB at least, up to a multiple of 4 MiB. */
#define PADDING_FRAMES 128
#define PADDING_MASK ((UINT64_C(4) << 20) - 1)

#define PRESENT UINT64_C(0x001)
#define WRITABLE UINT64_C(0x002)
#define USER UINT64_C(0x004)
#define ACCESSED UINT64_C(0x020)
#define DIRTY UINT64_C(0x040)

static uint64_t frames_of(uint64_t bytes)
{
	return bytes / PAGE + (bytes % PAGE != 0);
}

uint64_t pv_p2m_frames(uint64_t nr_frames)
{
	return frames_of(nr_frames * sizeof(uint64_t));
}

/* The bits of an address below those that say which table of the level it is in. */
static unsigned level_shift(unsigned level)
{
	return SHIFT + LEVEL_BITS * (level + 1);
}

/* Counts the tables of a map that come to lie from frame on, those left out that the kernel's map has. */
static void map_tables(struct pv_plan *plan, struct pv_map *map, uint64_t frame)
{
	map->tables_frame = frame;
	map->nr_tables = 0;
	for (unsigned level = PV_LEVELS; level-- > 0; ) {
		struct pv_tables *tables = &map->tables[level];
		const struct pv_tables *kernel = &plan->maps[0].tables[level];
		uint64_t first = map->start >> level_shift(level), last = map->end >> level_shift(level);

		/* The other lies below the kernel's, so that what they share is its end. */
		if (map != &plan->maps[0] && last >= kernel->first)
			last = kernel->first - 1;
		if (map != &plan->maps[0] && kernel->first == 0)
			first = 1, last = 0;
		*tables = (struct pv_tables){ first, last, frame + map->nr_tables };
		if (first <= last)
			map->nr_tables += last - first + 1;
	}
}

static int no_room(struct xlite_error *err, uint64_t frames, const struct pv_plan *plan)
{
	return xlite_error_set(err, -ENOSPC,
			       "the kernel with its ramdisk and page tables needs %llu MiB, the domain has %llu MiB",
			       (unsigned long long)(frames + 255) / 256, (unsigned long long)plan->nr_frames / 256);
}

/* Moves *next over nr frames. What fits is less than nr_frames, so that sums do not wrap. */
static uint64_t take(struct pv_plan *plan, uint64_t nr)
{
	uint64_t at = plan->end;

	plan->end = nr > UINT64_MAX / 4 - at ? UINT64_MAX / 4 : at + nr;
	return at;
}

/* The kernel's map covers its own tables, whose number depends on its size. */
static int plan_kernel_map(struct pv_plan *plan, const struct xlite_image_pv *image, struct xlite_error *err)
{
	struct pv_map *map = &plan->maps[0];
	uint64_t wanted = 1 + PADDING_FRAMES, size, end;

	for (;;) {
		if (plan->end >= plan->nr_frames || wanted >= plan->nr_frames)
			return no_room(err, plan->end + wanted, plan);
		size = (plan->end + wanted) * PAGE;
		if (size >= image->virt_room)
			return xlite_error_set(
				err, -ENOSPC,
				"the kernel with its ramdisk and page tables does not fit between its base, 0x%llx, and the end of addresses",
				(unsigned long long)image->virt_base);
		end = (image->virt_base + size) | PADDING_MASK;
		if (end - image->virt_base >= image->virt_room)
			end = image->virt_base + image->virt_room - 1;
		*map = (struct pv_map){ .start = image->virt_base & ADDRESS_MASK, .end = end & ADDRESS_MASK };
		map_tables(plan, map, plan->end);
		if ((plan->end + map->nr_tables + 1 + PADDING_FRAMES) * PAGE <= end + 1 - image->virt_base)
			break;
		wanted = map->nr_tables + 1 + PADDING_FRAMES;
	}
	take(plan, map->nr_tables);
	plan->stack = take(plan, 1);
	plan->end = (end + 1 - image->virt_base) / PAGE;
	return 0;
}

/* The p2m at addresses of its own: its frames, then the tables that map them. */
static int plan_p2m_map(struct pv_plan *plan, const struct xlite_image_pv *image, struct xlite_error *err)
{
	struct pv_map *map = &plan->maps[1];

	if (plan->p2m_frames * PAGE > image->p2m_room)
		return xlite_error_set(err, -ENOSPC, "the list of its frames does not fit between 0x%llx and 0x%llx",
				       (unsigned long long)image->p2m_base,
				       (unsigned long long)(image->p2m_base + image->p2m_room));
	plan->p2m = take(plan, plan->p2m_frames);
	*map = (struct pv_map){
		.start = image->p2m_base & ADDRESS_MASK,
		.end = (image->p2m_base + plan->p2m_frames * PAGE - 1) & ADDRESS_MASK,
		.frame = plan->p2m,
	};
	map_tables(plan, map, plan->end);
	take(plan, map->nr_tables);
	plan->nr_maps = 2;
	return 0;
}

int pv_plan_make(struct pv_plan *plan, const struct xlite_image_pv *image, uint64_t nr_frames, uint64_t ramdisk_bytes,
		 struct xlite_error *err)
{
	uint64_t ramdisk_frames = frames_of(ramdisk_bytes);
	int rc;

	*plan = (struct pv_plan){
		.nr_frames = nr_frames, .end = frames_of(image->high), .ramdisk_bytes = ramdisk_bytes, .nr_maps = 1
	};
	plan->p2m_frames = pv_p2m_frames(nr_frames);
	if (!image->ramdisk_by_frame)
		plan->ramdisk = take(plan, ramdisk_frames);
	if (!image->has_p2m_base)
		plan->p2m = take(plan, plan->p2m_frames);
	plan->start_info = take(plan, 1);
	plan->store = take(plan, 1);
	plan->console = take(plan, 1);
	rc = plan_kernel_map(plan, image, err);
	if (rc)
		return rc;
	if (image->ramdisk_by_frame)
		plan->ramdisk = take(plan, ramdisk_frames);
	if (image->has_p2m_base)
		rc = plan_p2m_map(plan, image, err);
	return !rc && plan->end > nr_frames ? no_room(err, plan->end, plan) : rc;
}

/* Tables are to be read only wherever they are mapped, or Xen refuses them. */
static uint64_t page_entry(const struct pv_plan *plan, const uint64_t *p2m, uint64_t frame)
{
	uint64_t flags = PRESENT | WRITABLE | ACCESSED;

	for (unsigned i = 0; i < plan->nr_maps; i++) {
		if (frame >= plan->maps[i].tables_frame && frame - plan->maps[i].tables_frame < plan->maps[i].nr_tables)
			flags &= ~WRITABLE;
	}
	return p2m[frame] << SHIFT | flags;
}

/* What the nth table or page of a level is, over the whole of the addresses; 0: nothing is there. Level 0 are the pages. */
static uint64_t entry_of(const struct pv_plan *plan, const uint64_t *p2m, unsigned level, uint64_t nth)
{
	for (unsigned i = 0; i < plan->nr_maps; i++) {
		const struct pv_map *map = &plan->maps[i];
		const struct pv_tables *tables = level ? &map->tables[level - 1] : NULL;

		if (!tables && nth >= map->start >> SHIFT && nth <= map->end >> SHIFT)
			return page_entry(plan, p2m, map->frame + (nth - (map->start >> SHIFT)));
		if (tables && nth >= tables->first && nth <= tables->last)
			return p2m[tables->frame + (nth - tables->first)] << SHIFT | PRESENT | WRITABLE | USER |
			       ACCESSED | DIRTY;
	}
	return 0;
}

void pv_tables_write(const struct pv_plan *plan, const struct pv_map *map, const uint64_t *p2m, uint64_t *pages)
{
	for (unsigned level = 0; level < PV_LEVELS; level++) {
		const struct pv_tables *tables = &map->tables[level];

		for (uint64_t nth = tables->first; nth <= tables->last && tables->first <= tables->last; nth++) {
			uint64_t *table = pages + (tables->frame + (nth - tables->first) - map->tables_frame) * ENTRIES;

			for (unsigned i = 0; i < ENTRIES; i++)
				table[i] = entry_of(plan, p2m, level, nth << LEVEL_BITS | i);
		}
	}
}
