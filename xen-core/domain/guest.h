/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reading and writing what a guest names by its virtual addresses. A hypercall's argument is in the address space that
 * its vCPU has loaded; nothing of it is kept, so that the guest cannot change it between check and use.
 */
#ifndef XEN_CORE_DOMAIN_GUEST_H
#define XEN_CORE_DOMAIN_GUEST_H

#include "xen-core/mm/addr.h"

struct vcpu;
struct domain;

/**
 * All or nothing for the caller, but a write that fails may have written a part. False: not mapped, or not
 * writable.
 */
bool guest_read(struct vcpu *v, void *to, uint64_t va, size_t len);
bool guest_write(struct vcpu *v, uint64_t va, const void *from, size_t len);
/**
 * All of it, or where its next page is not there, what is in the first. Returns how many bytes, 0: none; what is
 * behind them may be written as well.
 */
size_t guest_read_some(struct vcpu *v, void *to, uint64_t va, size_t len);
/** The guest physical address behind a virtual one; false if there is none that may be read (or written). */
bool guest_translate(struct vcpu *v, uint64_t va, bool write, gaddr_t *out);
/** A frame of the domain's own RAM, with a reference that the caller gives back by frame_put. MFN_NONE otherwise. */
mfn_t guest_frame_get(struct domain *d, gfn_t gfn);

/*
 * Structures whose form is another for 32-bit callers ("narrow"): a string names the fields in order. A digit is how
 * many bytes one has, w: a word, a handle or a frame number; p: what follows begins a structure. Fields of 8 bytes lie
 * at multiples of 4 for them.
 */
#define LAYOUT_MAX 64		/* bytes of the 64-bit form */
size_t layout_size(const char *layout, bool narrow);
/**
 * The 64-bit form, of that size, to and from the guest's: the 32-bit one where there is a layout, the same for
 * NULL.
 */
bool guest_read_as(struct vcpu *v, void *to, size_t size, uint64_t va, const char *layout);
bool guest_write_as(struct vcpu *v, uint64_t va, const void *from, size_t size, const char *layout);

/* The address that a handle of the public headers holds. */
#define HANDLE(h) ((uint64_t)(uintptr_t)(h).p)

#define guest_read_struct(v, to, va) guest_read(v, to, va, sizeof(*(to)))
#define guest_write_struct(v, va, from) guest_write(v, va, from, sizeof(*(from)))

#endif
