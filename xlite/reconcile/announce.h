/* SPDX-License-Identifier: GPL-2.0-or-later
 * Telling a guest the addresses of its vif by the kernel's command line.
 */
#ifndef RECONCILE_ANNOUNCE_H
#define RECONCILE_ANNOUNCE_H

#include "cfg/range.h"
#include "cfg/spec.h"
#include "common/buf.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

/**
 * The command line that the domain boots with: its own and, for a vif with `announce: cmdline', ip= with the first IPv4
 * address (Linux Documentation/admin-guide/nfs/nfsroot.rst). malloc'ed into *cmdline, which is the caller's; NULL for
 * none. Reads the networks' records, only where a vif is announced so. -EINVAL, naming the vif: its prefix length is
 * not known, or its gateway is outside of its subnet.
 */
int announce_cmdline(struct host *host, const struct cfg_domain *domain, char **cmdline, struct xlite_error *err);
/** The same for a domain that has such a vif, among the networks of state: adds to out. */
int announce_words(const struct cfg_domain *domain, const struct state *state, struct buf *out, struct xlite_error *err);

/**
 * Reads the networks among which vifs are looked for: those of the host's records, and where it is foreseen what a plan
 * would be refused, those that it makes or changes before. state is the caller's (state_clear), also where this fails.
 */
int announce_networks(struct host *host, struct state *state, struct xlite_error *err);
/** The network that the vif is in, or NULL where xlite did not make what it names. */
const struct cfg_network *announce_network(const struct state *state, const struct cfg_vif *vif);
/**
 * Gives an address without a prefix length that of the network's subnet that it is in. Whether it has one. network
 * may be NULL.
 */
bool announce_prefix(const struct cfg_network *network, struct cfg_range *address);
/** The error that it has none, of what is asked for by key. -EINVAL. */
int announce_no_prefix(const struct cfg_vif *vif, size_t index, const char *key, struct xlite_error *err);

#endif
