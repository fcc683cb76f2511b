/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which block devices guests may write to, by sysfs and by the specs of the run. Read-only devices do not count: their
 * guests have not written what is on them, and whether they can be shared is asked elsewhere.
 */
#include "xlite/reconcile/disk_claims.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/auto.h"
#include "xlite/lib/layout.h"

#define BACKENDS "/sys/bus/xen-backend/devices"

static bool is_own(const struct disk_own *own, uint32_t domid)
{
	for (size_t i = 0; own && i < own->nr; i++) {
		if (own->domids[i] == domid)
			return true;
	}
	return false;
}

static struct hotplug_disk_claim *claim_add(struct hotplug_disk_claims *claims, dev_t dev)
{
	struct hotplug_disk_claim *items = reallocarray(claims->items, claims->nr + 1, sizeof(*items));

	if (!items)
		return NULL;
	claims->items = items;
	items += claims->nr++;
	*items = (struct hotplug_disk_claim){ .dev = dev };
	return items;
}

/* A word of a backend's directory, "" where there is none. */
static void word_read(const char *backend, const char *name, char word[24])
{
	char path[320];
	auto_fclose FILE *f = NULL;

	snprintf(path, sizeof(path), BACKENDS "/%s/%s", backend, name);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%23s", word) != 1)
		word[0] = '\0';
}

bool disk_backend_device(uint32_t domid, unsigned devid, dev_t *dev)
{
	char backend[48], word[24];
	unsigned maj, min;

	snprintf(backend, sizeof(backend), "vbd-%u-%u", domid, devid);
	word_read(backend, "physical_device", word);
	if (sscanf(word, "%x:%x", &maj, &min) != 2)
		return false;
	*dev = makedev(maj, min);
	return true;
}

static void name_guest(struct host *host, uint32_t domid, unsigned devid, struct hotplug_disk_claim *claim)
{
	char path[48], vdev[32], *name = NULL;

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (xlite_vdev_name(devid, vdev, sizeof(vdev)))
		snprintf(vdev, sizeof(vdev), "%u", devid);
	if (xlite_store_read(host->store, 0, path, &name, NULL, NULL) || !name)
		snprintf(claim->who, sizeof(claim->who), "domid %u (as %s)", domid, vdev);
	else
		snprintf(claim->who, sizeof(claim->who), "domain %.40s (as %s)", name, vdev);
	free(name);
}

static int claim_backend(struct host *host, const char *backend, const struct disk_own *own, struct hotplug_disk_claims *claims)
{
	struct hotplug_disk_claim *claim;
	unsigned domid, devid;
	char word[24];
	dev_t dev;

	if (sscanf(backend, "vbd-%u-%u", &domid, &devid) != 2 || is_own(own, domid))
		return 0;
	word_read(backend, "mode", word);
	if (!strchr(word, 'w'))
		return 0;
	if (!disk_backend_device(domid, devid, &dev))
		return 0;
	claim = claim_add(claims, dev);
	if (claim)
		name_guest(host, domid, devid, claim);
	return claim ? 0 : -ENOMEM;
}

static int claim_backends(struct host *host, const struct disk_own *own, struct hotplug_disk_claims *claims)
{
	DIR *dir = opendir(BACKENDS);
	struct dirent *entry;
	int rc = 0;

	while (dir && !rc && (entry = readdir(dir)))
		rc = claim_backend(host, entry->d_name, own, claims);
	if (dir)
		closedir(dir);
	return rc;
}

/* A disk of a domain that may not run yet, and whose guest wrote to it when it ran. */
static int claim_spec(const struct cfg_domain *domain, const struct cfg_vbd *vbd, struct hotplug_disk_claims *claims)
{
	struct hotplug_disk_claim *claim;
	struct stat st;

	if (vbd->script || !vbd->source || *vbd->source != '/' || vbd->mode != CFG_VBD_RW || stat(vbd->source, &st) ||
	    !S_ISBLK(st.st_mode))
		return 0;
	claim = claim_add(claims, st.st_rdev);
	if (claim)
		snprintf(claim->who, sizeof(claim->who), "the spec of %.40s (as %.16s)", domain->name, vbd->vdev);
	return claim ? 0 : -ENOMEM;
}

int disk_claims_collect(struct host *host, const struct cfg_vbd *vbd, const struct disk_own *own,
			struct hotplug_disk_claims *claims)
{
	int rc;

	*claims = (struct hotplug_disk_claims){ NULL };
	if (!vbd->source || !hotplug_disk_is_tag(vbd->source) || vbd->shared)
		return 0;
	rc = claim_backends(host, own, claims);
	for (size_t i = 0; i < host->nr_specs && !rc; i++) {
		const struct cfg_domain *domain = host->specs[i];

		for (size_t k = 0; domain->state != CFG_STATE_STOPPED && k < domain->nr_vbds && !rc; k++)
			rc = claim_spec(domain, &domain->vbds[k], claims);
	}
	return rc;
}
