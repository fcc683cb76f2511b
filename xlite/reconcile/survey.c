/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who has a block device or a MAC: a look at every backend of one kind in dom0, in three flights
 * (domains, their devices, two nodes of each). Only dom0 writes there. blkback opens devices
 * without claiming them, so the kernel does not refuse a second user by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/auto.h"
#include "common/mac.h"
#include "xlite/reconcile/devices.h"

struct survey {
	enum xlite_device_kind kind;
	const char *first, *second;	/* the nodes that are read of each device */
	struct xlite_store_batch *domains, *devices, *nodes;
	size_t nr_domains;
};

static int survey_read(struct host *host, struct survey *survey, struct xlite_error *err)
{
	char dir[48];
	const char *domid, *devid;
	int rc;

	snprintf(dir, sizeof(dir), "/local/domain/%u/backend/%s", XLITE_DOM0, xlite_device_back(survey->kind));
	xlite_store_batch_list(survey->domains, "%s", dir);
	rc = xlite_store_batch_run(host->store, survey->domains, err);
	if (rc)
		return rc;
	while ((domid = xlite_store_batch_child(survey->domains, 0, survey->nr_domains))) {
		xlite_store_batch_list(survey->devices, "%s/%s", dir, domid);
		survey->nr_domains++;
	}
	rc = survey->nr_domains ? xlite_store_batch_run(host->store, survey->devices, err) : 0;
	for (size_t i = 0; i < survey->nr_domains && !rc; i++) {
		domid = xlite_store_batch_child(survey->domains, 0, i);
		for (size_t k = 0; (devid = xlite_store_batch_child(survey->devices, i, k)); k++) {
			xlite_store_batch_read(survey->nodes, "%s/%s/%s/%s", dir, domid, devid, survey->first);
			xlite_store_batch_read(survey->nodes, "%s/%s/%s/%s", dir, domid, devid, survey->second);
		}
	}
	return rc || !survey->nr_domains ? rc : xlite_store_batch_run(host->store, survey->nodes, err);
}

/* A device that was found, and what was read of it. */
struct found {
	struct xlite_device at;
	const char *first, *second;
};

/* What is asked for, and whose devices do not count. */
struct question {
	const char *name;	/* for the message */
	const char *value;	/* of the first node: what it is known by there */
	const char *bridge;	/* of a MAC; "": it is routed */
	bool want_rw;
	int (*compare)(const char *a, const char *b);
	uint32_t own;
	int (*judge)(struct host *host, const struct question *question, const struct found *found, struct xlite_error *err); /* 0: go on */
};

static int survey_walk(struct host *host, const struct survey *survey, const struct question *question, struct xlite_error *err)
{
	const char *devid;
	size_t at = 0;

	for (size_t i = 0; i < survey->nr_domains; i++) {
		uint32_t domid = (uint32_t)strtoul(xlite_store_batch_child(survey->domains, 0, i), NULL, 10);

		for (size_t k = 0; (devid = xlite_store_batch_child(survey->devices, i, k)); k++, at += 2) {
			struct found found = {
				devices_at(domid, survey->kind, (unsigned)strtoul(devid, NULL, 10)),
				xlite_store_batch_value(survey->nodes, at, NULL), xlite_store_batch_value(survey->nodes, at + 1, NULL),
			};
			int rc;

			found.second = found.second ? found.second : "";
			if (!found.first || domid == question->own || question->compare(found.first, question->value))
				continue;
			rc = question->judge(host, question, &found, err);
			if (rc)
				return rc;
		}
	}
	return 0;
}

static int survey_run(struct host *host, struct survey *survey, const struct question *question, struct xlite_error *err)
{
	int rc;

	survey->domains = xlite_store_batch_new();
	survey->devices = xlite_store_batch_new();
	survey->nodes = xlite_store_batch_new();
	if (survey->domains && survey->devices && survey->nodes)
		rc = survey_read(host, survey, err);
	else
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	if (!rc)
		rc = survey_walk(host, survey, question, err);
	xlite_store_batch_free(survey->domains);
	xlite_store_batch_free(survey->devices);
	xlite_store_batch_free(survey->nodes);
	return rc;
}

/* "web1 (domid 5)", or the number alone. The caller frees it; NULL: no memory. */
static char *owner_text(struct host *host, uint32_t domid)
{
	char path[40], *name = NULL, *text = NULL;
	int len;

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (xlite_store_read(host->store, 0, path, &name, NULL, NULL) || !*name)
		len = asprintf(&text, "domid %u", domid);
	else
		len = asprintf(&text, "%s (domid %u)", name, domid);
	free(name);
	return len < 0 ? NULL : text;
}

static int judge_disk(struct host *host, const struct question *question, const struct found *found, struct xlite_error *err)
{
	bool rw = *found->second == 'w';
	auto_free char *owner = NULL;
	char vdev[32] = "a disk";

	if (!rw && !question->want_rw)
		return 0;
	owner = owner_text(host, found->at.domid);
	xlite_vdev_name(found->at.devid, vdev, sizeof(vdev));
	xlite_error_set(err, -EBUSY, "%s is attached to %s as %s, %s", question->name, owner ? owner : "another domain", vdev,
			rw ? "read-write" : "read-only");
	xlite_error_hint(err, "take it from that one first; `shared: true' allows it to both, for guests that can share a disk");
	return -EBUSY;
}

int devices_disk_free(struct host *host, uint32_t own, const struct hotplug_disk *disk, bool want_rw, struct xlite_error *err)
{
	struct survey kernel = { .kind = XLITE_DEVICE_VBD, .first = "physical-device", .second = "mode" };
	struct survey qemu = { .kind = XLITE_DEVICE_QDISK, .first = "physical-device", .second = "mode" };
	char number[32];
	struct question question = { .name = disk->path, .value = number, .compare = strcmp, .want_rw = want_rw, .own = own,
				     .judge = judge_disk };
	int rc;

	/* Files are looked after by hotplug_disk_check: their loop devices tell. */
	if (disk->loop || !disk->major)
		return 0;
	snprintf(number, sizeof(number), "%x:%x", disk->major, disk->minor);
	rc = survey_run(host, &kernel, &question, err);
	return rc ? rc : survey_run(host, &qemu, &question, err);
}

int devices_params_free(struct host *host, uint32_t own, const char *params, bool want_rw, struct xlite_error *err)
{
	struct survey survey = { .kind = XLITE_DEVICE_QDISK, .first = "params", .second = "mode" };
	struct question question = {
		.name = strchr(params, ':') + 1, .value = params, .compare = strcmp, .want_rw = want_rw, .own = own,
		.judge = judge_disk,
	};

	return survey_run(host, &survey, &question, err);
}

/* On another bridge it is another segment's. */
static int judge_mac(struct host *host, const struct question *question, const struct found *found, struct xlite_error *err)
{
	auto_free char *owner = NULL;

	if (strcmp(found->second, question->bridge))
		return 0;
	owner = owner_text(host, found->at.domid);
	return xlite_error_status(err, -EADDRINUSE, XLITE_CONFLICT, "the MAC %s is in use by %s, vif %u%s%s", question->value,
				  owner ? owner : "another domain", found->at.devid, *found->second ? " on " : "", found->second);
}

int devices_mac_free(struct host *host, uint32_t own, const uint8_t mac[6], const char *bridge, struct xlite_error *err)
{
	struct survey survey = { .kind = XLITE_DEVICE_VIF, .first = "mac", .second = "bridge" };
	char text[MAC_TEXT];
	struct question question = { .value = text, .compare = strcasecmp, .bridge = bridge, .own = own, .judge = judge_mac };

	mac_text(mac, text);
	return survey_run(host, &survey, &question, err);
}
