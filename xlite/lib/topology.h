/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the library: the one thing that Xen's default CPU policy of a new domain does not settle, how its
 * vCPUs hang together. Xen gives vCPU n the APIC ID 2n but leaves the host's numbers of threads and cores in place.
 */
#ifndef XLITE_LIB_TOPOLOGY_H
#define XLITE_LIB_TOPOLOGY_H

#include "xlite/lib/hypercall.h"

/** Reads Xen's default policy for HVM guests into xen->topology, once per connection (XEN_SYSCTL_get_cpu_policy). */
int topology_read(struct xlite_xen *xen, struct xlite_error *err);
/** The leaves for a domain of vcpus vCPUs: cores without threads, in packages of at most 32. Pure. */
void topology_leaves(const struct xen_topology *host, unsigned vcpus, struct xen_topology_leaf *leaves);
/** Adds XEN_DOMCTL_set_cpu_policy with these leaves; needs topology_read. */
unsigned topology_add(struct xen_batch *batch, uint32_t domid, unsigned vcpus);

#endif
