/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a guest's cloud-init is told, as the texts of its data source NoCloud.
 */
#ifndef RECONCILE_CLOUD_DATA_H
#define RECONCILE_CLOUD_DATA_H

#include "cfg/spec.h"
#include "common/buf.h"
#include "common/error.h"
#include "xlite/reconcile/state.h"

/** Bytes that each of the files may have. */
#define CLOUD_FILE_MAX (1024 * 1024)

/**
 * meta-data: the domain's uuid as instance-id, hostname, and the keys of the files. -EINVAL, naming file and line, for
 * what is no key; -ENOENT and the like for a file that cannot be read.
 */
int cloud_meta_data(const struct cfg_domain *domain, struct buf *out, struct xlite_error *err);
/**
 * network-config, version 2: of each vif its addresses, known by its MAC and called ethN. The networks of state give
 * prefix lengths and gateways that the vif does not say. -EINVAL, naming the vif: a prefix length is not known.
 */
int cloud_network_config(const struct cfg_domain *domain, const struct state *state, struct buf *out,
			 struct xlite_error *err);
/** Adds what the file of key ("user_data") has. -EINVAL where cloud-init would not know what it is. */
int cloud_user_data(const char *key, const char *path, struct buf *out, struct xlite_error *err);

#endif
