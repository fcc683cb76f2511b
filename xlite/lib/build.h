/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The domain builder: from a created, empty domain to one that can be unpaused.
 * In phases, so that the caller's steps can be named and undone: opening the images
 * changes nothing; everything after is undone by destroying the domain.
 * What a phase does is the guest type's (guest_type.h). Sources: xen/hvm/params.h and those of the types.
 */
#ifndef XLITE_LIB_BUILD_H
#define XLITE_LIB_BUILD_H

#include "xlite/lib/guest_type.h"
#include "xlite/lib/xen.h"

struct xlite_restore;
struct xlite_image_cache;

struct xlite_build_config {
	const struct xlite_guest_type *type;
	const char *kernel;		/* path: ELF or bzImage; borrowed. Of an emulated PC hvmloader */
	const char *ramdisk;		/* path, or NULL; loaded as it is. Of an emulated PC its firmware */
	const char *cmdline;		/* or NULL; at most 4095 bytes */
	uint64_t memory_kib;		/* target; populated at start; multiple of 4, at least 1 MiB */
	uint64_t max_memory_kib; /* ballooning limit, >= memory_kib. Where it is greater, memory is populated on demand:
					 * the guest sees max_memory_kib and must balloon down to the target at boot */
	unsigned vcpus_max, vcpus_online; /* 1 to 128; those beyond online are up to XenStore's cpu/N/availability */
	/* of an emulated PC: the display's memory, which the device model populates; beyond the others */
	uint64_t video_kib;
	bool hpet;			/* of an emulated PC: whether it has that timer */
	/* of an emulated PC: whether the guest is offered Hyper-V's interfaces, those of libxl's default */
	bool viridian;
	uint64_t kernel_limit;		/* bytes, unpacked; 0: 256 MiB */
	uint64_t ramdisk_limit;		/* bytes; 0: 1 GiB */
	/*
	 * a saved domain in the place of kernel, ramdisk and cmdline, read by xlite_build_memory; or NULL. Borrowed
	 * (xlite/lib/save.h)
	 */
	struct xlite_restore *restore;
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
/**
 * Unpacks the kernel to nowhere, after xlite_build_new and before any phase: errors that otherwise xlite_build_image
 * has first. Takes as long as that.
 */
int xlite_build_check(struct xlite_build *build, struct xlite_error *err);
/**
 * vCPUs and their topology, paging pool, limit of memory, event channels (the ports of the result are valid from here
 * on), and a claim on all the memory to come: several domains may go through this before the first goes on. A claim
 * that the caller made before is left alone. -ENOMEM says how much was free. xen is borrowed until the last phase.
 */
int xlite_build_domain(struct xlite_build *build, struct xlite_xen *xen, uint32_t domid, struct xlite_error *err);
/** Memory in the largest extents Xen grants (1 GiB, 2 MiB, 4 KiB), and its map. -ENOMEM says how much was free. */
int xlite_build_memory(struct xlite_build *build, struct xlite_error *err);
/**
 * Lets the kernel be unpacked to a cache (xlite/lib/image.h), or be read from there; cache is borrowed until the kernel
 * is loaded. Before xlite_build_image.
 */
void xlite_build_keep_kernel(struct xlite_build *build, const struct xlite_image_cache *cache);
/** Unpacks the kernel straight into the domain, and reads the ramdisk after it. Errors name the file. */
int xlite_build_image(struct xlite_build *build, struct xlite_error *err);
/** start_info, command line, ACPI tables, console and XenStore rings with grants and HVM parameters, vCPU state. */
int xlite_build_boot(struct xlite_build *build, struct xlite_error *err);
/** Ports are valid after xlite_build_domain, frames after xlite_build_boot; owned by build. */
const struct xlite_build_result *xlite_build_result(const struct xlite_build *build);
void xlite_build_free(struct xlite_build *build);

#endif
