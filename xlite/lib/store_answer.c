/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The answers of a batch: each taken in for its request, then results, values, children, and the message of a request
 * that failed.
 */
#include "xlite/lib/store_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *store_batch_path(const struct xlite_store_batch *batch, size_t i)
{
	const struct store_request *request = &batch->requests[i];

	/* Each body ends in a NUL somewhere before the next message, and buf ends in one. */
	return request->len > sizeof(struct xsd_sockmsg) ?
		batch->bytes.data + request->offset + sizeof(struct xsd_sockmsg) : "";
}

void store_batch_answer(struct xlite_store_batch *batch, size_t i, int result, const char *value, size_t len)
{
	struct store_request *request = &batch->requests[i];

	request->result = result;
	request->value = batch->answers.len;
	request->value_len = len;
	/* What was only acknowledged ("OK") is not worth a copy. */
	if (request->type != XS_READ && request->type != XS_DIRECTORY && request->type != XS_DIRECTORY_PART &&
	    request->type != XS_TRANSACTION_START)
		request->value_len = 0;
	buf_add(&batch->answers, value, request->value_len);
	buf_add(&batch->answers, "", 1);
	if (batch->answers.failed)
		batch->failed = true;
}

bool store_list_whole(const char *body, size_t len)
{
	if (len && body[len - 1])
		return false;
	for (size_t at = 0; at < len; at += strlen(body + at) + 1)
		if (!body[at] || strchr(body + at, '/'))
			return false;
	return true;
}

/* The request that an answer is for, or NULL: one that was sent whole and has none yet. */
static struct store_request *store_flight_match(const struct store_flight *flight, const struct xsd_sockmsg *head,
						size_t *index)
{
	struct store_request *request;

	if (!flight)
		return NULL;
	*index = head->req_id - flight->first_id;
	if (*index >= flight->due_nr)
		return NULL;
	request = &flight->batch->requests[*index];
	if (request->offset + request->len > flight->sent || request->result != -EINPROGRESS)
		return NULL;
	return request;
}

int store_flight_answer(struct xlite_store *store, struct store_flight *flight, const struct xsd_sockmsg *head,
			const char *body, struct xlite_error *err)
{
	struct store_request *request;
	size_t i = 0;
	int result = 0;

	request = store_flight_match(flight, head, &i);
	if (!request)
		return store_break(store, -EPROTO, err, "xenstored sent an answer (type %u, id %u) that nobody waits for",
				   head->type, head->req_id);
	if (head->type != request->type && head->type != XS_ERROR)
		return store_break(store, -EPROTO, err, "xenstored answered %s with type %u",
				   store_type_name(request->type), head->type);
	if (head->type == XS_ERROR)
		result = store_errno(body, head->len);
	else if (request->type == XS_DIRECTORY && !store_list_whole(body, head->len))
		return store_break(store, -EPROTO, err, "xenstored's list of %s is damaged",
				   store_batch_path(flight->batch, i));
	if (result == -ENOENT && request->type == XS_RM)
		result = 0;
	store_batch_answer(flight->batch, i, result, result ? "" : body, result ? 0 : head->len);
	flight->answered++;
	flight->answered_bytes += request->len;
	return 0;
}

int store_batch_error(const struct xlite_store_batch *batch, size_t i, struct xlite_error *err)
{
	const struct store_request *request = &batch->requests[i];
	int code = request->result;

	xlite_error_sys(err, code, "XenStore: %s %.300s", store_type_name(request->type), store_batch_path(batch, i));
	if (code == -ENOSPC || code == -EDQUOT || code == -E2BIG)
		xlite_error_hint(err, "a quota of xenstored, or the largest size of a node (2048 bytes), was reached");
	return code;
}

int xlite_store_batch_result(const struct xlite_store_batch *batch, size_t i)
{
	if (batch->failed)
		return -ENOMEM;
	return i < batch->nr ? batch->requests[i].result : -EINVAL;
}

const char *xlite_store_batch_value(const struct xlite_store_batch *batch, size_t i, size_t *len)
{
	if (xlite_store_batch_result(batch, i))
		return NULL;
	if (len)
		*len = batch->requests[i].value_len;
	return batch->answers.data + batch->requests[i].value;
}

const char *xlite_store_batch_child(const struct xlite_store_batch *batch, size_t i, size_t k)
{
	struct store_cursor *cursor = batch->cursor;
	size_t len = 0;
	const char *list = xlite_store_batch_value(batch, i, &len);

	if (!list || batch->requests[i].type != XS_DIRECTORY)
		return NULL;
	if (cursor->request != i || cursor->child > k)
		*cursor = (struct store_cursor){ .request = i };
	while (cursor->offset < len && cursor->child < k) {
		cursor->offset += strlen(list + cursor->offset) + 1;
		cursor->child++;
	}
	return cursor->offset < len ? list + cursor->offset : NULL;
}
