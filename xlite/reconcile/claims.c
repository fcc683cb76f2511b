/* SPDX-License-Identifier: GPL-2.0-or-later
 * What only one domain can have at a time: a disk, a MAC, a port of the host. Compared between specs.
 */
#include "xlite/reconcile/claims.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "hotplug/disk.h"

static bool is_local(const struct cfg_vbd *vbd)
{
	return vbd->source && !vbd->script && !cfg_vbd_is_nbd(vbd);
}

static bool find(const struct cfg_vbd *vbd, struct stat *st)
{
	char path[PATH_MAX];

	return is_local(vbd) && !hotplug_disk_resolve(vbd->source, NULL, path, sizeof(path), NULL) && !stat(path, st);
}

bool claims_lost_disk(const struct cfg_vbd *vbd)
{
	struct stat st;

	return is_local(vbd) && !find(vbd, &st);
}

bool claims_same_disk(const struct cfg_vbd *a, const struct cfg_vbd *b)
{
	struct stat one, two;

	if (!a->source || !b->source)
		return false;
	if (!strcmp(a->source, b->source))
		return true;
	if (!find(a, &one) || !find(b, &two) || S_ISBLK(one.st_mode) != S_ISBLK(two.st_mode))
		return false;
	return S_ISBLK(one.st_mode) ? one.st_rdev == two.st_rdev : one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

bool claims_mac(const struct cfg_domain *spec, const uint8_t mac[6])
{
	for (size_t i = 0; i < spec->nr_vifs; i++) {
		if (!memcmp(spec->vifs[i].mac, mac, 6))
			return true;
	}
	return false;
}

static bool shares(const struct cfg_vbd *a, const struct cfg_vbd *b)
{
	return a->shared || (a->mode == CFG_VBD_RO && b->mode == CFG_VBD_RO);
}

static bool disk_clashes(const struct cfg_domain *want, const struct cfg_domain *have)
{
	for (size_t i = 0; i < want->nr_vbds; i++) {
		for (size_t k = 0; k < have->nr_vbds; k++) {
			if (!shares(&want->vbds[i], &have->vbds[k]) && claims_same_disk(&want->vbds[i], &have->vbds[k]))
				return true;
		}
	}
	return false;
}

static bool port_clashes(const struct cfg_vif *vif, const struct cfg_domain *have)
{
	for (size_t i = 0; i < vif->nr_forwards; i++) {
		for (size_t k = 0; k < have->nr_vifs; k++) {
			for (size_t n = 0; n < have->vifs[k].nr_forwards; n++) {
				const struct cfg_forward *other = &have->vifs[k].forwards[n];

				if (other->port == vif->forwards[i].port && other->protocol == vif->forwards[i].protocol)
					return true;
			}
		}
	}
	return false;
}

bool claims_clash(const struct cfg_domain *want, const struct cfg_domain *have)
{
	for (size_t i = 0; i < want->nr_vifs; i++) {
		if (claims_mac(have, want->vifs[i].mac) || port_clashes(&want->vifs[i], have))
			return true;
	}
	return disk_clashes(want, have);
}
