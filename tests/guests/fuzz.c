/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: "SEED SECONDS [1]" on its command line (1: it has interrupts); for so long it calls, writes and reads
 * whatever its random numbers say, but for what would end it by itself (its code, its console, its clock). It is for
 * the host to live on.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "fuzz";

#define WINDOW 0x40000000ul		/* 2 MiB of addresses that show a physical address of choice */
#define NONE 0xffu

extern uint64_t guest_page_dirs[];

static uint64_t state, khz;
static struct shared_info clock;	/* as it was: the one that is shown may be overwritten */
static uint64_t buffer[4096] __attribute__((aligned(4096)));	/* what calls are told of */

/* xorshift64* */
static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t limit)
{
	return next() % limit;
}

static uint64_t sandbox(void)
{
	return SANDBOX_GFN + below(SANDBOX_FRAMES);
}

static uint64_t address(void)
{
	static const uint64_t bad[] = {
		0, 0xfff, 0xfffffff0, 0xffffffff, 0x1234567890, 0x7fffffffffff, 0x800000000000, ~0ull, ~7ull
	};

	switch (below(4)) {
	case 0:
		return bad[below(ARRAY_SIZE(bad))];
	case 1:
		return (sandbox() << 12) + below(4096);
	default:
		return (uintptr_t)buffer + 8 * below(64);
	}
}

/* Anything, but rather what means something to somebody. */
static uint64_t number(void)
{
	static const uint64_t edges[] = { 0,          1,          2,          3,          8,          9,
					  10,         63,         64,         511,        512,        1023,
					  1024,       4095,       4096,       0x7ff0,     0x7ff4,     0xffff,
					  0x10000,    0x7fffffff, 0x80000000, 0xffffffff, 1ull << 36, 1ull << 40,
					  1ull << 52, 1ull << 63, ~0ull - 1,  ~0ull };

	switch (below(8)) {
	case 0:
		return edges[below(ARRAY_SIZE(edges))];
	case 1:
		return sandbox();
	case 2:
		return sandbox() << 12;
	case 3:
		return address();
	case 4:
		return DOMID_SELF;
	case 5:
		return guest_domid() | below(2) << 32 | below(8) << 16;
	case 6:
		return below(32);
	default:
		return next() >> below(64);
	}
}

static void fill(unsigned words)
{
	for (unsigned i = 0; i < words; i++)
		buffer[i] = number();
	for (unsigned i = 64; i < 128; i++)
		buffer[i] = below(2) ? sandbox() : number();
}

struct op { uint8_t nr, commands, forbidden[8]; };

/* Forbidden: what stops or blinds this guest (down, initialise, watchdogs, reset, block), as it may. */
static const struct op ops[] = {
	{ __HYPERVISOR_platform_op, 0, { NONE } },
	{ __HYPERVISOR_memory_op, 30, { NONE } },
	{ __HYPERVISOR_memory_op, 12, { NONE } },
	{ __HYPERVISOR_xen_version, 12, { NONE } },
	{ __HYPERVISOR_vm_assist, 8, { NONE } },
	{ __HYPERVISOR_grant_table_op, 14, { NONE } },
	{ __HYPERVISOR_grant_table_op, 8, { NONE } },
	{ __HYPERVISOR_vcpu_op, 16, { VCPUOP_initialise, VCPUOP_down, NONE } },
	{ __HYPERVISOR_sched_op,
	  9,
	  { SCHEDOP_block, SCHEDOP_shutdown, SCHEDOP_poll, SCHEDOP_remote_shutdown, SCHEDOP_shutdown_code,
	    SCHEDOP_watchdog, NONE } },
	{ __HYPERVISOR_sysctl, 0, { NONE } },
	{ __HYPERVISOR_domctl, 0, { NONE } },
	{ __HYPERVISOR_event_channel_op,
	  16,
	  { EVTCHNOP_reset, 14 /* reset_cont */, EVTCHNOP_close, EVTCHNOP_init_control, NONE } },
	{ __HYPERVISOR_physdev_op, 32, { NONE } },
	{ __HYPERVISOR_hvm_op, 26, { NONE } },
	{ __HYPERVISOR_xsm_op, 8, { NONE } },
	{ 63, 4, { NONE } },
};

static bool forbidden(const struct op *op, uint64_t cmd)
{
	for (unsigned i = 0; i < sizeof(op->forbidden) && op->forbidden[i] != NONE; i++)
		if (op->forbidden[i] == cmd)
			return true;
	return false;
}

/* One call's number and arguments. Commands beyond those known are tried by way of the upper bits. */
static uint64_t choose(uint64_t arg[5])
{
	const struct op *op = &ops[below(ARRAY_SIZE(ops))];

	do
		arg[0] = op->commands ? below(op->commands) : address();
	while (op->commands && forbidden(op, arg[0]));
	if (op->nr == __HYPERVISOR_memory_op && !below(8))
		arg[0] |= below(16) << 6;
	arg[1] = op->nr == __HYPERVISOR_vcpu_op || op->nr == __HYPERVISOR_vm_assist ? below(6) : address();
	arg[2] = op->nr == __HYPERVISOR_vcpu_op ? address() : number();
	/* Lists of these are as long as they say, and are written to: no longer than what this guest may lose. */
	if (op->nr == __HYPERVISOR_grant_table_op)
		arg[2] = below(500) | (below(2) ? next() << 32 : 0);
	arg[3] = number();
	arg[4] = number();
	return op->nr;
}

/* Words that name lists and lengths: often a list that is there. */
static void shape(void)
{
	if (below(2))
		buffer[0] = (uintptr_t)(buffer + 64);
	if (below(2))
		buffer[1] = below(80);
	if (below(2))
		buffer[2] = below(20) | (below(2) ? (uint64_t)DOMID_SELF << 32 : 0);
	if (below(4) == 0)
		buffer[0] = DOMID_SELF | below(6) << 32;
	if (below(4) == 0)
		buffer[0] = sandbox() << 12;
}

static void one_call(void)
{
	uint64_t arg[5];
	uint64_t nr;

	fill(64);
	shape();
	nr = choose(arg);
	guest_call(nr, arg[0], arg[1], arg[2], arg[3], arg[4]);
}

static void multicall(void)
{
	unsigned nr = (unsigned)below(20);

	fill(64);
	for (unsigned i = 0; i < nr; i++) {
		struct multicall_entry *entry = (struct multicall_entry *)(buffer + 512) + i;

		entry->op = choose((uint64_t *)entry->args);
	}
	guest_call(__HYPERVISOR_multicall, (uintptr_t)(buffer + 512), below(8) ? nr : number() | 1ull << 40, 0, 0, 0);
}

/* Any port but its store's and its console's, which are the first two. */
static void events(void)
{
	struct evtchn_close close = { .port = 3 + (uint32_t)(below(4) ? below(5000) : next() >> 34) };
	evtchn_port_t port = (evtchn_port_t)below(5000);
	struct sched_poll poll = { .nr_ports = (unsigned)below(2), .timeout = guest_now() + below(NS_PER_MS) };

	call(__HYPERVISOR_event_channel_op, EVTCHNOP_close, &close);
	set_xen_guest_handle(poll.ports, &port);
	if (!below(16))
		call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

/* Events as queues, in pages that it may give away, with words that say anything. */
static void queues(void)
{
	static uint64_t words;
	struct evtchn_init_control c = { .control_gfn = sandbox(), .offset = 8 * (uint32_t)below(504) };
	struct evtchn_expand_array e = { .array_gfn = sandbox() };
	struct evtchn_bind_ipi bind = { .vcpu = 0 };
	struct evtchn_send s = { .port = 3 + (uint32_t)below(200) };

	if (!below(32))
		call(__HYPERVISOR_event_channel_op, EVTCHNOP_init_control, &c);
	if (!below(32) && !call(__HYPERVISOR_event_channel_op, EVTCHNOP_expand_array, &e) && !words)
		words = e.array_gfn << 12;
	call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &bind);
	for (unsigned i = 0; words && i < 32; i++) {
		uintptr_t word = words + 4 * (3 + below(200));
		uint32_t value;

		guest_read32(word, &value);
		guest_write32(word, below(2) ? value ^ (uint32_t)next() << 28 : (uint32_t)next());
		s.port = 3 + (uint32_t)below(200);
		call(__HYPERVISOR_event_channel_op, below(3) ? EVTCHNOP_send : EVTCHNOP_unmask, &s);
	}
}

static void registers(void)
{
	static const uint32_t bases[] = { 0,          0x1b,       0xfe,       0x170,     0x1a0,      0x1d0,
					  0x200,      0x250,      0x270,      0x2f8,     0x400,      0x480,
					  0x800,      0x810,      0x820,      0x830,     0x40000000, 0xc0000080,
					  0xc0000100, 0xc0010000, 0xc0010110, 0xc0011020 };
	uint32_t msr = below(8) ? bases[below(ARRAY_SIZE(bases))] + (uint32_t)below(16) : (uint32_t)next();
	uint64_t value = number();

	guest_rdmsr(msr, &value);
	if (below(2))
		value = number();
	/* Its own clock; and to no CPU an INIT. */
	if (msr == 0x10 || msr == 0x3b)
		return;
	if (msr == 0x830)
		value &= ~0x700ull;
	guest_wrmsr(msr, value);
}

/*
 * Ticks and NMIs that come at any time: on Xen QEMU 7.2 does not bear that for long. Vectors below 32 are kept away
 * by priority.
 */
static void interrupts(void)
{
	if (!guest_word(2, 0))
		return;
	apic_write(0x8, 0x10);
	apic_write(0xf, below(8) ? 0x1ff : 0xff);
	apic_write(0x3e, number());
	apic_write(0x32, (0x20 + below(0xe0)) | below(4) << 16);
	apic_write(0x38, below(2) ? below(8) : number());
	if (!below(4))
		apic_write(0x30, 0x44400);
	irqs_on();
	for (unsigned i = 0; i < 8; i++)
		guest_call(__HYPERVISOR_xen_version, below(8), (uintptr_t)buffer, 0, 0, 0);
	irqs_off();
	if (below(2))
		apic_write(0x38, 0);
}

static void ports(void)
{
	uint16_t port = (uint16_t)next();
	unsigned size = 1u << below(3);
	uint32_t value;

	guest_in(port, size, &value);
	guest_out(port, size, (uint32_t)next());
}

static void devices(void)
{
	uint64_t place = below(2) ? 0xfe000000 + below(0x2000000) : next() >> below(40);
	uint32_t value;

	if (!below(3))
		place = APIC_PAGE + below(0x400);
	/* Neither its code, nor the pages that it shares with dom0; nor the register that sends an INIT. */
	if (place < 0x1000000 || (place >= 0xfeff0000 && place <= 0xfeffffff) || (place & ~15ull) == APIC_PAGE + 0x300)
		return;
	guest_page_dirs[WINDOW >> 21] = (place & 0x000fffffffe00000ull) | 0x87;
	__asm__ volatile("invlpg (%0)" : : "r"(WINDOW) : "memory");
	guest_read32(WINDOW + (place & 0x1ffffc), &value);
	if (below(2))
		guest_write32(WINDOW + (place & 0x1ffffc), (uint32_t)number());
	/* In strings, but not to the APIC. */
	if (!below(4) && place >> 21 != APIC_PAGE >> 21) {
		uintptr_t there = WINDOW + (place & 0x1fff00), here = sandbox() << 12;
		uint64_t count = below(60);

		guest_move(below(2) ? &there : &here, below(2) ? &here : &there, &count);
	}
}

static uint64_t seconds(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return ((uint64_t)high << 32 | low) / (khz * 1000);
}

static void grant_table(void)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .gpfn = 0x30 };
	volatile struct grant_entry_v1 *table = (void *)(0x30ul << 12);

	if (below(16) == 0)
		call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &a);
	/* The first eight are the console's and the store's. */
	for (unsigned i = 8; i < 24; i++) {
		table[i].domid = below(4) ? guest_domid() : 0;
		table[i].frame = (uint32_t)(below(4) ? sandbox() : number());
		table[i].flags = (uint16_t)(below(4) ? GTF_permit_access : next());
	}
}

void guest_test(void)
{
	static void (*const what[])(void) = {
		one_call, one_call, one_call, one_call, multicall, events, queues, registers, interrupts, ports,
		devices, grant_table,
	};
	uint64_t end;

	state = guest_word(0, 1) * 0x9e3779b97f4a7c15ull | 1;
	khz = guest_cpuid(0x40000003, 0).ecx;
	CHECK(khz > 0);
	guest_map_shared();
	clock = *guest_shared;
	guest_shared = &clock;
	memset(guest_eoi, true, sizeof(guest_eoi));
	for (end = seconds() + guest_word(1, 5); seconds() < end; guest_rounds++)
		what[below(ARRAY_SIZE(what))]();
}
