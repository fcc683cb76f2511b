/* SPDX-License-Identifier: GPL-2.0-or-later
 * A part of sysctl with a file of its own.
 */
#ifndef XEN_CORE_HYPERCALL_CPUPOOL_H
#define XEN_CORE_HYPERCALL_CPUPOOL_H

struct vcpu;
struct xen_sysctl_cpupool_op;

int cpupool_op(struct vcpu *v, struct xen_sysctl_cpupool_op *p);

#endif
