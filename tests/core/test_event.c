/* SPDX-License-Identifier: GPL-2.0-or-later
 * Event channels between two domains, of three vCPUs and one: ports, both of their ends, and the guests' bits.
 */
#include <stdlib.h>

#include <xen/errno.h>

#include "tests/core/core_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/sched.h"

#define FRAMES 64
#define A 0
#define B 5
#define NOBODY 9

static struct domain *a, *b;
static unsigned woken[2][3];

struct domain *domain_find(uint16_t id)
{
	return id == A ? a : id == B ? b : NULL;
}

uint64_t time_now_ns(void)
{
	return 0;
}

void vcpu_wake(struct vcpu *v)
{
	woken[v->domain == b][v->id]++;
	v->polling = false;
}

/* Nobody here asks for queues (test_event_fifo.c). */
mfn_t guest_frame_get(struct domain *d, gfn_t gfn)
{
	return MFN_NONE;
}

static struct domain *domain_make(uint16_t id, unsigned vcpus, uint32_t limit)
{
	struct domain *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	d->id = id;
	d->shared = page_alloc();
	memset(d->shared->evtchn_mask, 0xff, sizeof(d->shared->evtchn_mask));
	d->nr_vcpus = vcpus;
	for (unsigned i = 0; i < vcpus; i++) {
		d->vcpus[i] = calloc(1, sizeof(struct vcpu));
		assert_non_null(d->vcpus[i]);
		d->vcpus[i]->domain = d;
		d->vcpus[i]->id = i;
		d->vcpus[i]->info = &d->shared->vcpu_info[i];
	}
	event_init(d, limit);
	return d;
}

static void domain_drop(struct domain *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		free(d->vcpus[i]);
	free(d);
}

static int setup(void **state)
{
	machine_init(FRAMES);
	a = domain_make(A, 3, EVENT_PORTS_BITS);
	a->privileged = true;
	b = domain_make(B, 1, 300);
	memset(woken, 0, sizeof(woken));
	return 0;
}

/* All that the ports took is given back. */
static int teardown(void **state)
{
	bool left;

	event_clear(a, 0);
	event_clear(b, 0);
	left = frames_free() != FRAMES - 1 - 2;
	domain_drop(a);
	domain_drop(b);
	machine_clear();
	a = b = NULL;
	return left ? -1 : 0;
}

static void mask(struct domain *d, uint32_t port, bool masked)
{
	if (masked)
		d->shared->evtchn_mask[port / 64] |= 1ul << port % 64;
	else
		d->shared->evtchn_mask[port / 64] &= ~(1ul << port % 64);
}

/* The guest has seen all there was. */
static void guest_saw(struct domain *d)
{
	memset(d->shared->evtchn_pending, 0, sizeof(d->shared->evtchn_pending));
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		d->vcpus[i]->info->evtchn_pending_sel = 0;
		d->vcpus[i]->info->evtchn_upcall_pending = 0;
	}
	memset(woken, 0, sizeof(woken));
}

/* One vCPU alone has been woken, once, and the bits that it looks at say why. */
static void expect_told(struct domain *d, unsigned vcpu, uint32_t port)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		assert_int_equal(woken[d == b][i], i == vcpu);
		assert_int_equal(d->vcpus[i]->info->evtchn_upcall_pending, i == vcpu);
		assert_int_equal(d->vcpus[i]->info->evtchn_pending_sel, i == vcpu ? 1ul << port / 64 : 0);
	}
	assert_true(event_pending(d, port));
}

static void expect_quiet(struct domain *d)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		assert_int_equal(woken[d == b][i], 0);
		assert_int_equal(d->vcpus[i]->info->evtchn_upcall_pending, 0);
		assert_int_equal(d->vcpus[i]->info->evtchn_pending_sel, 0);
	}
}

/* A port of a, bound by one of b. */
static void join(uint32_t *of_a, uint32_t *of_b)
{
	assert_int_equal(event_alloc_unbound(a, B, of_a), 0);
	assert_int_equal(event_bind_interdomain(b, A, *of_a, of_b), 0);
	mask(a, *of_a, false);
	mask(b, *of_b, false);
	guest_saw(a);
	guest_saw(b);
}

static void test_numbers(void **state)
{
	uint32_t port;

	for (uint32_t i = 1; i < 300; i++) {
		assert_int_equal(event_alloc_unbound(b, A, &port), 0);
		assert_int_equal(port, i);
	}
	port = 77;
	assert_int_equal(event_alloc_unbound(b, A, &port), -XEN_ENOSPC);
	assert_int_equal(event_bind_ipi(b, 0, &port), -XEN_ENOSPC);
	assert_int_equal(event_bind_virq(b, VIRQ_TIMER, 0, &port), -XEN_ENOSPC);
	assert_int_equal(b->vcpus[0]->virq_port[VIRQ_TIMER], 0);
	assert_int_equal(port, 77);
	assert_null(event_get(b, 0));
	assert_null(event_get(b, 300));
	assert_true(event_known(b, 0) && event_known(b, 299) && event_known(a, 255));
	assert_false(event_known(b, 300) || event_known(a, 256) || event_known(a, UINT32_MAX));
	/* The lowest that is free is given next. */
	assert_int_equal(event_close(b, 200), 0);
	assert_int_equal(event_close(b, 100), 0);
	assert_int_equal(event_bind_ipi(b, 0, &port), 0);
	assert_int_equal(port, 100);
	assert_int_equal(event_bind_ipi(b, 0, &port), 0);
	assert_int_equal(port, 200);
}

static void test_limits(void **state)
{
	uint32_t port, last = 0;

	event_init(a, UINT32_MAX);
	while (!event_alloc_unbound(a, B, &port))
		last = port;
	assert_int_equal(last, EVENT_PORTS_BITS - 1);
	event_clear(a, 0);
	event_init(b, 1);
	assert_int_equal(event_alloc_unbound(b, A, &port), -XEN_ENOSPC);
	event_init(b, 0);
	assert_int_equal(event_alloc_unbound(b, A, &port), -XEN_ENOSPC);
}

static void test_no_memory(void **state)
{
	mfn_t taken[FRAMES];
	unsigned nr = 0;
	uint32_t port = 77;

	while (mfn_ok(taken[nr] = frame_alloc(0, OWNER_CORE)))
		nr++;
	assert_int_equal(event_alloc_unbound(a, B, &port), -XEN_ENOMEM);
	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, 1, &port), -XEN_ENOMEM);
	assert_int_equal(port, 77);
	assert_int_equal(a->vcpus[1]->virq_port[VIRQ_TIMER], 0);
	while (nr)
		frame_put(taken[--nr]);
	/* The other end stays as it was. */
	assert_int_equal(event_alloc_unbound(a, B, &port), 0);
	while (mfn_ok(taken[nr] = frame_alloc(0, OWNER_CORE)))
		nr++;
	assert_int_equal(event_bind_interdomain(b, A, port, &port), -XEN_ENOMEM);
	assert_int_equal(event_get(a, port)->state, EVENT_UNBOUND);
	while (nr)
		frame_put(taken[--nr]);
}

/* Ports that nothing may be done with: none at all, free ones, ones without a table, beyond the limit and the bits. */
static void test_wrong_ports(void **state)
{
	static const uint32_t wrong[] = { 0, 2, 255, 256, 299, 300, 4095, 4096, 4097, UINT32_MAX };
	uint32_t port;

	assert_int_equal(event_alloc_unbound(b, A, &port), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_null(event_get(b, wrong[i]));
		assert_int_equal(event_close(b, wrong[i]), -XEN_EINVAL);
		assert_int_equal(event_send(b, wrong[i]), -XEN_EINVAL);
		assert_int_equal(event_unmask(b, wrong[i]), -XEN_EINVAL);
		assert_int_equal(event_bind_vcpu(b, wrong[i], 0), -XEN_EINVAL);
		assert_int_equal(event_bind_interdomain(a, B, wrong[i], &port), -XEN_EINVAL);
		assert_false(event_pending(b, wrong[i]));
		event_raise(b, wrong[i]);
		assert_false(event_pending(b, wrong[i]));
	}
	expect_quiet(b);
	/* A page of them, and one that names it. */
	assert_int_equal(frames_free(), FRAMES - 1 - 2 - 2);
}

static void test_bind(void **state)
{
	uint32_t theirs, ours = 77, more;

	assert_int_equal(event_alloc_unbound(a, B, &theirs), 0);
	assert_int_equal(event_bind_interdomain(b, NOBODY, theirs, &ours), -XEN_ESRCH);
	/* Not for a itself, though it is a's. */
	assert_int_equal(event_bind_interdomain(a, A, theirs, &ours), -XEN_EINVAL);
	assert_int_equal(ours, 77);
	assert_int_equal(event_bind_interdomain(b, A, theirs, &ours), 0);
	assert_int_equal(event_get(a, theirs)->state, EVENT_INTERDOMAIN);
	assert_int_equal(event_get(a, theirs)->remote_domain, B);
	assert_int_equal(event_get(a, theirs)->remote_port, ours);
	assert_int_equal(event_get(b, ours)->state, EVENT_INTERDOMAIN);
	assert_int_equal(event_get(b, ours)->remote_domain, A);
	assert_int_equal(event_get(b, ours)->remote_port, theirs);
	/* Who binds looks whether something came before. */
	assert_true(event_pending(b, ours));
	assert_false(event_pending(a, theirs));
	assert_int_equal(event_bind_interdomain(b, A, theirs, &more), -XEN_EINVAL);
	assert_int_equal(event_bind_ipi(a, 0, &more), 0);
	assert_int_equal(event_bind_interdomain(b, A, more, &more), -XEN_EINVAL);
}

static void test_bind_itself(void **state)
{
	uint32_t one, two;

	assert_int_equal(event_alloc_unbound(a, A, &one), 0);
	assert_int_equal(event_bind_interdomain(a, DOMID_SELF, one, &two), 0);
	assert_int_not_equal(one, two);
	mask(a, one, false);
	guest_saw(a);
	assert_int_equal(event_send(a, two), 0);
	expect_told(a, 0, one);
	assert_false(event_pending(a, two));
	assert_int_equal(event_close(a, one), 0);
	assert_int_equal(event_get(a, two)->state, EVENT_UNBOUND);
	assert_int_equal(event_get(a, two)->remote_domain, A);
	assert_int_equal(event_bind_interdomain(a, A, two, &one), 0);
	assert_int_equal(event_close(a, two), 0);
	assert_int_equal(event_close(a, one), 0);
}

static void test_send(void **state)
{
	uint32_t of_a, of_b;

	join(&of_a, &of_b);
	assert_int_equal(event_send(b, of_b), 0);
	expect_told(a, 0, of_a);
	expect_quiet(b);
	/* Again, before the guest looked: once is enough. */
	assert_int_equal(event_send(b, of_b), 0);
	expect_told(a, 0, of_a);
	guest_saw(a);
	assert_int_equal(event_send(a, of_a), 0);
	expect_told(b, 0, of_b);
	expect_quiet(a);
}

static void test_mask(void **state)
{
	uint32_t of_a, of_b;

	join(&of_a, &of_b);
	mask(a, of_a, true);
	assert_int_equal(event_send(b, of_b), 0);
	assert_true(event_pending(a, of_a));
	expect_quiet(a);
	assert_int_equal(event_unmask(a, of_a), 0);
	expect_told(a, 0, of_a);
	/* It was not masked any more; then with nothing pending. */
	guest_saw(a);
	event_raise(a, of_a);
	memset(woken, 0, sizeof(woken));
	a->vcpus[0]->info->evtchn_pending_sel = 0;
	a->vcpus[0]->info->evtchn_upcall_pending = 0;
	assert_int_equal(event_unmask(a, of_a), 0);
	expect_quiet(a);
	guest_saw(a);
	mask(a, of_a, true);
	assert_int_equal(event_unmask(a, of_a), 0);
	expect_quiet(a);
	assert_int_equal(a->shared->evtchn_mask[of_a / 64] >> of_a % 64 & 1, 0);
}

/* A port of the last word, and others of the same word: the guest is told by the word. */
static void test_words(void **state)
{
	uint32_t ports[EVENT_PORTS_BITS];

	for (uint32_t i = 1; i < EVENT_PORTS_BITS; i++)
		assert_int_equal(event_bind_ipi(a, 1, &ports[i]), 0);
	memset(a->shared->evtchn_mask, 0, sizeof(a->shared->evtchn_mask));
	assert_int_equal(event_send(a, 4095), 0);
	expect_told(a, 1, 4095);
	assert_int_equal(event_send(a, 4094), 0);
	expect_told(a, 1, 4094);
	assert_int_equal(event_send(a, 1), 0);
	assert_int_equal(woken[0][1], 2);
	assert_int_equal(a->vcpus[1]->info->evtchn_pending_sel, 1ul << 63 | 1);
	assert_int_equal(a->shared->evtchn_pending[63], 3ul << 62);
	assert_int_equal(a->shared->evtchn_pending[0], 2);
}

static void test_close(void **state)
{
	uint32_t of_a, of_b, again;

	join(&of_a, &of_b);
	event_raise(b, of_b);
	assert_int_equal(event_close(b, of_b), 0);
	assert_null(event_get(b, of_b));
	assert_false(event_pending(b, of_b));
	assert_int_equal(event_close(b, of_b), -XEN_EINVAL);
	assert_int_equal(event_get(a, of_a)->state, EVENT_UNBOUND);
	assert_int_equal(event_get(a, of_a)->remote_domain, B);
	/* There is nobody any more to whom it could go, which is no fault of who sends. */
	guest_saw(b);
	assert_int_equal(event_send(a, of_a), 0);
	expect_quiet(b);
	assert_false(event_pending(b, of_b));
	/* The same domain may come back; then the first end goes. */
	assert_int_equal(event_bind_interdomain(b, A, of_a, &again), 0);
	assert_int_equal(event_close(a, of_a), 0);
	assert_int_equal(event_get(b, again)->state, EVENT_UNBOUND);
	assert_int_equal(event_get(b, again)->remote_domain, A);
	assert_int_equal(event_close(b, again), 0);
}

static void test_remote_gone(void **state)
{
	uint32_t of_a, of_b, third;
	struct domain *gone;

	join(&of_a, &of_b);
	assert_int_equal(event_alloc_unbound(b, A, &third), 0);
	event_clear(b, 0);
	assert_int_equal(event_get(a, of_a)->state, EVENT_UNBOUND);
	assert_null(event_get(b, of_b));
	assert_null(event_get(b, third));
	gone = b;
	b = NULL;
	assert_int_equal(event_send(a, of_a), 0);
	assert_int_equal(event_bind_interdomain(a, B, third, &third), -XEN_ESRCH);
	assert_int_equal(event_close(a, of_a), 0);
	b = gone;
}

static void test_virq(void **state)
{
	uint32_t port, other;

	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, 1, &port), 0);
	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, 1, &other), -XEN_EEXIST);
	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, 2, &other), 0);
	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, 3, &other), -XEN_ENOENT);
	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, UINT32_MAX, &other), -XEN_ENOENT);
	assert_int_equal(event_bind_virq(a, NR_VIRQS, 0, &other), -XEN_EINVAL);
	assert_int_equal(event_bind_virq(a, UINT32_MAX, 0, &other), -XEN_EINVAL);
	mask(a, port, false);
	event_virq(a->vcpus[0], VIRQ_TIMER);
	event_virq(a->vcpus[1], VIRQ_DEBUG);
	expect_quiet(a);
	event_virq(a->vcpus[1], VIRQ_TIMER);
	expect_told(a, 1, port);
	assert_int_equal(event_send(a, port), -XEN_EINVAL);
	/* It stays with its vCPU. */
	assert_int_equal(event_bind_vcpu(a, port, 0), -XEN_EINVAL);
	assert_int_equal(event_close(a, port), 0);
	guest_saw(a);
	event_virq(a->vcpus[1], VIRQ_TIMER);
	expect_quiet(a);
	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, 1, &port), 0);
	/* What one vCPU has is every domain's to ask for. */
	assert_int_equal(event_bind_virq(b, VIRQ_TIMER, 0, &port), 0);
	assert_int_equal(event_bind_virq(b, VIRQ_DEBUG, 0, &port), 0);
}

/* Those of the host: dom0's alone, bound by its first vCPU, then wherever it likes. */
static void test_global_virq(void **state)
{
	uint32_t port, other = 77;

	assert_int_equal(event_bind_virq(b, VIRQ_DOM_EXC, 0, &other), -XEN_EPERM);
	assert_int_equal(event_bind_virq(a, VIRQ_DOM_EXC, 1, &other), -XEN_EINVAL);
	assert_int_equal(other, 77);
	event_virq_domain(a, VIRQ_DOM_EXC);
	event_virq_domain(NULL, VIRQ_DOM_EXC);
	assert_int_equal(event_bind_virq(a, VIRQ_DOM_EXC, 0, &port), 0);
	assert_int_equal(event_bind_virq(a, VIRQ_DOM_EXC, 0, &other), -XEN_EEXIST);
	mask(a, port, false);
	event_virq_domain(a, VIRQ_DOM_EXC);
	expect_told(a, 0, port);
	guest_saw(a);
	assert_int_equal(event_bind_vcpu(a, port, 2), 0);
	event_virq_domain(a, VIRQ_DOM_EXC);
	expect_told(a, 2, port);
	assert_int_equal(event_close(a, port), 0);
	assert_int_equal(event_bind_virq(a, VIRQ_DOM_EXC, 0, &port), 0);
	for (uint32_t virq = 0; virq < NR_VIRQS; virq++)
		assert_int_equal(event_virq_is_global(virq),
				 virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU);
}

static void test_vcpus(void **state)
{
	uint32_t of_a, of_b, ipi;

	join(&of_a, &of_b);
	assert_int_equal(event_bind_ipi(a, 3, &ipi), -XEN_ENOENT);
	assert_int_equal(event_bind_ipi(a, UINT32_MAX, &ipi), -XEN_ENOENT);
	assert_int_equal(event_bind_ipi(a, 2, &ipi), 0);
	assert_int_equal(event_bind_vcpu(a, ipi, 0), -XEN_EINVAL);
	mask(a, ipi, false);
	assert_int_equal(event_send(a, ipi), 0);
	expect_told(a, 2, ipi);
	guest_saw(a);
	assert_int_equal(event_bind_vcpu(a, of_a, 3), -XEN_ENOENT);
	assert_int_equal(event_bind_vcpu(a, of_a, UINT32_MAX), -XEN_ENOENT);
	assert_int_equal(event_bind_vcpu(a, of_a, 1), 0);
	assert_int_equal(event_send(b, of_b), 0);
	expect_told(a, 1, of_a);
	/* A vCPU that there is a number but nothing else of. */
	guest_saw(a);
	free(a->vcpus[1]);
	a->vcpus[1] = NULL;
	assert_int_equal(event_bind_vcpu(a, of_a, 1), -XEN_ENOENT);
	assert_int_equal(event_bind_ipi(a, 1, &ipi), -XEN_ENOENT);
	assert_int_equal(event_bind_virq(a, VIRQ_TIMER, 1, &ipi), -XEN_ENOENT);
	assert_int_equal(event_send(b, of_b), 0);
	assert_int_equal(event_unmask(a, of_a), 0);
	assert_int_equal(woken[0][0] + woken[0][2], 0);
}

/* Who polls for a masked port is woken, though not told; who polls for another sleeps on. */
static void test_poll(void **state)
{
	uint32_t of_a, of_b;

	join(&of_a, &of_b);
	mask(a, of_a, true);
	a->vcpus[0]->polling = a->vcpus[1]->polling = a->vcpus[2]->polling = true;
	a->vcpus[0]->poll_port = of_a + 1;
	a->vcpus[1]->poll_port = of_a;
	assert_int_equal(event_send(b, of_b), 0);
	assert_int_equal(woken[0][0], 0);
	assert_int_equal(woken[0][1], 1);
	assert_int_equal(woken[0][2], 1);
	assert_int_equal(a->vcpus[1]->info->evtchn_upcall_pending, 0);
	assert_true(event_pending(a, of_a));
}

/* Everything at once, in any order: what one end says of the other, that one says of it. */
static void test_chance(void **state)
{
	chance_seed(5);
	for (unsigned step = 0; step < 30000; step++) {
		struct domain *d = chance_below(2) ? a : b, *other = chance_below(8) ? (d == a ? b : a) : d;
		uint32_t port = (uint32_t)chance_below(40), vcpu = (uint32_t)chance_below(4), out;

		switch (chance_below(step % 1000 == 999 ? 8 : 7)) {
		case 0:
			event_alloc_unbound(d, other->id, &out);
			break;
		case 1:
			event_bind_interdomain(d, other->id, port, &out);
			break;
		case 2:
			event_bind_virq(d, (uint32_t)chance_below(NR_VIRQS + 2), vcpu, &out);
			break;
		case 3:
			event_send(d, port);
			event_unmask(d, port);
			break;
		case 4:
			event_bind_vcpu(d, port, vcpu);
			break;
		case 5:
		case 6:
			event_close(d, port);
			break;
		case 7:
			event_clear(d, 0);
			break;
		}
		if (step % 10)
			continue;
		for (unsigned i = 0; i < 2 * EVENT_PER_PAGE; i++) {
			struct event_port *p, *back;

			d = i % 2 ? a : b;
			p = event_get(d, i / 2);
			if (!p)
				continue;
			if (p->state == EVENT_VIRQ)
				assert_int_equal(d->vcpus[event_virq_is_global(p->virq) ? 0 : p->vcpu]
							 ->virq_port[p->virq],
						 i / 2);
			if (p->state != EVENT_INTERDOMAIN)
				continue;
			back = event_get(domain_find(p->remote_domain), p->remote_port);
			assert_true(back && back->state == EVENT_INTERDOMAIN && back->remote_domain == d->id &&
				    back->remote_port == i / 2);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bind_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(test_send, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remote_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_virq, setup, teardown),
		cmocka_unit_test_setup_teardown(test_global_virq, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vcpus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_poll, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chance, setup, teardown),
	};

	return cmocka_run_group_tests_name("core event", tests, NULL, NULL);
}
