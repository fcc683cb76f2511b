/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: events as queues (xen/event_channel.h, "FIFO ABI"), from asking for them to the reset that ends them; the
 * links of a queue, its priorities, more ports than two levels know, and words that the guest has spoilt. It may use
 * 4999 ports.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "fifo";

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED (1u << EVTCHN_FIFO_MASKED)
#define LINKED (1u << EVTCHN_FIFO_LINKED)
#define LAST_PORT 4999
#define PAGES 5
#define WORDS_GFN (SANDBOX_GFN + 0x40)
#define BLOCK_GFN (SANDBOX_GFN + 0x80)
#define BLOCK_OFFSET 72

static volatile uint32_t *const words = (void *)(WORDS_GFN << 12);
static volatile struct evtchn_fifo_control_block *const block = (void *)((BLOCK_GFN << 12) + BLOCK_OFFSET);
static struct vcpu_info *info;

static int64_t event(unsigned cmd, void *arg)
{
	return call(__HYPERVISOR_event_channel_op, cmd, arg);
}

static int64_t control(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
	struct evtchn_init_control c = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };
	int64_t rc = event(EVTCHNOP_init_control, &c);

	if (!rc)
		CHECK_IS(c.link_bits, EVTCHN_FIFO_LINK_BITS);
	return rc;
}

static int64_t expand(uint64_t gfn)
{
	struct evtchn_expand_array e = { .array_gfn = gfn };

	return event(EVTCHNOP_expand_array, &e);
}

static int64_t priority(evtchn_port_t port, uint32_t value)
{
	struct evtchn_set_priority p = { .port = port, .priority = value };

	return event(EVTCHNOP_set_priority, &p);
}

static int64_t close(evtchn_port_t port)
{
	struct evtchn_close c = { .port = port };

	return event(EVTCHNOP_close, &c);
}

static evtchn_port_t ipi(void)
{
	struct evtchn_bind_ipi b = { .vcpu = 0 };

	CHECK_IS(event(EVTCHNOP_bind_ipi, &b), 0);
	return b.port;
}

static void send(evtchn_port_t port)
{
	struct evtchn_send s = { .port = port };

	CHECK_IS(event(EVTCHNOP_send, &s), 0);
}

static void unmask(evtchn_port_t port)
{
	struct evtchn_unmask u = { .port = port };

	CHECK_IS(event(EVTCHNOP_unmask, &u), 0);
}

/* How many upcalls have come; they are taken one at a time. */
static unsigned upcalls(void)
{
	irqs_on();
	irqs_off();
	return guest_irqs[UPCALL_VECTOR];
}

static void wipe(void)
{
	for (unsigned i = 0; i < PAGES * 1024; i++)
		words[i] = MASKED;
	for (unsigned i = 0; i < 1024; i++)
		((volatile uint32_t *)(BLOCK_GFN << 12))[i] = 0;
}

/* The first of a queue, taken off it as a guest is to do. */
static evtchn_port_t take(unsigned queue, evtchn_port_t port)
{
	if (!port)
		port = block->head[queue];
	CHECK(port < PAGES * 1024);
	CHECK(words[port] & LINKED);
	return __atomic_fetch_and((uint32_t *)&words[port], ~(LINKED | PENDING | EVTCHN_FIFO_LINK_MASK),
				  __ATOMIC_SEQ_CST) &
	       EVTCHN_FIFO_LINK_MASK;
}

static void setup(void)
{
	guest_upcalls_on();
	info = &guest_shared->vcpu_info[0];
	for (unsigned i = 0; i < 64; i++) {
		guest_shared->evtchn_mask[i] = ~UINT64_C(0);
		guest_shared->evtchn_pending[i] = 0;
	}
	info->evtchn_upcall_pending = 0;
	upcalls();
	guest_irqs[UPCALL_VECTOR] = 0;
	wipe();
}

/* What is asked for wrongly changes nothing: all is two levels still. */
static void refusals(evtchn_port_t port)
{
	CHECK_IS(expand(WORDS_GFN), -XEN_EOPNOTSUPP);
	CHECK_IS(priority(port, 3), -XEN_ENOSYS);
	CHECK_IS(priority(1u << 20, 3), -XEN_EINVAL);
	CHECK_IS(control(BLOCK_GFN, 0, 9), -XEN_ENOENT);
	CHECK_IS(control(BLOCK_GFN, 4096 - 64, 0), -XEN_EINVAL);
	CHECK_IS(control(BLOCK_GFN, 4, 0), -XEN_EINVAL);
	CHECK_IS(control(0x90000, 0, 0), -XEN_EINVAL);
	CHECK_IS(expand(WORDS_GFN), -XEN_EOPNOTSUPP);
	send(port);
	CHECK(guest_shared->evtchn_pending[port / 64] >> port % 64 & 1);
}

/* What was pending in the bits is so in the words, when they come. */
static void begin(evtchn_port_t early)
{
	unsigned before = upcalls();

	CHECK_IS(control(BLOCK_GFN, BLOCK_OFFSET, 0), 0);
	CHECK_IS(control(BLOCK_GFN, 1024, 0), -XEN_EINVAL);
	CHECK_IS(expand(0x90000), -XEN_EINVAL);
	words[early] = 0;
	CHECK_IS(expand(WORDS_GFN), 0);
	CHECK_IS(words[early], PENDING | LINKED);
	CHECK_IS(block->head[EVTCHN_FIFO_PRIORITY_DEFAULT], early);
	CHECK_IS(block->ready, 1u << EVTCHN_FIFO_PRIORITY_DEFAULT);
	CHECK_IS(upcalls(), before + 1);
	block->ready = 0;
	CHECK_IS(take(EVTCHN_FIFO_PRIORITY_DEFAULT, 0), 0);
	for (unsigned i = 1; i < PAGES; i++)
		CHECK_IS(expand(WORDS_GFN + i), 0);
}

/* Three in a queue: one upcall, and links from each to the next. */
static void links(const evtchn_port_t p[3])
{
	unsigned before = upcalls();

	for (unsigned i = 0; i < 3; i++) {
		unmask(p[i]);
		send(p[i]);
		send(p[i]);
	}
	CHECK_IS(upcalls(), before + 1);
	CHECK_IS(block->ready, 1u << 7);
	block->ready = 0;
	CHECK_IS(block->head[7], p[0]);
	CHECK_IS(words[p[0]], PENDING | LINKED | p[1]);
	CHECK_IS(words[p[1]], PENDING | LINKED | p[2]);
	CHECK_IS(words[p[2]], PENDING | LINKED);
	CHECK_IS(take(7, 0), p[1]);
	CHECK_IS(take(7, p[1]), p[2]);
	/* One more while the guest is at the end of the queue. */
	send(p[0]);
	CHECK_IS(block->ready, 0);
	CHECK_IS(take(7, p[2]), p[0]);
	CHECK_IS(take(7, p[0]), 0);
	CHECK_IS(upcalls(), before + 1);
	send(p[1]);
	CHECK_IS(upcalls(), before + 2);
	CHECK_IS(block->head[7], p[1]);
	CHECK_IS(take(7, 0), 0);
	block->ready = 0;
}

static void masking(evtchn_port_t port)
{
	unsigned before = upcalls();
	struct sched_poll poll = { .nr_ports = 1, .timeout = guest_now() + 3600000 * NS_PER_MS };

	words[port] |= MASKED;
	send(port);
	CHECK_IS(words[port], PENDING | MASKED);
	CHECK_IS(block->ready, 0);
	set_xen_guest_handle(poll.ports, &port);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	unmask(port);
	CHECK_IS(words[port], PENDING | LINKED);
	CHECK_IS(upcalls(), before + 1);
	CHECK_IS(take(7, 0), 0);
	block->ready = 0;
	/* Nothing to come of it. */
	unmask(port);
	CHECK_IS(words[port], 0);
}

static void priorities(const evtchn_port_t p[3])
{
	unsigned before = upcalls();

	CHECK_IS(priority(p[0], 16), -XEN_EINVAL);
	CHECK_IS(priority(p[0], EVTCHN_FIFO_PRIORITY_MIN), 0);
	CHECK_IS(priority(p[1], EVTCHN_FIFO_PRIORITY_MAX), 0);
	for (unsigned i = 0; i < 3; i++)
		send(p[i]);
	CHECK_IS(block->ready, 1u << 15 | 1u << 7 | 1);
	CHECK_IS(block->head[15], p[0]);
	CHECK_IS(block->head[0], p[1]);
	CHECK_IS(block->head[7], p[2]);
	CHECK(upcalls() > before);
	/* It stays on the queue that it is on. */
	CHECK_IS(priority(p[2], 3), 0);
	send(p[2]);
	CHECK_IS(block->ready, 1u << 15 | 1u << 7 | 1);
	block->ready = 0;
	CHECK_IS(take(15, 0), 0);
	CHECK_IS(take(7, 0), 0);
	CHECK_IS(take(0, 0), 0);
	send(p[2]);
	CHECK_IS(block->head[3], p[2]);
	CHECK_IS(take(3, 0), 0);
	block->ready = 0;
	upcalls();
}

/* A number is free again when the guest took it off its queue. */
static void closing(evtchn_port_t port)
{
	evtchn_port_t other;

	unmask(port);
	send(port);
	CHECK_IS(close(port), 0);
	CHECK_IS(words[port], LINKED);
	CHECK_IS(close(port), -XEN_EINVAL);
	CHECK_IS(priority(port, 1), -XEN_EACCES);
	other = ipi();
	CHECK(other != port);
	CHECK_IS(take(7, 0), 0);
	block->ready = 0;
	CHECK_IS(close(other), 0);
	CHECK_IS(ipi(), port < other ? port : other);
	CHECK_IS(close(port < other ? port : other), 0);
	upcalls();
}

static void timer(void)
{
	struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = 0 };
	struct vcpu_set_singleshot_timer t = { .flags = 0 };

	CHECK_IS(event(EVTCHNOP_bind_virq, &b), 0);
	CHECK_IS(priority(b.port, EVTCHN_FIFO_PRIORITY_MAX), 0);
	unmask(b.port);
	for (unsigned i = 0; i < 5; i++) {
		unsigned before = upcalls();

		t.timeout_abs_ns = guest_now() + 20 * NS_PER_MS;
		CHECK_IS(guest_call(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (uintptr_t)&t, 0, 0), 0);
		while (guest_irqs[UPCALL_VECTOR] == before)
			__asm__ volatile("sti; hlt; cli" : : : "memory");
		CHECK(guest_now() >= t.timeout_abs_ns);
		CHECK_IS(block->head[0], b.port);
		CHECK_IS(take(0, 0), 0);
		block->ready = 0;
	}
	CHECK_IS(close(b.port), 0);
}

/* Up to the highest that it may use. */
static void many(void)
{
	struct evtchn_bind_ipi b = { .vcpu = 0 };
	evtchn_port_t last = 0;
	unsigned before;

	while (!event(EVTCHNOP_bind_ipi, &b))
		last = b.port;
	CHECK_IS(event(EVTCHNOP_bind_ipi, &b), -XEN_ENOSPC);
	CHECK_IS(last, LAST_PORT);
	before = upcalls();
	unmask(LAST_PORT);
	unmask(LAST_PORT - 900);
	send(LAST_PORT);
	send(LAST_PORT - 900);
	CHECK_IS(upcalls(), before + 1);
	CHECK_IS(words[LAST_PORT], PENDING | LINKED | (LAST_PORT - 900));
	CHECK_IS(take(7, 0), LAST_PORT - 900);
	CHECK_IS(take(7, LAST_PORT - 900), 0);
	block->ready = 0;
}

/* Whatever it writes, it is its own loss. */
static void spoilt(const evtchn_port_t p[3])
{
	static const uint32_t with[] = { ~0u, LINKED, LINKED | EVTCHN_FIFO_LINK_MASK, PENDING | MASKED, 0, 0x0fffffff };

	for (unsigned i = 0; i < ARRAY_SIZE(with); i++) {
		for (unsigned k = 0; k < PAGES * 1024; k++)
			words[k] = with[i];
		for (unsigned k = 0; k < 16; k++)
			block->head[k] = with[i];
		for (unsigned k = 0; k < 12; k++) {
			send(p[k % 3]);
			unmask(p[k % 3]);
			words[p[(k + 1) % 3]] = with[(i + k) % ARRAY_SIZE(with)];
		}
	}
	wipe();
	upcalls();
}

/* The frames go, the ports stay until the reset. After it the bits say what is pending; then it begins again. */
static void reset(void)
{
	struct evtchn_reset r = { .dom = DOMID_SELF };
	struct xen_hvm_param ring = { .domid = DOMID_SELF, .index = HVM_PARAM_CONSOLE_EVTCHN };
	struct evtchn_status console = { .dom = DOMID_SELF };
	struct evtchn_bind_interdomain again;
	struct xen_memory_reservation give = { .nr_extents = 1, .domid = DOMID_SELF };
	xen_pfn_t gfn = WORDS_GFN + 4;
	evtchn_port_t port;

	CHECK_IS(call(__HYPERVISOR_hvm_op, HVMOP_get_param, &ring), 0);
	console.port = (evtchn_port_t)ring.value;
	CHECK_IS(event(EVTCHNOP_status, &console), 0);
	CHECK_IS(console.status, EVTCHNSTAT_interdomain);
	set_xen_guest_handle(give.extent_start, &gfn);
	CHECK_IS(call(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, &give), 1);
	send(LAST_PORT);
	CHECK_IS(event(EVTCHNOP_reset, &r), 0);
	CHECK_IS(priority(1, 1), -XEN_ENOSYS);
	CHECK_IS(expand(WORDS_GFN), -XEN_EOPNOTSUPP);
	/* Its console, where it was. */
	for (port = 1; port < console.port; port++)
		CHECK_IS(ipi(), port);
	again = (struct evtchn_bind_interdomain){ .remote_dom = console.u.interdomain.dom,
						  .remote_port = console.u.interdomain.port };
	CHECK_IS(event(EVTCHNOP_bind_interdomain, &again), 0);
	CHECK_IS(again.local_port, console.port);
	port = ipi();
	send(port);
	CHECK(guest_shared->evtchn_pending[port / 64] >> port % 64 & 1);
	CHECK_IS(words[port], MASKED);
	CHECK_IS(control(BLOCK_GFN, BLOCK_OFFSET, 0), 0);
	CHECK_IS(expand(WORDS_GFN), 0);
	CHECK_IS(words[port], MASKED | PENDING);
	unmask(port);
	CHECK_IS(block->head[7], port);
}

void guest_test(void)
{
	evtchn_port_t p[3];

	setup();
	p[0] = ipi();
	refusals(p[0]);
	begin(p[0]);
	p[1] = ipi();
	p[2] = ipi();
	links(p);
	masking(p[2]);
	priorities(p);
	closing(ipi());
	timer();
	many();
	spoilt(p);
	reset();
}
