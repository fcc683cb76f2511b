/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the library: what differs between releases of Xen in the unstable interfaces domctl and sysctl.
 * One row per interface version; offsets are bytes from the start of the operand. Sources: xen/domctl.h and
 * xen/sysctl.h of each release.
 */
#ifndef XLITE_LIB_ABI_H
#define XLITE_LIB_ABI_H

#include "xlite/lib/xen.h"

/** struct xen_domctl and struct xen_sysctl as far as all releases agree. */
struct abi_domctl_call {
	uint32_t cmd;
	uint32_t version;
	uint16_t domid;
	uint16_t pad[3];
	uint64_t u[16];
};

struct abi_sysctl_call {
	uint32_t cmd;
	uint32_t version;
	uint64_t u[16];
};

/** One version of the domctl interface. An offset of 0 means that the release has no such field. */
struct abi_domctl {
	uint32_t version;
	const char *releases;		/* "4.19 to 4.21" */
	uint8_t sid_guest;		/* a guest's label, where Xen has FLASK: a value, not an offset */
	uint8_t grant_opts;		/* createdomain: uint32_t each */
	uint8_t cpupool_id;
	uint8_t emulation_flags;
	uint16_t any_domid;		/* asks createdomain to choose */
	uint8_t info_bytes;		/* size of getdomaininfo, the stride of lists */
	bool paging_mempool;		/* has set_paging_mempool_size; else shadow_op */
	bool viridian_vcpus;		/* xen/hvm/params.h: HVMPV_no_vp_limit and HVMPV_cpu_hotplug */
};

/** One version of the sysctl interface. */
struct abi_sysctl {
	uint32_t version;
	uint8_t physinfo_pages;		/* total, free, scrub, outstanding: uint64_t each */
};

#define ABI_INFO_BYTES_MAX 112

/** The tables, ended by version 0. */
extern const struct abi_domctl abi_domctls[];
extern const struct abi_sysctl abi_sysctls[];

/** Fills the operand u (128 bytes, zeroed) of createdomain. */
void abi_put_createdomain(const struct abi_domctl *abi, const struct xlite_domain_config *config, void *u);
/** Reads one getdomaininfo. */
void abi_get_domaininfo(const void *raw, struct xlite_domain_info *info);
/** Reads the operand of physinfo. */
void abi_get_physinfo(const struct abi_sysctl *abi, const void *u, struct xlite_host_info *info);

/** "4.14, 4.15, ...": the releases in abi_domctls. */
void abi_supported(char *text, size_t size);

#endif
