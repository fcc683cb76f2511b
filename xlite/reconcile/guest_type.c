/* SPDX-License-Identifier: GPL-2.0-or-later
 * The rows of guest types, and which one a domain is of.
 */
#include "xlite/reconcile/guest_type.h"

#include <string.h>

#include "common/auto.h"
#include "hotplug/grub.h"
#include "xlite/reconcile/create.h"

static const struct guest_type types[] = {
	[CFG_TYPE_PVH] = { CFG_TYPE_PVH, "pvh", true, "a PVH domain", &xlite_guest_pvh, create_steps,
			   create_find_kernel, &hotplug_grub_places, NULL, create_restore_steps },
	[CFG_TYPE_PV] = { CFG_TYPE_PV, "pv", false, "a PV domain", &xlite_guest_pv, create_steps, create_find_kernel,
			  &hotplug_grub_places_pv, "PV domains cannot be saved and restored yet", NULL },
	[CFG_TYPE_HVM] = { CFG_TYPE_HVM, "hvm", true, "an HVM domain", &xlite_guest_hvm, create_steps,
			   create_find_firmware, NULL,
			   "HVM domains cannot be saved and restored yet: the state of their device model would be lost",
			   NULL },
};

const struct guest_type *guest_type_of(enum cfg_type type)
{
	return &types[type];
}

enum cfg_type guest_type_observed(const struct xlite_domain_info *info, const char *note, bool firmware)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		/* Xen knows best: a PV guest in a shim of hardware virtualisation is one, whatever it is called. */
		if (note && !strcmp(note, types[i].note) && types[i].hardware == info->hvm)
			return types[i].type;
	}
	if (!info->hvm)
		return CFG_TYPE_PV;
	return firmware ? CFG_TYPE_HVM : CFG_TYPE_PVH;
}
