/* SPDX-License-Identifier: GPL-2.0-or-later
 * A buddy allocator over the table of frames.
 */
#include "xen-core/mm/frame.h"

#include "xen-core/lib/lock.h"

static struct frame *frames;
static uint64_t nr_frames, nr_free, nr_total;
static uint32_t heads[FRAME_ORDER_MAX + 1];
static struct lock frame_lock;

void frames_init(struct frame *table, uint64_t nr)
{
	frames = table;
	nr_frames = MIN(nr, UINT64_C(0xffffffff));
	nr_free = nr_total = 0;
	memset(heads, 0, sizeof(heads));
}

static void list_add(uint32_t number, unsigned order)
{
	struct frame *f = &frames[number];

	f->free = 1;
	f->order = (uint8_t)order;
	f->prev = 0;
	f->next = heads[order];
	if (f->next)
		frames[f->next].prev = number;
	heads[order] = number;
}

static void list_remove(uint32_t number)
{
	struct frame *f = &frames[number];

	if (f->prev)
		frames[f->prev].next = f->next;
	else
		heads[f->order] = f->next;
	if (f->next)
		frames[f->next].prev = f->prev;
	f->free = 0;
}

/* A block becomes free, and one with its buddy as long as that is free as a whole. */
static void block_free(uint64_t number, unsigned order)
{
	nr_free += UINT64_C(1) << order;
	while (order < FRAME_ORDER_MAX) {
		uint64_t buddy = number ^ (UINT64_C(1) << order);

		if (buddy + (UINT64_C(1) << order) > nr_frames || !frames[buddy].free || frames[buddy].order != order)
			break;
		list_remove((uint32_t)buddy);
		number &= ~(UINT64_C(1) << order);
		order++;
	}
	list_add((uint32_t)number, order);
}

void frames_add(uint64_t start, uint64_t end)
{
	/* Number 0 ends a list: that frame is never free. */
	start = MAX(start, UINT64_C(1));
	lock_take(&frame_lock);
	for (; start < end && start < nr_frames; start++) {
		/* Free already: a firmware's map may tell of memory twice. */
		if (frames[start].ram && !frames[start].refs)
			continue;
		nr_total += !frames[start].ram;
		frames[start].ram = 1;
		frames[start].refs = 0;
		frames[start].owner = OWNER_NONE;
		block_free(start, 0);
	}
	lock_drop(&frame_lock);
}

void frames_reserve(uint64_t start, uint64_t end)
{
	for (; start < end && start < nr_frames; start++) {
		nr_total += !frames[start].ram;
		frames[start].ram = 1;
		frames[start].refs = 1;
		frames[start].owner = OWNER_CORE;
	}
}

bool frame_is_ram(mfn_t mfn)
{
	return mfn.v < nr_frames && frames[mfn.v].ram;
}

/* Splits what is larger than wanted. Interrupts nothing: called with the lock. */
static uint64_t block_take(unsigned order)
{
	unsigned have = order;
	uint64_t number;

	while (have <= FRAME_ORDER_MAX && !heads[have])
		have++;
	if (have > FRAME_ORDER_MAX)
		return 0;
	number = heads[have];
	list_remove((uint32_t)number);
	while (have > order) {
		have--;
		list_add((uint32_t)(number + (UINT64_C(1) << have)), have);
	}
	nr_free -= UINT64_C(1) << order;
	return number;
}

mfn_t frame_alloc(unsigned order, uint16_t owner)
{
	uint64_t number;

	if (order > FRAME_ORDER_MAX)
		return MFN_NONE;
	lock_take(&frame_lock);
	number = block_take(order);
	for (uint64_t i = 0; number && i < UINT64_C(1) << order; i++) {
		frames[number + i].refs = 1;
		frames[number + i].owner = owner;
	}
	lock_drop(&frame_lock);
	return number ? MFN(number) : MFN_NONE;
}

bool frame_take(mfn_t mfn, uint16_t owner)
{
	uint64_t number = mfn.v, block = 0;
	unsigned order;

	if (number >= nr_frames)
		return false;
	lock_take(&frame_lock);
	for (order = 0; order <= FRAME_ORDER_MAX; order++) {
		block = ALIGN_DOWN(number, UINT64_C(1) << order);
		if (frames[block].free && frames[block].order == order)
			break;
	}
	if (order > FRAME_ORDER_MAX) {
		lock_drop(&frame_lock);
		return false;
	}
	list_remove((uint32_t)block);
	/* The halves without it stay free. */
	while (order > 0) {
		uint64_t half = UINT64_C(1) << --order;

		list_add((uint32_t)(number & half ? block : block + half), order);
		block += number & half;
	}
	nr_free--;
	frames[number].refs = 1;
	frames[number].owner = owner;
	lock_drop(&frame_lock);
	return true;
}

bool frame_get(mfn_t mfn, uint16_t owner)
{
	struct frame *f;
	bool got;

	if (mfn.v >= nr_frames)
		return false;
	f = &frames[mfn.v];
	lock_take(&frame_lock);
	got = f->refs && f->refs < UINT32_MAX && f->owner == owner;
	f->refs += got;
	lock_drop(&frame_lock);
	return got;
}

bool frame_put(mfn_t mfn)
{
	struct frame *f;
	bool last;

	ASSERT(mfn.v < nr_frames && frames[mfn.v].refs);
	f = &frames[mfn.v];
	lock_take(&frame_lock);
	last = --f->refs == 0;
	if (last) {
		f->owner = OWNER_NONE;
		block_free(mfn.v, 0);
	}
	lock_drop(&frame_lock);
	return last;
}

uint16_t frame_owner(mfn_t mfn)
{
	return mfn.v < nr_frames && frames[mfn.v].refs ? frames[mfn.v].owner : OWNER_NONE;
}

uint64_t frames_free(void)
{
	return nr_free;
}

uint64_t frames_total(void)
{
	return nr_total;
}

void *page_alloc(void)
{
	mfn_t mfn = frame_alloc(0, OWNER_CORE);

	return mfn_ok(mfn) ? memset(mfn_ptr(mfn), 0, PAGE_SIZE) : NULL;
}

void page_free(void *page)
{
	if (page)
		frame_put(ptr_mfn(page));
}

uint64_t frames_highest(void)
{
	uint64_t number = nr_frames;

	while (number > 1 && !frames[number - 1].ram)
		number--;
	return number ? number - 1 : 0;
}
