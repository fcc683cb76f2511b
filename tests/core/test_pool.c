/* SPDX-License-Identifier: GPL-2.0-or-later
 * Pools of CPUs: by calls as dom0 makes them, and that no vCPU runs outside of its pool, also while pools change.
 */
#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "tests/core/call_check.h"
#include "tests/core/sched_check.h"

#include "xen-core/domain/pool.h"
#include "xen-core/domain/sched.h"

#define ANY XEN_SYSCTL_CPUPOOL_PAR_ANY

/* A call of dom0's; what comes back replaces *p. */
static int64_t pool_call(struct xen_sysctl_cpupool_op *p, uint32_t op)
{
	struct xen_sysctl s = { .cmd = XEN_SYSCTL_cpupool_op, .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	struct vcpu *current = cpus[0].current;
	int64_t rc;

	p->op = op;
	s.u.cpupool_op = *p;
	host_cpu = 0;
	PUT(host, ARG, s);
	rc = host_call(host, __HYPERVISOR_sysctl, ARG, 0, 0);
	cpus[0].current = current;
	GET(host, ARG, &s);
	*p = s.u.cpupool_op;
	return rc;
}

static int64_t on(uint32_t op, uint32_t pool, uint32_t cpu)
{
	struct xen_sysctl_cpupool_op p = { .cpupool_id = pool, .cpu = cpu, .sched_id = XEN_SCHEDULER_CREDIT2 };

	return pool_call(&p, op);
}

static int64_t move(uint32_t pool, uint32_t domid)
{
	struct xen_sysctl_cpupool_op p = { .cpupool_id = pool, .domid = domid };

	return pool_call(&p, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN);
}

/* What a call says of the first pool from that number on, or of free CPUs. */
static uint64_t told(uint32_t op, uint32_t from, struct xen_sysctl_cpupool_op *p)
{
	uint64_t mask = ~UINT64_C(0);

	PUT(host, LIST, mask);
	*p = (struct xen_sysctl_cpupool_op){ .cpupool_id = from, .cpumap = { AT(LIST), 64 } };
	assert_int_equal(pool_call(p, op), 0);
	GET(host, LIST, &mask);
	return mask;
}

static void expect_pool(uint32_t from, uint32_t pool, uint64_t mask, unsigned domains)
{
	struct xen_sysctl_cpupool_op p;

	assert_int_equal(told(XEN_SYSCTL_CPUPOOL_OP_INFO, from, &p), mask);
	assert_int_equal(p.cpupool_id, pool);
	assert_int_equal(p.n_dom, domains);
	assert_int_equal(p.sched_id, XEN_SCHEDULER_CREDIT2);
}

static void expect_free(uint64_t mask)
{
	struct xen_sysctl_cpupool_op p;

	assert_int_equal(told(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, &p), mask);
}

static int setup(void **state)
{
	return call_setup(state);
}

/* All CPUs are pool 0's again; that of dom0's vCPU always was. */
static int teardown(void **state)
{
	host_cpu = 0;
	for (struct domain *d = domain_list; d; d = d->next)
		if (d != dom0)
			pool_move(d, 0);
	for (unsigned i = 1; i < POOLS_MAX; i++) {
		for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
			pool_remove(i, cpu);
		pool_destroy(i);
	}
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		pool_add(0, cpu);
	return call_teardown(state);
}

static void test_life(void **state)
{
	struct xen_sysctl_cpupool_op p = { .cpupool_id = ANY, .sched_id = XEN_SCHEDULER_CREDIT2 };

	expect_pool(0, 0, 3, 3);
	expect_free(0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_INFO, 1, 0), -XEN_ENOENT);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 1), 0);
	expect_pool(0, 0, 1, 3);
	expect_free(2);
	assert_int_equal(pool_call(&p, XEN_SYSCTL_CPUPOOL_OP_CREATE), 0);
	assert_int_equal(p.cpupool_id, 1);
	expect_pool(1, 1, 0, 0);
	assert_int_equal(move(1, GUEST), -XEN_ENOENT);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 1, ANY), 0);
	expect_pool(1, 1, 2, 0);
	expect_free(0);
	assert_int_equal(move(1, GUEST), 0);
	expect_pool(1, 1, 2, 1);
	expect_pool(0, 0, 1, 2);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1, 0), -XEN_EBUSY);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 1, ANY), -XEN_EBUSY);
	assert_int_equal(move(0, GUEST), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1, 0), -XEN_EBUSY);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 1, ANY), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1, 0), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1, 0), -XEN_ENOENT);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 1), 0);
	expect_pool(0, 0, 3, 3);
}

static void test_refusals(void **state)
{
	static const uint32_t none[] = { 1, POOLS_MAX, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_DESTROY, none[i], 0), -XEN_ENOENT);
		assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, none[i], 0), -XEN_ENOENT);
		assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_INFO, none[i], 0), -XEN_ENOENT);
		assert_int_equal(move(none[i], GUEST), -XEN_ENOENT);
	}
	/* Number 0 is there, cannot go, and keeps dom0's CPU. */
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, 0, 0), -XEN_EEXIST);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, POOLS_MAX, 0), -XEN_EINVAL);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 0, 0), -XEN_EBUSY);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 0), -XEN_EBUSY);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 2), -XEN_EINVAL);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 0), -XEN_ENODEV);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 2), -XEN_EINVAL);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, ANY), -XEN_EINVAL);
	assert_int_equal(on(0, 0, 0), -XEN_ENOSYS);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_FREEINFO + 1, 0, 0), -XEN_ENOSYS);
	assert_int_equal(move(0, 0), -XEN_EPERM);
	assert_int_equal(move(0, NOBODY), -XEN_EINVAL);
	assert_int_equal(move(0, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(move(0, 0x10000 + GUEST), -XEN_EINVAL);
	/* One CPU is in one pool. */
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, 5, 0), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, 5, 0), -XEN_EEXIST);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 5, 1), -XEN_ENODEV);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 5, 1), -XEN_ENODEV);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 1), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 7, 1), -XEN_ENOENT);
	for (uint32_t i = 1; i < POOLS_MAX - 1; i++)
		assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, ANY, 0), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, ANY, 0), -XEN_ENOSPC);
}

/* A new domain is of a pool that has a CPU, and its vCPUs begin there. */
static void test_born(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .interface_version = XEN_DOMCTL_INTERFACE_VERSION };
	struct xen_domctl vcpus = { .cmd = XEN_DOMCTL_max_vcpus,
				    .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
				    .u.max_vcpus.max = 2 };
	struct domain *d;

	op.u.createdomain = (struct xen_domctl_createdomain){ .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 2,
							      .max_evtchn_port = 15, .cpupool_id = 4 };
	PUT(host, ARG, op);
	assert_int_equal(host_call(host, __HYPERVISOR_domctl, ARG, 0, 0), -XEN_EINVAL);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, 4, 0), 0);
	PUT(host, ARG, op);
	assert_int_equal(host_call(host, __HYPERVISOR_domctl, ARG, 0, 0), -XEN_EINVAL);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 1), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 4, 1), 0);
	PUT(host, ARG, op);
	assert_int_equal(host_call(host, __HYPERVISOR_domctl, ARG, 0, 0), 0);
	GET(host, ARG, &op);
	vcpus.domain = op.domain;
	PUT(host, ARG, vcpus);
	assert_int_equal(host_call(host, __HYPERVISOR_domctl, ARG, 0, 0), 0);
	d = domain_find(op.domain);
	assert_int_equal(d->vcpus[0]->cpu, 1);
	assert_int_equal(d->vcpus[1]->cpu, 1);
	op.cmd = XEN_DOMCTL_getdomaininfo;
	PUT(host, ARG, op);
	assert_int_equal(host_call(host, __HYPERVISOR_domctl, ARG, 0, 0), 0);
	GET(host, ARG, &op);
	assert_int_equal(op.u.getdomaininfo.cpupool, 4);
}

/* Time may stand still meanwhile: there may be nobody to run. */
static void turns(void)
{
	for (unsigned i = 0; i < 8; i++)
		sched_once();
}

/*
 * vCPUs go where their pool is, also those that an affinity keeps elsewhere; sched_check's guests fail the test
 * where they may not run.
 */
static void test_moves(void **state)
{
	struct vcpu *v = guest->domain->vcpus[0], *w = guest->domain->vcpus[1];

	host_guest = busy;
	host_sleep = doze;
	assert_int_equal(v->cpu, 0);
	assert_int_equal(w->cpu, 1);
	vcpu_set_affinity(v, BIT(0));
	turns();
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 1), 0);
	assert_true(host_kicks[1]);
	host_cpu = 1;
	turns();
	assert_int_equal(w->cpu, 0);
	assert_null(ran);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_CREATE, 1, 0), 0);
	assert_int_equal(on(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 1, 1), 0);
	assert_int_equal(move(1, GUEST), 0);
	turns();
	assert_int_equal(v->cpu, 1);
	assert_int_equal(w->cpu, 1);
	/* An affinity that the pool has nothing of is as none. */
	vcpu_set_affinity(v, BIT(0));
	host_cpu = 1;
	turns();
	assert_int_equal(v->cpu, 1);
}

/* Pools and domains that change in any order; busy() looks at each turn. */
static void test_any_order(void **state)
{
	static const uint32_t ops[] = { XEN_SYSCTL_CPUPOOL_OP_CREATE, XEN_SYSCTL_CPUPOOL_OP_DESTROY,
					XEN_SYSCTL_CPUPOOL_OP_ADDCPU, XEN_SYSCTL_CPUPOOL_OP_RMCPU,
					XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN };
	unsigned done[ARRAY_SIZE(ops)] = { 0 };

	host_guest = busy;
	host_sleep = doze;
	chance_seed(4);
	for (unsigned i = 0; i < 20000; i++) {
		unsigned op = (unsigned)chance_below(ARRAY_SIZE(ops));
		struct xen_sysctl_cpupool_op p = { .cpupool_id = (uint32_t)chance_below(4), .cpu = (uint32_t)chance_below(3),
						   .sched_id = XEN_SCHEDULER_CREDIT2, .domid = (uint32_t)chance_below(4) };

		done[op] += !pool_call(&p, ops[op]);
		if (!chance_below(4))
			vcpu_set_affinity(guest->domain->vcpus[chance_below(2)], 1 + chance_below(3));
		host_cpu = (unsigned)chance_below(2);
		sched_once();
		assert_true(pool_cpus(0) & 1);
		assert_int_equal(pool_cpus(0) | pool_cpus(1) | pool_cpus(2) | pool_cpus(3) | pool_free_cpus(), 3);
		for (const struct domain *d = domain_list; d; d = d->next)
			assert_true(pool_cpus(d->pool));
	}
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		assert_true(done[i] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_born, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
