/* SPDX-License-Identifier: GPL-2.0-or-later
 * What doctor says of networks.
 */
#ifndef CLI_DOCTOR_NETWORK_H
#define CLI_DOCTOR_NETWORK_H

#include "xlite/reconcile/host.h"

/** Takes one finding: whether it is well, a sentence, and what to do where it is not ("" for nothing). */
typedef void (*doctor_find_fn)(void *ctx, bool good, const char *text, const char *hint);

/** Networks that are not as they were applied, and what on this host keeps running guests from reaching anybody. */
void doctor_networks(struct xlite_xen *xen, struct xlite_store *store, doctor_find_fn find, void *ctx);

#endif
