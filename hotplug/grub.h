/* SPDX-License-Identifier: GPL-2.0-or-later
 * GRUB as the kernel of a PVH or PV guest: it runs in the guest, and boots what is on the guest's disks, so that none
 * of them is read here. It is made when it is needed, of the modules that the host's package has, with a configuration
 * of our own (grub.cfg); nothing of it is kept. Where there are no modules, a package's ready image does.
 */
#ifndef HOTPLUG_GRUB_H
#define HOTPLUG_GRUB_H

#include <stddef.h>

#include "common/error.h"

struct hotplug_grub {
	int fd;			/* keeps it; -1 once it is closed */
	char path[64];		/* by which this process, and those that it forks, can open it */
	char about[128];	/* for messages: "GRUB of /usr/lib/grub/i386-xen_pvh" */
};

/** Where GRUB for a type of guests is looked for; each list ends with NULL. */
struct hotplug_grub_places {
	const char *guests;		/* "PVH" */
	const char *platform;		/* grub-mkimage's name of it: "i386-xen_pvh" */
	const char *const *modules;	/* folders of modules for it */
	const char *const *programs;	/* grub-mkimage */
	const char *const *images;	/* ready ones */
};
/** For PVH guests, and for PV guests. */
extern const struct hotplug_grub_places hotplug_grub_places, hotplug_grub_places_pv;

/** Makes it, or opens a ready one. -ENOENT, with the package in the hint, where there is neither. */
int hotplug_grub_open(struct hotplug_grub *grub, const struct hotplug_grub_places *places, struct xlite_error *err);
/** Whether there is what it would be made of, and what that is (grub->about), without making it. Errors as above. */
int hotplug_grub_look(struct hotplug_grub *grub, const struct hotplug_grub_places *places, struct xlite_error *err);
void hotplug_grub_close(struct hotplug_grub *grub);

#endif
