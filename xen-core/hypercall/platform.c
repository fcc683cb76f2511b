/* SPDX-License-Identifier: GPL-2.0-or-later
 * platform_op (xen/platform.h) and physdev_op: what dom0 tells of the machine, and asks.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/physdev.h>
#include <xen/platform.h>

#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/time.h"

static int64_t cpu_info(struct vcpu *v, struct xen_platform_op *op, uint64_t va)
{
	struct xenpf_pcpuinfo *info = &op->u.pcpu_info;

	info->max_present = nr_cpus - 1;
	if (info->xen_cpuid >= nr_cpus) {
		info->flags = XEN_PCPU_FLAGS_INVALID;
	} else {
		info->flags = XEN_PCPU_FLAGS_ONLINE;
		info->apic_id = cpus[info->xen_cpuid].apic_id;
		info->acpi_id = info->xen_cpuid;
	}
	return guest_write_struct(v, va, op) ? 0 : -XEN_EFAULT;
}

int64_t call_platform(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	struct xen_platform_op op;

	if (!guest_read_struct(v, &op, arg[0]))
		return -XEN_EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -XEN_EACCES;
	switch (op.cmd) {
	case XENPF_settime64:
		if (op.u.settime64.mbz || op.u.settime64.nsecs >= 1000000000)
			return -XEN_EINVAL;
		time_set_wallclock(op.u.settime64.secs, op.u.settime64.nsecs, op.u.settime64.system_time);
		return 0;
	case XENPF_get_cpuinfo:
		return cpu_info(v, &op, arg[0]);
	}
	return -XEN_ENOSYS;
}

int64_t call_physdev(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	(void)v;
	switch (arg[0]) {
	case PHYSDEVOP_pci_mmcfg_reserved:
	case PHYSDEVOP_pci_device_add:
	case PHYSDEVOP_pci_device_remove:
		/* dom0 has all of PCI itself. */
		return 0;
	}
	return -XEN_ENOSYS;
}
