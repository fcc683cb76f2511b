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
	device_irq_eoi(&vcpus[0], 0x31);
	device_irq_eoi(&vcpus[0], 0x31);
	assert_int_equal(eois, 1);
	domain.privileged = false;
	device_irq_eoi(&vcpus[0], 0xdf);
	assert_int_equal(eois, 1);
	domain.privileged = true;
	device_irq_eoi(&vcpus[0], 0xdf);
	assert_int_equal(eois, 2);
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
		cmocka_unit_test_setup(test_nobody, setup),
	};

	return cmocka_run_group_tests_name("core device_irq", tests, NULL, NULL);
}
