/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The tables of interface versions, and the structures whose layout depends on them.
 */
#include "xlite/lib/abi.h"

#include <stdio.h>
#include <string.h>

#ifndef __XEN_TOOLS__
#define __XEN_TOOLS__ 1
#endif
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "common/auto.h"
#include "xlite/lib/guest_type.h"

/* xen/xen.h of 4.22: DOMID_ANY; releases before take 0 for it. */
#define ABI_DOMID_ANY 0x7ff5

/* FLASK's initial label of a guest, SECINITSID_DOMU; 4.17 has put another before it. The number after it is that of a device
 * model's domain, which may do more. Without FLASK it is not looked at. */
#define SID_DOMU_11 11
#define SID_DOMU_12 12

/* tests/unit/abi/values.txt has what stands here, and all that no release has changed, by the headers of each. */
const struct abi_domctl abi_domctls[] = {
	{ 0x12, "4.14", .sid_guest = SID_DOMU_11, .emulation_flags = 44, .info_bytes = 104 },
	{ 0x13, "4.15", .viridian_vcpus = true, .sid_guest = SID_DOMU_11, .emulation_flags = 48, .info_bytes = 104 },
	{ 0x14, "4.16", .viridian_vcpus = true, .sid_guest = SID_DOMU_11, .grant_opts = 44, .emulation_flags = 52,
	  .info_bytes = 112 },
	{ 0x15, "4.17", .viridian_vcpus = true, .sid_guest = SID_DOMU_12, .grant_opts = 44, .cpupool_id = 52,
	  .emulation_flags = 56, .info_bytes = 112, .paging_mempool = true },
	{ 0x16, "4.18", .viridian_vcpus = true, .sid_guest = SID_DOMU_12, .grant_opts = 44, .cpupool_id = 52,
	  .emulation_flags = 56, .info_bytes = 112, .paging_mempool = true },
	{ 0x17, "4.19 to 4.21", .viridian_vcpus = true, .sid_guest = SID_DOMU_12, .grant_opts = 44, .cpupool_id = 56,
	  .emulation_flags = 60, .info_bytes = 112, .paging_mempool = true },
	{ 0x18, "4.22", .viridian_vcpus = true, .sid_guest = SID_DOMU_12, .grant_opts = 44, .cpupool_id = 56,
	  .emulation_flags = 60, .any_domid = ABI_DOMID_ANY, .info_bytes = 112, .paging_mempool = true },
	{ .version = 0 },
};

const struct abi_sysctl abi_sysctls[] = {
	{ 0x13, .physinfo_pages = 32 },
	{ 0x14, .physinfo_pages = 32 },
	{ 0x15, .physinfo_pages = 40 },
	{ 0x16, .physinfo_pages = 40 },
	{ .version = 0 },
};

/* What every release has in the same place is taken from the headers at hand, and checked against it. */
_Static_assert(sizeof(struct abi_domctl_call) == sizeof(struct xen_domctl), "domctl");
_Static_assert(offsetof(struct abi_domctl_call, u) == offsetof(struct xen_domctl, u), "domctl operand");
_Static_assert(sizeof(struct abi_sysctl_call) == sizeof(struct xen_sysctl), "sysctl");
_Static_assert(offsetof(struct xen_domctl_createdomain, flags) == 20, "createdomain flags");
_Static_assert(offsetof(struct xen_domctl_createdomain, max_vcpus) == 28, "createdomain max_vcpus");
_Static_assert(offsetof(struct xen_domctl_createdomain, max_maptrack_frames) == 40, "createdomain max_maptrack_frames");
_Static_assert(offsetof(struct xen_domctl_getdomaininfo, cpu_time) == 56, "getdomaininfo cpu_time");
_Static_assert(offsetof(struct xen_domctl_getdomaininfo, handle) == 76, "getdomaininfo handle");
_Static_assert(offsetof(struct xen_domctl_getdomaininfo, cpupool) == 92, "getdomaininfo cpupool");
_Static_assert(sizeof(struct xen_domctl_getdomaininfo) <= ABI_INFO_BYTES_MAX, "getdomaininfo");
_Static_assert(offsetof(struct xen_sysctl_physinfo, capabilities) == 28, "physinfo capabilities");
_Static_assert(sizeof(struct xen_domctl_vcpuaffinity) == 40 && sizeof(struct xen_domctl_getvcpuinfo) == 24 &&
		       sizeof(struct xen_domctl_scheduler_op) == 24 && sizeof(struct xen_domctl_hvmcontext) == 16 &&
		       sizeof(struct xen_domctl_cpu_policy) == 40 && sizeof(struct xen_sysctl_cpu_policy) == 32 &&
		       sizeof(struct xen_sysctl_getdomaininfolist) == 24 &&
		       sizeof(struct xen_domctl_nodeaffinity) == 16 && sizeof(struct xen_sysctl_numainfo) == 24 &&
		       sizeof(struct xen_sysctl_cputopoinfo) == 16,
	       "operands that no release changed");

/* The part of createdomain that all releases share; what follows is placed by the table. */
struct create_head {
	uint32_t ssidref;
	uint8_t handle[16];
	uint32_t flags, iommu_opts;
	uint32_t max_vcpus, max_evtchn_port;
	int32_t max_grant_frames, max_maptrack_frames;
};
_Static_assert(sizeof(struct create_head) == 44, "createdomain head");

static void put_u32(void *u, uint8_t offset, uint32_t value)
{
	if (offset)
		memcpy((uint8_t *)u + offset, &value, sizeof(value));
}

void abi_put_createdomain(const struct abi_domctl *abi, const struct xlite_domain_config *config, void *u)
{
	struct create_head head = {
		.ssidref = abi->sid_guest,
		.flags = config->type->create_flags,
		.max_vcpus = config->vcpus_max,
		.max_evtchn_port = config->max_event_channels ? config->max_event_channels : 1023,
		.max_grant_frames = config->max_grant_frames,
		.max_maptrack_frames = config->max_maptrack_frames,
	};

	memcpy(head.handle, config->uuid, sizeof(head.handle));
	memcpy(u, &head, sizeof(head));
	put_u32(u, abi->grant_opts, config->max_grant_version ? config->max_grant_version : 1);
	put_u32(u, abi->cpupool_id, config->cpupool);
	put_u32(u, abi->emulation_flags, config->type->emulation_flags);
}

void abi_get_domaininfo(const void *raw, struct xlite_domain_info *info)
{
	struct xen_domctl_getdomaininfo xen = { 0 };

	/* Up to cpupool, the last field wanted, all releases agree. */
	memcpy(&xen, raw, offsetof(struct xen_domctl_getdomaininfo, cpupool) + sizeof(xen.cpupool));
	*info = (struct xlite_domain_info){
		.domid = xen.domain,
		.dying = xen.flags & XEN_DOMINF_dying,
		.shutdown = xen.flags & XEN_DOMINF_shutdown,
		.paused = xen.flags & XEN_DOMINF_paused,
		.blocked = xen.flags & XEN_DOMINF_blocked,
		.running = xen.flags & XEN_DOMINF_running,
		.hvm = xen.flags & XEN_DOMINF_hvm_guest,
		.hap = xen.flags & XEN_DOMINF_hap,
		.shutdown_reason = (xen.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask,
		.mem_kib = (uint64_t)xen.tot_pages << 2,
		.max_mem_kib = (uint64_t)xen.max_pages << 2,
		.shared_kib = (uint64_t)xen.shr_pages << 2,
		.paged_kib = (uint64_t)xen.paged_pages << 2,
		.outstanding_kib = (uint64_t)xen.outstanding_pages << 2,
		.cpu_time_ns = xen.cpu_time,
		.nr_online_vcpus = xen.nr_online_vcpus,
		.max_vcpu_id = xen.max_vcpu_id,
		.cpupool = xen.cpupool,
	};
	memcpy(info->uuid, xen.handle, sizeof(info->uuid));
}

void abi_get_physinfo(const struct abi_sysctl *abi, const void *u, struct xlite_host_info *info)
{
	struct xen_sysctl_physinfo head = { 0 };
	uint64_t pages[4];

	memcpy(&head, u, offsetof(struct xen_sysctl_physinfo, capabilities) + sizeof(head.capabilities));
	memcpy(pages, (const uint8_t *)u + abi->physinfo_pages, sizeof(pages));
	*info = (struct xlite_host_info){
		.total_kib = pages[0] << 2,
		/* Pages that wait to be scrubbed are free as well, and counted apart. */
		.free_kib = (pages[1] + pages[2]) << 2,
		.outstanding_kib = pages[3] << 2,
		.nr_cpus = head.nr_cpus,
		.nr_nodes = head.nr_nodes,
		.max_cpu_id = head.max_cpu_id,
		.cpu_khz = head.cpu_khz,
		.hvm = head.capabilities & XEN_SYSCTL_PHYSCAP_hvm,
		.hap = head.capabilities & XEN_SYSCTL_PHYSCAP_hap,
	};
}

void abi_supported(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const struct abi_domctl *abi = abi_domctls; abi->version && used < size; abi++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", abi->releases);
}
