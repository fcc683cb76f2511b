/* SPDX-License-Identifier: GPL-2.0-or-later
 * Domains and their vCPUs: what there is of them, and where it belongs. Each part is worked on by the file of its name.
 * The one lock of xen-core (core_enter) guards all of it.
 */
#ifndef XEN_CORE_DOMAIN_DOMAIN_H
#define XEN_CORE_DOMAIN_DOMAIN_H

#include <xen/xen.h>
#include <xen/vcpu.h>

#include "xen-core/domain/event.h"
#include "xen-core/domain/grant.h"
#include "xen-core/domain/memory_map.h"
#include "xen-core/domain/vlapic.h"
#include "xen-core/lib/lib.h"
#include "xen-core/mm/frame.h"
#include "xen-core/mm/p2m.h"

#define VCPUS_MAX 64
#define HVM_PARAMS 40

/* General registers, in the order in which the entry code keeps them; rax and rsp are the control block's. */
struct gpr {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
};

enum vcpu_run { VCPU_DOWN, VCPU_RUNNABLE, VCPU_BLOCKED, VCPU_CRASHED };

struct domain;

struct vcpu {
	struct domain *domain;
	unsigned id;
	unsigned cpu;			/* where it runs, or ran */
	struct gpr gpr;
	void *virt;			/* of the virtualisation extension */
	void *fpu;			/* 512 bytes, FXSAVE's */
	uint64_t debug[4];		/* DR0 to DR3, while debug_live is false; then the machine's have them */
	bool debug_live;
	int offered;			/* the vector that it may take without leaving its guest, -1: none */
	bool offered_of_apic;
	bool nmi;			/* one is pending */
	/* the instruction that returns from the last one, about to be executed, 0: none */
	uint64_t nmi_end_rip;
	uint64_t flushes;		/* those of its p2m that it knows of */
	struct vlapic lapic;
	enum vcpu_run run;
	bool running;			/* on its CPU right now */
	bool halted;			/* down by HLT without interrupts */
	bool initialised;		/* its registers say where it goes on; not between INIT and a startup */
	unsigned pause;			/* how many want it not to run */
	bool polling;			/* in SCHEDOP_poll */
	uint64_t poll_port;		/* the port polled for, 0: any */
	uint64_t poll_end_ns;
	uint64_t timer_ns;		/* the one-shot timer, 0: off */
	uint64_t periodic_ns, periodic_at_ns;	/* the periodic one, and when it ticks next, 0: never */
	struct vcpu_info *info;		/* where it lies now: in shared_info, or where the guest wants it */
	mfn_t info_page;		/* kept by a reference, MFN_NONE for shared_info */
	uint64_t runstate_va;		/* guest's virtual address, 0: none */
	struct vcpu_runstate_info runstate;
	uint64_t runstate_told;		/* state_entry_time of what the guest has */
	uint64_t time_va;		/* where it wants a copy of its time information, 0: nowhere */
	bool time_due;			/* it is another now */
	uint32_t virq_port[NR_VIRQS];
	struct evtchn_fifo_control_block *fifo;	/* in a frame of its domain's, kept by a reference; NULL: none */
	uint32_t fifo_last[EVENT_QUEUES];	/* the ports at the ends of its queues, 0: empty */
	uint64_t tsc_offset;		/* of its TSC to the machine's */
	uint64_t debugctl;
	/* Scheduling. */
	struct vcpu *next;
	uint64_t slice_end_ns, run_ns, credit;
	uint64_t affinity;
	/* What happened last, for the log when its domain crashes. */
	struct { uint32_t what, detail; uint64_t rip; } trail[32];
	unsigned trail_at;
};

struct domain {
	uint16_t id;
	struct domain *next;
	uint8_t handle[16];
	bool privileged, shut_down, crashed;
	/* halted: nothing of it runs; dead: only its frames that others hold are left of it */
	bool dying, halted, dead;
	uint8_t shutdown_code;
	unsigned pause;
	unsigned pins;			/* who waits for something of it, and comes back to it */
	unsigned nr_vcpus;
	struct vcpu *vcpus[VCPUS_MAX];
	struct p2m p2m;
	gfn_t cleared;			/* while it dies: its memory below is given back */
	uint64_t max_frames;		/* that it may have: see frames_owned */
	struct memory_map map;
	struct shared_info *shared;	/* a page of xen-core's */
	bool narrow;			/* what is shared has the form of 32 bits (event.h) */
	struct event_table events;
	uint64_t params[HVM_PARAMS];
	uint8_t callback_vector;	/* 0: none */
	unsigned long vm_assist;
	bool tsc_written;		/* the TSCs of its vCPUs may differ */
	struct grant_table grants;
	struct { uint8_t ids, htt, cache[4], set; uint32_t cores; } topology;	/* of CPUID: leaves 1, 4, 80000008 */
	struct { uint32_t l1_ecx, l1_edx, e1_ecx, e1_edx; } hidden;	/* and features of leaves 1 and 80000001 */
	unsigned max_vcpus;
	unsigned pool;			/* whose CPUs it may use */
	uint16_t weight, cap;		/* cap: percent of one CPU, 0: none */
	uint64_t window_end_ns, window_used_ns;
	int64_t time_offset;
	struct { uint64_t since_ns; unsigned said, left_out; } notes;
};

extern struct domain *domain_list, *dom0;

/** A new domain without vCPUs or memory; NULL when out of memory. */
struct domain *domain_new(uint16_t id);
/** The domain of that number, NULL if there is none; DOMID_SELF is the caller's. */
struct domain *domain_find(uint16_t id);
/** A vCPU, not yet to be run, bound to a CPU. -ENOMEM. */
int vcpu_new(struct domain *d, unsigned id, unsigned cpu);
/**
 * The end of a domain other than dom0, which is not dead: nothing of it runs or holds anything. It is dying, and its
 * number taken, until nobody holds a frame of its own any more; then it is freed, at once or by domains_reap. False:
 * there is more to do, and it is until_ns (0: that does not matter), or another CPU is at it; it must be called again.
 */
bool domain_destroy(struct domain *d, uint64_t until_ns);
/** Frees the dead whose last frame has been let go of. For who has no domain in hand. */
void domains_reap(void);
/** The vCPU on whose behalf this CPU works. */
struct vcpu *vcpu_this(void);
/** What a guest may cause: its domain stops, with reason SHUTDOWN_crash, and the log says why. */
void domain_crash(struct vcpu *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** As SCHEDOP_shutdown. */
void domain_shutdown(struct domain *d, uint8_t reason);
/** What is shared with the vCPU's domain has the form of the mode that this one runs in, from now on. */
void domain_set_form(struct vcpu *v);
/** note.c: a line of the log with loglvl=all that the domain causes, its number in front; so many a second. */
void domain_note(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** How many lines were left out since it was last told, if any were. At the domain's end. */
void domain_note_rest(struct domain *d);
/** Remembers what a vCPU did. */
void vcpu_trail(struct vcpu *v, uint32_t what, uint32_t detail, uint64_t rip);

#endif
