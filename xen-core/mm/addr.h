/* SPDX-License-Identifier: GPL-2.0-or-later
 * Four kinds of number that must not be taken for each other: frames and addresses, the guest's (what it believes is
 * physical) and the machine's. xen-core sees all of the machine's memory at its own address: maddr_ptr is the only
 * crossing to pointers, p2m_lookup the only one from guest to machine.
 */
#ifndef XEN_CORE_MM_ADDR_H
#define XEN_CORE_MM_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "xen-core/lib/lib.h"

typedef struct { uint64_t v; } gfn_t;
typedef struct { uint64_t v; } mfn_t;
typedef struct { uint64_t v; } gaddr_t;
typedef struct { uint64_t v; } maddr_t;

#define GFN(x) ((gfn_t){ (x) })
#define MFN(x) ((mfn_t){ (x) })
#define GADDR(x) ((gaddr_t){ (x) })
#define MADDR(x) ((maddr_t){ (x) })
#define MFN_NONE MFN(~UINT64_C(0))

/* Entries of page tables, the host's, a guest's, and those that nest the two (AMD64 APM 2, 5.3). */
#define PTE_P		BIT(0)
#define PTE_W		BIT(1)
#define PTE_U		BIT(2)
#define PTE_AD		(BIT(5) | BIT(6))
#define PTE_PS		BIT(7)
#define PTE_NX		BIT(63)
#define PTE_ADDRESS	UINT64_C(0x000ffffffffff000)

static inline bool mfn_ok(mfn_t mfn)
{
	return mfn.v != MFN_NONE.v;
}

static inline gfn_t gaddr_frame(gaddr_t a)
{
	return GFN(a.v >> PAGE_SHIFT);
}

static inline maddr_t mfn_addr(mfn_t m)
{
	return MADDR(m.v << PAGE_SHIFT);
}

#ifdef XEN_CORE_TEST
/* On a host the machine's memory is an array. */
extern unsigned char *test_memory;
#define MACHINE_BASE ((uintptr_t)test_memory)
#else
#define MACHINE_BASE 0
#endif

static inline void *maddr_ptr(maddr_t a)
{
	return (void *)(uintptr_t)(MACHINE_BASE + a.v);
}

static inline void *mfn_ptr(mfn_t m)
{
	return maddr_ptr(mfn_addr(m));
}

static inline mfn_t ptr_mfn(const void *p)
{
	return MFN(((uintptr_t)p - MACHINE_BASE) >> PAGE_SHIFT);
}

#endif
