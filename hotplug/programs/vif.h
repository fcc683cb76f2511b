/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/programs only: what the programs for vifs share.
 */
#ifndef HOTPLUG_PROGRAMS_VIF_H
#define HOTPLUG_PROGRAMS_VIF_H

#include "hotplug/link.h"
#include "hotplug/programs/program.h"

/** The nodes of a vif's backend that these programs know, in the order of vif_nodes in vif.c. */
enum vif_node { VIF_BRIDGE, VIF_IP, VIF_MAC, VIF_MTU, VIF_NAME, VIF_GATEWAY, VIF_VLAN, VIF_NODES };

/** More addresses than the filter takes. */
#define VIF_IPS_MAX 1024

/** A vif being attached or taken off. */
struct vif {
	const struct job *job;
	struct hotplug_net *net;
	char *nodes[VIF_NODES];	/* NULL where there is none */
	char *ips[VIF_IPS_MAX];	/* point into ip_text */
	size_t nr_ips;
	char *ip_text;
	unsigned mtu;		/* 0: as the bridge */
	char name[16];		/* of the link: its last one, where it is given another */
	struct hotplug_link link;
	bool renamed, filtered;
};

/**
 * Reads the backend; any_prefix: a prefix length behind an address is left out, else only that of a single address is.
 */
int vif_open(const struct job *job, bool any_prefix, struct vif **out, struct xlite_error *err);
void vif_free(struct vif *vif);
/** Waits for the link, gives it its name, and filters what the guest sends where the backend names its addresses. */
int vif_prepare(struct vif *vif, struct xlite_error *err);
/** Takes back what vif_prepare did. */
void vif_unprepare(struct vif *vif);
/** Removes the filter, where there is one. */
int vif_unfilter(const struct vif *vif, struct xlite_error *err);

#endif
