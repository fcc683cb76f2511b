/* SPDX-License-Identifier: GPL-2.0-or-later
 * Frames of RAM: whose they are, how many references keep them, and the allocator (a buddy system). A frame belongs to
 * one domain, to xen-core, or is free; it becomes free when its last reference goes, whoever held that one.
 */
#ifndef XEN_CORE_MM_FRAME_H
#define XEN_CORE_MM_FRAME_H

#include "xen-core/mm/addr.h"

/* Domains are owners by their number, below this; others are: */
#define OWNERS		0x7ff0
#define OWNER_CORE	0xfffe
#define OWNER_NONE	0xffff

/* 1 GiB. */
#define FRAME_ORDER_MAX 18

struct frame {
	uint32_t refs;			/* 0: free, or not RAM of ours */
	uint16_t owner;
	uint8_t order;			/* of the free block that begins here */
	uint8_t free : 1, ram : 1;
	uint8_t dirty : 1;		/* may hold what its last owner wrote */
	union {
		uint32_t next;		/* free blocks of one order; numbers of frames, 0: none */
		uint32_t doomed;	/* of refs, those that frame_doom was called for */
	};
	uint32_t prev;
};

/** The table, one entry for each of the nr frames from number 0 on, all zero; nothing is free until frames_add. */
void frames_init(struct frame *table, uint64_t nr);
/** Frames from start to before end become free; none of them is known to be clear. */
void frames_add(uint64_t start, uint64_t end);
/**
 * 2^order frames, aligned to their size, with one reference each for owner; MFN_NONE when there are none. Not
 * cleared.
 */
mfn_t frame_alloc(unsigned order, uint16_t owner);
/** As frame_alloc, and all zero: what idle CPUs have not cleared is cleared here. */
mfn_t frame_alloc_clear(unsigned order, uint16_t owner);
/** For an idle CPU: clears one free frame, or looks for one some way on. False when there is nothing to clear. */
bool frames_clean(void);
/** One more reference, if the frame belongs to owner and is not on its way out; false otherwise. */
bool frame_get(mfn_t mfn, uint16_t owner);
/** Gives a reference back; the last one frees the frame. Returns whether it did. */
bool frame_put(mfn_t mfn);
/**
 * A reference that nobody has any more, but which is kept until frame_put_doomed. A frame with no others has left
 * its owner.
 */
void frame_doom(mfn_t mfn);
void frame_put_doomed(mfn_t mfn);
/** OWNER_NONE when it is no RAM or free. */
uint16_t frame_owner(mfn_t mfn);
/**
 * How many frames a domain has, those included that it has let go of while others hold them, without those that are
 * doomed.
 */
uint64_t frames_owned(uint16_t owner);
/** Whether the last frame of some domain has become free since this was asked last. */
bool frames_emptied(void);
/** Whether it is RAM at all, whosesoever; frames_add and frames_reserve tell of it. */
bool frame_is_ram(mfn_t mfn);
/** Frames that are RAM and xen-core's for good. */
void frames_reserve(uint64_t start, uint64_t end);
/** Of all frames: how many are free; and how many there are at all. */
uint64_t frames_free(void);
uint64_t frames_total(void);
/** How many of those that are free are not clear. */
uint64_t frames_dirty(void);
/** The highest number of one that is RAM. */
uint64_t frames_highest(void);
/** For dom0, whose memory is given and not allocated: takes exactly this free frame. False when it is not free. */
bool frame_take(mfn_t mfn, uint16_t owner);
/** The same, and all zero. */
bool frame_take_clear(mfn_t mfn, uint16_t owner);
/**
 * A cleared page for xen-core's own use, with one reference; NULL when there is none. Freed by
 * frame_put(ptr_mfn(page)).
 */
void *page_alloc(void);
void page_free(void *page);

#endif
