/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the builder: the build under way.
 */
#ifndef XLITE_LIB_BUILD_INT_H
#define XLITE_LIB_BUILD_INT_H

#include "xlite/lib/build.h"
#include "xlite/lib/build_plan.h"
#include "xlite/lib/image.h"
#include "xlite/lib/map.h"

enum build_phase { BUILD_NEW, BUILD_DOMAIN, BUILD_MEMORY, BUILD_IMAGE, BUILD_BOOT };

struct xlite_build {
	struct xlite_build_config config;
	enum build_phase phase;		/* the last that succeeded */
	struct xlite_image *image;	/* NULL once it is loaded */
	int ramdisk_fd;			/* -1: none */
	uint64_t ramdisk_bytes;
	uint8_t *acpi;			/* the tables for PLAN_ACPI */
	size_t acpi_bytes;
	struct build_plan plan;
	struct xlite_xen *xen;		/* from xlite_build_domain on */
	uint32_t domid;
	uint32_t entry;			/* of the kernel */
	struct xen_map window;		/* the part of memory being written */
	uint64_t window_addr;		/* its guest physical address */
	uint8_t *touched;		/* while the kernel is loaded: a bit for each of its pages that is not as Xen gave it */
	struct xlite_build_result result;
};

/** The phases of a guest type. Each is called once, after the one before it; open makes no hypercall. */
struct xlite_guest_builder {
	int (*open)(struct xlite_build *build, struct xlite_error *err);
	int (*check)(struct xlite_build *build, struct xlite_error *err);	/* no phase: see xlite_build_check */
	int (*limits)(struct xlite_build *build, struct xlite_error *err);
	int (*memory)(struct xlite_build *build, struct xlite_error *err);
	int (*image)(struct xlite_build *build, struct xlite_error *err);
	int (*boot)(struct xlite_build *build, struct xlite_error *err);
};

int build_pvh_open(struct xlite_build *build, struct xlite_error *err);
int build_pvh_check(struct xlite_build *build, struct xlite_error *err);
int build_pvh_limits(struct xlite_build *build, struct xlite_error *err);
int build_pvh_memory(struct xlite_build *build, struct xlite_error *err);
int build_pvh_image(struct xlite_build *build, struct xlite_error *err);
int build_pvh_boot(struct xlite_build *build, struct xlite_error *err);

/** Fills err for a call that failed for lack of memory: what is needed, what is free. Returns -ENOMEM. */
int build_no_memory(struct xlite_build *build, const char *call, struct xlite_error *err);
/** Adds vCPU 0's registers, and every vCPU's memory types, as one XEN_DOMCTL_sethvmcontext. */
void build_add_vcpu(struct xen_batch *batch, const struct xlite_build *build);

#endif
