/* SPDX-License-Identifier: GPL-2.0-or-later
 * A hypervisor in this process, for tests of the library: as strict as Xen where the library depends on it, guest
 * memory in a memfd that foreign mappings really map, and faults on order.
 */
#ifndef TESTS_FAKE_XEN_H
#define TESTS_FAKE_XEN_H

#include "xlite/lib/hypercall.h"

#include <xen/hvm/save.h>

#define FAKE_DOMAINS 4
#define FAKE_GFNS (UINT64_C(1) << 24)	/* 64 GiB */
#define FAKE_PARAMS 40
#define FAKE_VCPUS 4
#define FAKE_LEAVES 16

struct fake_domain {
	bool exists, paused, shutdown;
	unsigned reason;
	uint32_t domid;
	uint8_t create[128];		/* the operand as it came */
	unsigned vcpus;			/* allocated by max_vcpus */
	uint64_t max_pages, pages, claimed, pod_target, pool_bytes;
	uint32_t ports;
	uint64_t params[FAKE_PARAMS];
	uint8_t e820[20 * 8];
	unsigned nr_e820;
	xen_cpuid_leaf_t leaves[FAKE_LEAVES];
	unsigned nr_leaves;
	bool context;			/* loaded */
	struct hvm_hw_cpu cpu;
	unsigned nr_mtrr;
	uint64_t mtrr_def_type;
	uint8_t raw[4096];		/* the context as it was loaded last */
	uint32_t raw_bytes;
	uint64_t tsc[3];		/* as settscinfo has it */
	xen_msr_entry_t msrs[4];
	unsigned nr_msrs;
	uint64_t pod_entries, pod_cache; /* as get_pod_target answers */
	uint16_t weight, cap;
	uint64_t nodes;
	uint8_t affinity[FAKE_VCPUS][2][8];	/* hard, soft */
	int memory;			/* memfd */
	int grants;			/* memfd */
	bool logs;			/* what is written to */
	uint64_t written[8];		/* gfns of the log: who writes in the guest's name adds to it */
	unsigned nr_written;
	uint8_t *populated;		/* bit per gfn; PoD entries too */
	uint8_t *dirty;			/* bit per gfn that was mapped */
	bool scratch;			/* the grant table lies at a gfn */
	uint64_t scratch_gfn;
};

struct fake_xen {
	/* What to be. Set before fake_open. */
	unsigned major, minor;
	uint32_t domctl, sysctl;
	size_t info_bytes, physinfo_pages;
	uint64_t free_pages;
	bool no_hap, no_resource, no_policy;
	uint32_t lacks;			/* features of CPUID leaf 1, ecx, that go out of a policy without a word */
	unsigned order_max;		/* extents above fail */
	/* that many extents of order 9 fail, each the fourth of its call if there is one */
	uint64_t fail_extents;
	uint64_t hide_pages;		/* getdomaininfo reports so many less */
	unsigned paged_out;		/* that many mappings answer -ENOENT first */
	bool credit1;			/* the scheduler is credit, not credit2 */
	uint32_t crowd;			/* that many domains more in lists, from domid 100 on */
	unsigned restarts;		/* destroydomain answers -ERESTART so often */
	/* Faults: the call number fail_at (from 1; hypercalls, mappings and address space count) answers fail_with. */
	unsigned fail_at;
	int fail_with;
	bool fail_on;			/* and all that follow */
	/* What happened. */
	unsigned calls, ioctls;
	int mapped;			/* mappings alive */
	bool closed;
	struct fake_domain domains[FAKE_DOMAINS];
	void *arena;
	uint32_t last_cmd;		/* of the last domctl */
};

/** Fills in a Xen 4.17 with 1 GiB free. */
void fake_init(struct fake_xen *fake);
/** As fake_init for another interface version. */
void fake_version(struct fake_xen *fake, unsigned minor, uint32_t domctl, uint32_t sysctl, size_t info_bytes,
		  size_t physinfo_pages);
int fake_open(struct fake_xen *fake, struct xlite_xen **xen, struct xlite_error *err);
/** Frees what the fake holds; the connection must be closed before. */
void fake_clear(struct fake_xen *fake);
struct fake_domain *fake_domain(struct fake_xen *fake, uint32_t domid);
/** Copies guest memory out. */
void fake_read(const struct fake_domain *domain, uint64_t addr, void *buffer, size_t size);
bool fake_is_populated(const struct fake_domain *domain, uint64_t gfn);
/** True once a fault is due for this call. Used by the parts of the fake. */
bool fake_fault(struct fake_xen *fake);

/* fake_xen_calls.c */
long fake_hypercall(struct fake_xen *fake, uint64_t op, const uint64_t *args);
/** As getdomaininfo tells of a domain. */
void fake_put_info(const struct fake_xen *fake, const struct fake_domain *domain, void *raw);
/* fake_xen_memory.c, fake_xen_sysctl.c: the calls of that name. */
long fake_memory_op(struct fake_xen *fake, uint64_t cmd, void *arg);
long fake_sysctl(struct fake_xen *fake, struct abi_sysctl_call *call);

#endif
