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

#include "cfg/spec.h"
#include "cfg/cfg.h"
#include "common/auto.h"
#include "common/mac.h"
#include "xlite/reconcile/devices.h"

struct survey {
	enum xlite_device_kind kind;
	const char *first, *second;	/* the nodes that are read of each device */
	uint32_t only;			/* the domain that is looked at; 0: all */
	struct xlite_store_batch *domains, *devices, *nodes;
	size_t nr_domains;
};

static uint32_t survey_domid(const struct survey *survey, size_t i)
{
	return survey->only ? survey->only : (uint32_t)strtoul(xlite_store_batch_child(survey->domains, 0, i), NULL, 10);
}

/* The first flight: whose devices are listed next. */
static int survey_list(struct host *host, struct survey *survey, const char *dir, struct xlite_error *err)
{
	int rc;

	if (survey->only) {
		survey->nr_domains = 1;
		return 0;
	}
	xlite_store_batch_list(survey->domains, "%s", dir);
	rc = xlite_store_batch_run(host->store, survey->domains, err);
	while (!rc && xlite_store_batch_child(survey->domains, 0, survey->nr_domains))
		survey->nr_domains++;
	return rc;
}

static int survey_read(struct host *host, struct survey *survey, struct xlite_error *err)
{
	char dir[48];
	const char *devid;
	int rc;

	snprintf(dir, sizeof(dir), "/local/domain/%u/backend/%s", XLITE_DOM0, xlite_device_back(survey->kind));
	rc = survey_list(host, survey, dir, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < survey->nr_domains; i++)
		xlite_store_batch_list(survey->devices, "%s/%u", dir, survey_domid(survey, i));
	rc = survey->nr_domains ? xlite_store_batch_run(host->store, survey->devices, err) : 0;
	for (size_t i = 0; i < survey->nr_domains && !rc; i++) {
		for (size_t k = 0; (devid = xlite_store_batch_child(survey->devices, i, k)); k++) {
			xlite_store_batch_read(survey->nodes, "%s/%u/%s/%s", dir, survey_domid(survey, i), devid,
					       survey->first);
			xlite_store_batch_read(survey->nodes, "%s/%u/%s/%s", dir, survey_domid(survey, i), devid,
					       survey->second);
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
	/* 0: go on */
	int (*judge)(struct host *host, const struct question *question, const struct found *found, struct xlite_error *err);
};

static int survey_walk(struct host *host, const struct survey *survey, const struct question *question, struct xlite_error *err)
{
	const char *devid;
	size_t at = 0;

	for (size_t i = 0; i < survey->nr_domains; i++) {
		uint32_t domid = survey_domid(survey, i);

		for (size_t k = 0; (devid = xlite_store_batch_child(survey->devices, i, k)); k++, at += 2) {
			struct found found = {
				devices_at(domid, survey->kind, (unsigned)strtoul(devid, NULL, 10)),
				xlite_store_batch_value(survey->nodes, at, NULL),
				xlite_store_batch_value(survey->nodes, at + 1, NULL),
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
	xlite_error_hint(err,
			 "take it from that one first; `shared: true' allows it to both, for guests that can share a disk");
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
	return xlite_error_status(err, -EADDRINUSE, XLITE_CONFLICT, "the MAC %s is in use by %s, vif %u%s%s",
				  question->value, owner ? owner : "another domain", found->at.devid,
				  *found->second ? " on " : "", found->second);
}

/* only: 0, or the one domain that is looked at. */
static int mac_free(struct host *host, uint32_t only, uint32_t own, const uint8_t mac[6], const char *bridge,
		    struct xlite_error *err)
{
	struct survey survey = { .kind = XLITE_DEVICE_VIF, .first = "mac", .second = "bridge", .only = only };
	char text[MAC_TEXT];
	struct question question = { .value = text, .compare = strcasecmp, .bridge = bridge, .own = own, .judge = judge_mac };

	mac_text(mac, text);
	return survey_run(host, &survey, &question, err);
}

int devices_mac_free(struct host *host, uint32_t own, const uint8_t mac[6], const char *bridge, struct xlite_error *err)
{
	return mac_free(host, 0, own, mac, bridge, err);
}

/* Whether one of a domain's first vifs, which are nearly always all that it has, derives this address. */
static bool derives(const struct xlite_domain_info *info, const uint8_t mac[6])
{
	uint8_t derived[6];

	for (unsigned position = 0; position < 4; position++) {
		cfg_mac_of(info->uuid, position, derived);
		if (!memcmp(derived, mac, sizeof(derived)))
			return true;
	}
	return false;
}

int devices_derived_mac_free(struct host *host, uint32_t own, const uint8_t mac[6], const char *bridge, struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < host->nr_listed && !rc; i++) {
		const struct xlite_domain_info *info = &host->listed[i];

		if (info->domid != XLITE_DOM0 && info->domid != own && !info->dying && derives(info, mac))
			rc = mac_free(host, info->domid, own, mac, bridge, err);
	}
	if (rc == -EADDRINUSE)
		xlite_error_hint(err, "both are derived from a uuid, and are the same by chance: give this vif a `mac`");
	return rc;
}
