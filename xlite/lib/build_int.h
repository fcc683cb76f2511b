/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the builder: the build under way.
 */
#ifndef XLITE_LIB_BUILD_INT_H
#define XLITE_LIB_BUILD_INT_H

#include "xlite/lib/build.h"
#include "xlite/lib/build_plan.h"
#include "xlite/lib/build_pv.h"
#include "xlite/lib/image.h"
#include "xlite/lib/map.h"

#include <xen/grant_table.h>

enum build_phase { BUILD_NEW, BUILD_DOMAIN, BUILD_MEMORY, BUILD_IMAGE, BUILD_BOOT };

struct xlite_guest_builder;

struct xlite_build {
	struct xlite_build_config config;
	const struct xlite_guest_builder *ops;
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
	/* PV: the machine frame of each of the domain's; NULL: Xen takes the domain's own numbers */
	uint64_t *frames;
	uint64_t nr_frames;
	struct xlite_image_pv pv_image;	/* PV: once the kernel is loaded */
	struct pv_plan pv;		/* likewise */
	struct xen_map window;		/* the part of memory being written */
	uint64_t window_addr;		/* its guest physical address */
	/* while the kernel is loaded: a bit for each of its pages that is not as Xen gave it */
	uint8_t *touched;
	struct restore_state *restoring; /* of a saved domain: what its records have said; or NULL */
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
	/* parameters beside those of all; or NULL */
	void (*add_state)(struct xen_batch *batch, const struct xlite_build *build);
};

int build_pvh_open(struct xlite_build *build, struct xlite_error *err);
int build_pvh_check(struct xlite_build *build, struct xlite_error *err);
int build_pvh_limits(struct xlite_build *build, struct xlite_error *err);
int build_pvh_memory(struct xlite_build *build, struct xlite_error *err);
int build_pvh_image(struct xlite_build *build, struct xlite_error *err);
int build_pvh_boot(struct xlite_build *build, struct xlite_error *err);

/* The same of a domain that was saved. */
int restore_pvh_open(struct xlite_build *build, struct xlite_error *err);
int restore_pvh_check(struct xlite_build *build, struct xlite_error *err);
int restore_pvh_memory(struct xlite_build *build, struct xlite_error *err);
int restore_pvh_image(struct xlite_build *build, struct xlite_error *err);
int restore_pvh_boot(struct xlite_build *build, struct xlite_error *err);

int build_pv_open(struct xlite_build *build, struct xlite_error *err);
int build_pv_check(struct xlite_build *build, struct xlite_error *err);
int build_pv_limits(struct xlite_build *build, struct xlite_error *err);
int build_pv_memory(struct xlite_build *build, struct xlite_error *err);
int build_pv_image(struct xlite_build *build, struct xlite_error *err);
int build_pv_boot(struct xlite_build *build, struct xlite_error *err);

/* What the types share, in the order of the phases. */
int build_check_config(const struct xlite_build_config *config, struct xlite_error *err);
/** Of the kernel's bytes, unpacked. */
uint64_t build_kernel_limit(const struct xlite_build_config *config);
/** The ramdisk, where there is one; errors name it. */
int build_open_ramdisk(struct xlite_build *build, struct xlite_error *err);
/**
 * Adds the limit of memory, the event channels and the claim to a batch that has what is the type's own, and sends
 * it.
 */
int build_send_limits(struct xlite_build *build, struct xen_batch *batch, uint64_t limit_kib, struct xlite_error *err);
/** The memory's map and the memory; where there is room in frames, the machine frames are put there. */
int build_populate(struct xlite_build *build, struct xlite_error *err);

/** Unpacks the kernel to a sink and keeps what is known of it then. */
typedef int build_load(struct xlite_build *build, const struct xlite_image_sink *sink, struct xlite_error *err);
/** The kernel into the domain; its image is closed after that. */
int build_kernel(struct xlite_build *build, build_load *load, struct xlite_error *err);
/** The kernel to nowhere, for the errors that this has. */
int build_kernel_nowhere(struct xlite_build *build, build_load *load, struct xlite_error *err);
/** The ramdisk to where the plan has it. */
int build_ramdisk(struct xlite_build *build, struct xlite_error *err);
/** Maps nr of the domain's frames that follow one another. */
int build_map(struct xlite_build *build, uint64_t frame, size_t nr, struct xen_map *map, struct xlite_error *err);
/** The grants by which xenconsoled and xenstored map the rings (xen/grant_table.h: GNTTAB_RESERVED_*). */
void build_write_grants(struct grant_entry_v1 *grants, uint64_t console_frame, uint64_t store_frame);
/** Whether the domain has all the memory that it was given. -EIO. */
int build_all_there(const struct xlite_build *build, const struct xlite_domain_info *info, struct xlite_error *err);

int build_hvm_open(struct xlite_build *build, struct xlite_error *err);
int build_hvm_boot(struct xlite_build *build, struct xlite_error *err);
void build_hvm_add_state(struct xen_batch *batch, const struct xlite_build *build);

/**
 * The image and the module that are opened in the first phase; the plan must be there. The sizes are checked as
 * well.
 */
int build_open_images(struct xlite_build *build, struct xlite_error *err);
/** What the module is, for messages. */
const char *build_module(const struct xlite_build *build);
/** Adds a parameter (xen/hvm/params.h: HVM_PARAM_*). */
void build_add_param(struct xen_batch *batch, const struct xlite_build *build, uint32_t index, uint64_t value);
/** Fills err for a call that failed for lack of memory: what is needed, what is free. Returns -ENOMEM. */
int build_no_memory(struct xlite_build *build, const char *call, struct xlite_error *err);
/** Adds the map of memory that the guest may ask Xen for (XENMEM_set_memory_map). */
void build_add_map(struct xen_batch *batch, const struct xlite_build *build);
/** Grants dom0 the rings whose frames the result names. */
int build_seed_grants(struct xlite_build *build, struct xlite_error *err);
/** Adds vCPU 0's registers, and every vCPU's memory types, as one XEN_DOMCTL_sethvmcontext. */
void build_add_vcpu(struct xen_batch *batch, const struct xlite_build *build);

#endif
