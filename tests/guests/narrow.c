/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest of 32 bits, which is all of its own: hypercalls with the layouts that the public headers have for it, from
 * code without paging, with PAE's tables, and from compatibility mode.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define CR0_PE_PG 0x80000001u
#define CR4_PAE 0x20u
#define MSR_EFER 0xc0000080u
#define EFER_LME 0x100u
#define PTE 0x7			/* present, writable, a user's */
#define SANDBOX_GFN 0x900u
#define NS_PER_MS 1000000ull

/* At its entry there are flat segments, and no stack. */
__asm__(".section .note.Xen, \"a\", @note\n\t"
	".balign 4\n\t"
	".long 4, 4, 18\n\t"
	".asciz \"Xen\"\n\t"
	".long _start\n\t"
	".text\n\t"
	".globl _start\n"
	"_start:\n\t"
	"cld\n\t"
	"movl %ebx, start_info\n\t"
	"movl $stack + 16384, %esp\n\t"
	"lgdt gdt_pointer\n\t"
	"ljmp $8, $1f\n"
	"1:\tmovl $16, %eax\n\t"
	"movl %eax, %ds\n\t"
	"movl %eax, %es\n\t"
	"movl %eax, %ss\n\t"
	"call guest_main\n\t"
	"ud2");

extern uint32_t start_info;
uint32_t start_info;
extern char stack[16384];
char stack[16384] __attribute__((aligned(16)));
static const uint64_t gdt[] = { 0, 0x00cf9b000000ffffull, 0x00cf93000000ffffull };
struct gdt_pointer { uint16_t size; const uint64_t *at; } __attribute__((packed));
extern const struct gdt_pointer gdt_pointer;
const struct gdt_pointer gdt_pointer = { sizeof(gdt) - 1, gdt };

static uint8_t calls[4096] __attribute__((aligned(4096)));
static struct shared_info shared_page __attribute__((aligned(4096)));
static uint64_t tables[6][512] __attribute__((aligned(4096)));
static char from_page[4096] __attribute__((aligned(4096))), to_page[4096] __attribute__((aligned(4096)));
static volatile struct shared_info *const shared = &shared_page;
static struct xencons_interface *ring;
static evtchn_port_t ring_port;
static const char *mode = "none";

void *memset(void *to, int byte, size_t len);
void *memset(void *to, int byte, size_t len)
{
	for (char *t = to; len--; t++)
		*t = (char)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t len);
void *memcpy(void *to, const void *from, size_t len)
{
	char *t = to;

	for (const char *f = from; len--; f++)
		*t++ = *f;
	return to;
}

static int32_t call3(uint32_t nr, uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t eax = (uint32_t)calls + nr * 32, d = 0, e = 0;

	__asm__ volatile("call *%%eax" : "+a"(eax), "+b"(a), "+c"(b), "+d"(c), "+S"(d), "+D"(e) : : "memory");
	return (int32_t)eax;
}

static int32_t call(uint32_t nr, uint32_t cmd, const volatile void *arg)
{
	return call3(nr, cmd, (uint32_t)arg, 0);
}

static void put(const char *text)
{
	struct evtchn_send send = { .port = ring_port };

	for (; *text; text++) {
		while (ring->out_prod - ring->out_cons >= sizeof(ring->out))
			call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
		ring->out[ring->out_prod % sizeof(ring->out)] = *text;
		__atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_SEQ_CST);
	}
	call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

static void put_number(uint32_t n)
{
	char text[12], *at = text + sizeof(text) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	put(at);
}

static void end(unsigned reason)
{
	struct sched_shutdown s = { .reason = reason };

	for (;;)
		call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &s);
}

static void fail(unsigned line, const char *what, uint32_t is)
{
	put("TEST narrow: FAILED at line ");
	put_number(line);
	put(", paging ");
	put(mode);
	put(": ");
	put(what);
	put(" is ");
	put_number(is);
	put("\r\n");
	end(SHUTDOWN_crash);
}

#define CHECK_IS(value, expected)                                            \
	do {                                                                 \
		uint32_t is_ = (uint32_t)(value);                            \
		if (is_ != (uint32_t)(expected))                             \
			fail(__LINE__, #value, is_);                         \
	} while (0)
#define CHECK(condition) CHECK_IS(!!(condition), 1)

static uint32_t param(uint32_t index)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

	return call(__HYPERVISOR_hvm_op, HVMOP_get_param, &p) ? 0 : (uint32_t)p.value;
}

static void calls_init(void)
{
	uint32_t eax = 0x40000002, ebx, ecx = 0, edx;

	__asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	__asm__ volatile("wrmsr" : : "c"(ebx), "a"(calls), "d"(0) : "memory");
	ring = (void *)(param(HVM_PARAM_CONSOLE_PFN) << 12);
	ring_port = param(HVM_PARAM_CONSOLE_EVTCHN);
}

static void versions(void)
{
	struct xen_platform_parameters params = { ~0u };
	struct xen_feature_info features = { .submap_idx = 0 };
	char guard[8] = "1234567";

	CHECK_IS(call(__HYPERVISOR_xen_version, XENVER_version, NULL) >> 16, 4);
	CHECK_IS(call(__HYPERVISOR_xen_version, XENVER_get_features, &features), 0);
	CHECK(features.submap >> XENFEAT_auto_translated_physmap & 1);
	/* One word. */
	memcpy(guard, &params, 4);
	CHECK_IS(call(__HYPERVISOR_xen_version, XENVER_platform_parameters, guard), 0);
	CHECK_IS(guard[4], '5');
	CHECK_IS(call(63, 0, NULL), -XEN_ENOSYS);
	CHECK_IS(call(__HYPERVISOR_xen_version, XENVER_get_features, (void *)0xffffe000u), -XEN_EFAULT);
}

static void memory(void)
{
	static uint8_t map_entries[128][20];
	struct xen_memory_map map = { .nr_entries = 128 };
	struct xen_add_to_physmap add = { .domid = DOMID_SELF,
					  .space = XENMAPSPACE_shared_info,
					  .gpfn = (uint32_t)&shared_page >> 12 };
	struct xen_remove_from_physmap del = { .domid = DOMID_SELF, .gpfn = SANDBOX_GFN };
	xen_pfn_t list[3] = { SANDBOX_GFN, SANDBOX_GFN + 1, SANDBOX_GFN + 2 };
	struct xen_memory_reservation r = { .nr_extents = 3, .domid = DOMID_SELF };
	domid_t self = DOMID_SELF;
	int32_t pages;

	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &add), 0);
	/* Where the page was there is none of its own now. */
	pages = call(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self);
	set_xen_guest_handle(map.buffer, map_entries);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_memory_map, &map), 0);
	CHECK(map.nr_entries && map.nr_entries < 128);
	set_xen_guest_handle(r.extent_start, list);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &r), 3);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self), pages - 3);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r), 3);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_current_reservation, &self), pages);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, &del), 0);
	r.nr_extents = 1;
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &r), 1);
}

/* Bits of the first level and of the second, where 32 bits have them, and polls for one. */
static void events(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 0 };
	struct evtchn_send send;
	struct evtchn_unmask unmask;
	struct evtchn_close close;
	struct sched_poll poll = { .nr_ports = 1 };
	evtchn_port_t port, first = 0;

	for (unsigned i = 0; i < 32; i++)
		shared->evtchn_mask[i] = ~0ul;
	/* One in the second word of the first 64. */
	for (port = 0; port % 64 < 33;) {
		CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &ipi), 0);
		port = ipi.port;
		first = first ? first : port;
	}
	memset((void *)&shared->vcpu_info[0], 0, offsetof(struct vcpu_info, arch));
	send.port = unmask.port = close.port = port;
	set_xen_guest_handle(poll.ports, &port);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send), 0);
	CHECK_IS(shared->evtchn_pending[port / 32], 1ul << port % 32);
	CHECK_IS(shared->vcpu_info[0].evtchn_pending_sel, 0);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask, &unmask), 0);
	CHECK_IS(shared->evtchn_mask[port / 32], ~(1ul << port % 32));
	CHECK_IS(shared->vcpu_info[0].evtchn_pending_sel, 1ul << port / 32);
	CHECK_IS(shared->vcpu_info[0].evtchn_upcall_pending, 1);
	shared->evtchn_pending[port / 32] = 0;
	memset((void *)&shared->vcpu_info[0], 0, offsetof(struct vcpu_info, arch));
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send), 0);
	CHECK_IS(shared->vcpu_info[0].evtchn_pending_sel, 1ul << port / 32);
	for (; close.port >= first; close.port--)
		CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &close), 0);
	CHECK_IS(shared->evtchn_pending[port / 32], 0);
	memset((void *)&shared->vcpu_info[0], 0, offsetof(struct vcpu_info, arch));
}

/* Without a multiplication of 64 bits: ticks are never that many here. */
static uint64_t now(void)
{
	const volatile struct vcpu_time_info *t = &shared->vcpu_info[0].time;
	uint64_t ticks, ns;
	uint32_t version;

	do {
		version = t->version;
		__asm__ volatile("lfence; rdtsc" : "=A"(ticks) : : "memory");
		ticks -= t->tsc_timestamp;
		ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift : ticks << t->tsc_shift;
		ns = t->system_time + ((uint64_t)(uint32_t)ticks * t->tsc_to_system_mul >> 32) +
		     (ticks >> 32) * t->tsc_to_system_mul;
	} while ((version & 1) || version != t->version);
	return ns;
}

static void times(void)
{
	static struct vcpu_runstate_info state, told;
	struct vcpu_register_runstate_memory_area area = { .addr.p = 0 };
	struct vcpu_set_singleshot_timer timer;
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = 0 };
	struct evtchn_close close;
	struct sched_poll poll = { .nr_ports = 1 };
	uint64_t start;

	CHECK(shared->wc_sec > 1000000000);
	CHECK_IS(shared->arch.wc_sec_hi, 0);
	CHECK_IS(shared->vcpu_info[0].time.version & 1, 0);
	CHECK_IS(call3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0), 1);
	CHECK_IS(call3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, (uint32_t)&state), 0);
	CHECK_IS(state.state, RUNSTATE_running);
	CHECK(state.state_entry_time && state.time[RUNSTATE_running]);
	area.addr.v = (void *)&told;
	CHECK_IS(call3(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, 0, (uint32_t)&area), 0);
	CHECK_IS(told.state, RUNSTATE_running);
	CHECK(told.state_entry_time);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind), 0);
	close.port = bind.port;
	start = now();
	timer = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = start + 20 * NS_PER_MS };
	CHECK_IS(call3(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (uint32_t)&timer), 0);
	set_xen_guest_handle(poll.ports, &bind.port);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	CHECK(shared->evtchn_pending[bind.port / 32] >> bind.port % 32 & 1);
	CHECK(now() >= start + 20 * NS_PER_MS);
	CHECK(told.time[RUNSTATE_blocked] >= state.time[RUNSTATE_blocked]);
	shared->evtchn_pending[bind.port / 32] = 0;
	/* The same by the call that has the time in two halves. */
	start = now() + 20 * NS_PER_MS;
	CHECK_IS(call3(__HYPERVISOR_set_timer_op, (uint32_t)start, (uint32_t)(start >> 32), 0), 0);
	memset((void *)&shared->vcpu_info[0], 0, offsetof(struct vcpu_info, arch));
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	CHECK(shared->evtchn_pending[bind.port / 32] >> bind.port % 32 & 1);
	CHECK(now() >= start);
	shared->evtchn_pending[bind.port / 32] = 0;
	/* A poll's own end. */
	start = now();
	poll.timeout = start + 20 * NS_PER_MS;
	memset((void *)&shared->vcpu_info[0], 0, offsetof(struct vcpu_info, arch));
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	CHECK(now() >= start + 20 * NS_PER_MS);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &close), 0);
	memset((void *)&shared->vcpu_info[0], 0, offsetof(struct vcpu_info, arch));
}

static void grants(void)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	struct gnttab_copy copies[2] = {
		{ .source = { .u.gmfn = (uint32_t)from_page >> 12, .domid = DOMID_SELF, .offset = 8 },
		  .dest = { .u.gmfn = (uint32_t)to_page >> 12, .domid = DOMID_SELF, .offset = 100 },
		  .len = 4,
		  .status = 1 },
		{ .source = { .u.ref = 77777, .domid = DOMID_SELF },
		  .dest = { .u.gmfn = (uint32_t)to_page >> 12, .domid = DOMID_SELF },
		  .len = 4,
		  .flags = GNTCOPY_source_gref,
		  .status = 1 },
	};

	memcpy(from_page + 8, "copy", 4);
	memset(to_page, 0, 4096);
	CHECK_IS(call3(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, (uint32_t)&size, 1), 0);
	CHECK_IS(size.status, GNTST_okay);
	CHECK(size.max_nr_frames);
	CHECK_IS(call3(__HYPERVISOR_grant_table_op, GNTTABOP_copy, (uint32_t)copies, 2), 0);
	CHECK_IS(copies[0].status, GNTST_okay);
	CHECK(copies[1].status < 0);
	CHECK_IS(to_page[100] << 8 | to_page[103], 'c' << 8 | 'y');
}

static void several(void)
{
	struct xen_hvm_param p = { .domid = DOMID_SELF, .index = HVM_PARAM_CONSOLE_EVTCHN };
	struct multicall_entry list[3] = {
		{ .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
		{ .op = 63, .result = 5 },
		{ .op = __HYPERVISOR_hvm_op, .result = 5, .args = { HVMOP_get_param, (uint32_t)&p } },
	};

	/* Xen 4.14 has it for PV guests alone. */
	if (call(__HYPERVISOR_xen_version, XENVER_version, NULL) < (4 << 16 | 17) &&
	    call(__HYPERVISOR_multicall, (uint32_t)list, (void *)3) == -XEN_ENOSYS)
		return;
	CHECK_IS(call(__HYPERVISOR_multicall, (uint32_t)list, (void *)3), 0);
	CHECK_IS(list[0].result >> 16, 4);
	CHECK_IS(list[1].result, -XEN_ENOSYS);
	CHECK_IS(list[2].result, 0);
	CHECK_IS(p.value, ring_port);
}

static void checks(const char *with)
{
	mode = with;
	versions();
	memory();
	events();
	times();
	grants();
	several();
}

static void paging_on(uint32_t cr4, bool lme)
{
	uint32_t low, high;

	__asm__ volatile("movl %0, %%cr4" : : "r"(cr4) : "memory");
	__asm__ volatile("movl %0, %%cr3" : : "r"(tables) : "memory");
	if (lme) {
		__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
		__asm__ volatile("wrmsr" : : "c"(MSR_EFER), "a"(low | EFER_LME), "d"(high));
	}
	__asm__ volatile("movl %0, %%cr0; ljmp $8, $1f; 1:" : : "r"(CR0_PE_PG) : "memory");
}

static void paging_off(void)
{
	__asm__ volatile("movl %0, %%cr0; ljmp $8, $1f; 1:" : : "r"(1) : "memory");
}

/* The first 4 GiB as they are: by a root of long mode or PAE, four pages of large entries. */
static void tables_of_8(bool top)
{
	uint64_t *pointers = tables[top];

	memset(tables, 0, sizeof(tables));
	tables[0][0] = (uint32_t)tables[1] | PTE;
	for (unsigned i = 0; i < 4; i++) {
		/* Entries of PAE's root have no bit that allows writing. */
		pointers[i] = (uint32_t)tables[1 + top + i] | (top ? PTE : 1);
		for (unsigned k = 0; k < 512; k++)
			tables[1 + top + i][k] = (uint64_t)(i << 30 | k << 21) | 0x80 | PTE;
	}
}

void guest_main(void);
void guest_main(void)
{
	calls_init();
	if (!ring || !ring_port)
		__builtin_trap();
	checks("none");
	/* The fourth word of hvm_start_info (xen/arch-x86/hvm/start_info.h): the command line. */
	if (*((const char **)start_info)[6] != '1')
		goto done;
	tables_of_8(false);
	paging_on(CR4_PAE, false);
	checks("of 8 bytes");
	paging_off();
	tables_of_8(true);
	paging_on(CR4_PAE, true);
	checks("of long mode");
done:
	put("TEST narrow: ok\r\n");
	end(SHUTDOWN_poweroff);
}
