/* SPDX-License-Identifier: LGPL-2.1-or-later
 * NUMA: the host's nodes, and those that a domain's memory comes from.
 */
#include <errno.h>
#include <string.h>

#include "xlite/lib/hypercall.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

#define NODES_MAX 64u
#define NO_MEMORY (~UINT64_C(0))	/* xen/sysctl.h: XEN_INVALID_MEM_SZ, of a node that is not online */

int xlite_host_nodes(struct xlite_xen *xen, uint64_t *online, uint8_t *node_of_cpu, size_t nr_cpus, struct xlite_error *err)
{
	struct xen_sysctl_cputopoinfo *cpus;
	struct xen_sysctl_numainfo *nodes;
	xen_sysctl_cputopo_t *places;
	xen_sysctl_meminfo_t *memory;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, xen);
	nodes = xen_batch_sysctl(&batch, "NUMA nodes (numainfo)", XEN_READS, XEN_SYSCTL_numainfo);
	memory = xen_batch_room(&batch, NODES_MAX * sizeof(*memory));
	nodes->num_nodes = NODES_MAX;
	set_xen_guest_handle_raw(nodes->meminfo, memory);
	cpus = xen_batch_sysctl(&batch, "topology of CPUs (cputopoinfo)", XEN_READS, XEN_SYSCTL_cputopoinfo);
	places = xen_batch_room(&batch, nr_cpus * sizeof(*places));
	cpus->num_cpus = (uint32_t)nr_cpus;
	set_xen_guest_handle_raw(cpus->cputopo, places);
	rc = xen_batch_run(&batch, err);
	if (rc || !memory || !places)
		return rc;
	*online = 0;
	for (unsigned i = 0; i < NODES_MAX && i < nodes->num_nodes; i++)
		*online |= memory[i].memsize == NO_MEMORY ? 0 : UINT64_C(1) << i;
	memset(node_of_cpu, XLITE_NO_NODE, nr_cpus);
	for (size_t i = 0; i < nr_cpus && i < cpus->num_cpus; i++) {
		if (places[i].node < NODES_MAX)
			node_of_cpu[i] = (uint8_t)places[i].node;
	}
	return 0;
}

int xlite_domain_set_nodes(struct xlite_xen *xen, uint32_t domid, uint64_t nodes, struct xlite_error *err)
{
	struct xen_domctl_nodeaffinity *op;
	struct xen_batch batch;
	uint64_t *map;

	xen_batch_init(&batch, xen);
	op = xen_batch_domctl(&batch, "setnodeaffinity", XEN_WRITES, XEN_DOMCTL_setnodeaffinity, domid);
	map = xen_batch_room(&batch, sizeof(*map));
	set_xen_guest_handle_raw(op->nodemap.bitmap, (uint8_t *)map);
	op->nodemap.nr_bits = NODES_MAX;
	if (map)
		*map = nodes;
	return xen_batch_run(&batch, err);
}
