/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Control of domains by hypercalls through /dev/xen/privcmd, for every supported
 * release of Xen: the layouts that differ between releases are behind this header.
 * Building a domain's memory is build.h; XenStore is store.h.
 */
#ifndef XLITE_LIB_XEN_H
#define XLITE_LIB_XEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/**
 * An open connection to the hypervisor. One per process is enough. Not thread-safe: threads that work at the same
 * time have one each. Supported releases: 4.14 to 4.22 (abi.c), by one binary.
 */
struct xlite_xen;

/** Counts of what went through a handle, for tests and benchmarks. */
struct xlite_xen_counts {
	uint64_t hypercalls;	/* hypercalls issued by us (ioctls) */
	uint64_t writes;	/* of these, those that change a domain or the host */
	uint64_t mapped_pages;	/* foreign pages mapped */
};

/** What Xen says of itself. */
struct xlite_xen_version {
	unsigned major, minor;
	char extra[16];		/* ".7", "" */
	uint32_t domctl;	/* interface versions in use */
	uint32_t sysctl;
	char capabilities[1024];
};

/**
 * Opens /dev/xen/privcmd, asks for the version and probes the domctl interface.
 * Errors: no hypervisor here or unknown interface version (status XLITE_NO_XEN, the message
 * says which Xen was found and which are supported), not permitted (XLITE_DENIED).
 * The caller closes *out with xlite_xen_close.
 */
int xlite_xen_open(struct xlite_xen **out, struct xlite_error *err);
void xlite_xen_close(struct xlite_xen *xen);
const struct xlite_xen_version *xlite_xen_version(const struct xlite_xen *xen);
const struct xlite_xen_counts *xlite_xen_counts(const struct xlite_xen *xen);

/** Memory and CPUs of the host (xen/sysctl.h: XEN_SYSCTL_physinfo). */
struct xlite_host_info {
	uint64_t total_kib, free_kib, outstanding_kib; /* outstanding: claimed, not yet allocated */
	unsigned nr_cpus, nr_nodes, cpu_khz;
	unsigned max_cpu_id;	/* the highest number a CPU can have; more than nr_cpus - 1 where some are offline */
	bool hvm, hap;
};
int xlite_host_info(struct xlite_xen *xen, struct xlite_host_info *info, struct xlite_error *err);

/** What new domains can have, in KiB. Claims may be for more than is free. */
static inline uint64_t xlite_host_unclaimed_kib(const struct xlite_host_info *info)
{
	return info->free_kib > info->outstanding_kib ? info->free_kib - info->outstanding_kib : 0;
}

/** One domain as Xen sees it (xen/domctl.h: xen_domctl_getdomaininfo). */
struct xlite_domain_info {
	uint32_t domid;
	uint8_t uuid[16];	/* the handle given at creation */
	bool dying, shutdown, paused, blocked, running, hvm, hap;
	unsigned shutdown_reason; /* xen/sched.h: SHUTDOWN_*; meaningful where shutdown */
	uint64_t mem_kib, max_mem_kib, shared_kib, paged_kib, outstanding_kib;
	uint64_t cpu_time_ns;
	unsigned nr_online_vcpus, max_vcpu_id;
	uint32_t cpupool;
};

/**
 * Lists all domains in increasing order of domid. *list is malloc'ed, the caller frees it.
 * (xen/sysctl.h: XEN_SYSCTL_getdomaininfolist, in batches)
 */
int xlite_domain_list(struct xlite_xen *xen, struct xlite_domain_info **list, size_t *nr, struct xlite_error *err);

/** One domain; -ESRCH when there is none of exactly that domid. */
int xlite_domain_info(struct xlite_xen *xen, uint32_t domid, struct xlite_domain_info *info, struct xlite_error *err);

/** What createdomain needs to know (xen/domctl.h: XEN_DOMCTL_createdomain). */
struct xlite_domain_config {
	const struct xlite_guest_type *type;
	uint8_t uuid[16];
	unsigned vcpus_max;		/* 1.. */
	uint32_t cpupool;
	int max_grant_frames;		/* -1: Xen's default */
	int max_maptrack_frames;	/* -1: Xen's default */
	/* 1 or 2; 0 means 1, which guests cannot race. Xen before 4.16 has no such limit */
	unsigned max_grant_version;
	unsigned max_event_channels;	/* 0: 1023, as xl */
};

/** Whether this hypervisor runs guests of that type, as far as it says (XENVER_capabilities). -EOPNOTSUPP. */
int xlite_guest_supported(struct xlite_xen *xen, const struct xlite_guest_type *type, struct xlite_error *err);
/**
 * Creates a domain of that type, paused and without memory, with hardware-assisted paging and Xen's default CPU policy;
 * Xen chooses *domid. -EOPNOTSUPP: the host has no such paging.
 */
int xlite_domain_create(struct xlite_xen *xen, const struct xlite_domain_config *config, uint32_t *domid,
			struct xlite_error *err);
/**
 * Destroys; repeats while Xen answers that it is not done (ERESTART), until deadline_ns (CLOCK_MONOTONIC); -ETIMEDOUT
 * past it, and calling again goes on. After success the domain is dying: it stays listed until nobody has its pages
 * mapped.
 */
int xlite_domain_destroy(struct xlite_xen *xen, uint32_t domid, int64_t deadline_ns, struct xlite_error *err);
int xlite_domain_pause(struct xlite_xen *xen, uint32_t domid, struct xlite_error *err);
int xlite_domain_unpause(struct xlite_xen *xen, uint32_t domid, struct xlite_error *err);
/**
 * Lets a suspended guest go on in its domain: its hypercall returns that the suspension was cancelled
 * (XEN_DOMCTL_resumedomain). xenstored is told by xlite_store_resume.
 */
int xlite_domain_resume(struct xlite_xen *xen, uint32_t domid, struct xlite_error *err);
/** Hard limit of the domain's allocation, in KiB (XEN_DOMCTL_max_mem). */
int xlite_domain_set_max_mem(struct xlite_xen *xen, uint32_t domid, uint64_t kib, struct xlite_error *err);
/**
 * Reservation target for a PVH domain with ballooning (XENMEM_set_pod_target); -ENOSYS/-EINVAL are the caller's to
 * judge.
 */
int xlite_domain_set_pod_target(struct xlite_xen *xen, uint32_t domid, uint64_t kib, struct xlite_error *err);
/**
 * Claims host memory, so that domid can have kib in all; 0 takes the claim back (XENMEM_claim_pages). -ENOMEM when Xen
 * has not that much, -EINVAL when there is a claim already or kib is above the limit (xlite_domain_set_max_mem).
 */
int xlite_domain_claim(struct xlite_xen *xen, uint32_t domid, uint64_t kib, struct xlite_error *err);

/** One vCPU (XEN_DOMCTL_getvcpuinfo). */
struct xlite_vcpu_info {
	bool online, blocked, running;
	uint64_t cpu_time_ns;
	uint32_t cpu;
};
int xlite_vcpu_info(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, struct xlite_vcpu_info *info,
		    struct xlite_error *err);
/**
 * Affinity as bitmaps of host CPUs, bit n of byte n/8, each of nr_bytes (XEN_DOMCTL_{get,set}vcpuaffinity): where the
 * vCPU may run, and where of these it should. NULL leaves one of them alone.
 */
int xlite_vcpu_set_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, const uint8_t *hard,
			    const uint8_t *soft, size_t nr_bytes, struct xlite_error *err);
int xlite_vcpu_get_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, uint8_t *hard, uint8_t *soft,
			    size_t nr_bytes, struct xlite_error *err);
/** Moves a domain to another CPU pool (XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN). */
int xlite_domain_move_pool(struct xlite_xen *xen, uint32_t domid, uint32_t pool, struct xlite_error *err);
/** The CPUs of a pool, as for affinities (XEN_SYSCTL_CPUPOOL_OP_INFO). -ENOENT: there is none of that number. */
int xlite_pool_cpus(struct xlite_xen *xen, uint32_t pool, uint8_t *cpus, size_t nr_bytes, struct xlite_error *err);
/** What Xen takes for "derive the nodes from where the vCPUs may run": every node that it could have. */
#define XLITE_NODES_DERIVED UINT64_MAX
/** Of a CPU that is in no node, or is not there. */
#define XLITE_NO_NODE 0xff
/**
 * The host's NUMA nodes that have memory, bit n of *online is node n, and the nodes of its first nr_cpus CPUs
 * (XEN_SYSCTL_numainfo, XEN_SYSCTL_cputopoinfo; one hypercall).
 */
int xlite_host_nodes(struct xlite_xen *xen, uint64_t *online, uint8_t *node_of_cpu, size_t nr_cpus,
		     struct xlite_error *err);
/**
 * The nodes that the domain gets memory from, from now on, as long as they have some; at least one of them online
 * (XEN_DOMCTL_setnodeaffinity).
 */
int xlite_domain_set_nodes(struct xlite_xen *xen, uint32_t domid, uint64_t nodes, struct xlite_error *err);
/** Bytes of a map of CPUs, at most: more CPUs than any release of Xen can have. */
#define XLITE_CPU_MAP_BYTES 512
/** How a domain is scheduled. */
struct xlite_domain_tuning {
	uint32_t domid;		/* given */
	unsigned nr_vcpus;	/* given: whose affinity is asked for */
	size_t map_bytes;	/* given: of each map, at most XLITE_CPU_MAP_BYTES */
	uint8_t *hard, *soft;	/* given: room for as many maps; bit n of byte n/8 is host CPU n */
	bool sched_known;	/* false: no such domain, or a scheduler without weight and cap */
	unsigned weight, cap;	/* as for xlite_domain_set_sched */
	bool cpus_known;	/* the maps of every vCPU are those that Xen has */
	bool ask_nodes;		/* given: of a host with several NUMA nodes */
	bool nodes_known;
	uint64_t nodes;		/* that its memory comes from: bit n is node n (XEN_DOMCTL_getnodeaffinity) */
};
/** Fills nr items; 32 questions per hypercall (XEN_DOMCTL_scheduler_op, XEN_DOMCTL_getvcpuaffinity). */
int xlite_domain_get_tuning(struct xlite_xen *xen, struct xlite_domain_tuning *items, size_t nr,
			    struct xlite_error *err);
/**
 * Scheduler weight (1-65535) and cap (per cent of one CPU, 0 none) for credit and credit2 (XEN_DOMCTL_scheduler_op).
 */
int xlite_domain_set_sched(struct xlite_xen *xen, uint32_t domid, unsigned weight, unsigned cap,
			   struct xlite_error *err);

/** Tells Xen that a domain was shut down on its behalf, e.g. after a crash (XEN_DOMCTL / SCHEDOP_remote_shutdown). */
int xlite_domain_shutdown(struct xlite_xen *xen, uint32_t domid, unsigned reason, struct xlite_error *err);

#endif
