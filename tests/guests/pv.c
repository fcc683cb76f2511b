/* SPDX-License-Identifier: GPL-2.0-or-later
 * A PV test guest: it prints what it was started with, a line for each fact, so that what two builders do can be
 * compared; then it waits for ever. What must hold of any builder it checks by itself: "TEST pv: ok", or the first
 * thing that does not. The word "poweroff" or "reboot" on its command line ends it so.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define PAGE 4096ul
#define FLAG_INTERRUPTS 0x200ul
#define E820_MAX 16

void pv_main(const struct start_info *info, uint64_t stack, uint64_t flags) __attribute__((noreturn));
void *memset(void *to, int byte, size_t len);

extern char pv_calls[];
static char ring_page[PAGE] __attribute__((aligned(4096)));
static struct xencons_interface *ring = (struct xencons_interface *)ring_page;
static evtchn_port_t ring_port;

void *memset(void *to, int byte, size_t len)
{
	for (char *t = to; len--; t++)
		*t = (char)byte;
	return to;
}

static int64_t call(unsigned nr, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t rax = (uintptr_t)pv_calls + nr * 32;

	__asm__ volatile("call *%%rax" : "+a"(rax), "+D"(a), "+S"(b), "+d"(c) : : "rcx", "r8", "r9", "r10", "r11", "memory");
	return (int64_t)rax;
}

static void ring_notify(void)
{
	struct evtchn_send send = { ring_port };

	call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send, 0);
}

static void put(char c)
{
	volatile XENCONS_RING_IDX *consumer = &ring->out_cons;

	while (ring->out_prod - *consumer >= sizeof(ring->out)) {
		ring_notify();
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
	}
	ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = c;
	__asm__ volatile("" : : : "memory");
	ring->out_prod++;
}

static void print(const char *text)
{
	for (; *text; text++)
		put(*text);
}

static void number(uint64_t value)
{
	print("0x");
	for (int shift = 60; shift >= 0; shift -= 4) {
		if (value >> shift || !shift)
			put("0123456789abcdef"[value >> shift & 15]);
	}
}

static void fact(const char *name, uint64_t value)
{
	print("PV: ");
	print(name);
	put('=');
	number(value);
	print("\r\n");
}

__attribute__((noreturn)) static void wait_for_ever(void)
{
	/* No event wakes it but for a moment: it has no handler, and they stay masked. */
	struct sched_poll poll = { .nr_ports = 0 };

	ring_notify();
	for (;;)
		call(__HYPERVISOR_sched_op, SCHEDOP_poll, (uintptr_t)&poll, 0);
}

static void end(unsigned reason)
{
	struct sched_shutdown shutdown = { reason };

	ring_notify();
	call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&shutdown, 0);
}

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	print("TEST pv: failed: ");
	print(what);
	print("\r\n");
	wait_for_ever();
}

static bool has_word(const char *text, const char *word)
{
	for (; *text; text++) {
		const char *a = text, *b = word;

		while (*b && *a == *b)
			a++, b++;
		if (!*b)
			return true;
	}
	return false;
}

/* The list names each of the guest's frames once, and Xen's own table leads back. */
static void check_frames(const struct start_info *info)
{
	const uint64_t *list = (const uint64_t *)info->mfn_list, *back = (const uint64_t *)HYPERVISOR_VIRT_START;
	uint64_t wrong = 0;

	for (uint64_t frame = 0; frame < info->nr_pages; frame++)
		wrong += back[list[frame]] != frame;
	fact("frames-wrong", wrong);
	check(!wrong, "the list of frames");
}

/* What an address is mapped to, by the tables themselves, which are mapped too: the frame, or -1. */
static uint64_t walk(const struct start_info *info, uint64_t base, uint64_t address, bool *writable)
{
	const uint64_t *back = (const uint64_t *)HYPERVISOR_VIRT_START, *table = (const uint64_t *)info->pt_base;

	for (int shift = 39; ; shift -= 9) {
		uint64_t entry = table[address >> shift & 511];

		if (!(entry & 1))
			return UINT64_MAX;
		*writable = entry & 2;
		if (shift == 12)
			return back[(entry & 0xffffffffff000) >> 12];
		table = (const uint64_t *)(base + back[(entry & 0xffffffffff000) >> 12] * PAGE);
	}
}

static void check_map(const struct start_info *info, uint64_t base, uint64_t stack)
{
	uint64_t pages = 0, tables = 0;
	bool writable;

	/* Contiguous from the base on, but for the ring; the tables are to be read only. */
	while (base + pages * PAGE == (uintptr_t)ring_page || walk(info, base, base + pages * PAGE, &writable) == pages) {
		tables += !writable;
		pages++;
	}
	fact("mapped-pages", pages);
	fact("read-only-pages", tables);
	check(tables == info->nr_pt_frames, "tables are mapped read only, and nothing else is");
	check(base + pages * PAGE >= stack + (512 << 10), "512 KiB behind the stack");
}

static void memory_map(void)
{
	struct __attribute__((packed)) { uint64_t start, size; uint32_t type; } entries[E820_MAX];
	struct xen_memory_map map = { .nr_entries = E820_MAX };
	int64_t rc;

	set_xen_guest_handle(map.buffer, (void *)entries);
	rc = call(__HYPERVISOR_memory_op, XENMEM_memory_map, (uintptr_t)&map, 0);
	fact("e820-result", (uint64_t)rc);
	for (unsigned i = 0; !rc && i < map.nr_entries; i++) {
		fact("e820-start", entries[i].start);
		fact("e820-size", entries[i].size);
		fact("e820-type", entries[i].type);
	}
	fact("current-pages", (uint64_t)call(__HYPERVISOR_memory_op, XENMEM_current_reservation,
					     (uintptr_t) & (domid_t){ DOMID_SELF }, 0));
	fact("most-pages", (uint64_t)call(__HYPERVISOR_memory_op, XENMEM_maximum_reservation,
					  (uintptr_t) & (domid_t){ DOMID_SELF }, 0));
}

static void processors(void)
{
	static const uint32_t leaves[] = {
		0, 1, 4, 7, 0xb, 0xd, 0x40000000, 0x40000001, 0x40000004, 0x80000000, 0x80000001, 0x80000007,
		0x80000008,
	};
	struct xen_feature_info features = { .submap_idx = 0 };
	unsigned nr = 0;

	for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		uint32_t a = leaves[i], b, c = 0, d;

		/* Xen's prefix: as the toolstack made it for this domain, whatever the processor does. */
		__asm__ volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		fact("leaf", leaves[i]);
		fact(" a", a);
		fact(" b", leaves[i] == 1 ? b & 0x00ffffff : b);
		fact(" c", c);
		fact(" d", d);
	}
	while (call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, nr, 0) >= 0)
		nr++;
	fact("vcpus", nr);
	call(__HYPERVISOR_xen_version, XENVER_get_features, (uintptr_t)&features, 0);
	fact("features", features.submap);
}

void pv_main(const struct start_info *info, uint64_t stack, uint64_t flags)
{
	uint64_t base = (uintptr_t)pv_calls - 0x100000;	/* where frame 0 is mapped; the guest is linked 1 MiB behind it */
	bool writable;

	/* Wherever it lies: whoever started this may have been started himself. */
	call(__HYPERVISOR_update_va_mapping, (uintptr_t)ring_page, info->console.domU.mfn << 12 | 0x23, UVMF_INVLPG);
	ring_port = info->console.domU.evtchn;
	print("PV: magic=");
	print(info->magic);
	print("\r\nPV: cmdline=");
	print((const char *)info->cmd_line);
	print("\r\n");
	fact("start-info", (uintptr_t)info);
	fact("stack", stack);
	fact("rflags", flags & FLAG_INTERRUPTS);
	fact("pages", info->nr_pages);
	fact("flags", info->flags);
	fact("tables", info->pt_base);
	fact("nr-tables", info->nr_pt_frames);
	fact("frame-list", info->mfn_list);
	fact("frame-list-frame", info->first_p2m_pfn);
	fact("frame-list-frames", info->nr_p2m_frames);
	fact("module", info->mod_start);
	fact("module-bytes", info->mod_len);
	fact("store-port", info->store_evtchn);
	fact("console-port", info->console.domU.evtchn);
	memory_map();
	processors();
	check_frames(info);
	fact("store-frame", ((const uint64_t *)HYPERVISOR_VIRT_START)[info->store_mfn]);
	fact("console-frame", ((const uint64_t *)HYPERVISOR_VIRT_START)[info->console.domU.mfn]);
	check(walk(info, base, (uintptr_t)info, &writable) == ((uintptr_t)info - base) / PAGE, "start_info is mapped");
	check_map(info, base, stack);
	print("TEST pv: ok\r\n");
	if (has_word((const char *)info->cmd_line, "poweroff"))
		end(SHUTDOWN_poweroff);
	if (has_word((const char *)info->cmd_line, "reboot"))
		end(SHUTDOWN_reboot);
	wait_for_ever();
}
