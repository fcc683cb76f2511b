/* SPDX-License-Identifier: GPL-2.0-or-later
 * Queues of events. What the guest may do to a word while we work on it is what makes each step one atomic operation;
 * what it should not do costs it events of its own, and nothing else: of its memory nothing is used as a number.
 */
#include "xen-core/domain/event_fifo.h"

#include <xen/errno.h>
#include <xen/event_channel.h>

#include "xen-core/domain/domain.h"
#include "xen-core/domain/guest.h"

#define PENDING		((uint32_t)BIT(EVTCHN_FIFO_PENDING))
#define MASKED		((uint32_t)BIT(EVTCHN_FIFO_MASKED))
#define LINKED		((uint32_t)BIT(EVTCHN_FIFO_LINKED))
#define BUSY		((uint32_t)BIT(EVTCHN_FIFO_BUSY))
#define LINK		((uint32_t)EVTCHN_FIFO_LINK_MASK)
#define WORDS_PER_PAGE	(PAGE_SIZE / sizeof(event_word_t))

_Static_assert(EVENT_PORTS == EVTCHN_FIFO_NR_CHANNELS && EVENT_WORD_PAGES * WORDS_PER_PAGE == EVENT_PORTS,
	       "a word for each port");
_Static_assert(EVENT_QUEUES == EVTCHN_FIFO_MAX_QUEUES && EVENT_PRIORITY == EVTCHN_FIFO_PRIORITY_DEFAULT, "queues");
_Static_assert(sizeof(struct evtchn_fifo_control_block) == 72 && offsetof(struct evtchn_fifo_control_block, head) == 8,
	       "as drawn");

static event_word_t *word_of(const struct domain *d, uint32_t port)
{
	return port < d->events.nr_word_pages * WORDS_PER_PAGE
		       ? &d->events.words[port / WORDS_PER_PAGE][port % WORDS_PER_PAGE]
		       : NULL;
}

static bool test(const event_word_t *word, uint32_t bit)
{
	return word && __atomic_load_n(word, __ATOMIC_SEQ_CST) & bit;
}

bool fifo_pending(const struct domain *d, uint32_t port)
{
	return test(word_of(d, port), PENDING);
}

bool fifo_linked(const struct domain *d, uint32_t port)
{
	return test(word_of(d, port), LINKED);
}

/*
 * Lets a queue's last word name the next port, unless the guest has taken it off the queue, which is then empty. A
 * guest may mask and unmask it, and take its PENDING and LINKED away; it may not unmask while it is BUSY, so that five
 * tries are enough. One that goes on regardless loses the event.
 */
static bool append(event_word_t *last, uint32_t port)
{
	event_word_t old = __atomic_load_n(last, __ATOMIC_SEQ_CST);

	for (unsigned tries = 0; tries < 5 && (old & LINKED); tries++) {
		if (__atomic_compare_exchange_n(last, &old, (old & ~(BUSY | LINK)) | port, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
		if (!tries)
			old = __atomic_or_fetch(last, BUSY, __ATOMIC_SEQ_CST);
	}
	__atomic_fetch_and(last, ~BUSY, __ATOMIC_SEQ_CST);
	return old & LINKED;
}

/* Behind the others of its priority. The guest is told only of what it would not find by following the links. */
static void enqueue(struct domain *d, struct vcpu *v, struct event_port *p, uint32_t port)
{
	struct vcpu *before = d->vcpus[p->queue_vcpu];
	uint32_t *last = &v->fifo_last[p->priority];
	uint32_t ready = (uint32_t)BIT(p->priority);

	/* It is LINKED now, but not where it was the last one once: that queue has become empty since. */
	if (before && before->fifo_last[p->queue_priority] == port)
		before->fifo_last[p->queue_priority] = 0;
	p->queue_vcpu = (uint8_t)v->id;
	p->queue_priority = p->priority;
	if (*last && append(word_of(d, *last), port)) {
		*last = port;
		return;
	}
	*last = port;
	__atomic_store_n(&v->fifo->head[p->priority], port, __ATOMIC_SEQ_CST);
	if (!(__atomic_fetch_or(&v->fifo->ready, ready, __ATOMIC_SEQ_CST) & ready))
		event_upcall(v);
}

void fifo_raise(struct domain *d, struct vcpu *v, uint32_t port)
{
	struct event_port *p = event_get(d, port);
	event_word_t *word = word_of(d, port);

	if (!p)
		return;
	if (!word) {
		p->waiting = true;
		return;
	}
	/* A guest unmasks nothing for a vCPU that has no control block. */
	if (!v->fifo)
		return;
	__atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST);
	if (!test(word, MASKED) && !(__atomic_fetch_or(word, LINKED, __ATOMIC_SEQ_CST) & LINKED))
		enqueue(d, v, p, port);
}

void fifo_unmask(struct domain *d, struct vcpu *v, uint32_t port)
{
	event_word_t *word = word_of(d, port);

	if (word && (__atomic_fetch_and(word, ~MASKED, __ATOMIC_SEQ_CST) & PENDING))
		fifo_raise(d, v, port);
}

/* It stays on its queue: the guest takes off what it finds there, pending or not. */
void fifo_unpend(struct domain *d, uint32_t port)
{
	event_word_t *word = word_of(d, port);

	if (word)
		__atomic_fetch_and(word, ~PENDING, __ATOMIC_SEQ_CST);
}

/* What the bits in shared_info said is pending waits for the words. */
static void begin(struct domain *d)
{
	for (uint32_t port = 1; port < EVENT_PORTS_BITS; port++) {
		struct event_port *p = event_get(d, port);

		if (p)
			p->waiting = event_pending(d, port);
	}
	d->events.fifo = true;
}

int fifo_init_control(struct domain *d, uint32_t vcpu, uint64_t gfn, uint32_t offset)
{
	struct vcpu *v = vcpu < d->nr_vcpus ? d->vcpus[vcpu] : NULL;
	mfn_t mfn;

	if (!v)
		return -XEN_ENOENT;
	if (offset > PAGE_SIZE - sizeof(*v->fifo) || offset % 8 || v->fifo)
		return -XEN_EINVAL;
	mfn = guest_frame_get(d, GFN(gfn));
	if (!mfn_ok(mfn))
		return -XEN_EINVAL;
	v->fifo = (void *)((char *)mfn_ptr(mfn) + offset);
	if (!d->events.fifo)
		begin(d);
	return 0;
}

int fifo_expand(struct domain *d, uint64_t gfn)
{
	uint32_t port = d->events.nr_word_pages * WORDS_PER_PAGE;
	mfn_t mfn;

	if (!d->events.fifo)
		return -XEN_EOPNOTSUPP;
	if (d->events.nr_word_pages == EVENT_WORD_PAGES)
		return -XEN_ENOSPC;
	mfn = guest_frame_get(d, GFN(gfn));
	if (!mfn_ok(mfn))
		return -XEN_EINVAL;
	d->events.words[d->events.nr_word_pages++] = mfn_ptr(mfn);
	for (uint32_t end = port + WORDS_PER_PAGE; port < end; port++) {
		struct event_port *p = event_get(d, port);

		if (!p || !p->waiting)
			continue;
		p->waiting = false;
		event_raise(d, port);
	}
	return 0;
}

void fifo_clear(struct domain *d)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		struct vcpu *v = d->vcpus[i];

		if (!v || !v->fifo)
			continue;
		frame_put(ptr_mfn(v->fifo));
		v->fifo = NULL;
		memset(v->fifo_last, 0, sizeof(v->fifo_last));
	}
	while (d->events.nr_word_pages)
		frame_put(ptr_mfn(d->events.words[--d->events.nr_word_pages]));
	d->events.fifo = false;
}
