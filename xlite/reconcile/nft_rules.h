/* SPDX-License-Identifier: GPL-2.0-or-later
 * What domains of the host have in nft's tables of ours, and what of it stands in the way of a plan.
 */
#ifndef RECONCILE_NFT_RULES_H
#define RECONCILE_NFT_RULES_H

#include "xlite/reconcile/host.h"
#include "xlite/reconcile/plan.h"

/**
 * Refuses what of the plan would forward a port of the host that a domain has already which keeps it. nft is run once,
 * and only if forwards are to come or to change; the record of whoever has the port is read to name it. state must list
 * all domains.
 */
int nft_rules_check_ports(struct host *host, struct state *state, struct plan *plan, struct xlite_error *err);
/**
 * Refuses what of the plan would give a vif an address that another domain on its segment has already which keeps it, or
 * that is outside of its network's subnets, or its network's gateway. nft is run once, and only if addresses are to come;
 * the record of whoever has the address is read to name it. What a domain has already it keeps. state must list all
 * domains, and networks of documents be in the plan.
 */
int nft_rules_check_addresses(struct host *host, struct state *state, struct plan *plan, struct xlite_error *err);
/**
 * Removes forwards of domains that are gone, filters of vifs that are gone, and empty tables: what another tool leaves
 * that ends a domain of ours. A host without a table of ours costs a few system calls.
 */
int nft_rules_sweep(struct host *host, struct xlite_error *err);

#endif
