/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A batch on its way: what can be sent, ids, and the deadline of each answer.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <string.h>

/* Room for the body: the kernel's device counts the header in. */
int store_flight_check(const struct xlite_store *store, const struct xlite_store_batch *batch, struct xlite_error *err)
{
	size_t most = XENSTORE_PAYLOAD_MAX - (store->device ? sizeof(struct xsd_sockmsg) : 0);

	if (batch->failed || batch->bytes.failed)
		return xlite_error_sys(err, -ENOMEM, "XenStore: request");
	for (size_t i = 0; i < batch->nr; i++) {
		const struct store_request *request = &batch->requests[i];
		size_t len = request->len - sizeof(struct xsd_sockmsg);
		const char *path = store_batch_path(batch, i);

		if (len > most)
			return xlite_error_set(err, -E2BIG,
					       "XenStore: %s %.200s: a message of %zu bytes, at most %zu are possible",
					       store_type_name(request->type), path, len, most);
		if (request->type != XS_INTRODUCE && request->type != XS_RELEASE && request->type != XS_RESUME &&
		    request->type != XS_TRANSACTION_START && request->type != XS_TRANSACTION_END && *path != '/' &&
		    *path != '@')
			return xlite_error_set(err, -EINVAL, "XenStore: %s %.200s: not an absolute path",
					       store_type_name(request->type), path);
	}
	return 0;
}

static void store_flight_prepare(struct xlite_store *store, struct store_flight *flight, uint32_t txn)
{
	struct xlite_store_batch *batch = flight->batch;

	flight->first_id = store->next_id;
	for (size_t i = 0; i < batch->nr; i++) {
		struct store_request *request = &batch->requests[i];
		struct xsd_sockmsg head = {
			.type = request->type,
			.req_id = store->next_id++,
			.tx_id = txn,
			.len = (uint32_t)(request->len - sizeof(head)),
		};

		memcpy(batch->bytes.data + request->offset, &head, sizeof(head));
		request->result = -EINPROGRESS;
		request->value_len = 0;
		store->counts.messages++;
		store->counts.writes += request->type == XS_WRITE || request->type == XS_MKDIR ||
					request->type == XS_RM || request->type == XS_SET_PERMS;
	}
	buf_clear(&batch->answers);
	if (batch->cursor)
		memset(batch->cursor, 0, sizeof(*batch->cursor));
}

int store_flight_run(struct xlite_store *store, struct xlite_store_batch *batch, uint32_t txn, struct xlite_error *err)
{
	struct store_flight flight = { .batch = batch };
	int64_t deadline = 0;
	int ret = store_usable(store, err);

	if (!ret)
		ret = store_flight_check(store, batch, err);
	if (ret)
		return ret;
	store_flight_prepare(store, &flight, txn);
	while (flight.answered < batch->nr) {
		size_t answered = flight.answered;

		ret = store_send(store, &flight, err);
		if (!deadline && !store_sleeps(store, &flight))
			deadline = clock_deadline_ms(store->timeout_ms);
		if (!ret)
			ret = store_receive(store, &flight, deadline, err);
		/* Events that keep coming are no answer. */
		if (flight.answered > answered)
			deadline = 0;
		else if (!deadline)
			deadline = clock_deadline_ms(store->timeout_ms);
		else if (!ret && clock_now_ns() >= deadline)
			ret = -ETIMEDOUT;
		if (ret == -ETIMEDOUT)
			return store_break(store, ret, err, "xenstored does not answer (%u ms, %zu of %zu requests answered)",
					   store->timeout_ms, flight.answered, batch->nr);
		if (ret && ret != -EINTR)
			return ret;
	}
	if (batch->failed || batch->answers.failed)
		return xlite_error_sys(err, -ENOMEM, "XenStore: answers");
	return 0;
}
