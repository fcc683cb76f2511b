/* SPDX-License-Identifier: GPL-2.0-or-later
 * A test guest's end of the ring. What comes is taken in whenever something is waited for, so that neither side can
 * wait for ever.
 */
#include "tests/guests/store.h"

/* Less than what xenstored lets be unanswered (20 in C's). */
#define AHEAD 12
/* Of system time: dom0 may have much to do, and is emulated. */
#define SILENCE_NS (120000 * NS_PER_MS)

uint64_t store_answered, store_refused, store_events[128];
char store_answer[XENSTORE_PAYLOAD_MAX + 1];

static struct xenstore_domain_interface *ring;
static evtchn_port_t port;
static uint64_t sent;
static enum store_result result;	/* of the last answer */
static struct { struct xsd_sockmsg head; char body[XENSTORE_PAYLOAD_MAX + 1]; } in;
static size_t in_len;

size_t store_len(const char *text)
{
	size_t len = 0;

	while (text[len])
		len++;
	return len;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

void store_init(void)
{
	ring = (void *)(guest_param(HVM_PARAM_STORE_PFN) << 12);
	port = (evtchn_port_t)guest_param(HVM_PARAM_STORE_EVTCHN);
	CHECK(ring && port);
	__atomic_fetch_or(&guest_shared->evtchn_mask[port / 64], UINT64_C(1) << port % 64, __ATOMIC_SEQ_CST);
}

static void notify(void)
{
	call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &port);
}

/*
 * Until xenstored has done something, or a second. Pending is cleared before the ring is looked at, so that no
 * event is missed.
 */
static void doze(void)
{
	struct sched_poll poll = { .nr_ports = 1, .timeout = guest_now() + 1000 * NS_PER_MS };

	set_xen_guest_handle(poll.ports, &port);
	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
	__atomic_fetch_and(&guest_shared->evtchn_pending[port / 64], ~(UINT64_C(1) << port % 64), __ATOMIC_SEQ_CST);
}

static enum store_result result_of(const char *error)
{
	if (same(error, "EACCES"))
		return STORE_EACCES;
	if (same(error, "ENOENT"))
		return STORE_ENOENT;
	return same(error, "EAGAIN") ? STORE_EAGAIN : STORE_OTHER;
}

/* One message is whole. */
static void took(void)
{
	in.body[in.head.len] = '\0';
	if (in.head.type == XS_WATCH_EVENT) {
		store_events[in.body[store_len(in.body) + 1] & 127]++;
		return;
	}
	result = in.head.type == XS_ERROR ? result_of(in.body) : STORE_OK;
	store_refused += result != STORE_OK;
	memcpy(store_answer, in.body, in.head.len + 1);
	/* Answers come in the order of the requests. */
	CHECK_IS(in.head.req_id, (uint32_t)store_answered);
	store_answered++;
}

static void receive(void)
{
	bool any = false;

	while (__atomic_load_n(&ring->rsp_prod, __ATOMIC_ACQUIRE) != ring->rsp_cons) {
		((char *)&in)[in_len++] = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons)];
		__atomic_store_n(&ring->rsp_cons, ring->rsp_cons + 1, __ATOMIC_RELEASE);
		any = true;
		if (in_len < sizeof(in.head))
			continue;
		CHECK(in.head.len <= XENSTORE_PAYLOAD_MAX);
		if (in_len < sizeof(in.head) + in.head.len)
			continue;
		took();
		in_len = 0;
	}
	if (any)
		notify();
}

static void put(const void *bytes, size_t len)
{
	const char *at = bytes;
	uint64_t end_ns = guest_now() + SILENCE_NS;

	while (len) {
		uint32_t prod = ring->req_prod;

		if (prod - __atomic_load_n(&ring->req_cons, __ATOMIC_ACQUIRE) == XENSTORE_RING_SIZE) {
			notify();
			receive();
			doze();
			CHECK(guest_now() < end_ns);
			continue;
		}
		ring->req[MASK_XENSTORE_IDX(prod)] = *at++;
		__atomic_store_n(&ring->req_prod, prod + 1, __ATOMIC_RELEASE);
		len--;
	}
}

/* Waits until no more than that many requests have no answer. */
static void wait_for(uint64_t open)
{
	uint64_t end_ns = guest_now() + SILENCE_NS;

	for (receive(); sent - store_answered > open; receive()) {
		CHECK(guest_now() < end_ns);
		doze();
	}
}

void store_send(unsigned type, uint32_t tx, const char *path, const void *value, size_t len)
{
	size_t path_len = store_len(path) + 1;
	struct xsd_sockmsg head = { .type = type, .req_id = (uint32_t)sent, .tx_id = tx, .len = (uint32_t)(path_len + len) };

	CHECK(head.len <= XENSTORE_PAYLOAD_MAX);
	wait_for(AHEAD - 1);
	put(&head, sizeof(head));
	put(path, path_len);
	put(value, len);
	sent++;
	notify();
}

void store_settle(void)
{
	wait_for(0);
}

enum store_result store_ask(unsigned type, uint32_t tx, const char *path, const void *value, size_t len)
{
	store_send(type, tx, path, value, len);
	store_settle();
	return result;
}

void store_spoil(void)
{
	struct xsd_sockmsg head = { .type = XS_WRITE, .len = 0x10000 };

	put(&head, sizeof(head));
	notify();
}
