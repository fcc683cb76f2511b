/* SPDX-License-Identifier: GPL-2.0-or-later
 * Domains: the list, and what begins and ends with one.
 */
#include "xen-core/domain/domain.h"

#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/core.h"
#include "xen-core/domain/memory.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/time.h"
#include "xen-core/domain/virt.h"
#include "xen-core/mm/limbo.h"

struct domain *domain_list, *dom0;

#define DOMAIN_ORDER 1
#define VCPU_ORDER 0

_Static_assert(sizeof(struct domain) <= PAGE_SIZE << DOMAIN_ORDER, "fits its pages");
_Static_assert(sizeof(struct vcpu) <= PAGE_SIZE << VCPU_ORDER, "fits its page");

static void *pages_alloc(unsigned order)
{
	mfn_t mfn = frame_alloc_clear(order, OWNER_CORE);

	return mfn_ok(mfn) ? mfn_ptr(mfn) : NULL;
}

static void pages_free(void *p, unsigned order)
{
	for (unsigned i = 0; p && i < 1u << order; i++)
		page_free((char *)p + i * PAGE_SIZE);
}

struct domain *domain_new(uint16_t id)
{
	struct domain *d = pages_alloc(DOMAIN_ORDER), **at = &domain_list;

	if (!d)
		return NULL;
	d->id = id;
	d->shared = page_alloc();
	if (!d->shared || p2m_init(&d->p2m)) {
		page_free(d->shared);
		pages_free(d, DOMAIN_ORDER);
		return NULL;
	}
	memset(d->shared->evtchn_mask, 0xff, sizeof(d->shared->evtchn_mask));
	time_update_wallclock(d);
	event_init(d, EVENT_PORTS);
	d->weight = 256;
	/* In the order of their numbers: who asks for the next one gets it. */
	while (*at && (*at)->id < id)
		at = &(*at)->next;
	d->next = *at;
	*at = d;
	return d;
}

static void vcpu_free(struct vcpu *v)
{
	sched_remove(v);
	if (mfn_ok(v->info_page))
		frame_put(v->info_page);
	virt_vcpu_free(v);
	pages_free(v, VCPU_ORDER);
}

/* No CPU may have one of its vCPUs, nor anybody else its mind on it. */
static void domain_halt(struct domain *d)
{
	d->dying = true;
	domain_pause(d);
	sched_quiesce(d);
	while (d->pins) {
		core_leave(NULL);
		cpu_relax();
		core_enter(NULL);
	}
	d->halted = true;
}

static void domain_free(struct domain *d)
{
	struct domain **at = &domain_list;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	domain_note_rest(d);
	page_free(d->shared);
	pages_free(d, DOMAIN_ORDER);
	event_virq_domain(dom0, VIRQ_DOM_EXC);
}

bool domain_destroy(struct domain *d, uint64_t until_ns)
{
	if (!d->dying)
		domain_halt(d);
	if (!d->halted || !event_clear(d, until_ns) || !grant_clear(d, until_ns) || !memory_clear(d, until_ns) ||
	    !limbo_drain(until_ns))
		return false;
	memory_map_clear(&d->map);
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		if (d->vcpus[i])
			vcpu_free(d->vcpus[i]);
		d->vcpus[i] = NULL;
	}
	d->nr_vcpus = 0;
	d->dead = true;
	if (!frames_owned(d->id))
		domain_free(d);
	else
		/* Who holds them is to look. */
		event_virq_domain(dom0, VIRQ_DOM_EXC);
	return true;
}

void domains_reap(void)
{
	struct domain *next;

	if (!frames_emptied())
		return;
	for (struct domain *d = domain_list; d; d = next) {
		next = d->next;
		if (d->dead && !frames_owned(d->id))
			domain_free(d);
	}
}

struct domain *domain_find(uint16_t id)
{
	struct domain *d;

	if (id == DOMID_SELF)
		return vcpu_this() ? vcpu_this()->domain : NULL;
	for (d = domain_list; d && d->id != id; d = d->next)
		;
	return d;
}

struct vcpu *vcpu_this(void)
{
	return cpu_this()->current;
}

int vcpu_new(struct domain *d, unsigned id, unsigned cpu)
{
	struct vcpu *v = pages_alloc(VCPU_ORDER);
	int rc;

	if (!v)
		return -XEN_ENOMEM;
	v->domain = d;
	v->id = id;
	v->cpu = cpu;
	v->run = VCPU_DOWN;
	v->info_page = MFN_NONE;
	/* Those beyond what shared_info has room for share a place until they say where they want theirs. */
	v->info = &d->shared->vcpu_info[MIN(id, (unsigned)XEN_LEGACY_MAX_VCPUS - 1)];
	v->runstate.state = RUNSTATE_offline;
	v->runstate.state_entry_time = time_now_ns();
	v->affinity = ~UINT64_C(0);
	vlapic_init(v, d->privileged ? cpus[cpu].apic_id : 2 * id);
	rc = virt_vcpu_init(v);
	if (rc) {
		virt_vcpu_free(v);
		pages_free(v, VCPU_ORDER);
		return rc;
	}
	d->vcpus[id] = v;
	d->nr_vcpus = MAX(d->nr_vcpus, id + 1);
	sched_add(v);
	return 0;
}

void domain_set_form(struct vcpu *v)
{
	struct domain *d = v->domain;
	bool narrow = !virt_long_mode(v);

	if (narrow == d->narrow)
		return;
	d->narrow = narrow;
	time_update_wallclock(d);
}

void vcpu_trail(struct vcpu *v, uint32_t what, uint32_t detail, uint64_t rip)
{
	unsigned at = v->trail_at++ % ARRAY_SIZE(v->trail);

	v->trail[at].what = what;
	v->trail[at].detail = detail;
	v->trail[at].rip = rip;
}

static void trail_print(const struct vcpu *v)
{
	for (unsigned i = 0; i < ARRAY_SIZE(v->trail); i++) {
		unsigned at = (v->trail_at + i) % ARRAY_SIZE(v->trail);

		if (v->trail[at].rip || v->trail[at].what)
			log_print("  exit 0x%x %08x at %lx\n", v->trail[at].what, v->trail[at].detail, v->trail[at].rip);
	}
}

void domain_shutdown(struct domain *d, uint8_t reason)
{
	if (d->shut_down)
		return;
	if (d == dom0)
		host_end(reason);
	d->shut_down = true;
	d->shutdown_code = reason;
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpus[i])
			vcpu_wake(d->vcpus[i]);
	event_virq_domain(dom0, VIRQ_DOM_EXC);
}

void domain_crash(struct vcpu *v, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	format_va(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Once: each of its vCPUs may meet the same, and what is printed keeps all others waiting. */
	if (!v->domain->shut_down) {
		log_print("domain %u crashed: vCPU %u: %s\n", v->domain->id, v->id, text);
		virt_dump(v);
		trail_print(v);
	}
	v->domain->crashed = true;
	domain_shutdown(v->domain, SHUTDOWN_crash);
}
