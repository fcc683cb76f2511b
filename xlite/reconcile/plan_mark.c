/* SPDX-License-Identifier: GPL-2.0-or-later
 * Differences that this domain cannot have as the table of keys says: not before its next boot, or not without being
 * built again. Pure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "common/mac.h"
#include "xlite/reconcile/plan.h"

bool plan_at_next_boot(const struct cfg_diff *diff)
{
	return diff->change == CFG_ON_REBOOT;
}

static bool plan_has_path(const struct cfg_diff *diffs, size_t nr, const char *path)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(diffs[i].path, path))
			return true;
	}
	return false;
}

/*
 * What cannot be had before the next boot, because of what waits for it (vCPUs online beyond the present maximum) or of
 * the type (those of an emulated PC), waits too.
 */
int plan_mark_waiting(struct plan_item *item)
{
	struct cfg_domain *now = NULL;
	struct cfg_diff *diffs = NULL;
	size_t nr = 0;
	bool any = item->have->spec->type == CFG_TYPE_HVM;
	int rc = 0;

	for (size_t i = 0; i < item->nr_diffs; i++)
		any = any || plan_at_next_boot(&item->diffs[i]);
	if (!any)
		return 0;
	now = cfg_domain_copy(item->want);
	if (!now || cfg_domain_keep(now, item->have->spec))
		rc = -ENOMEM;
	if (!rc)
		rc = cfg_diff(item->have->spec, now, &diffs, &nr);
	for (size_t i = 0; i < item->nr_diffs && !rc; i++) {
		if (!plan_has_path(diffs, nr, item->diffs[i].path))
			item->diffs[i].change = CFG_ON_REBOOT;
	}
	cfg_diff_free(diffs, nr);
	cfg_domain_free(now);
	return rc;
}

static const struct cfg_vbd *plan_vbd_of(const struct cfg_domain *spec, const char *path)
{
	for (size_t i = 0; i < spec->nr_vbds; i++) {
		size_t len = strlen(spec->vbds[i].vdev);

		if (!strncmp(path, "vbds[", 5) && !strncmp(path + 5, spec->vbds[i].vdev, len) && path[5 + len] == ']')
			return &spec->vbds[i];
	}
	return NULL;
}

/*
 * A card comes and goes with its vif, and with what it does not go with; and with another name of the vif it is
 * attached again.
 */
static bool plan_moves_card(const struct cfg_domain *spec, const struct cfg_diff *diff)
{
	static const char *const keys[] = { "", ".route", ".nat", ".script", ".rate", ".ifname", ".mac", ".gatewaydev" };
	char vif[96], mac[MAC_TEXT];

	for (size_t i = 0; i < spec->nr_vifs; i++) {
		if (!cfg_vif_emulated(spec, &spec->vifs[i]))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			snprintf(vif, sizeof(vif), "vifs[%s]%s", mac_text(spec->vifs[i].mac, mac), keys[k]);
			/* From one network to another it moves as between bridges. */
			if (!strcmp(diff->path, vif) && (strcmp(keys[k], ".nat") || diff->how != '~'))
				return true;
		}
	}
	return false;
}

/* That a disk is called a volume changes nothing of it: where it is and its format are keys of their own. */
static bool plan_names_volume(const char *path)
{
	const char *end = strchr(path, ']');

	return end && !strcmp(end + 1, ".volume");
}

/*
 * Drives and cards of an emulated PC are what its device model was started with: they neither come nor go nor
 * change while it runs.
 */
void plan_mark_emulated(struct plan_item *item)
{
	const struct cfg_domain *specs[] = { item->have->spec, item->want };

	for (size_t i = 0; i < item->nr_diffs; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(specs); k++) {
			const struct cfg_vbd *vbd = plan_vbd_of(specs[k], item->diffs[i].path);

			if ((vbd && cfg_vbd_drive(specs[k], vbd) >= 0 && !plan_names_volume(item->diffs[i].path)) ||
			    plan_moves_card(specs[k], &item->diffs[i]))
				item->diffs[i].change = CFG_REPLACES;
		}
	}
}
