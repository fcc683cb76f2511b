/* SPDX-License-Identifier: GPL-2.0-or-later
 * The frame of a test guest: its console, its verdict, its interrupts.
 */
#include "tests/guests/guest.h"

#include <xen/arch-x86/cpuid.h>
#include <xen/io/console.h>

#define RFLAGS_TF 0x100u

struct frame {
	uint64_t r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax, vector, error, rip, cs, rflags, rsp, ss;
};

extern char guest_vectors[], guest_calls[], guest_ap_begin[], guest_ap_end[];
extern uint64_t guest_recover[2], guest_idt[512], guest_tss_descriptor[2];
extern uint32_t guest_start_info;

volatile unsigned guest_irqs[256], guest_nmis, guest_steps;
volatile uint64_t guest_step_rip;
bool guest_eoi[256], guest_x2apic;
struct shared_info *guest_shared;
uint64_t guest_rounds;

static int fault;			/* the vector of the last that was expected */
static struct xencons_interface *ring;
static evtchn_port_t ring_port;
static struct { uint32_t reserved, rsp0[2], rest[23]; } tss;
static uint64_t trap_stack[1024];

void *memcpy(void *to, const void *from, size_t len)
{
	char *t = to;

	for (const char *f = from; len--; f++)
		*t++ = *f;
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	for (char *t = to; len--; t++)
		*t = (char)byte;
	return to;
}

int64_t guest_call(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	uint64_t rax = (uintptr_t)guest_calls + nr * 32;

	__asm__ volatile("call *%%rax"
			 : "+a"(rax), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
			 :
			 : "rcx", "r9", "r11", "memory");
	return (int64_t)rax;
}

int64_t guest_call_bare(uint64_t nr, uint64_t a, uint64_t b)
{
	uint64_t c = 0;

	__asm__ volatile("vmmcall" : "+a"(nr), "+D"(a), "+S"(b), "+d"(c) : : "memory");
	return (int64_t)nr;
}

struct cpuid guest_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

uint16_t guest_domid(void)
{
	return (uint16_t)guest_cpuid(0x40000004, 0).ecx;
}

/* A fault in it goes on behind it. */
#define GUARDED(insn, ...)                                                                                          \
	do {                                                                                                        \
		fault = -1;                                                                                         \
		__asm__ volatile("movq $1f, guest_recover\n\tmovq %%rsp, guest_recover + 8\n\t" insn "\n1:\tmovq $0, guest_recover" \
				 __VA_ARGS__);                                                                      \
	} while (0)

int guest_rdmsr(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0, high = 0;

	GUARDED("rdmsr", : "+a"(low), "+d"(high) : "c"(msr) : "memory");
	*value = (uint64_t)high << 32 | low;
	return fault;
}

int guest_wrmsr(uint32_t msr, uint64_t value)
{
	GUARDED("wrmsr", : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
	return fault;
}

int guest_write_cr4(uint64_t value)
{
	GUARDED("movq %0, %%cr4", : : "r"(value) : "memory");
	return fault;
}

int guest_rdtscp(void)
{
	GUARDED("rdtscp", : : : "rax", "rcx", "rdx", "memory");
	return fault;
}

int guest_xsetbv(uint32_t value)
{
	GUARDED("xsetbv", : : "c"(0), "a"(value), "d"(0) : "memory");
	return fault;
}

int guest_vzeroupper(void)
{
	GUARDED("vzeroupper", : : : "memory");
	return fault;
}

/* RDPKRU, WRPKRU */
int guest_rdpkru(uint32_t *value)
{
	uint32_t low = 0;

	GUARDED(".byte 0x0f, 0x01, 0xee", : "+a"(low) : "c"(0) : "rdx", "memory");
	*value = low;
	return fault;
}

int guest_wrpkru(uint32_t value)
{
	GUARDED(".byte 0x0f, 0x01, 0xef", : : "a"(value), "c"(0), "d"(0) : "memory");
	return fault;
}

int guest_read32(uintptr_t address, uint32_t *value)
{
	uint32_t v = 0;

	GUARDED("movl (%1), %0", : "+r"(v) : "r"(address) : "memory");
	*value = v;
	return fault;
}

int guest_write32(uintptr_t address, uint32_t value)
{
	GUARDED("movl %0, (%1)", : : "r"(value), "r"(address) : "memory");
	return fault;
}

int guest_move(uintptr_t *to, uintptr_t *from, uint64_t *count)
{
	GUARDED("rep movsl", : "+D"(*to), "+S"(*from), "+c"(*count) : : "memory");
	return fault;
}

int guest_in(uint16_t port, unsigned size, uint32_t *value)
{
	*value = 0;
	if (size == 1)
		GUARDED("inb %w1, %b0", : "+a"(*value) : "d"(port) : "memory");
	else if (size == 2)
		GUARDED("inw %w1, %w0", : "+a"(*value) : "d"(port) : "memory");
	else
		GUARDED("inl %w1, %0", : "+a"(*value) : "d"(port) : "memory");
	return fault;
}

int guest_out(uint16_t port, unsigned size, uint32_t value)
{
	if (size == 1)
		GUARDED("outb %b0, %w1", : : "a"(value), "d"(port) : "memory");
	else if (size == 2)
		GUARDED("outw %w0, %w1", : : "a"(value), "d"(port) : "memory");
	else
		GUARDED("outl %0, %w1", : : "a"(value), "d"(port) : "memory");
	return fault;
}

static void put(const char *text)
{
	for (; *text; text++) {
		while (ring->out_prod - ring->out_cons >= sizeof(ring->out))
			call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
		ring->out[ring->out_prod % sizeof(ring->out)] = *text;
		__atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_SEQ_CST);
	}
	call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &ring_port);
}

static void put_number(int64_t n)
{
	char text[24], *at = text + sizeof(text) - 1;
	uint64_t u = n < 0 ? -(uint64_t)n : (uint64_t)n;

	*at = '\0';
	do
		*--at = (char)('0' + u % 10);
	while (u /= 10);
	if (n < 0)
		*--at = '-';
	put(at);
}

static void end(unsigned reason)
{
	struct sched_shutdown s = { .reason = reason };

	for (;;)
		call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
}

void guest_fail(unsigned line, const char *what, int64_t is, int64_t wanted)
{
	irqs_off();
	put("TEST ");
	put(guest_name);
	put(": FAILED at line ");
	put_number(line);
	put(": ");
	put(what);
	put(" is ");
	put_number(is);
	put(", not ");
	put_number(wanted);
	put("\r\n");
	end(SHUTDOWN_crash);
	__builtin_unreachable();
}

uint64_t guest_word(unsigned nth, uint64_t otherwise)
{
	/* The fourth word of hvm_start_info (xen/arch-x86/hvm/start_info.h). */
	const char *at = (const char *)((uint64_t *)(uintptr_t)guest_start_info)[3];
	uint64_t number = 0;

	while (at && *at && nth)
		nth -= *at++ == ' ';
	if (!at || *at < '0' || *at > '9')
		return otherwise;
	for (; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	return number;
}

uint32_t apic_read(unsigned reg)
{
	uint64_t value;

	if (!guest_x2apic)
		return *(volatile uint32_t *)(APIC_PAGE + reg * 16);
	CHECK_IS(guest_rdmsr(0x800 + reg, &value), -1);
	return (uint32_t)value;
}

void apic_write(unsigned reg, uint64_t value)
{
	if (!guest_x2apic)
		*(volatile uint32_t *)(APIC_PAGE + reg * 16) = (uint32_t)value;
	else
		__asm__ volatile("wrmsr" : : "c"(0x800 + reg), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

__attribute__((weak)) void guest_nmi(void)
{
}

void guest_trap(struct frame *f);
void guest_trap(struct frame *f)
{
	if (f->vector == 2) {
		__atomic_add_fetch(&guest_nmis, 1, __ATOMIC_SEQ_CST);
		guest_nmi();
	} else if (f->vector >= 32) {
		if (f->vector == UPCALL_VECTOR && guest_shared)
			guest_shared->vcpu_info[0].evtchn_upcall_pending = 0;
		guest_irqs[f->vector]++;
		if (guest_eoi[f->vector])
			apic_write(0xb, 0);
	} else if (f->vector == 1 && (f->rflags & RFLAGS_TF)) {
		guest_steps++;
		guest_step_rip = f->rip;
		f->rflags &= ~(uint64_t)RFLAGS_TF;
	} else if (guest_recover[0]) {
		fault = (int)f->vector;
		f->rip = guest_recover[0];
		f->rsp = guest_recover[1];
		f->cs = 0x10;
		f->ss = 0x18;
		f->rflags &= ~UINT64_C(0x100);
		guest_recover[0] = 0;
	} else {
		guest_fail((unsigned)f->rip, "exception", (int64_t)f->vector, -1);
	}
}

static void traps_init(void)
{
	uint64_t base = (uintptr_t)&tss;

	for (unsigned i = 0; i < 256; i++) {
		uint64_t at = (uintptr_t)guest_vectors + 16 * i;

		guest_idt[2 * i] = (at & 0xffff) | 0x10 << 16 | UINT64_C(0x8e00) << 32 | (at >> 16 & 0xffff) << 48;
		guest_idt[2 * i + 1] = at >> 32;
	}
	tss.rsp0[0] = (uint32_t)(uintptr_t)(trap_stack + ARRAY_SIZE(trap_stack));
	guest_tss_descriptor[0] =
		(sizeof(tss) - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 | (base >> 24 & 0xff) << 56;
}

uint64_t guest_param(uint32_t index)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

	return call(__HYPERVISOR_hvm_op, HVMOP_get_param, &p) ? 0 : p.value;
}

void guest_map_shared(void)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED_GFN };

	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &a), 0);
	guest_shared = (void *)(SHARED_GFN << 12);
}

uint64_t guest_now(void)
{
	const volatile struct vcpu_time_info *t = &guest_shared->vcpu_info[0].time;
	uint64_t ticks, now;
	uint32_t version, low, high;

	do {
		version = t->version;
		__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
		ticks = ((uint64_t)high << 32 | low) - t->tsc_timestamp;
		ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift : ticks << t->tsc_shift;
		now = t->system_time + (uint64_t)((unsigned __int128)ticks * t->tsc_to_system_mul >> 32);
	} while ((version & 1) || version != t->version);
	return now;
}

bool guest_wait(const volatile unsigned *count, unsigned wanted)
{
	uint64_t end_ns = guest_now() + 10000 * NS_PER_MS;

	while (*count < wanted && guest_now() < end_ns)
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
	return *count >= wanted;
}

void guest_upcalls_on(void)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ,
				   .value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | UPCALL_VECTOR };

	guest_map_shared();
	CHECK_IS(call(__HYPERVISOR_hvm_op, HVMOP_set_param, &p), 0);
}

void guest_ipi(unsigned to, uint32_t low)
{
	apic_write(0x31, to << 24);
	apic_write(0x30, low);
}

void guest_ap_start(const volatile unsigned *started)
{
	memcpy((void *)AP_PAGE, guest_ap_begin, (size_t)(guest_ap_end - guest_ap_begin));
	apic_write(0xf, 0x1ff);
	guest_ipi(2, 0x4500);
	CHECK_IS(*started, 0);
	guest_ipi(2, 0x4600 | AP_PAGE >> 12);
	CHECK(guest_wait(started, 1));
}

__attribute__((weak)) void guest_ap_main(void)
{
	for (;;)
		__asm__ volatile("hlt");
}

void guest_main(void);
void guest_main(void)
{
	uint32_t msr = guest_cpuid(0x40000002, 0).ebx;

	traps_init();
	if (guest_wrmsr(msr, (uintptr_t)guest_calls) >= 0)
		__builtin_trap();
	ring = (void *)(guest_param(HVM_PARAM_CONSOLE_PFN) << 12);
	ring_port = (evtchn_port_t)guest_param(HVM_PARAM_CONSOLE_EVTCHN);
	if (!ring || !ring_port)
		__builtin_trap();
	guest_test();
	put("TEST ");
	put(guest_name);
	put(": ok");
	if (guest_rounds) {
		put(", rounds: ");
		put_number((int64_t)guest_rounds);
	}
	put("\r\n");
	end(SHUTDOWN_poweroff);
}
