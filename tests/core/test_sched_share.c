/* SPDX-License-Identifier: GPL-2.0-or-later
 * The scheduler, turn by turn: how much of a CPU each gets, by its weight and its cap.
 */
#include "tests/core/sched_check.h"

#include "xen-core/domain/sched.h"

static void test_weights(void **state)
{
	static const uint16_t weights[] = { 256, 512, 256, 1024, 100 };
	struct vcpu *v[ARRAY_SIZE(weights)];
	uint64_t sum = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(weights); i++) {
		v[i] = one((uint16_t)(i + 1), weights[i]);
		sum += weights[i];
	}
	/* They leave their guests as they like: that is no reason to choose anew. */
	exit_ns = 3 * MS;
	run_for(20000 * MS);
	for (unsigned i = 0; i < ARRAY_SIZE(weights); i++)
		expect_near(v[i]->run_ns, 20000 * MS * weights[i] / sum, 3 * SLICE);
	assert_int_equal(slept, 0);
}

static void test_two_to_one(void **state)
{
	struct vcpu *low = one(1, 256), *high = one(2, 512);

	for (unsigned i = 1; i <= 10; i++) {
		run_for(300 * MS);
		expect_near(low->run_ns, i * 100 * MS, 2 * SLICE);
		expect_near(high->run_ns, i * 200 * MS, 2 * SLICE);
	}
	/* The weight counts from when it is given. */
	low->domain->weight = 512;
	run_for(2000 * MS);
	expect_near(low->run_ns, 2000 * MS, 3 * SLICE);
}

/* The vCPUs of a domain have its weight each. */
static void test_vcpus(void **state)
{
	struct domain *d = host_domain(1, 3, 1);
	struct vcpu *other = one(2, 256);

	for (unsigned i = 0; i < 3; i++)
		vcpu_set_affinity(d->vcpus[i], BIT(0));
	host_cpu = 1;
	sched_once();
	host_cpu = 0;
	run_for(4000 * MS);
	for (unsigned i = 0; i < 3; i++)
		expect_near(d->vcpus[i]->run_ns, 1000 * MS, 3 * SLICE);
	expect_near(other->run_ns, 1000 * MS, 3 * SLICE);
}

static void test_slice(void **state)
{
	struct vcpu *v = one(1, 256), *other = one(2, 256);

	exit_ns = MS;
	run_for(1000 * MS);
	assert_int_equal(longest, SLICE);
	/* Whoever wakes up does not wait for the end of a slice. */
	vcpu_block(other);
	run_for(100 * MS);
	assert_ptr_equal(ran, v);
	cpu_this()->resched = false;
	vcpu_wake(other);
	assert_true(cpu_this()->resched);
	sched_once();
	assert_ptr_equal(ran, other);
}

/* Who slept goes first, but what it did not use then it does not get later. */
static void test_sleeper(void **state)
{
	struct vcpu *always = one(1, 256), *sleeper = one(2, 256);
	uint64_t before, had;

	run_for(100 * MS);
	vcpu_block(sleeper);
	run_for(3000 * MS);
	before = always->run_ns;
	had = sleeper->run_ns;
	vcpu_wake(sleeper);
	sched_once();
	assert_ptr_equal(ran, sleeper);
	while (always->run_ns == before)
		sched_once();
	assert_true(sleeper->run_ns - had <= 3 * SLICE);
	run_for(1000 * MS);
	expect_near(sleeper->run_ns - had, 500 * MS, 3 * SLICE);
	/* One that was just made has no claim either. */
	had = always->run_ns;
	one(3, 256);
	run_for(900 * MS);
	expect_near(always->run_ns - had, 300 * MS, 3 * SLICE);
}

static void give_way(struct vcpu *v)
{
	ran = v;
	vcpu_yield(v);
	assert_true(cpu_this()->resched);
}

/* With no time used, the others' turn comes first all the same. */
static void test_yield(void **state)
{
	struct vcpu *v[3];

	for (unsigned i = 0; i < 3; i++)
		v[i] = one((uint16_t)(i + 1), (uint16_t)(256 << i));
	host_guest = give_way;
	for (unsigned i = 0; i < 30; i++) {
		const struct vcpu *seen[3];

		for (unsigned k = 0; k < 3; k++) {
			sched_once();
			seen[k] = ran;
		}
		for (unsigned k = 0; k < 3; k++)
			assert_true(seen[0] == v[k] || seen[1] == v[k] || seen[2] == v[k]);
	}
}

static void test_cap(void **state)
{
	static const uint16_t caps[] = { 1, 3, 10, 25, 50, 80, 95 };
	struct vcpu *v = one(1, 256), *other;
	uint64_t had;

	for (unsigned i = 0; i < ARRAY_SIZE(caps); i++) {
		uint64_t window;

		had = v->run_ns;
		domain_set_cap(v->domain, caps[i]);
		for (unsigned w = 0; w < 50; w++) {
			window = v->run_ns;
			run_for(100 * MS);
			assert_true(v->run_ns - window <= caps[i] * MS + SLICE);
		}
		expect_near(v->run_ns - had, 50 * caps[i] * MS, 2 * SLICE);
	}
	assert_true(slept > 0);
	/* What it may not have is the other's, and all is its again without a cap. */
	domain_set_cap(v->domain, 20);
	other = one(2, 1);
	run_for(200 * MS);
	slept = 0;
	exit_ns = MS / 2;
	had = other->run_ns;
	run_for(5000 * MS);
	expect_near(other->run_ns - had, 4000 * MS, 3 * SLICE);
	assert_int_equal(slept, 0);
	domain_set_cap(v->domain, 0);
	other->domain->pause = 1;
	run_for(1000 * MS);
	assert_int_equal(slept, 0);
}

/* What two vCPUs may have is one sum; what was not had is not kept. */
static void test_cap_of_two(void **state)
{
	struct domain *d = host_domain(1, 2, 1);
	uint64_t start;

	vcpu_set_affinity(d->vcpus[1], BIT(0));
	host_cpu = 1;
	sched_once();
	host_cpu = 0;
	domain_set_cap(d, 30);
	run_for(3000 * MS);
	expect_near(d->vcpus[0]->run_ns + d->vcpus[1]->run_ns, 900 * MS, 3 * SLICE);
	vcpu_block(d->vcpus[0]);
	vcpu_poll(d->vcpus[1], 0, host_now_ns + 5000 * MS);
	start = d->vcpus[1]->run_ns;
	run_for(5000 * MS);
	run_for(1000 * MS);
	expect_near(d->vcpus[1]->run_ns - start, 300 * MS, 5 * SLICE);
}

/* While this one's guest works, so does that of the other CPU. */
static void at_once(struct vcpu *v)
{
	uint64_t now = host_now_ns;

	if (!host_cpu) {
		host_cpu = 1;
		sched_once();
		host_cpu = 0;
		host_now_ns = now;
	}
	busy(v);
}

/* Each learns only at the end what the other has had. */
static void test_cap_at_once(void **state)
{
	struct domain *d = host_domain(1, 2, 1);

	host_guest = at_once;
	domain_set_cap(d, 10);
	run_for(10000 * MS);
	assert_true(d->vcpus[1]->run_ns > 300 * MS);
	expect_near(d->vcpus[0]->run_ns + d->vcpus[1]->run_ns, 1000 * MS, 3 * SLICE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_weights, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_two_to_one, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_vcpus, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_slice, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_sleeper, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_yield, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_cap, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_cap_of_two, sched_setup, sched_teardown),
		cmocka_unit_test_setup_teardown(test_cap_at_once, sched_setup, sched_teardown),
	};

	return cmocka_run_group_tests_name("core sched share", tests, NULL, NULL);
}
