/* SPDX-License-Identifier: GPL-2.0-or-later
 * A host of which only the hardware is missing: domains, vCPUs, events, grants and the scheduler are xen-core's own,
 * CPUs and guests the test's.
 */
#ifndef TESTS_CORE_HOST_CHECK_H
#define TESTS_CORE_HOST_CHECK_H

#include "tests/core/core_check.h"

#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/domain.h"

/* The clock, and by how much each look at it moves it on. */
extern uint64_t host_now_ns, host_tick_ns;
/* The CPU that the test works as. */
extern unsigned host_cpu;
extern unsigned host_kicks[CPUS_MAX];
/* What a guest does when it is entered, what a CPU sleeps through, and what another one does that is kicked. */
extern void (*host_guest)(struct vcpu *v);
extern void (*host_sleep)(void);
extern void (*host_kicked)(unsigned cpu);
/* The ring of limbo.c lies in that many frames from there on. */
#define LIMBO_FRAMES 128
extern uint64_t host_limbo;
/* Where the end of dom0 leads; it fails the test where that is not set. */
extern jmp_buf *host_end_to;
/* What is typed at the console. */
extern const char *host_typed;
/* How often the console must be given more of the log until it has all; there is no room for more of it until then. */
extern unsigned host_log_left;
/* The registers that a vCPU was last given as a whole. */
extern struct hvm_hw_cpu host_context;

/* Of a vCPU, as the processor has them: real ones are in svm/. */
struct host_regs {
	uint64_t cr0, cr3, cr4, efer;
	unsigned cpl;
	bool irqs_off, in_nmi, loaded, narrow;
};

struct host_regs *host_regs(const struct vcpu *v);

/** A machine of so many frames and CPUs; the test works as CPU 0. */
void host_init(uint64_t frames, unsigned nr);
/** Every domain is destroyed. Returns whether all that they had came back. */
bool host_clear(void);
/** A domain with RAM at its frames from 0 on and vCPUs that can run, on the CPUs in turn; number 0 is dom0. */
struct domain *host_domain(uint16_t id, unsigned vcpus, uint64_t frames);
/** Calls are this vCPU's from now on. */
void host_as(struct vcpu *v);
/** A hypercall of a vCPU's, begun again as often as it stops; what its guest gets. */
int64_t host_call(struct vcpu *v, uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2);
/** A mapping of a grant ends, both parts of it. GNTST_*. */
int host_unmap(struct domain *d, uint32_t handle, uint64_t gfn);
/** Where the machine has a domain's frame. */
void *host_page(struct domain *d, uint64_t gfn);
/** Goes over all that there is, and fails unless each frame has just the references that are found. */
void host_audit(void);

#endif
