/* SPDX-License-Identifier: GPL-2.0-or-later
 * What test guests share: hypercalls, faults that are expected, interrupts, time, and the one line that they print. A
 * guest defines guest_name and guest_test(), which returns when all is well; see guest.c.
 */
#ifndef TESTS_GUESTS_GUEST_H
#define TESTS_GUESTS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_MS 1000000ull
#define UPCALL_VECTOR 0xe0
#define APIC_PAGE 0xfee00000ul
/* Guest frames of RAM that a test may do with as it likes: 8 MiB up to before 16 MiB. */
#define SANDBOX_GFN 0x800ul
#define SANDBOX_FRAMES 0x700ul

extern const char guest_name[];
void guest_test(void);
/** Where a second CPU goes. */
void guest_ap_main(void);
/** Starts it, by INIT and a startup IPI; it is to set *started. */
void guest_ap_start(const volatile unsigned *started);
/** To the CPU of that APIC ID: the low word of the command register. */
void guest_ipi(unsigned to, uint32_t low);
/** Where it begins, in real mode. */
#define AP_PAGE 0x8000ul

/** How much was done, told with the verdict unless it is 0. */
extern uint64_t guest_rounds;
/** Says what failed, and ends the guest by a crash. */
void guest_fail(unsigned line, const char *what, int64_t is, int64_t wanted) __attribute__((noreturn));
/** The word behind the nth blank of the command line as a number, or that for which there is none. */
uint64_t guest_word(unsigned nth, uint64_t otherwise);

#define CHECK(condition)                                           \
	do {                                                       \
		if (!(condition))                                  \
			guest_fail(__LINE__, #condition, 0, 1);    \
	} while (0)
#define CHECK_IS(value, expected)                                          \
	do {                                                               \
		int64_t is_ = (int64_t)(value), wanted_ = (int64_t)(expected); \
		if (is_ != wanted_)                                        \
			guest_fail(__LINE__, #value, is_, wanted_);        \
	} while (0)

/** By the hypercall page. */
int64_t guest_call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
/** By an instruction. */
int64_t guest_call_bare(uint64_t nr, uint64_t a, uint64_t b);
static inline int64_t call(unsigned nr, uint64_t cmd, const volatile void *arg)
{
	return guest_call(nr, cmd, (uintptr_t)arg, 0, 0, 0);
}

struct cpuid { uint32_t eax, ebx, ecx, edx; };
struct cpuid guest_cpuid(uint32_t leaf, uint32_t subleaf);
uint16_t guest_domid(void);
/** A parameter of its own (HVM_PARAM_*), 0 where there is none. */
uint64_t guest_param(uint32_t index);

/** Whether Xen is of this release 4.N or a later one. */
static inline bool guest_since(unsigned minor)
{
	return call(__HYPERVISOR_xen_version, XENVER_version, NULL) >= (4 << 16 | (int64_t)minor);
}

/**
 * What comes of an access to an MSR that nobody has, by the vector of its exception: 13 is expected. Xen before 4.15
 * asks the machine for what it does not know, and an emulated one may answer.
 */
static inline int guest_msr_unknown(int vector)
{
	return vector == -1 && !guest_since(15) ? 13 : vector;
}

/* Each returns the vector of the exception, -1: none. */
int guest_rdmsr(uint32_t msr, uint64_t *value);
int guest_wrmsr(uint32_t msr, uint64_t value);
int guest_write_cr4(uint64_t value);
int guest_rdtscp(void);
int guest_xsetbv(uint32_t value);	/* of XCR0 */
int guest_vzeroupper(void);
int guest_rdpkru(uint32_t *value);
int guest_wrpkru(uint32_t value);
int guest_read32(uintptr_t address, uint32_t *value);
int guest_write32(uintptr_t address, uint32_t value);
int guest_move(uintptr_t *to, uintptr_t *from, uint64_t *count);	/* rep movsl */
int guest_in(uint16_t port, unsigned size, uint32_t *value);
int guest_out(uint16_t port, unsigned size, uint32_t value);
/** What SCHEDOP_yield answers to code of privilege level 3. Once. */
int64_t guest_user(void);

static inline void irqs_on(void)
{
	__asm__ volatile("sti; nop" : : : "memory");
}

static inline void irqs_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/**
 * How often each vector came; that of events first clears evtchn_upcall_pending, those in guest_eoi are told to the
 * local APIC.
 */
extern volatile unsigned guest_irqs[256];
extern volatile unsigned guest_nmis;
/** How often one instruction was stepped over, and where the next one was; stepping ends with it. */
extern volatile unsigned guest_steps;
extern volatile uint64_t guest_step_rip;
/** What a guest does in one, if it defines this. */
void guest_nmi(void);
extern bool guest_eoi[256];
extern bool guest_x2apic;
uint32_t apic_read(unsigned reg);
void apic_write(unsigned reg, uint64_t value);

/** shared_info, once it was mapped; at that frame of low memory. */
#define SHARED_GFN 0x20ul
extern struct shared_info *guest_shared;
void guest_map_shared(void);
/** The same, and events come as UPCALL_VECTOR. */
void guest_upcalls_on(void);
/** System time. */
uint64_t guest_now(void);
/** Waits until *count is not less than that, which must be within seconds. */
bool guest_wait(const volatile unsigned *count, unsigned wanted);
void *memcpy(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);

#endif
