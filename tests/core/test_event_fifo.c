/* SPDX-License-Identifier: GPL-2.0-or-later
 * Events as queues, with a guest that takes them off as Linux does, one that does what it likes, and one that does so
 * at the same time.
 */
#include <pthread.h>
#include <stdlib.h>

#include <xen/errno.h>
#include <xen/event_channel.h>

#include "tests/core/core_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/event_fifo.h"
#include "xen-core/domain/guest.h"
#include "xen-core/domain/sched.h"

#define FRAMES 64
#define ID 3
#define VCPUS 3
#define PORTS 1500			/* of two pages of words */
#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED (1u << EVTCHN_FIFO_MASKED)
#define LINKED (1u << EVTCHN_FIFO_LINKED)
#define BUSY (1u << EVTCHN_FIFO_BUSY)

static struct domain *d;
static mfn_t control, words[2];		/* the guest's frames; gfn and mfn are the same */
static unsigned woken[VCPUS];
static uint32_t heads[VCPUS][16];	/* what the guest remembers of its queues */
static unsigned came[PORTS];
static uint32_t order[PORTS * 2];
static unsigned nr_came;

struct domain *domain_find(uint16_t id)
{
	return id == ID ? d : NULL;
}

uint64_t time_now_ns(void)
{
	return 0;
}

void vcpu_wake(struct vcpu *v)
{
	woken[v->id]++;
	v->polling = false;
}

mfn_t guest_frame_get(struct domain *of, gfn_t gfn)
{
	return frame_get(MFN(gfn.v), of->id) ? MFN(gfn.v) : MFN_NONE;
}

static uint32_t *word(uint32_t port)
{
	return (uint32_t *)mfn_ptr(words[port / 1024]) + port % 1024;
}

static struct evtchn_fifo_control_block *block(unsigned vcpu)
{
	return (void *)((char *)mfn_ptr(control) + 128 * vcpu);
}

static int setup(void **state)
{
	machine_init(FRAMES);
	d = calloc(1, sizeof(*d));
	assert_non_null(d);
	d->id = ID;
	d->privileged = true;
	d->shared = page_alloc();
	d->nr_vcpus = VCPUS;
	for (unsigned i = 0; i < VCPUS; i++) {
		d->vcpus[i] = calloc(1, sizeof(struct vcpu));
		assert_non_null(d->vcpus[i]);
		d->vcpus[i]->domain = d;
		d->vcpus[i]->id = i;
		d->vcpus[i]->info = &d->shared->vcpu_info[i];
	}
	event_init(d, EVENT_PORTS);
	control = frame_alloc(0, ID);
	words[0] = frame_alloc(0, ID);
	words[1] = frame_alloc(0, ID);
	memset(mfn_ptr(control), 0, PAGE_SIZE);
	for (uint32_t port = 0; port < 2048; port++)
		*word(port) = MASKED;
	memset(woken, 0, sizeof(woken));
	memset(heads, 0, sizeof(heads));
	memset(came, 0, sizeof(came));
	nr_came = 0;
	return 0;
}

/* All that was kept is given back. */
static int teardown(void **state)
{
	bool left;

	event_clear(d, 0);
	frame_put(control);
	frame_put(words[0]);
	frame_put(words[1]);
	left = frames_free() != FRAMES - 1 - 1;
	for (unsigned i = 0; i < VCPUS; i++)
		free(d->vcpus[i]);
	free(d);
	machine_clear();
	return left ? -1 : 0;
}

static void begin(unsigned pages)
{
	for (unsigned i = 0; i < VCPUS; i++)
		assert_int_equal(fifo_init_control(d, i, control.v, 128 * i), 0);
	for (unsigned i = 0; i < pages; i++)
		assert_int_equal(fifo_expand(d, words[i].v), 0);
}

/* A port that the domain sends to itself. */
static uint32_t ipi(unsigned vcpu, bool unmask)
{
	uint32_t port;

	assert_int_equal(event_bind_ipi(d, vcpu, &port), 0);
	if (unmask)
		assert_int_equal(event_unmask(d, port), 0);
	return port;
}

static uint32_t unlink_word(uint32_t *w)
{
	uint32_t old = __atomic_load_n(w, __ATOMIC_SEQ_CST);

	while (!__atomic_compare_exchange_n(w, &old, old & ~(LINKED | EVTCHN_FIFO_LINK_MASK), false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST))
		;
	return old & EVTCHN_FIFO_LINK_MASK;
}

static void take(unsigned vcpu, unsigned queue, uint32_t *ready)
{
	uint32_t port = heads[vcpu][queue] ? heads[vcpu][queue] : block(vcpu)->head[queue], *w = word(port);

	assert_in_range(port, 1, PORTS - 1);
	heads[vcpu][queue] = unlink_word(w);
	if (!heads[vcpu][queue])
		*ready &= ~(1u << queue);
	if (!(*w & PENDING) || (*w & MASKED))
		return;
	__atomic_fetch_and(w, ~PENDING, __ATOMIC_SEQ_CST);
	came[port]++;
	order[nr_came++ % ARRAY_SIZE(order)] = port;
}

/* The guest's upcall: most urgent queue first. */
static void upcall(unsigned vcpu)
{
	uint32_t ready;

	if (!d->vcpus[vcpu]->info->evtchn_upcall_pending)
		return;
	d->vcpus[vcpu]->info->evtchn_upcall_pending = 0;
	ready = __atomic_exchange_n(&block(vcpu)->ready, 0, __ATOMIC_SEQ_CST);
	while (ready) {
		take(vcpu, (unsigned)__builtin_ctz(ready), &ready);
		ready |= __atomic_exchange_n(&block(vcpu)->ready, 0, __ATOMIC_SEQ_CST);
	}
}

static void upcalls(void)
{
	for (unsigned i = 0; i < VCPUS; i++)
		upcall(i);
}

static void test_control(void **state)
{
	assert_int_equal(fifo_expand(d, words[0].v), -XEN_EOPNOTSUPP);
	assert_int_equal(fifo_init_control(d, VCPUS, control.v, 0), -XEN_ENOENT);
	assert_int_equal(fifo_init_control(d, UINT32_MAX, control.v, 0), -XEN_ENOENT);
	assert_int_equal(fifo_init_control(d, 0, control.v, 4096 - 71), -XEN_EINVAL);
	assert_int_equal(fifo_init_control(d, 0, control.v, UINT32_MAX - 7), -XEN_EINVAL);
	assert_int_equal(fifo_init_control(d, 0, control.v, 4), -XEN_EINVAL);
	assert_int_equal(fifo_init_control(d, 0, FRAMES + 5, 0), -XEN_EINVAL);
	assert_int_equal(fifo_init_control(d, 0, ptr_mfn(d->shared).v, 0), -XEN_EINVAL);
	assert_false(d->events.fifo);
	assert_int_equal(event_set_priority(d, 1, 0), -XEN_ENOSYS);
	assert_int_equal(event_set_priority(d, 1u << 16, 0), -XEN_EINVAL);
	assert_int_equal(event_set_priority(d, ipi(0, false), 0), -XEN_ENOSYS);
	assert_int_equal(fifo_init_control(d, 0, control.v, 4096 - 72), 0);
	assert_true(d->events.fifo);
	assert_int_equal(fifo_init_control(d, 0, control.v, 0), -XEN_EINVAL);
	assert_int_equal(fifo_expand(d, FRAMES + 5), -XEN_EINVAL);
	for (unsigned i = 0; i < EVENT_WORD_PAGES; i++)
		assert_int_equal(fifo_expand(d, words[0].v), 0);
	assert_int_equal(fifo_expand(d, words[0].v), -XEN_ENOSPC);
}

/* The guest gives its frames away: they are kept until the ports are reset. */
static void test_references(void **state)
{
	uint64_t free_before = frames_free();

	begin(2);
	for (unsigned i = 0; i < 2; i++)
		assert_false(frame_put(words[i]));
	assert_false(frame_put(control));
	assert_int_equal(frame_owner(control), ID);
	event_clear(d, 0);
	assert_int_equal(frames_free(), free_before + 3);
	assert_false(d->events.fifo);
	control = frame_alloc(0, ID);
	words[0] = frame_alloc(0, ID);
	words[1] = frame_alloc(0, ID);
}

static void test_limit(void **state)
{
	uint32_t port, last = 0;

	event_init(d, 1200);
	begin(2);
	while (!event_bind_ipi(d, 0, &port))
		last = port;
	assert_int_equal(last, 1199);
	assert_int_equal(event_bind_ipi(d, 0, &port), -XEN_ENOSPC);
	assert_int_equal(event_unmask(d, 1200), -XEN_EINVAL);
	assert_int_equal(event_set_priority(d, 1200, 1), -XEN_EINVAL);
	assert_int_equal(event_close(d, 7), 0);
	assert_int_equal(event_bind_ipi(d, 0, &port), 0);
	assert_int_equal(port, 7);
	assert_int_equal(event_unmask(d, 1199), 0);
	assert_int_equal(event_send(d, 1199), 0);
	upcalls();
	assert_int_equal(came[1199], 1);
}

static void test_order(void **state)
{
	uint32_t p[6];

	begin(1);
	for (unsigned i = 0; i < 6; i++)
		p[i] = ipi(1, true);
	assert_int_equal(event_set_priority(d, p[3], 0), 0);
	assert_int_equal(event_set_priority(d, p[4], 15), 0);
	assert_int_equal(event_set_priority(d, p[5], 16), -XEN_EINVAL);
	assert_int_equal(event_set_priority(d, p[5] + 1, 1), -XEN_EACCES);
	for (unsigned i = 6; i-- > 0;)
		assert_int_equal(event_send(d, p[i]), 0);
	assert_int_equal(block(1)->ready, 1 << 0 | 1 << 7 | 1 << 15);
	/* Once for each queue that was empty; the others are found by the links. */
	assert_int_equal(woken[1], 3);
	assert_int_equal(woken[0] + woken[2], 0);
	assert_true(event_pending(d, p[0]));
	upcalls();
	assert_int_equal(nr_came, 6);
	assert_int_equal(order[0], p[3]);
	assert_int_equal(order[1], p[5]);
	assert_int_equal(order[2], p[2]);
	assert_int_equal(order[3], p[1]);
	assert_int_equal(order[4], p[0]);
	assert_int_equal(order[5], p[4]);
	assert_false(event_pending(d, p[0]));
	/* Raised twice is there once; and again after it was taken. */
	assert_int_equal(event_send(d, p[0]), 0);
	assert_int_equal(event_send(d, p[0]), 0);
	upcalls();
	assert_int_equal(nr_came, 7);
}

static void test_masked(void **state)
{
	uint32_t port;

	begin(1);
	port = ipi(0, false);
	d->vcpus[2]->polling = true;
	assert_int_equal(event_send(d, port), 0);
	assert_int_equal(woken[0] + woken[1], 0);
	assert_int_equal(woken[2], 1);
	assert_int_equal(*word(port), PENDING | MASKED);
	assert_int_equal(event_unmask(d, port), 0);
	assert_int_equal(woken[0], 1);
	upcalls();
	assert_int_equal(came[port], 1);
	assert_int_equal(*word(port), 0);
	/* Masked while it is on the queue: the guest takes it off, and unmasks it later. */
	assert_int_equal(event_send(d, port), 0);
	*word(port) |= MASKED;
	upcalls();
	assert_int_equal(came[port], 1);
	assert_int_equal(event_unmask(d, port), 0);
	upcalls();
	assert_int_equal(came[port], 2);
}

/* Before there is a word for it, in bits or not, an event is kept for it. */
static void test_waiting(void **state)
{
	uint32_t early = ipi(0, false), late, closed;

	assert_int_equal(event_send(d, early), 0);
	assert_true(event_pending(d, early));
	begin(0);
	late = ipi(2, false);
	closed = ipi(2, false);
	assert_false(event_pending(d, early));
	assert_int_equal(event_send(d, late), 0);
	assert_int_equal(event_send(d, closed), 0);
	assert_int_equal(event_unmask(d, late), 0);
	assert_int_equal(event_close(d, closed), 0);
	assert_int_equal(event_bind_ipi(d, 1, &closed), 0);
	*word(early) = *word(late) = *word(closed) = 0;
	assert_int_equal(fifo_expand(d, words[0].v), 0);
	upcalls();
	assert_int_equal(came[early], 1);
	assert_int_equal(came[late], 1);
	assert_int_equal(came[closed], 0);
}

/* A vCPU without a control block is told nothing. */
static void test_no_block(void **state)
{
	uint32_t port;

	assert_int_equal(fifo_init_control(d, 0, control.v, 0), 0);
	assert_int_equal(fifo_expand(d, words[0].v), 0);
	port = ipi(1, true);
	assert_int_equal(event_send(d, port), 0);
	assert_int_equal(woken[1], 0);
	assert_int_equal(*word(port), 0);
	assert_int_equal(fifo_init_control(d, 1, control.v, 128), 0);
	assert_int_equal(event_send(d, port), 0);
	upcalls();
	assert_int_equal(came[port], 1);
}

/* Closed on a queue, a number is not given again before the guest took it off. */
static void test_close_linked(void **state)
{
	uint32_t first, second, port;

	begin(1);
	first = ipi(0, true);
	second = ipi(0, true);
	assert_int_equal(event_send(d, first), 0);
	assert_int_equal(event_send(d, second), 0);
	assert_int_equal(event_close(d, first), 0);
	assert_int_equal(*word(first) & PENDING, 0);
	assert_int_equal(event_bind_ipi(d, 0, &port), 0);
	assert_int_not_equal(port, first);
	upcalls();
	assert_int_equal(came[first], 0);
	assert_int_equal(came[second], 1);
	assert_int_equal(event_bind_ipi(d, 1, &port), 0);
	assert_int_equal(port, first);
}

/* The last of a queue that was taken off, closed, and came back on another: nothing is put behind it on the old one. */
static void test_moved(void **state)
{
	uint32_t moved, port;

	begin(1);
	moved = ipi(1, true);
	port = ipi(1, true);
	assert_int_equal(event_send(d, moved), 0);
	upcalls();
	assert_int_equal(event_close(d, moved), 0);
	assert_int_equal(event_bind_ipi(d, 2, &moved), 0);
	assert_int_equal(event_send(d, moved), 0);
	assert_int_equal(event_send(d, port), 0);
	assert_int_equal(woken[1], 2);
	assert_int_equal(woken[2], 1);
	upcall(1);
	assert_int_equal(came[port], 1);
	assert_int_equal(came[moved], 1);
	upcall(2);
	assert_int_equal(came[moved], 2);
}

static void test_reset(void **state)
{
	uint32_t port;

	begin(1);
	port = ipi(0, true);
	assert_int_equal(event_send(d, port), 0);
	event_clear(d, 0);
	memset(mfn_ptr(control), 0, PAGE_SIZE);
	port = ipi(0, true);
	memset(woken, 0, sizeof(woken));
	assert_int_equal(event_send(d, port), 0);
	assert_int_equal(d->shared->evtchn_pending[0], 1ul << port);
	assert_int_equal(block(0)->ready, 0);
	/* And over again. */
	event_clear(d, 0);
	memset(heads, 0, sizeof(heads));
	*word(port) = 0;
	begin(1);
	port = ipi(0, true);
	assert_int_equal(event_send(d, port), 0);
	upcalls();
	assert_int_equal(came[port], 1);
}

static bool due[PORTS];

/* Only what was raised comes, and once. */
static void settle(void)
{
	for (uint32_t i = 1; i < PORTS; i++) {
		assert_in_range(came[i], 0, due[i]);
		due[i] &= !came[i];
		came[i] = 0;
	}
}

/* All of it does, once it may. */
static void settle_all(void)
{
	upcalls();
	settle();
	for (uint32_t i = 1; i < PORTS; i++) {
		assert_int_equal(due[i], event_pending(d, i));
		assert_true(!due[i] || (*word(i) & MASKED));
		assert_int_equal(*word(i) & (LINKED | BUSY | EVTCHN_FIFO_LINK_MASK), 0);
	}
}

/* Anything, in any order. */
static void test_chance(void **state)
{
	uint32_t port;

	memset(due, 0, sizeof(due));
	begin(2);
	chance_seed(11);
	for (unsigned step = 0; step < 200000; step++) {
		uint32_t at = 1 + (uint32_t)chance_below(PORTS - 1);
		struct event_port *p = event_get(d, at);

		switch (chance_below(10)) {
		case 0:
			if (!event_alloc_unbound(d, ID, &port)) {
				assert_in_range(port, 1, PORTS + 400);
				if (port >= PORTS)
					event_close(d, port);
				else
					assert_false(due[port] || (*word(port) & (LINKED | PENDING)));
			}
			break;
		case 1:
			if (!chance_below(4) && !event_close(d, at))
				due[at] = false;
			break;
		case 2:
			event_bind_vcpu(d, at, (uint32_t)chance_below(VCPUS));
			event_set_priority(d, at, (uint32_t)chance_below(17));
			break;
		case 3:
			*word(at) |= MASKED;
			break;
		case 4:
			event_unmask(d, at);
			break;
		case 5:
			upcall((unsigned)chance_below(VCPUS));
			settle();
			break;
		default:
			event_raise(d, at);
			due[at] |= p != NULL;
			break;
		}
		if (step % 64 == 0)
			settle_all();
	}
}

static void anything(void)
{
	uint32_t at = 1 + (uint32_t)chance_below(PORTS - 1), port;

	switch (chance_below(8)) {
	case 0:
		event_bind_ipi(d, (uint32_t)chance_below(VCPUS), &port);
		break;
	case 1:
		event_close(d, at);
		break;
	case 2:
		event_bind_vcpu(d, at, (uint32_t)chance_below(VCPUS));
		event_set_priority(d, at, (uint32_t)chance_below(16));
		break;
	case 3:
		event_unmask(d, at);
		break;
	default:
		event_raise(d, at);
		break;
	}
	for (unsigned i = 0; i < VCPUS; i++)
		for (unsigned q = 0; q < 16; q++)
			assert_in_range(d->vcpus[i]->fifo_last[q], 0, 2047);
}

/* A word that says anything, or has a few bits turned. */
static void spoil(uint64_t random)
{
	uint32_t *w = word(random % 2048);

	if (random >> 60)
		__atomic_fetch_xor(w, (uint32_t)(0xf0000000 & random), __ATOMIC_SEQ_CST);
	else
		__atomic_store_n(w, (uint32_t)(random >> 20), __ATOMIC_SEQ_CST);
	__atomic_store_n((uint32_t *)mfn_ptr(control) + (random >> 32) % 1024, (uint32_t)(random >> 8), __ATOMIC_SEQ_CST);
}

static void test_hostile(void **state)
{
	event_init(d, 2048);
	begin(2);
	chance_seed(17);
	for (unsigned step = 0; step < 300000; step++) {
		anything();
		spoil(chance());
	}
}

static bool stop;

static void *hostile(void *arg)
{
	uint64_t random = 99;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		spoil(random ^ random >> 29);
	}
	return arg;
}

static void test_hostile_meanwhile(void **state)
{
	pthread_t thread;

	event_init(d, 2048);
	begin(2);
	chance_seed(23);
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, hostile, NULL), 0);
	for (unsigned step = 0; step < 300000; step++)
		anything();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

static void *consumer(void *arg)
{
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
		upcall(0);
	return arg;
}

/* A guest that keeps to the rules, on another CPU: nothing is lost, also when a queue's end is taken off while it grows. */
static void test_meanwhile(void **state)
{
	uint32_t ports[8];
	pthread_t thread;

	begin(1);
	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++)
		ports[i] = ipi(0, true);
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, consumer, NULL), 0);
	for (unsigned step = 0; step < 200000; step++) {
		uint32_t port = ports[step * 5 % 8];

		assert_int_equal(event_send(d, port), 0);
		if (step % 32)
			continue;
		for (unsigned i = 0; i < ARRAY_SIZE(ports); i++)
			for (unsigned spins = 0; event_pending(d, ports[i]); spins++)
				assert_in_range(spins, 0, 1u << 31);
	}
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	upcalls();
	for (unsigned i = 0; i < ARRAY_SIZE(ports); i++)
		assert_int_equal(*word(ports[i]), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_control, setup, teardown),
		cmocka_unit_test_setup_teardown(test_references, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_masked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waiting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_block, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close_linked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chance, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_meanwhile, setup, teardown),
	};

	return cmocka_run_group_tests_name("core event fifo", tests, NULL, NULL);
}
