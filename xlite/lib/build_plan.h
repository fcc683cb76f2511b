/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the builder: what lies where in a domain. Pure: sizes in, addresses out. This is PVH; an emulated PC is in
 * build_plan_hvm.c.
 *
 *   0                RAM, first part: kernel, then ramdisk and start_info on page boundaries after it
 *   0xf0000000       end of the first part at the latest
 *   0xfc000000       ACPI tables
 *   0xfeff8000       reserved; its last pages are the identity page table, XenStore's ring and the console's
 *   0xff000000       end of that
 *   0x100000000      RAM, what did not fit below
 */
#ifndef XLITE_LIB_BUILD_PLAN_H
#define XLITE_LIB_BUILD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define PLAN_LOW_END UINT64_C(0xf0000000)
#define PLAN_ACPI UINT64_C(0xfc000000)
#define PLAN_ACPI_BYTES_MAX UINT64_C(0x100000)
#define PLAN_RESERVED UINT64_C(0xfeff8000)
#define PLAN_RESERVED_END UINT64_C(0xff000000)
#define PLAN_HIGH UINT64_C(0x100000000)
/* In order, the last pages of the reserved range. */
#define PLAN_IDENT_PT UINT64_C(0xfeffd000)
#define PLAN_STORE UINT64_C(0xfeffe000)
#define PLAN_CONSOLE UINT64_C(0xfefff000)
#define PLAN_SPECIAL_PAGES 3
/* The most that any layout has. */
#define PLAN_SPECIAL_PAGES_MAX 16
/* Of an emulated PC: pages of ioreq servers, then those that parameters of Xen's name, in this order. */
#define PLAN_IOREQ_SERVERS UINT64_C(0xfeff0000)
#define PLAN_IOREQ_SERVER_PAGES 8
#define PLAN_PAGING UINT64_C(0xfeff8000)
#define PLAN_ACCESS UINT64_C(0xfeff9000)
#define PLAN_SHARING UINT64_C(0xfeffa000)
#define PLAN_BUFIOREQ UINT64_C(0xfeffb000)
#define PLAN_HVM_STORE UINT64_C(0xfeffc000)
#define PLAN_IOREQ UINT64_C(0xfeffd000)
#define PLAN_HVM_IDENT_PT UINT64_C(0xfeffe000)
/* Where hvmloader finds its parameters (xen/hvm/hvm_info_table.h), and the least memory that it can do with. */
#define PLAN_HVM_INFO UINT64_C(0x9f000)
#define PLAN_HVM_KIB_MIN UINT64_C(8192)
/* A frame that no guest has, for what is mapped there for a moment. */
#define PLAN_SCRATCH UINT64_C(0xfd000000)

/** Limits of what is accepted: a domain has at least 1 MiB, and at most what Xen's tables reach (16 TiB). */
#define PLAN_MEMORY_KIB_MIN UINT64_C(1024)
#define PLAN_MEMORY_KIB_MAX (UINT64_C(1) << 34)

/** Types of ranges as start_info and e820 number them (xen/arch-x86/hvm/start_info.h: XEN_HVM_MEMMAP_TYPE_*). */
enum plan_type { PLAN_RAM = 1, PLAN_RESERVED_TYPE = 2, PLAN_ACPI_TYPE = 3 };

#define PLAN_RANGES_MAX 4

struct plan_range {
	uint64_t start, end;	/* bytes, end exclusive */
	enum plan_type type;
};

/** Pages that Xen, XenStore, consoles and device models use: nr pages from first on, and which is which. */
struct plan_special {
	uint64_t first;
	unsigned nr;
	uint64_t ident_pt, store, console;
};

struct build_plan {
	const struct plan_special *special;	/* NULL: none, as of PV domains */
	uint64_t map_start;	/* the memory map begins here: what is below is the firmware's to describe */
	uint64_t pages_less;	/* of a domain's memory that lie over a hole */
	const char *module;	/* how start_info names the ramdisk's module; NULL: not at all */
	struct plan_range ranges[PLAN_RANGES_MAX];	/* ascending; the first is RAM from 0 */
	unsigned nr_ranges;
	uint64_t image_end;	/* images lie below */
	uint64_t kernel, kernel_end;
	uint64_t ramdisk, ramdisk_bytes;	/* 0 bytes: none */
	uint64_t start_info, start_info_bytes;
};

/**
 * Lays out max_memory_kib of RAM, of which memory_kib are there at start, and acpi_bytes of tables.
 * -EINVAL: a size out of range or not of whole pages.
 */
int build_plan_memory(struct build_plan *plan, uint64_t memory_kib, uint64_t max_memory_kib, uint64_t acpi_bytes,
		      struct xlite_error *err);
/** As build_plan_memory for a PV domain: one range, of which memory_kib are there; nothing lies beside it. */
int build_plan_memory_pv(struct build_plan *plan, uint64_t memory_kib, uint64_t max_memory_kib, struct xlite_error *err);
/** Accepts the kernel's range. -ENOSPC: not in RAM. */
int build_plan_kernel(struct build_plan *plan, uint64_t low, uint64_t high, struct xlite_error *err);
/** Places ramdisk and start_info after the kernel. -ENOSPC: no room. */
int build_plan_rest(struct build_plan *plan, uint64_t ramdisk_bytes, uint64_t start_info_bytes,
		    struct xlite_error *err);
/**
 * The same of an emulated PC, whose firmware makes its own tables. The display's memory is beyond this: the device
 * model populates it. -EINVAL also for less than PLAN_HVM_KIB_MIN. (build_plan_hvm.c)
 */
int build_plan_hvm(struct build_plan *plan, uint64_t memory_kib, uint64_t max_memory_kib, struct xlite_error *err);
/** What of range i the memory map has; false: nothing. */
bool build_plan_mapped(const struct build_plan *plan, unsigned i, struct plan_range *range);
/** Pages of RAM that memory_kib of memory is. */
uint64_t build_plan_ram_pages(const struct build_plan *plan, uint64_t memory_kib);
/** Pages of RAM, of ACPI tables and special ones that the domain will have at start. */
uint64_t build_plan_pages(const struct build_plan *plan, uint64_t memory_kib);

/** Bytes of start_info with all that it points to but the images. */
size_t build_start_bytes(const struct build_plan *plan, const char *cmdline, uint64_t ramdisk_bytes);
/** Writes it for the address plan->start_info into buffer of plan->start_info_bytes, zeroed. cmdline may be NULL. */
void build_start_write(const struct build_plan *plan, const char *cmdline, uint64_t rsdp, void *buffer);

#endif
