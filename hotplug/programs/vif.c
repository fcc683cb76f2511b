/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the programs for vifs share: the backend's nodes, the link and its name, and the filter.
 */
#include "hotplug/programs/vif.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mac.h"
#include "hotplug/nft.h"

/* Whose the rules are, in their comment. A filter of xlite's own has a uuid there. */
#define RULES_OWNER "script"

static const char *const vif_nodes[VIF_NODES] = {
	[VIF_BRIDGE] = "bridge", [VIF_IP] = "ip", [VIF_MAC] = "mac", [VIF_MTU] = "mtu",
	[VIF_NAME] = "vifname", [VIF_GATEWAY] = "gatewaydev", [VIF_VLAN] = "vlan",
};

/* Cuts "10.0.0.1/32" to the address. Other lengths stay, for the address to be refused with them. */
static void cut_prefix(char *ip, bool any)
{
	char *slash = strchr(ip, '/');

	if (slash && (any || !strcmp(slash, strchr(ip, ':') ? "/128" : "/32")))
		*slash = '\0';
}

static int vif_ips(struct vif *vif, bool any_prefix, struct xlite_error *err)
{
	char *rest, *ip;

	if (!vif->nodes[VIF_IP])
		return 0;
	vif->ip_text = strdup(vif->nodes[VIF_IP]);
	if (!vif->ip_text)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (ip = strtok_r(vif->ip_text, " \t,", &rest); ip; ip = strtok_r(NULL, " \t,", &rest)) {
		if (vif->nr_ips == VIF_IPS_MAX)
			return xlite_error_set(err, -E2BIG, "ip: more than %d addresses", VIF_IPS_MAX);
		cut_prefix(ip, any_prefix);
		vif->ips[vif->nr_ips++] = ip;
	}
	return 0;
}

static int vif_mtu(struct vif *vif, struct xlite_error *err)
{
	const char *text = vif->nodes[VIF_MTU];
	char *end;
	unsigned long mtu = text ? strtoul(text, &end, 10) : 0;

	if (text && (*text < '0' || *text > '9' || *end || mtu > 65535))
		return xlite_error_set(err, -EINVAL, "mtu \"%.32s\" is not a number of bytes", text);
	vif->mtu = (unsigned)mtu;
	return 0;
}

/* An emulated card's link is told apart by an end, as Xen's scripts do. */
static int vif_name(struct vif *vif, struct xlite_error *err)
{
	const struct request *request = vif->job->request;
	const char *given = vif->nodes[VIF_NAME];
	int n;

	if (given && *given)
		n = snprintf(vif->name, sizeof(vif->name), "%.64s%s", given, request->tap ? "-emu" : "");
	else
		n = snprintf(vif->name, sizeof(vif->name), "%s", request->link);
	if (n >= (int)sizeof(vif->name))
		return xlite_error_set(err, -EINVAL, "vifname \"%.64s\" is too long", given);
	return 0;
}

/* Whether the kernel calls netback's link of this vif so. */
static bool vif_is_called(const struct request *request, const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vif-%u-%u/net/%s", request->domid, request->devid, name);
	return !strchr(name, '/') && !access(path, F_OK);
}

/*
 * When a vif is taken off, its last name may be another's by now, or never have become its own: the kernel says whose it
 * is. Else the first name is right, under which there is the vif, or nothing.
 */
static void vif_own_name(struct vif *vif)
{
	const struct request *request = vif->job->request;

	if (request->add || request->tap || !strcmp(vif->name, request->link))
		return;
	if (!vif_is_called(request, vif->name))
		snprintf(vif->name, sizeof(vif->name), "%s", request->link);
}

/* Taking off goes on without nodes that say nothing useful. */
static int vif_read(struct vif *vif, bool any_prefix, struct xlite_error *err)
{
	bool add = vif->job->request->add;
	int ret = nodes_read(vif->job, vif_nodes, vif->nodes, VIF_NODES, err);

	if (ret == -ENOENT && !add)
		ret = 0;
	if (!ret)
		ret = vif_name(vif, err);
	if (!ret)
		vif_own_name(vif);
	if (!ret)
		ret = vif_ips(vif, any_prefix, err);
	if (!ret && add)
		ret = vif_mtu(vif, err);
	if (!ret && add && vif->nodes[VIF_VLAN])
		ret = xlite_error_set(err, -EOPNOTSUPP, "vlan: not known to this program");
	return ret;
}

int vif_open(const struct job *job, bool any_prefix, struct vif **out, struct xlite_error *err)
{
	struct vif *vif = calloc(1, sizeof(*vif));
	int ret;

	if (!vif)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	vif->job = job;
	ret = hotplug_net_open(&vif->net, err);
	if (!ret)
		ret = vif_read(vif, any_prefix, err);
	if (ret) {
		xlite_error_prefix(err, "%s", job->request->link);
		vif_free(vif);
		return ret;
	}
	*out = vif;
	return 0;
}

void vif_free(struct vif *vif)
{
	if (!vif)
		return;
	hotplug_net_close(vif->net);
	nodes_free(vif->nodes, VIF_NODES);
	free(vif->ip_text);
	free(vif);
}

static int vif_filter(struct vif *vif, struct xlite_error *err)
{
	struct hotplug_nft_filter filter = { .device = vif->name, .owner = RULES_OWNER, .ips = (const char *const *)vif->ips,
					     .nr_ips = vif->nr_ips };
	int ret;

	if (!vif->nr_ips)
		return 0;
	if (!vif->nodes[VIF_MAC] || !mac_parse(vif->nodes[VIF_MAC], filter.mac))
		return xlite_error_set(err, -EINVAL, "%s: the backend has no mac", vif->name);
	ret = hotplug_nft_filter_set(&filter, NULL, vif->job->deadline_ns, err);
	vif->filtered = !ret;
	return ret;
}

int vif_prepare(struct vif *vif, struct xlite_error *err)
{
	const struct request *request = vif->job->request;
	/* The toolstack may have given it its name already. */
	const char *first = !request->tap && vif_is_called(request, vif->name) ? vif->name : request->link;
	int ret = hotplug_link_wait(vif->net, first, vif->job->deadline_ns, &vif->link, err);

	if (!ret && strcmp(first, vif->name)) {
		ret = hotplug_link_rename(vif->net, first, vif->name, err);
		vif->renamed = !ret;
		memcpy(vif->link.name, vif->name, sizeof(vif->name));
	}
	if (!ret)
		ret = vif_filter(vif, err);
	if (ret)
		vif_unprepare(vif);
	return ret;
}

void vif_unprepare(struct vif *vif)
{
	if (vif->filtered)
		vif_unfilter(vif, NULL);
	if (vif->renamed)
		hotplug_link_rename(vif->net, vif->name, vif->job->request->link, NULL);
	vif->filtered = vif->renamed = false;
}

/* The kernel takes a vif's chain along with the vif, and leaves the table. */
int vif_unfilter(const struct vif *vif, struct xlite_error *err)
{
	bool changed = false;
	int ret;

	if (!vif->nr_ips)
		return 0;
	ret = hotplug_nft_filter_remove(vif->name, &changed, vif->job->deadline_ns, err);
	if (!ret && !changed)
		ret = hotplug_nft_sweep(NULL, NULL, NULL, vif->job->deadline_ns, err);
	return ret;
}
