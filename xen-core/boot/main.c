/* SPDX-License-Identifier: GPL-2.0-or-later
 * From the loader to the first domain: each part of the machine is found, told, and taken into use.
 */
#include "xen-core/boot/boot.h"
#include "xen-core/boot/boot_info.h"
#include "xen-core/cpu/acpi.h"
#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/cpu/serial.h"
#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/port.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"
#include "xen-core/hypercall/hypercall.h"
#include "xen-core/lib/cmdline.h"
#include "xen-core/lib/lib.h"
#include "xen-core/mm/frame.h"
#include "xen-core/mm/limbo.h"
#include "xen-core/mm/paging.h"

extern char image_start[], image_end[];
extern uintptr_t __stack_chk_guard;

/** Called by head.S with the loader's word and the address of its information. */
void boot_main(uint32_t magic, uint32_t info) __attribute__((noreturn));

static void memory_print(void)
{
	static const char *const types[] = { "", "RAM", "reserved", "ACPI", "ACPI NVS", "unusable" };

	log_print("the firmware's memory map:\n");
	for (size_t i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];

		log_print("  %016lx - %016lx %s\n", r->start, r->start + r->size, types[r->type]);
	}
}

/* The highest end of such a place in a range of RAM where no module is; 0 when there is none. */
static uint64_t range_room(const struct boot_range *r, uint64_t size)
{
	uint64_t end = MIN(ALIGN_DOWN(r->start + r->size, PAGE_SIZE), UINT64_C(1) << 32);

	for (size_t i = 0; i < boot_info.nr_modules && end > r->start + size; i++) {
		const struct boot_module *m = &boot_info.modules[i];

		if (end - size >= m->start + m->size || end <= m->start)
			continue;
		end = ALIGN_DOWN(m->start, PAGE_SIZE);
		i = SIZE_MAX;
	}
	return end > r->start + size ? end : 0;
}

/* The highest RAM below 4 GiB: there is room for size bytes, and dom0's begin is far away. */
static uint64_t high_room(uint64_t size)
{
	uint64_t best = 0;

	for (size_t i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].type == E820_RAM)
			best = MAX(best, range_room(&boot_info.ranges[i], size));
	if (!best)
		panic("no %lu MiB of RAM in one piece below 4 GiB, for tables and what the boot modules need", size / MIB);
	return best - size;
}

/* What xen-core keeps at the top of low memory; addresses. */
static struct { uint64_t start, modules, end; } room;

/* Whether the image or that room is at the address; *end is until where that is so, to at most. */
static bool kept(uint64_t address, uint64_t to, uint64_t *end)
{
	const uint64_t ranges[][2] = {
		{ ALIGN_DOWN((uintptr_t)image_start, PAGE_SIZE), ALIGN_UP((uintptr_t)image_end, PAGE_SIZE) },
		{ ALIGN_DOWN(room.start, PAGE_SIZE), ALIGN_UP(room.end, PAGE_SIZE) },
	};

	*end = to;
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (address >= ranges[i][0] && address < ranges[i][1]) {
			*end = MIN(to, ranges[i][1]);
			return true;
		}
		if (address < ranges[i][0])
			*end = MIN(*end, ranges[i][0]);
	}
	return false;
}

/* RAM from start to end becomes free, but for the image and that room. */
static void memory_free(uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];
		uint64_t from = MAX(ALIGN_UP(r->start, PAGE_SIZE), start),
			 to = MIN(ALIGN_DOWN(r->start + r->size, PAGE_SIZE), end);

		/* In runs of frames that are all kept, or all free. */
		while (r->type == E820_RAM && from < to) {
			uint64_t until;
			bool keep = kept(from, to, &until);

			(keep ? frames_reserve : frames_add)(from >> PAGE_SHIFT, until >> PAGE_SHIFT);
			from = until;
		}
	}
}

/* The first address behind all memory and all devices that the firmware's map and the first 4 GiB show. */
static uint64_t memory_top(void)
{
	uint64_t top = UINT64_C(1) << 32;

	for (size_t i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].type == E820_RAM)
			top = MAX(top, boot_info.ranges[i].start + boot_info.ranges[i].size);
	return ALIGN_UP(top, UINT64_C(1) << 30);
}

/* Page tables, the table of frames, and the modules, from the top of low memory down. */
static void memory_init(void)
{
	uint64_t top = memory_top(), nr_frames = top >> PAGE_SHIFT, modules = modules_room(), at;
	uint64_t size = modules + paging_size(top) + ALIGN_UP(nr_frames * sizeof(struct frame), PAGE_SIZE);

	room.start = at = high_room(size);
	room.end = room.start + size;
	room.modules = room.end - modules;
	modules_move(room.end);
	paging_init(top, &at);
	memset((void *)(uintptr_t)at, 0, nr_frames * sizeof(struct frame));
	frames_init((struct frame *)(uintptr_t)at, nr_frames);
}

static uint64_t option(const char *name, uint64_t fallback)
{
	char text[32];
	uint64_t value;

	return cmdline_get(boot_info.cmdline, name, text, sizeof(text)) && cmdline_number(text, &value) ? value : fallback;
}

/* dom0_mem= in Xen's form; its min: and max: words are for balloons that dom0 has itself. Without: half of the RAM. */
static uint64_t dom0_mem(void)
{
	uint64_t bytes, total = 0;
	char text[64];

	if (cmdline_get(boot_info.cmdline, "dom0_mem", text, sizeof(text)) && cmdline_size(text, &bytes) && bytes)
		return bytes;
	for (size_t i = 0; i < boot_info.nr_ranges; i++)
		total += boot_info.ranges[i].type == E820_RAM ? boot_info.ranges[i].size : 0;
	return ALIGN_DOWN(total / 2, PAGE_SIZE);
}

/* Inline: nothing that returns may have looked at it before. */
static inline __attribute__((always_inline)) void stack_guard_init(void)
{
	uint64_t value = 0;

	if (cpuid(1, 0).ecx & BIT(30))
		rdrand(&value);
	/* Strings do not write a 0. */
	__stack_chk_guard = (value ^ rdtsc() * UINT64_C(0x9e3779b97f4a7c15)) & ~UINT64_C(0xff);
}

void boot_main(uint32_t magic, uint32_t info)
{
	uint64_t mem, split;
	char level[16];

	stack_guard_init();
	pic_mask();
	apic_device_irq = device_irq;
	cpu_init(0);
	serial_init("");
	boot_info_take(magic, info);
	serial_init(boot_info.cmdline);
	version_cmdline = boot_info.cmdline;
	log_level(cmdline_get(boot_info.cmdline, "loglvl", level, sizeof(level)) && !strncmp(level, "all", 3));
	if (cmdline_get(boot_info.cmdline, "noreboot", level, sizeof(level)))
		panic_halts();
	log_print("xen-core " PACKAGE_VERSION ", a hypervisor with Xen's interface of 4.17\n");
	log_print("command line: %s\n", boot_info.cmdline);
	memory_print();
	acpi_scan(boot_info.rsdp);
	ioapics_mask();
	memory_init();
	/* dom0 is to have all of its addresses: what is needed before it comes from above. */
	mem = dom0_mem();
	split = mem + 2 * MIB + (uintptr_t)image_end;
	memory_free(split, UINT64_MAX);
	cpus[0].apic_id = apic_id();
	apic_init();
	time_init();
	if (!virt_present())
		panic("guests cannot run here");
	if (virt_cpu_init())
		panic("no memory");
	machine_checks_on();
	cpus[0].online = true;
	smp_start((unsigned)option("maxcpus", CPUS_MAX));
	port_init();
	limbo_init();
	memory_free(0, split);
	log_print("%lu MiB of RAM, %lu MiB free\n", frames_total() * PAGE_SIZE / MIB, frames_free() * PAGE_SIZE / MIB);
	dom0_build(mem, (unsigned)MIN(MAX(option("dom0_max_vcpus", nr_cpus), UINT64_C(1)), (uint64_t)nr_cpus));
	frames_add(room.modules >> PAGE_SHIFT, room.end >> PAGE_SHIFT);
	log_print("%lu MiB free; here is dom0\n", frames_free() * PAGE_SIZE / MIB);
	log_wait(false);
	smp_release();
	sched_loop();
}
