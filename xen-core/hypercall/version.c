/* SPDX-License-Identifier: GPL-2.0-or-later
 * xen_version (xen/version.h), features (xen/features.h).
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/features.h>
#include <xen/version.h>

#define VERSION_MAJOR 4
#define VERSION_MINOR 17

const char *version_cmdline = "";

static int64_t give(struct vcpu *v, uint64_t to, const char *text, size_t size)
{
	char buf[1024] = { 0 };
	size_t len = format(buf, MIN(size, sizeof(buf)), "%s", text);

	return guest_write(v, to, buf, MIN(size, len + 1)) ? (int64_t)len : -XEN_EFAULT;
}

static int64_t features(struct vcpu *v, uint64_t to)
{
	struct xen_feature_info info;

	if (!guest_read_struct(v, &info, to))
		return -XEN_EFAULT;
	info.submap = info.submap_idx ? 0
				      : 1u << XENFEAT_writable_page_tables | 1u << XENFEAT_auto_translated_physmap |
						1u << XENFEAT_hvm_callback_vector | 1u << XENFEAT_hvm_safe_pvclock |
						1u << XENFEAT_memory_op_vnode_supported |
						(v->domain->privileged ? 1u << XENFEAT_dom0 : 0);
	return guest_write_struct(v, to, &info) ? 0 : -XEN_EFAULT;
}

static int64_t compile_info(struct vcpu *v, uint64_t to)
{
	struct xen_compile_info info = { .compiler = "C", .compile_by = "xen-core" };

	return guest_write_struct(v, to, &info) ? 0 : -XEN_EFAULT;
}

int64_t call_version(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	struct xen_platform_parameters params = { .virt_start = UINT64_C(0xffff800000000000) };

	switch (arg[0]) {
	case XENVER_version:
		return VERSION_MAJOR << 16 | VERSION_MINOR;
	case XENVER_extraversion:
		return give(v, arg[1], "-core", sizeof(xen_extraversion_t)) < 0 ? -XEN_EFAULT : 0;
	case XENVER_compile_info:
		return compile_info(v, arg[1]);
	case XENVER_capabilities:
		return give(v, arg[1], "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ",
			    sizeof(xen_capabilities_info_t)) < 0
			       ? -XEN_EFAULT
			       : 0;
	case XENVER_changeset:
		return give(v, arg[1], "xen-core", sizeof(xen_changeset_info_t)) < 0 ? -XEN_EFAULT : 0;
	case XENVER_platform_parameters:
		return call_write(v, call, arg[1], &params, "w") ? 0 : -XEN_EFAULT;
	case XENVER_get_features:
		return features(v, arg[1]);
	case XENVER_pagesize:
		return PAGE_SIZE;
	case XENVER_guest_handle:
		return guest_write(v, arg[1], v->domain->handle, sizeof(v->domain->handle)) ? 0 : -XEN_EFAULT;
	case XENVER_commandline:
		if (!v->domain->privileged)
			return -XEN_EPERM;
		return give(v, arg[1], version_cmdline, sizeof(xen_commandline_t)) < 0 ? -XEN_EFAULT : 0;
	}
	return -XEN_ENOSYS;
}
