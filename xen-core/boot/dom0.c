/* SPDX-License-Identifier: GPL-2.0-or-later
 * Domain 0, entered by PVH (xen/arch-x86/hvm/start_info.h). Its memory is the machine's, at the same addresses, from 0
 * on, so that devices find it where it says; xen-core's own place at 1 MiB is a hole in it.
 */
#include "xen-core/boot/boot.h"

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/params.h>

#include "xen-core/boot/boot_info.h"
#include "xen-core/boot/elf.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"
#include "xen-core/lib/cmdline.h"

#define DOM0 0

extern char image_start[], image_end[];

/* Ranges of RAM fall into pieces. */
static struct hvm_memmap_table_entry map[2 * BOOT_RANGES];
static unsigned nr_map;

static void map_add(uint64_t start, uint64_t end, uint32_t type)
{
	struct hvm_memmap_table_entry *last = nr_map ? &map[nr_map - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->type == type && last->addr + last->size == start) {
		last->size += end - start;
		return;
	}
	if (nr_map == ARRAY_SIZE(map))
		panic("the memory map is too long for dom0");
	map[nr_map++] = (struct hvm_memmap_table_entry){ .addr = start, .size = end - start, .type = type };
}

/*
 * Pages from start to end, as many as are free and still due, become dom0's: before anything else of it is made,
 * that needs some, too.
 */
static void take_ram(uint64_t start, uint64_t end, uint64_t *left)
{
	for (uint64_t a = ALIGN_UP(start, PAGE_SIZE); a + PAGE_SIZE <= end && *left; a += PAGE_SIZE)
		if (frame_take(MFN(a >> PAGE_SHIFT), DOM0))
			*left -= MIN(*left, PAGE_SIZE);
}

/* What was taken is RAM; all else that would be is told to be unusable, so that dom0 does not take it for free addresses. */
static void enter_ram(struct domain *d, uint64_t start, uint64_t end)
{
	for (uint64_t a = ALIGN_UP(start, PAGE_SIZE); a + PAGE_SIZE <= end; a += PAGE_SIZE) {
		mfn_t mfn = MFN(a >> PAGE_SHIFT);
		/* Frame 0 is in nobody's list, and holds the BIOS's data. */
		enum p2m_type type = !a ? P2M_MMIO : frame_owner(mfn) == d->id ? P2M_RAM : P2M_NONE;

		map_add(a, a + PAGE_SIZE, type == P2M_NONE ? E820_UNUSABLE : E820_RAM);
		if (type != P2M_NONE && p2m_set(&d->p2m, GFN(mfn.v), mfn, 0, type, true, NULL))
			panic("no memory for dom0's tables");
	}
}

static void take_memory(uint64_t mem)
{
	uint64_t left = mem;

	for (size_t i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].type == E820_RAM)
			take_ram(boot_info.ranges[i].start, boot_info.ranges[i].start + boot_info.ranges[i].size, &left);
	if (left)
		log_print("dom0 gets %lu MiB less than asked for: there is not more below\n", left / MIB);
}

/* What is not RAM is dom0's where it is: firmware's tables and devices. */
static void enter_memory(struct domain *d)
{
	for (size_t i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];

		if (r->type == E820_RAM)
			enter_ram(d, r->start, r->start + r->size);
		else
			map_add(r->start, r->start + r->size, r->type);
	}
}

/* Up to where memory from start on is dom0's, to end at most. */
static uint64_t dom0s_until(struct domain *d, uint64_t start, uint64_t end)
{
	uint64_t a = ALIGN_DOWN(start, PAGE_SIZE);

	while (a < end && p2m_lookup(&d->p2m, GFN(a >> PAGE_SHIFT)).type == P2M_RAM)
		a += PAGE_SIZE;
	return MIN(a, end);
}

static void load_kernel(struct domain *d, struct elf_image *image)
{
	const struct boot_module *m = &boot_info.modules[0];
	const char *wrong = elf_check(image, (const void *)(uintptr_t)m->start, m->size);
	uint64_t address, file_size, mem_size;
	const void *data;

	if (wrong)
		panic("dom0's kernel: %s", wrong);
	if (dom0s_until(d, image->start, image->end) < image->end)
		panic("dom0's kernel wants 0x%lx to 0x%lx, which is not all dom0's: see dom0_mem=", image->start, image->end);
	for (unsigned i = 0; elf_part(image, i, &address, &data, &file_size, &mem_size); i++) {
		memcpy((void *)(uintptr_t)address, data, file_size);
		memset((void *)(uintptr_t)(address + file_size), 0, mem_size - file_size);
	}
}

/* Room in one piece, from a page on that is not below at: behind the kernel, where Linux expects nothing of its own. */
static uint64_t find_room(struct domain *d, uint64_t at, size_t size)
{
	for (uint64_t until; (until = dom0s_until(d, at, at + size)) < at + size; at = until + PAGE_SIZE)
		if (until > UINT32_MAX)
			panic("dom0 has too little memory for its kernel and ramdisk: see dom0_mem=");
	return at;
}

static uint64_t place(struct domain *d, uint64_t *next, const void *data, size_t size)
{
	uint64_t at = find_room(d, *next, size);

	memcpy((void *)(uintptr_t)at, data, size);
	*next = ALIGN_UP(at + size, PAGE_SIZE);
	return at;
}

static uint32_t start_info(struct domain *d, const struct elf_image *image, unsigned vcpus)
{
	uint64_t next = ALIGN_UP(image->end, PAGE_SIZE);
	struct hvm_start_info info = {
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.flags = SIF_PRIVILEGED | SIF_INITDOMAIN,
		.memmap_entries = nr_map,
	};
	const struct boot_module *ramdisk = &boot_info.modules[1];
	struct boot_module *kernel = &boot_info.modules[0];
	struct hvm_modlist_entry module = { 0 };

	if (!cmdline_bounce(kernel->cmdline, sizeof(kernel->cmdline)))
		log_print("dom0's command line is too long for swiotlb=force: devices do not reach what other domains grant\n");
	info.cmdline_paddr = place(d, &next, kernel->cmdline, strlen(kernel->cmdline) + 1);
	info.memmap_paddr = place(d, &next, map, nr_map * sizeof(map[0]));
	info.rsdp_paddr = dom0_acpi(find_room(d, next, dom0_acpi_size(vcpus)), vcpus, &next);
	if (boot_info.nr_modules > 1) {
		module.paddr = place(d, &next, (const void *)(uintptr_t)ramdisk->start, ramdisk->size);
		module.size = ramdisk->size;
		info.modlist_paddr = place(d, &next, &module, sizeof(module));
		info.nr_modules = 1;
	}
	return (uint32_t)place(d, &next, &info, sizeof(info));
}

void dom0_build(uint64_t mem, unsigned vcpus)
{
	struct elf_image image;
	struct domain *d;
	uint32_t info;

	take_memory(mem);
	d = domain_new(DOM0);
	if (!d)
		panic("no memory for dom0");
	if (!boot_info.nr_modules)
		panic("no boot module: dom0's kernel is to be the first, its ramdisk the second");
	dom0 = d;
	d->privileged = true;
	grant_init(d, 0, UINT32_MAX);
	d->max_frames = UINT64_MAX / 2;
	enter_memory(d);
	for (unsigned i = 0; i < nr_map; i++)
		if (!memory_map_add(&d->map, map[i].addr, map[i].size, map[i].type))
			panic("no memory for dom0's memory map");
	load_kernel(d, &image);
	for (unsigned i = 0; i < vcpus; i++) {
		if (vcpu_new(d, i, i))
			panic("no memory for dom0's vCPUs");
		/* Linux would switch to it as its first act: so that no other way to the APIC is used. */
		d->vcpus[i]->lapic.base |= APIC_BASE_X2;
	}
	info = start_info(d, &image, vcpus);
	virt_start_pvh(d->vcpus[0], image.entry, info);
	log_print("dom0: %lu MiB, %u vCPU%s, kernel at 0x%lx to 0x%lx, entry 0x%x\n",
		  frames_owned(d->id) * PAGE_SIZE / MIB, vcpus, vcpus == 1 ? "" : "s", image.start, image.end,
		  image.entry);
	vcpu_start(d->vcpus[0]);
}
