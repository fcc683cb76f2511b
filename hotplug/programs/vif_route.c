/* SPDX-License-Identifier: GPL-2.0-or-later
 * xlite-vif-route and xlite-vif-nat: the host routes the guest's addresses to a vif without a bridge. With nat they
 * are known to this host only, and what the guest sends beyond it leaves by the host's own address.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>

#include "common/inet.h"
#include "hotplug/nft.h"
#include "hotplug/programs/vif.h"

/* What Xen's script takes where no device is named. */
#define DEFAULT_NETDEV "eth0"

/** Room for an address with a prefix length. */
typedef char subnet_text[INET_TEXT];

/* The device whose address a vif borrows, and which answers for the guest; NULL: none. */
static const char *gatewaydev(const struct vif *vif)
{
	const char *node = vif->nodes[VIF_GATEWAY];

	if (vif->job->request->netdev[0])
		return vif->job->request->netdev;
	if (node && *node)
		return node;
	return if_nametoindex(DEFAULT_NETDEV) ? DEFAULT_NETDEV : NULL;
}

/* Behind nat the outside is not to know of the guest: nobody answers for it there. */
static struct hotplug_vif_route route_of(const struct vif *vif, bool nat)
{
	return (struct hotplug_vif_route){ .gatewaydev = nat ? NULL : gatewaydev(vif), .ips = (const char *const *)vif->ips,
					   .nr_ips = vif->nr_ips, .mtu = vif->mtu };
}

/* Names a translation as no network of xlite's is; by the first name, since the kernel keeps the rules when the vif goes. */
static void nat_name(const struct vif *vif, char name[32])
{
	snprintf(name, 32, "script+%s", vif->job->request->link);
}

static int nat_set(const struct vif *vif, struct xlite_error *err)
{
	const char *netdev = vif->job->request->netdev[0] ? vif->job->request->netdev : vif->nodes[VIF_GATEWAY];
	struct hotplug_nft_nat nat = { .bridge = vif->name, .uplink = netdev && *netdev ? netdev : NULL };
	subnet_text texts[VIF_IPS_MAX];
	const char *subnets[VIF_IPS_MAX];
	struct inet inet;
	char name[32];
	size_t i;
	int ret;

	for (i = 0; i < vif->nr_ips; i++) {
		ret = inet_parse_address(vif->ips[i], &inet, err);
		if (ret)
			return ret;
		subnets[i] = inet_text_cidr(&inet, texts[i]);
	}
	nat_name(vif, name);
	nat.network = name;
	nat.subnets = subnets;
	nat.nr_subnets = vif->nr_ips;
	return hotplug_nft_nat_set(&nat, NULL, vif->job->deadline_ns, err);
}

static int nat_remove(const struct vif *vif, struct xlite_error *err)
{
	char name[32];

	nat_name(vif, name);
	return hotplug_nft_nat_remove(name, NULL, vif->job->deadline_ns, err);
}

static int lay(struct vif *vif, bool nat, struct xlite_error *err)
{
	const struct hotplug_vif_route route = route_of(vif, nat);
	int ret = nat ? nat_set(vif, err) : 0;

	if (ret)
		return ret;
	ret = hotplug_vif_route(vif->net, vif->name, &route, NULL, err);
	if (!ret) {
		ret = answer_connected(vif->job, 0, err);
		if (ret)
			hotplug_vif_unroute(vif->net, vif->name, &route, NULL);
	}
	if (ret && nat)
		nat_remove(vif, NULL);
	return ret;
}

static int online(const struct job *job, bool nat, struct xlite_error *err)
{
	struct vif *vif;
	int ret;

	if (job->request->tap)
		return xlite_error_set(err, -EOPNOTSUPP, "%s: only a vif can be routed to, not an emulated card",
				       job->request->link);
	ret = vif_open(job, nat, &vif, err);
	if (ret)
		return ret;
	if (!vif->nr_ips)
		ret = xlite_error_set(err, -EINVAL, "%s: the backend has no ip, and so nothing can be routed to it", vif->name);
	if (!ret)
		ret = vif_prepare(vif, err);
	if (!ret) {
		ret = lay(vif, nat, err);
		if (ret)
			vif_unprepare(vif);
	}
	vif_free(vif);
	return ret;
}

/* All is tried, the first failure is told. */
static int offline(const struct job *job, bool nat, struct xlite_error *err)
{
	struct hotplug_vif_route route;
	struct vif *vif;
	int ret, step;

	if (job->request->tap)
		return 0;
	ret = vif_open(job, nat, &vif, err);
	if (ret)
		return ret;
	route = route_of(vif, nat);
	ret = hotplug_vif_unroute(vif->net, vif->name, &route, err);
	step = nat ? nat_remove(vif, ret ? NULL : err) : 0;
	ret = ret ? ret : step;
	step = vif_unfilter(vif, ret ? NULL : err);
	vif_free(vif);
	return ret ? ret : step;
}

int vif_route_online(const struct job *job, struct xlite_error *err)
{
	return online(job, false, err);
}

int vif_route_offline(const struct job *job, struct xlite_error *err)
{
	return offline(job, false, err);
}

int vif_nat_online(const struct job *job, struct xlite_error *err)
{
	return online(job, true, err);
}

int vif_nat_offline(const struct job *job, struct xlite_error *err)
{
	return offline(job, true, err);
}
