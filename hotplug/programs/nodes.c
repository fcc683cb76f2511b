/* SPDX-License-Identifier: GPL-2.0-or-later
 * The backend's nodes, which only dom0 writes: what is asked for, and the answer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "hotplug/programs/program.h"

/* For the answer, also when the run's own time is up. */
#define ANSWER_MS 5000

static int nodes_copy(const struct xlite_store_batch *batch, char *values[], size_t nr)
{
	const char *value;

	for (size_t i = 0; i < nr; i++) {
		value = xlite_store_batch_value(batch, i, NULL);
		values[i] = value ? strdup(value) : NULL;
		if (value && !values[i])
			return -ENOMEM;
	}
	return 0;
}

int nodes_read(const struct job *job, const char *const names[], char *values[], size_t nr, struct xlite_error *err)
{
	const struct request *request = job->request;
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const char *frontend;
	char domid[16];
	int ret = batch ? 0 : -ENOMEM;

	memset(values, 0, nr * sizeof(*values));
	for (size_t i = 0; batch && i < nr; i++)
		xlite_store_batch_read(batch, "%s/%s", request->backend, names[i]);
	if (batch) {
		xlite_store_batch_read(batch, "%s/frontend-id", request->backend);
		ret = xlite_store_batch_run(job->store, batch, err);
	}
	if (!ret) {
		snprintf(domid, sizeof(domid), "%" PRIu32, request->domid);
		frontend = xlite_store_batch_value(batch, nr, NULL);
		if (!frontend || strcmp(frontend, domid))
			ret = xlite_error_set(err, -ENOENT, "XenStore has no backend %s", request->backend);
		else
			ret = nodes_copy(batch, values, nr);
	}
	xlite_store_batch_free(batch);
	return ret == -ENOMEM ? xlite_error_set(err, ret, "out of memory") : ret;
}

void nodes_free(char *values[], size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		free(values[i]);
}

int answer_connected(const struct job *job, unsigned mtu, struct xlite_error *err)
{
	const struct request *request = job->request;
	struct xlite_store_batch *batch = xlite_store_batch_new();
	char text[16];
	int ret;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	snprintf(text, sizeof(text), "%u", mtu);
	if (mtu)
		xlite_store_batch_write(batch, text, "/local/domain/%" PRIu32 "/device/vif/%u/mtu", request->domid,
					request->devid);
	xlite_store_batch_write(batch, "connected", "%s/hotplug-status", request->backend);
	ret = xlite_store_batch_commit(job->store, batch, clock_deadline_ms(ANSWER_MS), err);
	xlite_store_batch_free(batch);
	return ret;
}

/* Not where the backend has gone: what is written then would be taken for one. */
static bool backend_exists(const struct job *job)
{
	char *none[1];

	return !nodes_read(job, NULL, none, 0, NULL);
}

void answer_error(const struct job *job, const char *text)
{
	const char *backend = job->request->backend;
	struct xlite_store_batch *batch;

	if (job->request->tap || !backend_exists(job))
		return;
	batch = xlite_store_batch_new();
	if (!batch)
		return;
	xlite_store_batch_rm(batch, "%s/physical-device", backend);
	xlite_store_batch_rm(batch, "%s/physical-device-path", backend);
	xlite_store_batch_write(batch, text, "%s/hotplug-error", backend);
	xlite_store_batch_write(batch, "error", "%s/hotplug-status", backend);
	xlite_store_batch_commit(job->store, batch, clock_deadline_ms(ANSWER_MS), NULL);
	xlite_store_batch_free(batch);
}
