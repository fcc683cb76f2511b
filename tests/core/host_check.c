/* SPDX-License-Identifier: GPL-2.0-or-later
 * The hardware that is missing, and domains on it. What belongs to whom is gone over in host_audit.c.
 */
#include "tests/core/host_check.h"

#include <stdlib.h>

#include <xen/hvm/save.h>

#include "xen-core/boot/boot_info.h"
#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/serial.h"
#include "xen-core/domain/core.h"
#include "xen-core/domain/device_irq.h"
#include "xen-core/domain/memory.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"
#include "xen-core/hypercall/hypercall.h"
#include "xen-core/mm/limbo.h"

struct cpu cpus[CPUS_MAX];
unsigned nr_cpus = 1;

uint64_t host_now_ns, host_tick_ns;
unsigned host_cpu, host_kicks[CPUS_MAX];
void (*host_guest)(struct vcpu *v);
void (*host_sleep)(void);
void (*host_kicked)(unsigned cpu);
jmp_buf *host_end_to;
const char *host_typed;
unsigned host_log_left;
struct hvm_hw_cpu host_context;

uint64_t host_limbo;
static uint64_t at_first;
static bool entered;

struct cpu *cpu_this(void)
{
	return &cpus[host_cpu];
}

uint64_t time_now_ns(void)
{
	return host_now_ns += host_tick_ns;
}

uint64_t time_tsc_hz(void)
{
	return NS_PER_SEC;
}

bool time_tsc_stable(void)
{
	return true;
}

uint64_t time_tsc_start(void)
{
	return 0;
}

void time_scale(uint32_t *mul, int8_t *shift)
{
	*mul = 0x80000000;
	*shift = 1;
}

void time_boot_wallclock(uint64_t *sec, uint32_t *nsec)
{
	*sec = 1700000000;
	*nsec = 5;
}

void apic_timer(uint64_t at_ns)
{
	cpu_this()->timer_ns = at_ns;
}

void apic_kick(unsigned cpu)
{
	assert_true(cpu < nr_cpus);
	host_kicks[cpu]++;
	if (host_kicked)
		host_kicked(cpu);
}

void irq_let(void)
{
}

void irq_wait(void)
{
	cpu_this()->interrupts++;
	if (host_sleep)
		host_sleep();
}

void device_irq_eoi(struct vcpu *v, uint8_t vector)
{
}

void apic_kick_out(unsigned cpu)
{
	apic_kick(cpu);
	cpus[cpu].in_guest = false;
}

void machine_nmi_tell(void)
{
}

void device_irq_deliver(void)
{
}

bool serial_there(void)
{
	return host_typed;
}

bool serial_waits(void)
{
	return host_typed && *host_typed;
}

int serial_read(void)
{
	return host_typed && *host_typed ? *host_typed++ : -1;
}

void log_raw(const char *text, size_t len)
{
	/* Each byte is looked at: it must be there. */
	for (size_t i = 0; i < len; i++)
		__asm__ volatile("" : : "r"(text[i]));
}

bool log_send(void)
{
	bool left = host_log_left;

	host_log_left -= left;
	return left;
}

bool log_has_room(size_t len)
{
	return !host_log_left;
}

size_t log_read(char *buf, size_t size, size_t *from)
{
	size_t len = MIN(size, (size_t)100);

	memset(buf, 'l', len);
	*from = 100;
	return len;
}

void host_end(unsigned reason)
{
	if (host_end_to)
		longjmp(*host_end_to, 1);
	fail_msg("the host ends, reason %u", reason);
	abort();
}

struct host_regs *host_regs(const struct vcpu *v)
{
	return v->virt;
}

int virt_vcpu_init(struct vcpu *v)
{
	v->virt = calloc(1, sizeof(struct host_regs));
	return v->virt ? 0 : -1;
}

void virt_vcpu_free(struct vcpu *v)
{
	free(v->virt);
	v->virt = NULL;
}

void virt_load(struct vcpu *v)
{
	assert_false(host_regs(v)->loaded);
	host_regs(v)->loaded = true;
}

void virt_save(struct vcpu *v)
{
	assert_true(host_regs(v)->loaded);
	host_regs(v)->loaded = false;
}

void virt_run(struct vcpu *v)
{
	assert_true(host_regs(v)->loaded);
	assert_non_null(host_guest);
	host_guest(v);
}

uint64_t virt_cr0(const struct vcpu *v)
{
	return host_regs(v)->cr0;
}

uint64_t virt_cr3(const struct vcpu *v)
{
	return host_regs(v)->cr3;
}

uint64_t virt_cr4(const struct vcpu *v)
{
	return host_regs(v)->cr4;
}

bool virt_long_mode(const struct vcpu *v)
{
	return !host_regs(v)->narrow;
}

void virt_set_tsc_offset(struct vcpu *v)
{
}

uint64_t virt_efer(const struct vcpu *v)
{
	return host_regs(v)->efer;
}

unsigned virt_cpl(const struct vcpu *v)
{
	return host_regs(v)->cpl;
}

bool virt_irqs_on(const struct vcpu *v)
{
	return !host_regs(v)->irqs_off;
}

bool virt_nmis_on(const struct vcpu *v)
{
	return !host_regs(v)->in_nmi;
}

void virt_start_real(struct vcpu *v, uint8_t page)
{
}

void virt_dump(const struct vcpu *v)
{
}

bool virt_set_context(struct vcpu *v, const struct hvm_hw_cpu *cpu)
{
	host_context = *cpu;
	return !(cpu->cr0 & CR0_PG) || (cpu->cr0 & CR0_PE);
}

void virt_get_context(const struct vcpu *v, struct hvm_hw_cpu *cpu)
{
	memset(cpu, 0, sizeof(*cpu));
}

void host_init(uint64_t frames, unsigned nr)
{
	machine_init(frames);
	memset(cpus, 0, sizeof(cpus));
	memset(host_kicks, 0, sizeof(host_kicks));
	domain_list = dom0 = NULL;
	nr_cpus = nr;
	for (unsigned i = 0; i < nr; i++) {
		cpus[i].self = &cpus[i];
		cpus[i].number = i;
		cpus[i].apic_id = i;
		cpus[i].online = true;
	}
	host_cpu = 0;
	host_tick_ns = 0;
	host_guest = NULL;
	host_sleep = NULL;
	host_kicked = NULL;
	host_end_to = NULL;
	host_typed = NULL;
	host_log_left = 0;
	limbo_init();
	at_first = frames_free();
	for (host_limbo = 1; !machine_refs(host_limbo); host_limbo++)
		;
	/* A test that failed may not have come out. */
	if (!entered)
		core_enter(NULL);
	entered = true;
}

bool host_clear(void)
{
	bool all;

	host_cpu = 0;
	host_kicked = NULL;
	for (unsigned i = 0; i < nr_cpus; i++) {
		cpus[i].current = NULL;
		cpus[i].in_guest = false;
	}
	/* Nobody is told any more of domains that end. */
	dom0 = NULL;
	for (struct domain *d = domain_list, *next; d; d = next) {
		next = d->next;
		if (!d->dead)
			domain_destroy(d, 0);
	}
	domains_reap();
	limbo_look();
	core_leave(NULL);
	entered = false;
	all = frames_free() == at_first && !domain_list;
	machine_clear();
	return all;
}

struct domain *host_domain(uint16_t id, unsigned vcpus, uint64_t frames)
{
	struct domain *d = domain_new(id);

	assert_non_null(d);
	/* A real dom0 has its frames from its builder, each where the machine has it; to these tests any are as good. */
	d->max_frames = frames;
	d->max_vcpus = vcpus;
	for (uint64_t i = 0; i < frames; i++)
		assert_int_equal(memory_populate(d, GFN(i), 0), 0);
	if (!id) {
		d->privileged = true;
		dom0 = d;
	}
	grant_init(d, 0, UINT32_MAX);
	for (unsigned i = 0; i < vcpus; i++) {
		assert_int_equal(vcpu_new(d, i, i % nr_cpus), 0);
		vcpu_start(d->vcpus[i]);
	}
	return d;
}

void host_as(struct vcpu *v)
{
	v->cpu = host_cpu;
	cpus[host_cpu].current = v;
}

void *host_page(struct domain *d, uint64_t gfn)
{
	struct p2m_entry entry = p2m_lookup(&d->p2m, GFN(gfn));

	assert_int_not_equal(entry.type, P2M_NONE);
	return mfn_ptr(entry.mfn);
}

int64_t host_call(struct vcpu *v, uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2)
{
	struct hypercall call = { .nr = nr, .arg = { arg0, arg1, arg2 }, .may_stop = true };
	int64_t rc;

	host_as(v);
	while ((rc = hypercall(v, &call)) == CALL_AGAIN)
		;
	return rc;
}

int host_unmap(struct domain *d, uint32_t handle, uint64_t gfn)
{
	struct grant_map ended;
	int status = grant_unmap_begin(d, handle, GFN(gfn), &ended);

	if (!status)
		grant_unmap_end(&ended);
	return status;
}
