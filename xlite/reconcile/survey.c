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

/* Goes through what was read; judge returns 0 to go on. */
static int survey_walk(const struct survey *survey,
		       int (*judge)(const void *about, const char *domid, const char *first, const char *second,
				    struct xlite_error *err),
		       const void *about, struct xlite_error *err)
{
	size_t at = 0;

	for (size_t i = 0; i < survey->nr_domains; i++) {
		for (size_t k = 0; xlite_store_batch_child(survey->devices, i, k); k++, at += 2) {
			const char *first = xlite_store_batch_value(survey->nodes, at, NULL);
			const char *second = xlite_store_batch_value(survey->nodes, at + 1, NULL);
			int rc = first ? judge(about, xlite_store_batch_child(survey->domains, 0, i), first,
					       second ? second : "", err) : 0;

			if (rc)
				return rc;
		}
	}
	return 0;
}

static int survey_run(struct host *host, struct survey *survey,
		      int (*judge)(const void *about, const char *domid, const char *first, const char *second,
				   struct xlite_error *err),
		      const void *about, struct xlite_error *err)
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
		rc = survey_walk(survey, judge, about, err);
	xlite_store_batch_free(survey->domains);
	xlite_store_batch_free(survey->devices);
	xlite_store_batch_free(survey->nodes);
	return rc;
}

struct disk_question {
	const char *name;	/* for the message */
	const char *value;	/* of the first node: what the disk is known by there */
	bool want_rw;
	uint32_t own;		/* whose device does not count */
};

static int judge_disk(const void *about, const char *domid, const char *value, const char *mode, struct xlite_error *err)
{
	const struct disk_question *question = about;
	bool rw = *mode == 'w';

	if (strcmp(value, question->value) || (!rw && !question->want_rw) || strtoul(domid, NULL, 10) == question->own)
		return 0;
	xlite_error_set(err, -EBUSY, "%s is attached to domid %s%s", question->name, domid, rw ? " read-write" : "");
	xlite_error_hint(err, "shared: true allows it, for guests that can share a disk");
	return -EBUSY;
}

int devices_disk_free(struct host *host, uint32_t own, const struct hotplug_disk *disk, bool want_rw, struct xlite_error *err)
{
	struct survey kernel = { .kind = XLITE_DEVICE_VBD, .first = "physical-device", .second = "mode" };
	struct survey qemu = { .kind = XLITE_DEVICE_QDISK, .first = "physical-device", .second = "mode" };
	char number[32];
	struct disk_question question = { .name = disk->path, .value = number, .want_rw = want_rw, .own = own };
	int rc;

	/* Files are looked after by hotplug_disk_check: their loop devices tell. */
	if (disk->loop || !disk->major)
		return 0;
	snprintf(number, sizeof(number), "%x:%x", disk->major, disk->minor);
	rc = survey_run(host, &kernel, judge_disk, &question, err);
	return rc ? rc : survey_run(host, &qemu, judge_disk, &question, err);
}

int devices_params_free(struct host *host, uint32_t own, const char *params, bool want_rw, struct xlite_error *err)
{
	struct survey survey = { .kind = XLITE_DEVICE_QDISK, .first = "params", .second = "mode" };
	struct disk_question question = { .name = strchr(params, ':') + 1, .value = params, .want_rw = want_rw, .own = own };

	return survey_run(host, &survey, judge_disk, &question, err);
}

struct mac_question {
	char mac[18];
	const char *bridge;	/* "": it is routed */
	uint32_t own;		/* whose vif does not count */
};

/* On another bridge it is another segment's. */
static int judge_mac(const void *about, const char *domid, const char *mac, const char *bridge, struct xlite_error *err)
{
	const struct mac_question *question = about;

	if (strcasecmp(mac, question->mac) || strcmp(bridge, question->bridge) || strtoul(domid, NULL, 10) == question->own)
		return 0;
	return xlite_error_status(err, -EADDRINUSE, XLITE_CONFLICT, "the MAC %s is in use by domid %s%s%s", mac, domid,
				  *bridge ? " on " : "", bridge);
}

int devices_mac_free(struct host *host, uint32_t own, const uint8_t mac[6], const char *bridge, struct xlite_error *err)
{
	struct survey survey = { .kind = XLITE_DEVICE_VIF, .first = "mac", .second = "bridge" };
	struct mac_question question = { .bridge = bridge, .own = own };

	snprintf(question.mac, sizeof(question.mac), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return survey_run(host, &survey, judge_mac, &question, err);
}
