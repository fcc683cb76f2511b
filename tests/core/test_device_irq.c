/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices' interrupts on their way to dom0: noted at once, given later, ended at the machine when dom0 has ended them.
 */
#include <string.h>

#include "tests/core/core_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/domain.h"

struct cpu cpus[CPUS_MAX];
struct domain *dom0;

static struct domain domain;
static struct vcpu vcpus[3];
static unsigned here, eois, given;
static struct { struct vcpu *v; uint8_t vector; } last;

struct cpu *cpu_this(void)
{
	return &cpus[here];
}

void apic_eoi(void)
{
	eois++;
}

void vlapic_interrupt(struct vcpu *v, uint8_t vector)
{
	given++;
	last.v = v;
	last.vector = vector;
}

static int setup(void **state)
{
	memset(&domain, 0, sizeof(domain));
	for (unsigned i = 0; i < ARRAY_SIZE(vcpus); i++) {
		cpus[i].number = i;
		vcpus[i] = (struct vcpu){ .domain = &domain, .cpu = i };
	}
	domain.privileged = true;
	domain.vcpus[0] = &vcpus[0];
	domain.vcpus[1] = &vcpus[1];
	domain.nr_vcpus = 2;
	dom0 = &domain;
	here = eois = given = 0;
	return 0;
}

static void test_noted(void **state)
{
	here = 1;
	device_irq(0x31);
	device_irq(0x31);
	assert_int_equal(given, 0);
	/* Another CPU's are none of its business. */
	here = 0;
	device_irq_deliver();
	assert_int_equal(given, 0);
	here = 1;
	device_irq_deliver();
	assert_int_equal(given, 1);
	assert_ptr_equal(last.v, &vcpus[1]);
	assert_int_equal(last.vector, 0x31);
	device_irq_deliver();
	assert_int_equal(given, 1);
	assert_int_equal(eois, 0);
	device_irq_eoi(&vcpus[1], 0x31);
	assert_int_equal(eois, 1);
}

/* What dom0 ends that no device sent is nothing to the machine. */
static void test_eoi(void **state)
{
	device_irq_eoi(&vcpus[0], 0x31);
	assert_int_equal(eois, 0);
	device_irq(0x31);
	device_irq(0xdf);
	device_irq_eoi(&vcpus[0], 0x31);
	assert_int_equal(eois, 0);
	device_irq_deliver();
	assert_int_equal(given, 2);
	domain.privileged = false;
	device_irq_eoi(&vcpus[0], 0xdf);
	assert_int_equal(eois, 0);
	domain.privileged = true;
	device_irq_eoi(&vcpus[0], 0xdf);
	device_irq_eoi(&vcpus[0], 0xdf);
	assert_int_equal(eois, 1);
	device_irq_eoi(&vcpus[0], 0x31);
	assert_int_equal(eois, 2);
}

/* The machine ends its highest: one below it waits, and none is ended that dom0 still works on. */
static void test_order(void **state)
{
	device_irq(0x31);
	device_irq_deliver();
	device_irq(0x41);
	device_irq_deliver();
	device_irq_eoi(&vcpus[0], 0x31);
	assert_int_equal(eois, 0);
	device_irq_eoi(&vcpus[0], 0x41);
	assert_int_equal(eois, 2);
	/* The higher one comes a second time, before dom0 has ended the lower one. */
	device_irq(0x31);
	device_irq(0x41);
	device_irq_deliver();
	device_irq_eoi(&vcpus[0], 0x41);
	assert_int_equal(eois, 3);
	device_irq(0x41);
	device_irq_deliver();
	device_irq_eoi(&vcpus[0], 0x31);
	assert_int_equal(eois, 3);
	device_irq_eoi(&vcpus[0], 0x41);
	assert_int_equal(eois, 5);
	device_irq_eoi(&vcpus[0], 0x41);
	assert_int_equal(eois, 5);
}

/* One in each class, which is as deep as it goes, ended from below: all are ended, once. */
static void test_deep(void **state)
{
	for (unsigned class = 2; class < 16; class++)
		device_irq((uint8_t)(class * 16 + 1));
	device_irq_deliver();
	assert_int_equal(given, 14);
	for (unsigned class = 2; class < 15; class++)
		device_irq_eoi(&vcpus[0], (uint8_t)(class * 16 + 1));
	assert_int_equal(eois, 0);
	device_irq_eoi(&vcpus[0], 0xf1);
	assert_int_equal(eois, 14);
}

/* What a processor does not send does not break anything: the same vector before its end, and more than there are classes. */
static void test_odd(void **state)
{
	for (unsigned i = 0; i < 3; i++)
		device_irq(0x50);
	device_irq_deliver();
	device_irq_eoi(&vcpus[0], 0x50);
	assert_int_equal(eois, 1);
	for (unsigned vector = 0x20; vector < 0x60; vector++)
		device_irq((uint8_t)vector);
	device_irq_deliver();
	for (unsigned vector = 0x20; vector < 0x60; vector++)
		device_irq_eoi(&vcpus[0], (uint8_t)vector);
	device_irq(0x61);
	device_irq_deliver();
	device_irq_eoi(&vcpus[0], 0x61);
	assert_int_equal(given, 1 + 16 + 1);
	assert_int_equal(eois, 1 + 16 + 1);
}

/* A CPU on which dom0 has no vCPU ends them itself. */
static void test_nobody(void **state)
{
	here = 2;
	device_irq(0x40);
	device_irq_deliver();
	assert_int_equal(eois, 1);
	dom0 = NULL;
	here = 0;
	device_irq(0x40);
	device_irq_deliver();
	assert_int_equal(eois, 2);
	assert_int_equal(given, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_noted, setup),
		cmocka_unit_test_setup(test_eoi, setup),
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_deep, setup),
		cmocka_unit_test_setup(test_odd, setup),
		cmocka_unit_test_setup(test_nobody, setup),
	};

	return cmocka_run_group_tests_name("core device_irq", tests, NULL, NULL);
}
