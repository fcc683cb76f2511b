/* SPDX-License-Identifier: GPL-2.0-or-later
 * The types of guests, each a row of one table: those that can be built, and those that are only told apart where
 * another tool made them.
 */
#ifndef RECONCILE_GUEST_TYPE_H
#define RECONCILE_GUEST_TYPE_H

#include "cfg/spec.h"
#include "xlite/lib/build.h"
#include "xlite/lib/xen.h"

struct hotplug_grub_places;
struct step;
struct create_job;

struct guest_type {
	enum cfg_type type;
	const char *note;		/* what libxl and xlite write into /libxl/DOMID/type */
	bool hardware;			/* Xen says that it is of hardware virtualisation */
	const char *about;		/* for people: "an HVM domain" */
	const struct xlite_guest_type *build;	/* NULL: cannot be built */
	const struct step *create_steps;
	/*
	 * finds what the domain boots: fills the images of the configuration, and what a message about them begins
	 * with
	 */
	int (*find_images)(struct create_job *job, struct xlite_build_config *config, const char **about,
			   struct xlite_error *err);
	/* that boots those without a kernel from their disks; NULL: they need none */
	const struct hotplug_grub_places *grub;
	const char *unsaved;		/* why it can be neither saved nor restored; NULL: it can */
	const struct step *restore_steps;
};

/** The row of a type; there is one for each. */
const struct guest_type *guest_type_of(enum cfg_type type);
/**
 * The type of a domain that runs. note: of /libxl/DOMID/type, or NULL; firmware: dom0 has nodes for a firmware of its
 * (hvmloader), which tells an HVM domain where no note does.
 */
enum cfg_type guest_type_observed(const struct xlite_domain_info *info, const char *note, bool firmware);

#endif
