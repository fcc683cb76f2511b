/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether what guests send and get will pass this host, as far as the host's own settings tell. Nothing is changed.
 */
#ifndef RECONCILE_REACH_H
#define RECONCILE_REACH_H

#include "xlite/reconcile/host.h"
#include "xlite/reconcile/plan.h"

/**
 * Adds to plan->warnings what would keep vifs of the wanted domains, and wanted networks, from reaching anybody: a
 * firewall's chain that drops what is forwarded, br_netfilter, forwarding and IPv6 that are off. Each names the chain
 * or the switch, and the items concerned get it. A host without nat, route and a firewall costs a few system calls.
 */
int reach_check(struct host *host, struct plan *plan, struct xlite_error *err);

#endif
