/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who has a block device attached: a look at every vbd backend of dom0, in three flights
 * (domains, their devices, number and mode of each). blkback opens devices without
 * claiming them, so the kernel does not refuse a second user by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xlite/reconcile/devices.h"

#define BACKENDS "/local/domain/0/backend/vbd"

struct survey {
	struct xlite_store_batch *domains, *devices, *nodes;
	size_t nr_domains;
};

static int survey_run(struct host *host, struct survey *survey, struct xlite_error *err)
{
	const char *domid, *devid;
	int rc;

	xlite_store_batch_list(survey->domains, BACKENDS);
	rc = xlite_store_batch_run(host->store, survey->domains, err);
	if (rc)
		return rc;
	while ((domid = xlite_store_batch_child(survey->domains, 0, survey->nr_domains))) {
		xlite_store_batch_list(survey->devices, BACKENDS "/%s", domid);
		survey->nr_domains++;
	}
	rc = survey->nr_domains ? xlite_store_batch_run(host->store, survey->devices, err) : 0;
	for (size_t i = 0; i < survey->nr_domains && !rc; i++) {
		domid = xlite_store_batch_child(survey->domains, 0, i);
		for (size_t k = 0; (devid = xlite_store_batch_child(survey->devices, i, k)); k++) {
			xlite_store_batch_read(survey->nodes, BACKENDS "/%s/%s/physical-device", domid, devid);
			xlite_store_batch_read(survey->nodes, BACKENDS "/%s/%s/mode", domid, devid);
		}
	}
	return rc || !survey->nr_domains ? rc : xlite_store_batch_run(host->store, survey->nodes, err);
}

/* The node says "major:minor" in hexadecimal. */
static int survey_judge(const struct survey *survey, const struct hotplug_disk *disk, bool want_rw, struct xlite_error *err)
{
	char number[32];
	size_t at = 0;

	snprintf(number, sizeof(number), "%x:%x", disk->major, disk->minor);
	for (size_t i = 0; i < survey->nr_domains; i++) {
		for (size_t k = 0; xlite_store_batch_child(survey->devices, i, k); k++, at += 2) {
			const char *theirs = xlite_store_batch_value(survey->nodes, at, NULL);
			const char *mode = xlite_store_batch_value(survey->nodes, at + 1, NULL);
			bool rw = mode && *mode == 'w';

			if (!theirs || strcmp(theirs, number) || (!rw && !want_rw))
				continue;
			xlite_error_set(err, -EBUSY, "%s is attached to domain %s%s", disk->path,
					xlite_store_batch_child(survey->domains, 0, i), rw ? " read-write" : "");
			xlite_error_hint(err, "shared: true allows it, for guests that can share a disk");
			return -EBUSY;
		}
	}
	return 0;
}

int devices_disk_free(struct host *host, const struct hotplug_disk *disk, bool want_rw, struct xlite_error *err)
{
	struct survey survey = { xlite_store_batch_new(), xlite_store_batch_new(), xlite_store_batch_new(), 0 };
	int rc = 0;

	/* Files are looked after by hotplug_disk_check: their loop devices tell. */
	if (!survey.domains || !survey.devices || !survey.nodes)
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	else if (!disk->loop && disk->major)
		rc = survey_run(host, &survey, err);
	if (!rc && survey.nr_domains)
		rc = survey_judge(&survey, disk, want_rw, err);
	xlite_store_batch_free(survey.domains);
	xlite_store_batch_free(survey.devices);
	xlite_store_batch_free(survey.nodes);
	return rc;
}
