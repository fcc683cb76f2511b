/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the library: the connection to the hypervisor, and batches of hypercalls. All calls of a
 * batch go to Xen in one ioctl, as one multicall (xen/xen.h: multicall_entry); a lone call goes as it is.
 */
#ifndef XLITE_LIB_HYPERCALL_H
#define XLITE_LIB_HYPERCALL_H

#include "xlite/lib/abi.h"
#include "xlite/lib/xen.h"

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif
#include <xen/xen.h>

/** What carries hypercalls: Linux' privcmd device, or a fake in tests. Calls return 0 or more, or a negative errno. */
struct xen_backend {
	void *ctx;
	long (*call)(void *ctx, unsigned long request, void *arg);	/* an ioctl on privcmd */
	void *(*map)(void *ctx, size_t bytes);	/* address space for foreign pages; NULL: see errno */
	void (*unmap)(void *ctx, void *address, size_t bytes);
	void (*close)(void *ctx);
	uint8_t *arena;		/* memory that stays mapped while Xen looks at it; page aligned */
	size_t arena_bytes;
};

/** vCPUs of a domain at most (HVM_MAX_VCPUS; xen/hvm/hvm_info_table.h). */
#define XEN_VCPUS_MAX 128

/** Bytes of hypercall memory; within what /dev/xen/hypercall allows a process (256 KiB). */
#define XEN_ARENA_BYTES ((size_t)128 << 10)

/** The CPUID leaves of Xen's default for HVM guests that describe topology; read once. */
struct xen_topology {
	bool known;
	bool amd;	/* leaf 0x80000008 has the number of cores; else leaf 4 has */
	unsigned nr_leaves;
	struct xen_topology_leaf {
		uint32_t leaf, subleaf, a, b, c, d;
	} leaves[12];	/* 1, 4 (each subleaf), 0x80000001, 0x80000008 */
};

struct xlite_xen {
	struct xen_backend backend;
	struct xlite_xen_version version;
	struct xlite_xen_counts counts;
	const struct abi_domctl *domctl;
	const struct abi_sysctl *sysctl;
	struct xen_topology topology;
};

/** Takes the backend over (also when it fails) and probes; xlite_xen_open is this with privcmd. */
int xen_open_backend(struct xlite_xen **out, const struct xen_backend *backend, struct xlite_error *err);
/** Opens /dev/xen/privcmd and its hypercall memory. */
int xen_privcmd_open(struct xen_backend *backend, struct xlite_error *err);

#define XEN_BATCH_MAX 32

/** Calls being put together in the arena. One batch at a time per connection: the next one uses the same memory. */
struct xen_batch {
	struct xlite_xen *xen;
	struct multicall_entry *entries;
	const char *names[XEN_BATCH_MAX];	/* static strings, for messages */
	unsigned nr;
	size_t used;		/* bytes of the arena */
	bool writes;		/* changes a domain or the host */
	bool overflow;		/* did not fit; reported by send */
	uint64_t spare[20];	/* stands in for what did not fit */
};

void xen_batch_init(struct xen_batch *batch, struct xlite_xen *xen);
/** Zeroed memory that Xen can read and write, 8-byte aligned; NULL when there is no more, which send reports. */
void *xen_batch_room(struct xen_batch *batch, size_t bytes);
/** As xen_batch_room for at most 160 bytes; never NULL. */
void *xen_batch_arg(struct xen_batch *batch, size_t bytes);
/** Bytes that xen_batch_room can still give. */
size_t xen_batch_left(const struct xen_batch *batch);

enum { XEN_READS = 0, XEN_WRITES = 1 };

/** Adds a call; returns its index for xen_batch_result. name is static. */
unsigned xen_batch_add(struct xen_batch *batch, const char *name, int writes, unsigned op, unsigned long arg0,
		       unsigned long arg1);
/** Gives call i its third and fourth argument. */
void xen_batch_args(struct xen_batch *batch, unsigned i, unsigned long arg2, unsigned long arg3);
/** Adds a domctl or sysctl of the version in use; returns its zeroed operand (the union u, 128 bytes). */
void *xen_batch_domctl(struct xen_batch *batch, const char *name, int writes, uint32_t cmd, uint32_t domid);
void *xen_batch_sysctl(struct xen_batch *batch, const char *name, int writes, uint32_t cmd);
/**
 * The domid as Xen's structures have it; what is none becomes one that Xen refuses, instead of being cut to 16 bits.
 */
static inline uint16_t xen_domid(uint32_t domid)
{
	return domid < DOMID_FIRST_RESERVED ? (uint16_t)domid : DOMID_INVALID;
}
/** The domid that a domctl whose operand is u has returned. */
uint16_t xen_domctl_domid(const void *u);

/** Issues the calls. Fails only where the multicall as a whole does. A lone call that fails is in its result. */
int xen_batch_send(struct xen_batch *batch, struct xlite_error *err);
/** What call i returned: negative Xen errno (the same numbers as Linux'), else its value. Valid after send. */
long xen_batch_result(const struct xen_batch *batch, unsigned i);
/** Sends; the first call that failed is the error, "NAME: REASON". */
int xen_batch_run(struct xen_batch *batch, struct xlite_error *err);

/** Pages of 4 KiB to KiB and back. */
#define XEN_PAGE_SHIFT_ 12
#define XEN_PAGE_BYTES ((uint64_t)1 << XEN_PAGE_SHIFT_)
#define XEN_PAGES_KIB(pages) ((uint64_t)(pages) << 2)
#define XEN_KIB_PAGES(kib) ((uint64_t)(kib) >> 2)

#endif
