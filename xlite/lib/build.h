/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The PVH domain builder: from a created, empty domain to one that can be unpaused.
 * In phases, so that the caller's steps can be named and undone: opening the images
 * changes nothing; everything after is undone by destroying the domain.
 * Sources: xen/arch-x86/hvm/start_info.h, docs/misc/pvh.pandoc, xen/hvm/params.h.
 */
#ifndef XLITE_LIB_BUILD_H
#define XLITE_LIB_BUILD_H

#include "xlite/lib/xen.h"

struct xlite_build_config {
	const char *kernel;		/* path: ELF or bzImage; borrowed */
	const char *ramdisk;		/* path, or NULL; loaded as it is */
	const char *cmdline;		/* or NULL; at most 4095 bytes */
	uint64_t memory_kib;		/* populated at start; multiple of 4 */
	uint64_t max_memory_kib;	/* ballooning limit, >= memory_kib */
	unsigned vcpus_max, vcpus_online;
	uint64_t kernel_limit;		/* bytes, unpacked; 0: 256 MiB */
	uint64_t ramdisk_limit;		/* bytes; 0: 1 GiB */
};

/** What the domain's XenStore nodes need. */
struct xlite_build_result {
	uint32_t store_port, console_port;	/* event channels, in the domain */
	uint64_t store_gfn, console_gfn;
};

struct xlite_build;

/**
 * Opens kernel and ramdisk and checks what can be checked without unpacking (kind, sizes, that they fit).
 * No hypercall. config is copied but for its strings. The caller frees *out with xlite_build_free.
 * Errors name the file: missing, not a kernel, too big, larger than the memory.
 */
int xlite_build_new(struct xlite_build **out, const struct xlite_build_config *config, struct xlite_error *err);
/** Limits, vCPUs, paging pool, CPU policy, HVM parameters, event channels. dom0's domid is 0. */
int xlite_build_domain(struct xlite_build *build, struct xlite_xen *xen, uint32_t domid, struct xlite_error *err);
/** Memory in the largest extents Xen grants, and its map. -ENOMEM says how much was free. */
int xlite_build_memory(struct xlite_build *build, struct xlite_error *err);
/** Unpacks the kernel straight into the domain; ramdisk, command line, start_info, ACPI tables. */
int xlite_build_image(struct xlite_build *build, struct xlite_error *err);
/** Special pages, console and XenStore rings with their grants, vCPU 0's registers. */
int xlite_build_boot(struct xlite_build *build, struct xlite_error *err);
/** Valid after xlite_build_boot; owned by build. */
const struct xlite_build_result *xlite_build_result(const struct xlite_build *build);
void xlite_build_free(struct xlite_build *build);

#endif
