/* SPDX-License-Identifier: GPL-2.0-or-later
 * CPU pools by name. Xen's own tools keep the names in /local/pool/N/name.
 */
#include "xlite/reconcile/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"

static int search(const struct xlite_store_batch *batch, char *const *ids, size_t nr, const char *name, uint32_t *pool,
		  struct xlite_error *err)
{
	auto_buf struct buf there = BUF_INIT;

	for (size_t i = 0; i < nr; i++) {
		const char *found = xlite_store_batch_value(batch, i, NULL);

		if (found && !strcmp(found, name)) {
			*pool = (uint32_t)strtoul(ids[i], NULL, 10);
			return 0;
		}
		if (found)
			buf_printf(&there, "%s%s", there.len ? ", " : "", found);
	}
	xlite_error_set(err, -ENOENT, "there is no CPU pool %s", name);
	xlite_error_hint(err, "there are: %s", buf_str(&there));
	return -ENOENT;
}

int pool_find(struct host *host, const char *name, uint32_t *pool, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	auto_free char **ids = NULL;
	size_t nr = 0;
	int rc;

	*pool = 0;
	if (!name)
		return 0;
	rc = xlite_store_list(host->store, 0, "/local/pool", &ids, &nr, err);
	if (rc && rc != -ENOENT)
		return rc;
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++)
		xlite_store_batch_read(batch, "/local/pool/%s/name", ids[i]);
	rc = nr ? xlite_store_batch_run(host->store, batch, err) : 0;
	if (!rc)
		rc = search(batch, ids, nr, name, pool, err);
	xlite_store_batch_free(batch);
	return rc;
}

int pool_name(struct host *host, uint32_t pool, const char *said, char **name, struct xlite_error *err)
{
	char path[40];
	int rc;

	*name = NULL;
	if (!pool && !said)
		return 0;
	snprintf(path, sizeof(path), "/local/pool/%u/name", pool);
	rc = xlite_store_read(host->store, 0, path, name, NULL, err);
	/* xl cpupool-rename gives another name to pool 0, too: a spec may use that, and need not. */
	if (!rc && !pool && strcmp(*name, said))
		free(auto_take(*name));
	return rc == -ENOENT ? 0 : rc;
}
