/* SPDX-License-Identifier: GPL-2.0-or-later
 * A buddy allocator over the table of frames.
 */
#include "xen-core/mm/frame.h"

#include "xen-core/lib/lock.h"

/* An idle CPU looks at that many frames at a time for one to clear, with the lock. */
#define CLEAN_LOOK 4096u

static struct frame *frames;
static uint64_t nr_frames, nr_free, nr_total;
/* Of the free ones those that are not clear, and a number below which there is none. */
static uint64_t nr_dirty, dirty_from;
static uint32_t heads[FRAME_ORDER_MAX + 1];
static uint32_t owned[OWNERS];
static bool emptied;
static struct lock frame_lock;

void frames_init(struct frame *table, uint64_t nr)
{
	frames = table;
	nr_frames = MIN(nr, UINT64_C(0xffffffff));
	nr_free = nr_total = nr_dirty = 0;
	memset(heads, 0, sizeof(heads));
	memset(owned, 0, sizeof(owned));
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

/* A run of frames that are nobody's becomes free, in blocks as large as their places allow. */
static void run_free(uint64_t start, uint64_t end)
{
	while (start < end) {
		unsigned order = 0;

		while (order < FRAME_ORDER_MAX && !(start & BIT(order)) && start + BIT(order + 1) <= end)
			order++;
		block_free(start, order);
		start += BIT(order);
	}
}

static void dirty(uint64_t number)
{
	frames[number].dirty = 1;
	nr_dirty++;
	dirty_from = MIN(dirty_from, number);
}

void frames_add(uint64_t start, uint64_t end)
{
	uint64_t run;

	/* Number 0 ends a list: that frame is never free. */
	start = MAX(start, UINT64_C(1));
	end = MIN(end, nr_frames);
	lock_take(&frame_lock);
	for (run = start; start < end; start++) {
		struct frame *f = &frames[start];

		/* Free already: a firmware's map may tell of memory twice. */
		if (f->ram && !f->refs) {
			run_free(run, start);
			run = start + 1;
			continue;
		}
		nr_total += !f->ram;
		f->ram = 1;
		f->refs = 0;
		f->owner = OWNER_NONE;
		dirty(start);
	}
	run_free(run, end);
	lock_drop(&frame_lock);
}

static void give(uint64_t number, uint16_t owner)
{
	frames[number].refs = 1;
	frames[number].doomed = 0;
	frames[number].owner = owner;
}

void frames_reserve(uint64_t start, uint64_t end)
{
	for (; start < end && start < nr_frames; start++) {
		nr_total += !frames[start].ram;
		frames[start].ram = 1;
		give(start, OWNER_CORE);
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

static void own(uint16_t owner, uint64_t nr)
{
	if (owner < OWNERS)
		owned[owner] += (uint32_t)nr;
}

static void disown(uint16_t owner)
{
	if (owner >= OWNERS)
		return;
	ASSERT(owned[owner]);
	emptied |= --owned[owner] == 0;
}

mfn_t frame_alloc(unsigned order, uint16_t owner)
{
	uint64_t number;

	if (order > FRAME_ORDER_MAX)
		return MFN_NONE;
	lock_take(&frame_lock);
	number = block_take(order);
	for (uint64_t i = 0; number && i < BIT(order); i++) {
		give(number + i, owner);
		nr_dirty -= frames[number + i].dirty;
	}
	own(owner, number ? BIT(order) : 0);
	lock_drop(&frame_lock);
	return number ? MFN(number) : MFN_NONE;
}

/* Of a frame that was just allocated, so that nr_dirty does not count it any more. */
static void clear_if_dirty(mfn_t mfn)
{
	if (!frames[mfn.v].dirty)
		return;
	memset(mfn_ptr(mfn), 0, PAGE_SIZE);
	frames[mfn.v].dirty = 0;
}

mfn_t frame_alloc_clear(unsigned order, uint16_t owner)
{
	mfn_t mfn = frame_alloc(order, owner);

	for (uint64_t i = 0; mfn_ok(mfn) && i < BIT(order); i++)
		clear_if_dirty(MFN(mfn.v + i));
	return mfn;
}

bool frame_take_clear(mfn_t mfn, uint16_t owner)
{
	bool taken = frame_take(mfn, owner);

	if (taken)
		clear_if_dirty(mfn);
	return taken;
}

/* Memory that nobody has written is not written here either: whoever emulates the machine need not have it. */
static void clean(uint64_t number)
{
	uint64_t *words = mfn_ptr(MFN(number));

	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
		if (words[i]) {
			memset(words, 0, PAGE_SIZE);
			break;
		}
	}
	frames[number].dirty = 0;
	nr_dirty--;
}

bool frames_clean(void)
{
	uint64_t stop;
	bool more;

	lock_take(&frame_lock);
	stop = MIN(nr_frames, dirty_from + CLEAN_LOOK);
	for (; nr_dirty && dirty_from < stop; dirty_from++) {
		if (!frames[dirty_from].dirty || frames[dirty_from].refs)
			continue;
		clean(dirty_from++);
		break;
	}
	more = nr_dirty != 0;
	lock_drop(&frame_lock);
	return more;
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
	nr_dirty -= frames[number].dirty;
	give(number, owner);
	own(owner, 1);
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
	got = f->refs > f->doomed && f->refs < UINT32_MAX && f->owner == owner;
	f->refs += got;
	lock_drop(&frame_lock);
	return got;
}

/* With the lock. A frame is its owner's for as long as it has references that are not doomed. */
static bool reference_put(mfn_t mfn, bool doomed)
{
	struct frame *f = &frames[mfn.v];
	bool last;

	f->doomed -= doomed;
	last = --f->refs == 0;
	if (!doomed && f->refs == f->doomed)
		disown(f->owner);
	if (last) {
		f->owner = OWNER_NONE;
		dirty(mfn.v);
		block_free(mfn.v, 0);
	}
	return last;
}

bool frame_put(mfn_t mfn)
{
	bool last;

	ASSERT(mfn.v < nr_frames && frames[mfn.v].refs > frames[mfn.v].doomed);
	lock_take(&frame_lock);
	last = reference_put(mfn, false);
	lock_drop(&frame_lock);
	return last;
}

void frame_doom(mfn_t mfn)
{
	struct frame *f = &frames[mfn.v];

	ASSERT(mfn.v < nr_frames && f->refs > f->doomed);
	lock_take(&frame_lock);
	if (++f->doomed == f->refs)
		disown(f->owner);
	lock_drop(&frame_lock);
}

void frame_put_doomed(mfn_t mfn)
{
	ASSERT(mfn.v < nr_frames && frames[mfn.v].doomed);
	lock_take(&frame_lock);
	reference_put(mfn, true);
	lock_drop(&frame_lock);
}

uint16_t frame_owner(mfn_t mfn)
{
	return mfn.v < nr_frames && frames[mfn.v].refs ? frames[mfn.v].owner : OWNER_NONE;
}

uint64_t frames_owned(uint16_t owner)
{
	return owner < OWNERS ? owned[owner] : 0;
}

bool frames_emptied(void)
{
	bool was = emptied;

	emptied = false;
	return was;
}

uint64_t frames_free(void)
{
	return nr_free;
}

uint64_t frames_dirty(void)
{
	return nr_dirty;
}

uint64_t frames_total(void)
{
	return nr_total;
}

void *page_alloc(void)
{
	mfn_t mfn = frame_alloc_clear(0, OWNER_CORE);

	return mfn_ok(mfn) ? mfn_ptr(mfn) : NULL;
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
