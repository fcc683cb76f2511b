/* SPDX-License-Identifier: GPL-2.0-or-later
 * Hypercalls. Each has a row in the table of hypercall.c and a file of its name. A handler copies what the guest names,
 * checks all of it, then acts; it answers with a negative errno of Xen (xen/errno.h).
 */
#ifndef XEN_CORE_HYPERCALL_HYPERCALL_H
#define XEN_CORE_HYPERCALL_HYPERCALL_H

#include <xen/errno.h>

#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"

struct hypercall {
	uint64_t nr, arg[5];
	bool narrow;			/* the caller runs in 32 or 16 bits: words of what it names have 4 bytes */
	bool may_stop;			/* the caller can be made to call again */
	uint64_t until_ns;		/* when a long one is to stop, if it may */
};

/* What a handler answers that has stopped, with the first three of call->arg set to where it is to go on. */
#define CALL_AGAIN INT64_MIN
/* For so long nobody else is in xen-core; but only for the second while others wait, who may be many. */
#define CALL_SLICE_NS 250000
#define CALL_LEAST_NS 25000
#define call_until(call) ((call)->may_stop ? (call)->until_ns : 0)
/** Whether a handler that has done a part should stop here. */
bool hypercall_stop(const struct hypercall *call);

/** Structures that the call names, in the caller's form (domain/guest.h). */
#define call_form(call, layout) ((call)->narrow ? (layout) : NULL)
#define call_read(v, call, to, va, layout) guest_read_as(v, to, sizeof(*(to)), va, call_form(call, layout))
#define call_write(v, call, va, from, layout) guest_write_as(v, va, from, sizeof(*(from)), call_form(call, layout))
/** Bytes of a word of the caller's. */
#define call_word_size(call) ((call)->narrow ? 4ul : 8ul)
/** The nth word of a list. */
bool call_word(struct vcpu *v, const struct hypercall *call, uint64_t list, uint64_t nth, uint64_t *word);

/** Carries one out for the vCPU; what comes back goes to its rax. */
int64_t hypercall(struct vcpu *v, struct hypercall *call);

int64_t call_console(struct vcpu *v, struct hypercall *call);
int64_t call_event(struct vcpu *v, struct hypercall *call);
int64_t call_domctl(struct vcpu *v, struct hypercall *call);
int64_t call_grant(struct vcpu *v, struct hypercall *call);
int64_t call_sysctl(struct vcpu *v, struct hypercall *call);
int64_t call_hvm(struct vcpu *v, struct hypercall *call);
int64_t call_memory(struct vcpu *v, struct hypercall *call);
int64_t call_set_timer(struct vcpu *v, struct hypercall *call);
int64_t call_sched(struct vcpu *v, struct hypercall *call);
int64_t call_vcpu(struct vcpu *v, struct hypercall *call);
int64_t call_version(struct vcpu *v, struct hypercall *call);
int64_t call_vm_assist(struct vcpu *v, struct hypercall *call);
int64_t call_platform(struct vcpu *v, struct hypercall *call);
int64_t call_physdev(struct vcpu *v, struct hypercall *call);

/** The command line that XENVER_commandline tells; boot/ sets it. */
extern const char *version_cmdline;

/** VCPUOP_initialise: registers of a vCPU that is down and has none yet, from the caller's memory. */
int64_t vcpu_initialise(struct vcpu *v, struct vcpu *of, uint64_t va);

/** A part of sysctl. */
struct xen_sysctl_cpupool_op;
int cpupool_op(struct vcpu *v, struct xen_sysctl_cpupool_op *p);

/**
 * Takes a domain's state from size bytes at the caller's va; vCPUs that get theirs become runnable. -EINVAL,
 * -EFAULT.
 */
int context_load(struct vcpu *v, struct domain *d, uint64_t va, uint32_t size);
/**
 * Writes it; *size is the room, then what was used. Without va, *size receives the room that is enough. -ENOSPC,
 * -EFAULT.
 */
int context_save(struct vcpu *v, struct domain *d, uint64_t va, uint32_t *size);

struct xenctl_bitmap;
/** A set of CPUs that the guest names (xen/domctl.h), of those there are. -EFAULT. */
int cpumap_get(struct vcpu *v, const struct xenctl_bitmap *map, uint64_t *mask);
/** Fills the guest's map, with zeros beyond. -EINVAL: it is huge. -EFAULT. */
int cpumap_put(struct vcpu *v, const struct xenctl_bitmap *map, uint64_t mask);

struct xen_domctl_getdomaininfo;
/** What both kinds of control call tell of a domain. */
void domain_info(const struct domain *d, struct xen_domctl_getdomaininfo *info);

/** The domain that a call names, if this one may work on it: itself, or any for dom0. -ESRCH, -EPERM. */
int call_target(struct vcpu *v, uint16_t id, struct domain **out);

#endif
