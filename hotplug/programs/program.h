/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/programs only: the programs that libxl (xl) and `script:` run in the place of Xen's shell scripts.
 * One binary serves for all of them: the name it was started by says which (main.c). The contract is xlite-hotplug(8).
 */
#ifndef HOTPLUG_PROGRAMS_PROGRAM_H
#define HOTPLUG_PROGRAMS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "xlite/lib/store.h"

/** All that one run may take: xl kills it after 40 s (libxl: LIBXL_HOTPLUG_TIMEOUT). */
#define PROGRAM_MS 30000

/** What arguments and environment ask for. */
struct request {
	bool add;		/* else remove */
	bool tap;		/* the link is an emulated card's, which has no backend's answer */
	bool ignored;		/* a call that is for the other kind of link: nothing to do */
	uint32_t domid;
	unsigned devid;
	char backend[80];	/* /local/domain/0/backend/vif/3/0 */
	char link[16];		/* of a vif: the name it has at first */
	char netdev[16];	/* the device that leads out; "" when none was named */
};

/** One run. */
struct job {
	const struct request *request;
	struct xlite_store *store;
	int64_t deadline_ns;	/* on CLOCK_MONOTONIC */
};

/**
 * Fills request for a device of kind "vif" or "vbd" from the arguments after the program's name, and the environment.
 * -EINVAL with status XLITE_USAGE.
 */
int request_parse(const char *kind, int argc, char *const argv[], struct request *request, struct xlite_error *err);

/**
 * Values of the backend's nodes, in one round trip: values[i] is malloc'ed, NULL where there is no such node; node_free
 * in any case. -ENOENT when there is no backend, or one of another domain.
 */
int nodes_read(const struct job *job, const char *const names[], char *values[], size_t nr, struct xlite_error *err);
void nodes_free(char *values[], size_t nr);
/** Tells that the device is ready; mtu (unless 0) goes to the frontend. */
int answer_connected(const struct job *job, unsigned mtu, struct xlite_error *err);
/** Tells what went wrong, and takes back what was told of a block device. Whether that came through is not known. */
void answer_error(const struct job *job, const char *text);

/* What the programs do; each undoes what it did when it fails. A remove that finds nothing succeeds. */
int vif_bridge_online(const struct job *job, struct xlite_error *err);
int vif_bridge_offline(const struct job *job, struct xlite_error *err);
int vif_route_online(const struct job *job, struct xlite_error *err);
int vif_route_offline(const struct job *job, struct xlite_error *err);
int vif_nat_online(const struct job *job, struct xlite_error *err);
int vif_nat_offline(const struct job *job, struct xlite_error *err);
int block_add(const struct job *job, struct xlite_error *err);
int block_remove(const struct job *job, struct xlite_error *err);

struct hotplug_disk;
/** Refuses a block device that another backend has (-EBUSY), unless both only read. */
int sharing_check(const struct job *job, const struct hotplug_disk *disk, struct xlite_error *err);

#endif
