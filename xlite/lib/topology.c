/* SPDX-License-Identifier: LGPL-2.1-or-later
 * CPUID leaves of topology. set_cpu_policy merges what it is given into the policy that the domain has, so that only
 * the leaves changed here are sent; features stay Xen's default, which is what a domain made by xl has as well.
 * Sources: AMD APM volume 3 (Fn0000_0001, Fn8000_0008), Intel SDM volume 2A (CPUID leaves 1 and 4).
 */
#include "xlite/lib/topology.h"

#include <errno.h>
#include <string.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

_Static_assert(sizeof(struct xen_topology_leaf) == sizeof(xen_cpuid_leaf_t), "xen_cpuid_leaf_t");

#define LEAF_BASIC 1u
#define LEAF_CACHE 4u
#define LEAF_FEATURES 0x80000001u
#define LEAF_CORES 0x80000008u

#define BASIC_HTT (1u << 28)		/* edx: the number of logical processors in ebx counts */
#define FEATURES_CMP_LEGACY (1u << 1)	/* ecx: that number is of cores only, which the host may be */
/* The widest field that fits every vendor is leaf 4's: 6 bits for the number of APIC IDs less one. */
#define PACKAGE_IDS_MAX 64u

/* Leaves that the policies of all releases fit in. */
#define POLICY_LEAVES 512u

static void topology_collect(struct xen_topology *t, const xen_cpuid_leaf_t *leaves, size_t nr)
{
	const size_t room = sizeof(t->leaves) / sizeof(t->leaves[0]);

	for (size_t i = 0; i < nr && t->nr_leaves < room; i++) {
		const xen_cpuid_leaf_t *leaf = &leaves[i];

		if (leaf->leaf == 0)
			t->amd = leaf->b == 0x68747541 || leaf->b == 0x6f677948;	/* "Auth"enticAMD, "Hygo"nGenuine */
		if (leaf->leaf == LEAF_BASIC || (leaf->leaf == LEAF_CACHE && (leaf->a & 0x1f)) ||
		    leaf->leaf == LEAF_FEATURES || leaf->leaf == LEAF_CORES)
			memcpy(&t->leaves[t->nr_leaves++], leaf, sizeof(*leaf));
	}
	t->known = true;
}

int topology_read(struct xlite_xen *xen, struct xlite_error *err)
{
	struct xen_sysctl_cpu_policy *op;
	xen_cpuid_leaf_t *leaves;
	struct xen_batch batch;
	int rc;

	if (xen->topology.known)
		return 0;
	xen_batch_init(&batch, xen);
	op = xen_batch_sysctl(&batch, "get_cpu_policy", XEN_READS, XEN_SYSCTL_get_cpu_policy);
	leaves = xen_batch_room(&batch, POLICY_LEAVES * sizeof(*leaves));
	op->index = XEN_SYSCTL_cpu_policy_hvm_default;
	op->nr_leaves = POLICY_LEAVES;
	set_xen_guest_handle_raw(op->leaves, leaves);
	rc = xen_batch_run(&batch, err);
	if (rc || !leaves)
		return rc;
	if (op->nr_leaves > POLICY_LEAVES)
		return xlite_error_set(err, -EIO, "get_cpu_policy: Xen answers more than was asked for");
	topology_collect(&xen->topology, leaves, op->nr_leaves);
	return 0;
}

static void basic_leaf(struct xen_topology_leaf *leaf, unsigned ids)
{
	leaf->b = (leaf->b & 0xff00ffffu) | ids << 16;
	leaf->d |= BASIC_HTT;
}

/* Bits 31-26: APIC IDs in the package, less one. Bits 25-14: those that share the cache, less one; none does. */
static void cache_leaf(struct xen_topology_leaf *leaf, unsigned ids)
{
	leaf->a = (leaf->a & 0x00003fffu) | (ids - 1) << 26;
}

/* Bits 15-12: log2 of the APIC IDs in the package. Bits 7-0: their number, less one. */
static void cores_leaf(struct xen_topology_leaf *leaf, unsigned ids)
{
	leaf->c = (leaf->c & 0xffff0f00u) | (unsigned)__builtin_ctz(ids) << 12 | (ids - 1);
}

void topology_leaves(const struct xen_topology *host, unsigned vcpus, struct xen_topology_leaf *leaves)
{
	unsigned ids = 2;

	while (ids < 2 * vcpus && ids < PACKAGE_IDS_MAX)
		ids *= 2;
	memcpy(leaves, host->leaves, host->nr_leaves * sizeof(*leaves));
	for (unsigned i = 0; i < host->nr_leaves; i++) {
		if (leaves[i].leaf == LEAF_BASIC)
			basic_leaf(&leaves[i], ids);
		else if (leaves[i].leaf == LEAF_CACHE)
			cache_leaf(&leaves[i], ids);
		else if (leaves[i].leaf == LEAF_FEATURES)
			leaves[i].c &= ~FEATURES_CMP_LEGACY;
		else if (leaves[i].leaf == LEAF_CORES && host->amd)
			cores_leaf(&leaves[i], ids);
	}
}

unsigned topology_add(struct xen_batch *batch, uint32_t domid, unsigned vcpus)
{
	const struct xen_topology *host = &batch->xen->topology;
	struct xen_domctl_cpu_policy *op = xen_batch_domctl(batch, "set_cpu_policy", XEN_WRITES,
							    XEN_DOMCTL_set_cpu_policy, domid);
	struct xen_topology_leaf *leaves = xen_batch_room(batch, sizeof(host->leaves));

	if (leaves)
		topology_leaves(host, vcpus, leaves);
	op->nr_leaves = host->nr_leaves;
	set_xen_guest_handle_raw(op->leaves, (void *)leaves);
	return batch->nr - 1;
}
