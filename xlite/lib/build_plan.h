/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the builder: what lies where in a PVH domain. Pure: sizes in, addresses out.
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

struct build_plan {
	struct plan_range ranges[PLAN_RANGES_MAX];	/* ascending; the first is RAM from 0 */
	unsigned nr_ranges;
	unsigned special_pages;	/* beside RAM and tables */
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
/** Pages of RAM, of ACPI tables and special ones that the domain will have at start. */
uint64_t build_plan_pages(const struct build_plan *plan, uint64_t memory_kib);

/** Bytes of start_info with all that it points to but the images. */
size_t build_start_bytes(const struct build_plan *plan, const char *cmdline, uint64_t ramdisk_bytes);
/** Writes it for the address plan->start_info into buffer of plan->start_info_bytes, zeroed. cmdline may be NULL. */
void build_start_write(const struct build_plan *plan, const char *cmdline, uint64_t rsdp, void *buffer);

#endif
