/* SPDX-License-Identifier: GPL-2.0-or-later
 * Hypercalls whose arguments name a domain, a number of things, or a place in something: those that there are not, and
 * the last that there is.
 */
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "tests/core/call_check.h"

#include "xen-core/domain/cpuid.h"

#define MEMORY __HYPERVISOR_memory_op
#define EVENT __HYPERVISOR_event_channel_op

/* One call that is about a domain; where in its argument that is named. */
static const struct { uint64_t nr, op; size_t size, at;
} targets[] = {
	{ MEMORY, XENMEM_current_reservation, sizeof(domid_t), 0 },
	{ MEMORY, XENMEM_maximum_reservation, sizeof(domid_t), 0 },
	{ MEMORY, XENMEM_populate_physmap, sizeof(struct xen_memory_reservation),
	  offsetof(struct xen_memory_reservation, domid) },
	{ MEMORY, XENMEM_decrease_reservation, sizeof(struct xen_memory_reservation),
	  offsetof(struct xen_memory_reservation, domid) },
	{ MEMORY, XENMEM_add_to_physmap, sizeof(struct xen_add_to_physmap), 0 },
	{ MEMORY, XENMEM_add_to_physmap_batch, sizeof(struct xen_add_to_physmap_batch), 0 },
	{ MEMORY, XENMEM_remove_from_physmap, sizeof(struct xen_remove_from_physmap), 0 },
	{ MEMORY, XENMEM_acquire_resource, sizeof(struct xen_mem_acquire_resource), 0 },
	{ MEMORY, XENMEM_set_memory_map, sizeof(struct xen_foreign_memory_map), 0 },
	{ EVENT, EVTCHNOP_alloc_unbound, sizeof(struct evtchn_alloc_unbound), 0 },
	{ EVENT, EVTCHNOP_status, sizeof(struct evtchn_status), 0 },
	{ EVENT, EVTCHNOP_reset, sizeof(struct evtchn_reset), 0 },
	{ __HYPERVISOR_hvm_op, HVMOP_set_param, sizeof(struct xen_hvm_param), 0 },
	{ __HYPERVISOR_hvm_op, HVMOP_get_param, sizeof(struct xen_hvm_param), 0 },
};

static void test_target(void **state)
{
	static const uint16_t nobody[] = { NOBODY, DOMID_FIRST_RESERVED + 1, DOMID_IO, DOMID_XEN, DOMID_INVALID, UINT16_MAX };
	unsigned char arg[128];

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		uint16_t *id = (uint16_t *)(void *)(arg + targets[i].at);

		memset(arg, 0, sizeof(arg));
		for (size_t k = 0; k < ARRAY_SIZE(nobody); k++) {
			*id = nobody[k];
			PUT(host, ARG, arg);
			PUT(guest, ARG, arg);
			call_refused(host, targets[i].nr, targets[i].op, ARG, 0, -XEN_ESRCH);
			call_refused(guest, targets[i].nr, targets[i].op, ARG, 0, -XEN_ESRCH);
		}
		*id = OTHER;
		PUT(guest, ARG, arg);
		PUT(host, ARG, arg);
		call_refused(guest, targets[i].nr, targets[i].op, ARG, 0, -XEN_EPERM);
		other->dying = true;
		call_refused(host, targets[i].nr, targets[i].op, ARG, 0, -XEN_ESRCH);
		other->dying = false;
		*id = 0;
		PUT(guest, ARG, arg);
		call_refused(guest, targets[i].nr, targets[i].op, ARG, 0, -XEN_EPERM);
	}
}

static int64_t domctl(struct xen_domctl *op)
{
	int64_t rc;

	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	PUT(host, ARG, *op);
	rc = host_call(host, __HYPERVISOR_domctl, ARG, 0, 0);
	GET(host, ARG, op);
	return rc;
}

static void domctl_refused(struct xen_domctl op, int64_t rc)
{
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	PUT(host, ARG, op);
	call_refused(host, __HYPERVISOR_domctl, ARG, 0, 0, rc);
}

static void test_domctl(void **state)
{
	for (uint32_t cmd = 0; cmd < 100; cmd++) {
		if (cmd == XEN_DOMCTL_createdomain)
			continue;
		domctl_refused((struct xen_domctl){ .cmd = cmd, .domain = NOBODY }, -XEN_ESRCH);
		domctl_refused((struct xen_domctl){ .cmd = cmd, .domain = DOMID_INVALID }, -XEN_ESRCH);
	}
	/* What dom0 must not do to itself. */
	for (unsigned i = 0; i < 2; i++) {
		domid_t id = i ? DOMID_SELF : 0;

		domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_destroydomain, .domain = id }, -XEN_EINVAL);
		domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_pausedomain, .domain = id }, -XEN_EINVAL);
		domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_unpausedomain, .domain = id }, -XEN_EINVAL);
		domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_max_vcpus, .domain = id, .u.max_vcpus.max = 1 },
			       -XEN_EINVAL);
		domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_sethvmcontext, .domain = id }, -XEN_EINVAL);
		domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_set_paging_mempool_size, .domain = id }, -XEN_EINVAL);
	}
	other->max_vcpus = 3;
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_max_vcpus, .domain = OTHER, .u.max_vcpus.max = 4 }, -XEN_EINVAL);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_max_vcpus,
					    .domain = OTHER,
					    .u.max_vcpus.max = UINT32_MAX },
		       -XEN_EINVAL);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_max_vcpus, .domain = OTHER }, -XEN_EINVAL);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_getvcpuinfo, .domain = OTHER, .u.getvcpuinfo.vcpu = 1 },
		       -XEN_ESRCH);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_getvcpuinfo,
					    .domain = OTHER,
					    .u.getvcpuinfo.vcpu = UINT32_MAX },
		       -XEN_ESRCH);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_set_cpu_policy,
					    .domain = OTHER,
					    .u.cpu_policy.nr_leaves = 257 },
		       -XEN_E2BIG);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_set_cpu_policy,
					    .domain = OTHER,
					    .u.cpu_policy.nr_leaves = UINT32_MAX },
		       -XEN_E2BIG);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_set_paging_mempool_size,
					    .domain = OTHER,
					    .u.paging_mempool.size = 1 },
		       -XEN_EINVAL);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_scheduler_op, .domain = OTHER }, -XEN_EINVAL);
	domctl_refused((struct xen_domctl){ .cmd = XEN_DOMCTL_gethvmcontext, .domain = OTHER,
					    .u.hvmcontext = { 7, AT(LIST) } }, -XEN_ENOSPC);
}

/*
 * Features that a policy hides are not shown to the domain's vCPUs, and to no others; the hypervisor's own bit and
 * what is not there stay as they are.
 */
static void test_policy(void **state)
{
	const struct cpuid shown = cpuid_guest(other->vcpus[0], 1, 0), more = cpuid_guest(other->vcpus[0], 0x80000001, 0);
	xen_cpuid_leaf_t leaves[] = { { 1, XEN_CPUID_NO_SUBLEAF, 0, 0, 0x7ffffffe, 0xfeffffff },
				      { 0x80000001, XEN_CPUID_NO_SUBLEAF, 0, 0, 0xfffffffe, 0xdfffffff } };
	struct xen_domctl op = { .cmd = XEN_DOMCTL_set_cpu_policy,
				 .domain = OTHER,
				 .u.cpu_policy = { .nr_leaves = 2, .leaves = AT(LIST) } };
	struct cpuid is;

	PUT(host, LIST, leaves);
	assert_int_equal(domctl(&op), 0);
	is = cpuid_guest(other->vcpus[0], 1, 0);
	assert_int_equal(is.ecx, (shown.ecx & 0x7ffffffe) | 1u << 31);
	assert_int_equal(is.edx & ~(1u << 28), shown.edx & 0xeeffffff);
	is = cpuid_guest(other->vcpus[0], 0x80000001, 0);
	assert_int_equal(is.ecx, more.ecx & 0xfffffffe);
	assert_int_equal(is.edx, more.edx & 0xdfffffff);
	assert_int_equal(cpuid_guest(guest, 1, 0).ecx, shown.ecx);
	assert_true(shown.ecx & 1 && shown.edx & 1u << 24 && more.edx & 1u << 29);
}

static void test_affinity(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpuaffinity, .domain = OTHER };
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;
	uint64_t mask = 4;

	a->flags = XEN_VCPUAFFINITY_HARD;
	a->cpumap_hard = (struct xenctl_bitmap){ AT(LIST), 64 };
	/* CPUs that there are not, none, and lengths that are none once they are rounded up. */
	PUT(host, LIST, mask);
	domctl_refused(op, -XEN_EINVAL);
	a->cpumap_hard.nr_bits = 0;
	domctl_refused(op, -XEN_EINVAL);
	a->cpumap_hard.nr_bits = UINT32_MAX;
	domctl_refused(op, -XEN_EINVAL);
	a->vcpu = 1;
	domctl_refused(op, -XEN_ESRCH);
	op.domain = 0;
	a->vcpu = 0;
	a->cpumap_hard.nr_bits = 64;
	mask = 2;
	PUT(host, LIST, mask);
	domctl_refused(op, -XEN_EINVAL);
	op.domain = OTHER;
	assert_int_equal(domctl(&op), 0);
	assert_int_equal(other->vcpus[0]->affinity, 2);
	/* A soft one is of all CPUs; where it is not, the hard one is not set either. */
	a->flags |= XEN_VCPUAFFINITY_SOFT;
	a->cpumap_soft = (struct xenctl_bitmap){ AT(LIST + 8), 64 };
	mask = 1;
	PUT(host, LIST, mask);
	PUT(host, LIST + 8, mask);
	domctl_refused(op, -XEN_EOPNOTSUPP);
	assert_int_equal(other->vcpus[0]->affinity, 2);
	mask = UINT64_MAX;
	PUT(host, LIST + 8, mask);
	assert_int_equal(domctl(&op), 0);
	assert_int_equal(other->vcpus[0]->affinity, 1);
}

static void test_create(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain,
				 .u.createdomain = { .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
						     .max_vcpus = 1,
						     .max_evtchn_port = UINT32_MAX,
						     .max_grant_frames = INT32_MIN } };
	struct xen_domctl wrong;
	struct domain *d;

	for (unsigned bit = 0; bit < 32; bit++) {
		wrong = op;
		wrong.u.createdomain.flags ^= 1u << bit;
		if (1u << bit != XEN_DOMCTL_CDF_oos_off)
			domctl_refused(wrong, -XEN_EINVAL);
		wrong = op;
		wrong.u.createdomain.arch.emulation_flags = 1u << bit;
		if (1u << bit != XEN_X86_EMU_LAPIC)
			domctl_refused(wrong, -XEN_EINVAL);
	}
	wrong = op;
	wrong.u.createdomain.max_vcpus = 0;
	domctl_refused(wrong, -XEN_EINVAL);
	wrong.u.createdomain.max_vcpus = VCPUS_MAX + 1;
	domctl_refused(wrong, -XEN_EINVAL);
	wrong = op;
	wrong.domain = OTHER;
	domctl_refused(wrong, -XEN_EEXIST);
	op.domain = 9;
	assert_int_equal(domctl(&op), 0);
	d = domain_find(9);
	assert_non_null(d);
	assert_int_equal(d->grants.max_frames, GRANT_FRAMES_MAX);
	assert_int_equal(d->events.limit, EVENT_PORTS);
	assert_false(d->privileged);
	/* None of the numbers that mean something else is given. */
	op.domain = DOMID_INVALID;
	assert_int_equal(domctl(&op), 0);
	assert_true(op.domain && op.domain < DOMID_FIRST_RESERVED && op.domain != OTHER);
	host_audit();
}

static void test_physmap(void **state)
{
	struct xen_memory_reservation r = { AT(LIST), 1, 0, 0, DOMID_SELF };
	xen_pfn_t gfns[] = { P2M_FRAMES, UINT64_MAX, P2M_FRAMES - 1, BIT(52) };
	uint64_t was;

	PUT(guest, LIST, gfns);
	for (unsigned order = 0; order < 64; order++) {
		r.extent_order = order;
		r.nr_extents = ARRAY_SIZE(gfns);
		PUT(guest, ARG, r);
		call_refused(guest, MEMORY, XENMEM_decrease_reservation, ARG, 0, 0);
		/* It has all that it may have. */
		was = frames_free();
		assert_int_equal(host_call(guest, MEMORY, XENMEM_populate_physmap, ARG, 0), 0);
		assert_int_equal(frames_free(), was);
	}
	/* A place that it has, and sizes that there are not. */
	gfns[0] = 16;
	PUT(guest, LIST, gfns);
	for (unsigned order = 10; order < 100; order++) {
		r = (struct xen_memory_reservation){ AT(LIST), 1, order, 0, DOMID_SELF };
		PUT(guest, ARG, r);
		call_refused(guest, MEMORY, XENMEM_decrease_reservation, ARG, 0, 0);
	}
	gfns[0] = P2M_FRAMES;
	PUT(guest, LIST, gfns);
	/* It may have more; the places are wrong. */
	guest->domain->max_frames = UINT64_MAX / 2;
	for (unsigned i = 0; i < ARRAY_SIZE(gfns); i++) {
		r = (struct xen_memory_reservation){ AT(LIST + i * 8), 1, i == 2, 0, DOMID_SELF };
		PUT(guest, ARG, r);
		assert_int_equal(host_call(guest, MEMORY, XENMEM_populate_physmap, ARG, 0), 0);
		assert_int_equal(frames_free(), was);
		host_audit();
	}
	r = (struct xen_memory_reservation){ AT(LIST), BIT(32) + 1, 0, 0, DOMID_SELF };
	PUT(guest, ARG, r);
	call_refused(guest, MEMORY, XENMEM_populate_physmap, ARG, 0, 0);
	/* A list that is nowhere, and one that was said to be done already. */
	r = (struct xen_memory_reservation){ AT(0x5000000), 5, 0, 0, DOMID_SELF };
	PUT(guest, ARG, r);
	call_refused(guest, MEMORY, XENMEM_decrease_reservation, ARG, 0, 0);
	call_refused(guest, MEMORY, XENMEM_decrease_reservation | 5 << 6, ARG, 0, 5);
	PUT(guest, ARG, (struct xen_foreign_memory_map){ DOMID_SELF, { MEMORY_MAP_MAX + 1, AT(LIST) } });
	call_refused(guest, MEMORY, XENMEM_set_memory_map, ARG, 0, -XEN_EINVAL);
	PUT(guest, ARG, (struct xen_add_to_physmap){ DOMID_SELF, 0, XENMAPSPACE_grant_table, GRANT_FRAMES_MAX, 40 });
	call_refused(guest, MEMORY, XENMEM_add_to_physmap, ARG, 0, -XEN_EINVAL);
	PUT(guest, ARG, (struct xen_add_to_physmap){ DOMID_SELF, 0, XENMAPSPACE_shared_info, 0, P2M_FRAMES });
	call_refused(guest, MEMORY, XENMEM_add_to_physmap, ARG, 0, -XEN_EINVAL);
	PUT(guest, ARG, (struct xen_remove_from_physmap){ DOMID_SELF, UINT64_MAX });
	call_refused(guest, MEMORY, XENMEM_remove_from_physmap, ARG, 0, -XEN_EINVAL);
	PUT(host, ARG,
	    (struct xen_mem_acquire_resource){ OTHER, XENMEM_resource_grant_table, .nr_frames = 2, .frame = UINT64_MAX,
					       .frame_list = AT(LIST) });
	call_refused(host, MEMORY, XENMEM_acquire_resource, ARG, 0, -XEN_EINVAL);
}

static void test_counts(void **state)
{
	static const uint64_t much[] = { 4097, UINT32_MAX, BIT(32), INT64_MAX, UINT64_MAX };
	struct xen_sysctl s = { .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	uint32_t port;

	for (size_t i = 0; i < ARRAY_SIZE(much); i++) {
		call_refused(guest, __HYPERVISOR_console_io, CONSOLEIO_write, much[i], ARG, -XEN_E2BIG);
		call_refused(guest, __HYPERVISOR_multicall, ARG, much[i], 0, -XEN_E2BIG);
		call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_is_up, much[i], 0, -XEN_ENOENT);
		for (unsigned op = 2; op < 5; op++)
			call_refused(guest, __HYPERVISOR_grant_table_op, op, ARG, much[i], -XEN_ENOSYS);
	}
	/* More is read than asked for by nobody. */
	host_typed = "abc";
	assert_int_equal(host_call(host, __HYPERVISOR_console_io, CONSOLEIO_read, UINT64_MAX, ARG), 3);
	PUT(guest, ARG, (struct sched_poll){ AT(LIST), 1, 0 });
	call_refused(guest, __HYPERVISOR_sched_op, SCHEDOP_poll, ARG, 0, -XEN_EINVAL);
	assert_int_equal(event_bind_ipi(guest->domain, 0, &port), 0);
	for (unsigned i = 0; i < 129; i++)
		PUT(guest, LIST + i * sizeof(port), port);
	PUT(guest, ARG, (struct sched_poll){ AT(LIST), 129, 0 });
	call_refused(guest, __HYPERVISOR_sched_op, SCHEDOP_poll, ARG, 0, -XEN_EINVAL);
	PUT(guest, ARG, (struct sched_poll){ AT(LIST), 128, 0 });
	assert_int_equal(host_call(guest, __HYPERVISOR_sched_op, SCHEDOP_poll, ARG, 0), 0);
	assert_int_equal(guest->run, VCPU_BLOCKED);
	PUT(guest, ARG, (struct sched_shutdown){ SHUTDOWN_MAX + 1 });
	call_refused(guest, __HYPERVISOR_sched_op, SCHEDOP_shutdown, ARG, 0, -XEN_EINVAL);
	PUT(guest, ARG, (struct xen_hvm_param){ DOMID_SELF, 0, HVM_NR_PARAMS, 7 });
	call_refused(guest, __HYPERVISOR_hvm_op, HVMOP_set_param, ARG, 0, -XEN_EINVAL);
	call_refused(guest, __HYPERVISOR_hvm_op, HVMOP_get_param, ARG, 0, -XEN_EINVAL);
	PUT(guest, ARG, (struct xen_hvm_param){ DOMID_SELF, 0, HVM_PARAM_CALLBACK_IRQ, 2ul << 56 | 0xf });
	call_refused(guest, __HYPERVISOR_hvm_op, HVMOP_set_param, ARG, 0, -XEN_EINVAL);
	s.cmd = XEN_SYSCTL_get_cpu_featureset;
	s.u.cpu_featureset.nr_features = 65;
	PUT(host, ARG, s);
	call_refused(host, __HYPERVISOR_sysctl, ARG, 0, 0, -XEN_E2BIG);
	s.u.cpu_featureset.index = XEN_SYSCTL_cpu_featureset_hvm_max + 1;
	PUT(host, ARG, s);
	call_refused(host, __HYPERVISOR_sysctl, ARG, 0, 0, -XEN_EINVAL);
	PUT(host, ARG,
	    (struct xen_platform_op){ XENPF_settime64, XENPF_INTERFACE_VERSION, { .settime64 = { 1, 1000000000 } } });
	call_refused(host, __HYPERVISOR_platform_op, ARG, 0, 0, -XEN_EINVAL);
}

static void test_vcpu(void **state)
{
	static const uint32_t offsets[] = { 1, 7, PAGE_SIZE - sizeof(struct vcpu_info) + 8, PAGE_SIZE, UINT32_MAX };
	static const uint64_t periods[] = { 0, 1, 999999, BIT(62), UINT64_MAX };
	struct vcpu_register_vcpu_info r = { 5, 0, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		r.offset = offsets[i];
		PUT(guest, ARG, r);
		call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, ARG, -XEN_EINVAL);
	}
	r = (struct vcpu_register_vcpu_info){ CALL_RAM, 0, 0 };
	PUT(guest, ARG, r);
	call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, ARG, -XEN_EINVAL);
	/* The last place there is; once. */
	r = (struct vcpu_register_vcpu_info){ 5, PAGE_SIZE - sizeof(struct vcpu_info), 0 };
	PUT(guest, ARG, r);
	assert_int_equal(host_call(guest, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 1, ARG), 0);
	assert_ptr_equal(guest->domain->vcpus[1]->info, (char *)host_page(guest->domain, 5) + r.offset);
	call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 1, ARG, -XEN_EINVAL);
	/* Another's timer, and one that would be late. */
	call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 1, ARG, -XEN_EINVAL);
	call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_stop_singleshot_timer, 1, 0, -XEN_EINVAL);
	host_now_ns += 100;
	PUT(guest, ARG, (struct vcpu_set_singleshot_timer){ 50, VCPU_SSHOTTMR_future });
	call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, ARG, -XEN_ETIME);
	call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 2, 0, -XEN_ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++) {
		PUT(guest, ARG, (struct vcpu_set_periodic_timer){ periods[i] });
		call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, ARG, -XEN_EINVAL);
	}
	call_refused(guest, __HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 1, ARG, -XEN_EINVAL);
	assert_int_equal(host_call(guest, __HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 1, 0), 0);
	assert_true(guest->domain->vcpus[1]->nmi);
}

/* Lists go on behind what fails, each with its own result. */
static void test_multi(void **state)
{
	struct multicall_entry list[] = {
		{ .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } },
		{ .op = 99 },
		{ .op = __HYPERVISOR_multicall, .args = { ARG, 1 } },
		{ .op = __HYPERVISOR_domctl, .args = { ARG } },
		{ .op = UINT64_MAX },
		{ .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
	};
	static const int64_t results[] = { PAGE_SIZE, -XEN_ENOSYS, -XEN_EINVAL, -XEN_EPERM, -XEN_ENOSYS, 4 << 16 | 17 };

	PUT(guest, ARG, list);
	assert_int_equal(host_call(guest, __HYPERVISOR_multicall, ARG, ARRAY_SIZE(list), 0), 0);
	GET(guest, ARG, &list);
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		assert_int_equal(list[i].result, results[i]);
	/* The end of the list is not there. */
	PUT(guest, CALL_RAM * PAGE_SIZE - sizeof(list), list);
	assert_int_equal(host_call(guest, __HYPERVISOR_multicall, CALL_RAM * PAGE_SIZE - sizeof(list), 7, 0), -XEN_EFAULT);
}

/* A long call gives way and is begun again; what it has done it does not do twice. */
static void test_stops(void **state)
{
	struct hypercall call = { .nr = MEMORY, .arg = { XENMEM_decrease_reservation, ARG }, .may_stop = true };
	struct xen_memory_reservation r = { AT(LIST), 16, 0, 0, DOMID_SELF };
	unsigned stops = 0;
	int64_t rc;

	for (xen_pfn_t i = 0; i < 16; i++) {
		xen_pfn_t gfn = 16 + i;

		PUT(guest, LIST + i * sizeof(gfn), gfn);
	}
	PUT(guest, ARG, r);
	host_tick_ns = CALL_SLICE_NS / 3;
	host_as(guest);
	for (; (rc = hypercall(guest, &call)) == CALL_AGAIN; stops++)
		host_audit();
	assert_int_equal(rc, 16);
	assert_int_equal(stops, 3);
	assert_int_equal(frames_owned(guest->domain->id), CALL_RAM - 16);
	/* As one of several, too, and where it cannot be begun again it does not stop. */
	PUT(guest, 0x2000, (struct multicall_entry){ .op = MEMORY, .args = { XENMEM_populate_physmap, ARG } });
	call = (struct hypercall){ .nr = __HYPERVISOR_multicall, .arg = { 0x2000, 1 }, .may_stop = true };
	for (stops = 0; (rc = hypercall(guest, &call)) == CALL_AGAIN; stops++)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(stops, 3);
	assert_int_equal(frames_owned(guest->domain->id), CALL_RAM);
	call = (struct hypercall){ .nr = MEMORY, .arg = { XENMEM_decrease_reservation, ARG } };
	assert_int_equal(hypercall(guest, &call), 16);
}

/* And so does a list of many short ones. */
static void test_multi_stops(void **state)
{
	struct hypercall call = { .nr = __HYPERVISOR_multicall, .arg = { ARG, 30 }, .may_stop = true };
	unsigned stops = 0;
	int64_t rc;

	for (unsigned i = 0; i < 30; i++)
		PUT(guest, ARG + i * sizeof(struct multicall_entry),
		    (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } });
	host_tick_ns = CALL_SLICE_NS / 3;
	host_as(guest);
	for (; (rc = hypercall(guest, &call)) == CALL_AGAIN; stops++)
		assert_true(call.arg[1] < 30);
	assert_int_equal(rc, 0);
	assert_true(stops > 3);
	for (unsigned i = 0; i < 30; i++) {
		struct multicall_entry entry;

		GET(guest, ARG + i * sizeof(entry), &entry);
		assert_int_equal(entry.result, PAGE_SIZE);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_target, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_domctl, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_affinity, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_policy, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_create, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_physmap, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_counts, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_vcpu, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_multi, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_stops, call_setup, call_teardown),
		cmocka_unit_test_setup_teardown(test_multi_stops, call_setup, call_teardown),
	};

	return cmocka_run_group_tests_name("core hypercall bounds", tests, NULL, NULL);
}
