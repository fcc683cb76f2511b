/* SPDX-License-Identifier: GPL-2.0-or-later
 * CPU pools by name: Xen knows numbers, dom0's nodes their names.
 */
#ifndef RECONCILE_POOL_H
#define RECONCILE_POOL_H

#include "xlite/reconcile/host.h"

/**
 * The number of the pool of that name; NULL is the one that Xen starts with, 0. -ENOENT: the hint names those that are.
 */
int pool_find(struct host *host, const char *name, uint32_t *pool, struct xlite_error *err);
/**
 * The name of a pool, malloc'ed; NULL where it has none, and for pool 0, unless that is what said (or NULL) calls it.
 * -ENOMEM.
 */
int pool_name(struct host *host, uint32_t pool, const char *said, char **name, struct xlite_error *err);

#endif
