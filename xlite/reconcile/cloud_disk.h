/* SPDX-License-Identifier: GPL-2.0-or-later
 * The disk from which a guest's cloud-init learns its name, keys and addresses: a file as long as the domain lives.
 */
#ifndef RECONCILE_CLOUD_DISK_H
#define RECONCILE_CLOUD_DISK_H

#include "cfg/spec.h"
#include "common/buf.h"
#include "common/error.h"
#include "xlite/reconcile/host.h"

#define CLOUD_DISK_PATH 80

/** Where the image of the domain with that uuid is. Returns path. */
const char *cloud_disk_path(const uint8_t uuid[16], char path[CLOUD_DISK_PATH]);
/**
 * Makes the image of a domain whose spec has cloud_init, in memory. Reads the files that the spec names and, if a vif
 * has addresses, the networks' records. 0, or a negative errno with the reason in err.
 */
int cloud_disk_image(struct host *host, const struct cfg_domain *domain, struct buf *image, struct xlite_error *err);
/** Puts the image into its file, which root alone can read, in place of an earlier one. Takes effect as a whole. */
int cloud_disk_write(const uint8_t uuid[16], const struct buf *image, struct xlite_error *err);
/** Removes the file, if there is one. */
void cloud_disk_remove(const uint8_t uuid[16]);
/**
 * Removes the files whose domains are gone without a record that leads here: xl destroy removes that. Does nothing
 * without the host's lock, since only under it a file has its domain before it is there.
 */
int cloud_disks_sweep(struct host *host, struct xlite_error *err);
/** The disk as a vbd; what it points to is domain's and path's. */
struct cfg_vbd cloud_disk_vbd(const struct cfg_domain *domain, char path[CLOUD_DISK_PATH]);

#endif
