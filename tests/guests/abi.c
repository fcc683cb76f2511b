/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: who Xen says it is, how it is called, and what it answers to nonsense.
 */
#include "tests/guests/guest.h"

#include <xen/arch-x86/cpuid.h>
#include <xen/features.h>

const char guest_name[] = "abi";

/* One that is canonical: Xen takes the lower 48 bits of others. */
#define UNMAPPED ((void *)0x0000123400000000ul)

static void leaves(void)
{
	struct cpuid r = guest_cpuid(0x40000000, 0);

	CHECK(r.eax >= 0x40000004 && r.eax < 0x40000100);
	CHECK_IS(r.ebx, XEN_CPUID_SIGNATURE_EBX);
	CHECK_IS(r.ecx, XEN_CPUID_SIGNATURE_ECX);
	CHECK_IS(r.edx, XEN_CPUID_SIGNATURE_EDX);
	CHECK_IS(guest_cpuid(0x40000001, 0).eax >> 16, 4);
	CHECK_IS(guest_cpuid(0x40000002, 0).eax, 1);
	CHECK(guest_cpuid(0x40000003, 0).ecx > 1000);
	r = guest_cpuid(0x40000004, 0);
	CHECK(r.eax & XEN_HVM_CPUID_VCPU_ID_PRESENT);
	CHECK(r.eax & XEN_HVM_CPUID_DOMID_PRESENT);
	CHECK_IS(r.ebx, 0);
	CHECK(r.ecx > 0 && r.ecx < DOMID_FIRST_RESERVED);
	CHECK(guest_cpuid(1, 0).ecx >> 31);
	CHECK(!(guest_cpuid(0x80000001, 0).ecx & 4));
}

static void calls(void)
{
	uint64_t value;

	CHECK_IS(call(__HYPERVISOR_xen_version, XENVER_version, NULL) >> 16, 4);
	CHECK_IS(guest_call_bare(__HYPERVISOR_xen_version, XENVER_version, 0) >> 16, 4);
	CHECK_IS(call(63, 0, NULL), -XEN_ENOSYS);
	CHECK_IS(guest_call_bare(1000, 0, 0), -XEN_ENOSYS);
	CHECK_IS(guest_call_bare(~0ul, 0, 0), -XEN_ENOSYS);
	CHECK_IS(call(__HYPERVISOR_xen_version, 99, NULL), -XEN_ENOSYS);
	CHECK_IS(call(__HYPERVISOR_sched_op, 99, NULL), -XEN_ENOSYS);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, 99, NULL), -XEN_ENOSYS);
	CHECK_IS(guest_wrmsr(0x40000000, 0x7ffffff000), 13);
	CHECK_IS(guest_msr_unknown(guest_rdmsr(0x12345678, &value)), 13);
	CHECK_IS(guest_user(), -XEN_EPERM);
}

static void pointers(void)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	char *edge = (char *)0xffffffff;	/* the last byte that is mapped, where nothing is */

	CHECK_IS(call(__HYPERVISOR_xen_version, XENVER_extraversion, UNMAPPED), -XEN_EFAULT);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, UNMAPPED), -XEN_EFAULT);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, edge), -XEN_EFAULT);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, UNMAPPED), -XEN_EFAULT);
	CHECK_IS(call(__HYPERVISOR_hvm_op, HVMOP_get_param, UNMAPPED), -XEN_EFAULT);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, UNMAPPED), -XEN_EFAULT);
	CHECK_IS(guest_call(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, (uintptr_t)UNMAPPED, 1, 0, 0), -XEN_EFAULT);
	CHECK_IS(call(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a), 0);
	CHECK(a.port > 0);
}

static void features(void)
{
	struct xen_feature_info info = { .submap_idx = 0 };

	CHECK_IS(call(__HYPERVISOR_xen_version, XENVER_get_features, &info), 0);
	CHECK(info.submap & 1u << XENFEAT_auto_translated_physmap);
	CHECK(info.submap & 1u << XENFEAT_hvm_callback_vector);
	CHECK(info.submap & 1u << XENFEAT_hvm_safe_pvclock);
	CHECK(!(info.submap & 1u << XENFEAT_dom0));
}

/*
 * The structures of control calls begin with a command and the interface's version. Which check comes first is each
 * hypervisor's own affair, and so is the error.
 */
static void privileges(void)
{
	static uint32_t op[64] = { 5, 0x15 };
	struct xen_hvm_param p = { .domid = 0, .index = HVM_PARAM_CALLBACK_IRQ };
	struct evtchn_alloc_unbound a = { .dom = 0, .remote_dom = DOMID_SELF };
	struct evtchn_bind_interdomain b = { .remote_dom = 0, .remote_port = 1 };
	struct xen_add_to_physmap m = { .domid = 0, .space = XENMAPSPACE_shared_info, .gpfn = 0x10 };
	uint16_t other = 0;

	CHECK(call(__HYPERVISOR_domctl, (uintptr_t)op, NULL) < 0);
	op[0] = 3;
	CHECK(call(__HYPERVISOR_sysctl, (uintptr_t)op, NULL) < 0);
	op[0] = 62;
	op[1] = 0x03000001;
	CHECK_IS(call(__HYPERVISOR_platform_op, (uintptr_t)op, NULL), -XEN_EPERM);
	CHECK(call(__HYPERVISOR_hvm_op, HVMOP_set_param, &p) < 0);
	CHECK(call(__HYPERVISOR_hvm_op, HVMOP_get_param, &p) < 0);
	p = (struct xen_hvm_param){ .domid = DOMID_SELF, .index = HVM_PARAM_IDENT_PT, .value = 0x1000 };
	CHECK(call(__HYPERVISOR_hvm_op, HVMOP_set_param, &p) < 0);
	p.index = 1000;
	CHECK(call(__HYPERVISOR_hvm_op, HVMOP_set_param, &p) < 0);
	p = (struct xen_hvm_param){ .domid = 0x7000, .index = HVM_PARAM_CALLBACK_IRQ };
	CHECK(call(__HYPERVISOR_hvm_op, HVMOP_set_param, &p) < 0);
	CHECK(call(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &a) < 0);
	CHECK(call(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, &b) < 0);
	CHECK(call(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, &m) < 0);
	CHECK(call(__HYPERVISOR_memory_op, XENMEM_current_reservation, &other) < 0);
}

void guest_test(void)
{
	leaves();
	calls();
	pointers();
	features();
	privileges();
}
