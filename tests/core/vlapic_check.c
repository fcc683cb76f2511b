/* SPDX-License-Identifier: GPL-2.0-or-later
 * The vCPUs of the tests of their APICs, and what these ask of the scheduler and the machine.
 */
#include "tests/core/vlapic_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"

struct domain domain;
struct vcpu vcpus[VCPUS];
unsigned woken[VCPUS], started[VCPUS], stopped[VCPUS], ended[256];
int page[VCPUS];

uint64_t now_ns;
unsigned looked, ends;
bool in_nmi;

uint64_t time_now_ns(void)
{
	return now_ns;
}

void sched_look(unsigned cpu)
{
	looked++;
}

bool virt_irqs_on(const struct vcpu *v)
{
	return true;
}

bool virt_nmis_on(const struct vcpu *v)
{
	return !in_nmi;
}

void vcpu_wake(struct vcpu *v)
{
	woken[v->id]++;
}

void vcpu_start(struct vcpu *v)
{
	started[v->id]++;
	v->run = VCPU_RUNNABLE;
	v->halted = false;
}

void vcpu_quiesce(struct vcpu *v)
{
	(void)v;
}

void vcpu_stop(struct vcpu *v)
{
	stopped[v->id]++;
	v->run = VCPU_DOWN;
}

void domain_end_if_down(struct domain *d)
{
	for (unsigned i = 0; i < VCPUS; i++)
		if (vcpus[i].run != VCPU_DOWN)
			return;
	ends++;
}

void virt_start_real(struct vcpu *v, uint8_t at)
{
	page[v->id] = at;
}

void device_irq_eoi(struct vcpu *v, uint8_t vector)
{
	ended[vector]++;
}

void forget(void)
{
	memset(woken, 0, sizeof(woken));
	memset(started, 0, sizeof(started));
	memset(stopped, 0, sizeof(stopped));
	memset(ended, 0, sizeof(ended));
	for (unsigned i = 0; i < VCPUS; i++)
		memset(vcpus[i].lapic.irr, 0, sizeof(vcpus[i].lapic.irr));
}

int setup(void **state)
{
	memset(&domain, 0, sizeof(domain));
	memset(vcpus, 0, sizeof(vcpus));
	domain.nr_vcpus = VCPUS;
	now_ns = 1000 * NS_PER_SEC;
	in_nmi = false;
	ends = 0;
	for (unsigned i = 0; i < VCPUS; i++) {
		domain.vcpus[i] = &vcpus[i];
		vcpus[i].domain = &domain;
		vcpus[i].id = i;
		vcpus[i].run = VCPU_RUNNABLE;
		vlapic_init(&vcpus[i], 2 * i);
		if (!vlapic_write(&vcpus[i], SVR, 0x1ff))
			return -1;
		page[i] = -1;
	}
	forget();
	return 0;
}

void x2_all(void)
{
	for (unsigned i = 0; i < VCPUS; i++)
		assert_true(vlapic_set_base(&vcpus[i], vcpus[i].lapic.base | APIC_BASE_X2));
}

void put(struct vcpu *v, unsigned reg, uint64_t value)
{
	assert_true(vlapic_write(v, reg, value));
}

void expect_reg(struct vcpu *v, unsigned reg, uint64_t value)
{
	uint64_t is = ~value;

	assert_true(vlapic_read(v, reg, &is));
	assert_int_equal(is, value);
}

void ipi(struct vcpu *from, uint32_t low, uint32_t dest)
{
	if (from->lapic.base & APIC_BASE_X2) {
		put(from, ICR, (uint64_t)dest << 32 | low);
	} else {
		put(from, ICR2, dest << 24);
		put(from, ICR, low);
	}
}
