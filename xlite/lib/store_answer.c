/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The answers of a batch: results, values, children, and the message of a request that failed.
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
