/* SPDX-License-Identifier: GPL-2.0-or-later
 * Networks: making and removing. The bridge's tag and the rules' comments say whose they are; the record in XenStore says
 * what was wanted. Of a new network it comes first, and of one that is removed it goes last: whatever a run that dies
 * leaves is named there, and the next run makes or removes the rest.
 */
#include "xlite/reconcile/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/network.h"
#include "hotplug/nft.h"
#include "xlite/reconcile/devices.h"
#include "xlite/reconcile/network_record.h"
#include "xlite/reconcile/vif_spec.h"

static bool has_bridge(const struct cfg_network *network)
{
	return network->mode != CFG_VIF_ROUTE;
}

static int make_nat(const struct cfg_network *want, struct xlite_error *err)
{
	struct hotplug_nft_nat nat;

	if (want->mode != CFG_VIF_NAT)
		return 0;
	vif_spec_nat(want, &nat);
	return hotplug_nft_nat_set(&nat, NULL, clock_deadline_ms(VIF_SPEC_NFT_MS), err);
}

static int remove_bridge(struct host *host, const struct cfg_network *network, struct xlite_error *err)
{
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	int rc = host_net(host, &net, err);

	if (rc)
		return rc;
	vif_spec_network(network, &bridge_spec);
	return hotplug_network_remove(net, &bridge_spec.network, NULL, err);
}

/* Takes back what a failed creation has made; a network that was there keeps what it has. */
static void undo(struct host *host, const struct cfg_network *want, const struct state_network *have)
{
	if (have)
		return;
	if (want->mode == CFG_VIF_NAT)
		hotplug_nft_nat_remove(want->name, NULL, clock_deadline_ms(VIF_SPEC_NFT_MS), NULL);
	if (!has_bridge(want) || !remove_bridge(host, want, NULL))
		network_record_remove(host, want->name, NULL);
}

static int make_bridge(struct host *host, const struct cfg_network *want, struct xlite_error *err)
{
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	int rc = has_bridge(want) ? host_net(host, &net, err) : 0;

	if (rc || !has_bridge(want))
		return rc;
	vif_spec_network(want, &bridge_spec);
	return hotplug_network_apply(net, &bridge_spec.network, NULL, err);
}

/* A link of a vif, and whose it is. */
static void add_user(struct host *host, const char *link, struct buf *names)
{
	auto_free char *domain = NULL;
	unsigned domid;
	char path[48];

	buf_printf(names, "%s%s", names->len ? ", " : "", link);
	if (!devices_link_owner(link, &domid))
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (!xlite_store_read(host->store, 0, path, &domain, NULL, NULL))
		buf_printf(names, " of %s", domain);
}

static int bridge_unused(struct host *host, const struct cfg_network *network, struct xlite_error *err)
{
	struct hotplug_network_state kernel = { 0 };
	auto_buf struct buf names = BUF_INIT;
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	int rc = host_net(host, &net, err);

	if (rc)
		return rc;
	vif_spec_network(network, &bridge_spec);
	rc = hotplug_network_observe(net, &bridge_spec.network, &kernel, err);
	for (size_t i = 0; i < kernel.nr_vifs; i++)
		add_user(host, kernel.vifs[i], &names);
	if (!rc && kernel.nr_vifs) {
		rc = xlite_error_set(err, -EBUSY, "bridge %s: still used by %s", network->bridge, buf_str(&names));
		xlite_error_hint(err, "delete these domains, or take their vifs to another network, first");
	}
	hotplug_network_state_clear(&kernel);
	return rc;
}

/* What a vif has on the uplink would stay there. */
int network_held(struct host *host, const struct cfg_network *want, const struct cfg_network *have, bool replace,
		 struct xlite_error *err)
{
	if (replace && has_bridge(have))
		return bridge_unused(host, have, err);
	if (replace)
		return network_unused(host, have->name, err);
	if (want->mode != CFG_VIF_ROUTE || !strcmp(want->uplink, have->uplink) || !network_unused(host, want->name, err))
		return 0;
	return xlite_error_prefix(err, "uplink cannot be changed in place");
}

int network_apply(struct host *host, const struct cfg_network *want, const struct state_network *have, const char *set,
		  struct xlite_error *err)
{
	int rc = network_possible(host, want, err);

	if (!rc && have && have->spec)
		rc = network_held(host, want, have->spec, false, err);
	if (rc)
		return rc;
	if (!have)
		rc = network_record_write(host, want, set, err);
	if (!rc)
		rc = make_bridge(host, want, err);
	if (!rc)
		rc = make_nat(want, err);
	/* That of a change comes last: until then the plan shows what is still to do. */
	if (!rc && have)
		rc = network_record_write(host, want, set ? set : have->record.set, err);
	if (rc)
		undo(host, want, have);
	return rc;
}

int network_remove(struct host *host, const struct state_network *have, struct xlite_error *err)
{
	int rc = have->spec && !has_bridge(have->spec) ? network_unused(host, have->name, err) : 0;

	if (!rc && have->spec && has_bridge(have->spec))
		rc = remove_bridge(host, have->spec, err);
	/* Who uses it, by their names. */
	if (rc == -EBUSY && have->spec && has_bridge(have->spec))
		bridge_unused(host, have->spec, err);
	if (!rc && have->spec && have->spec->mode == CFG_VIF_NAT)
		rc = hotplug_nft_nat_remove(have->name, NULL, clock_deadline_ms(VIF_SPEC_NFT_MS), err);
	return rc ? rc : network_record_remove(host, have->name, err);
}

int network_cuts(struct host *host, const struct cfg_network *want, char *why, size_t size, struct xlite_error *err)
{
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	int rc = has_bridge(want) ? host_net(host, &net, err) : 0;

	if (rc || !has_bridge(want))
		return rc;
	vif_spec_network(want, &bridge_spec);
	return hotplug_network_cuts_default_route(net, &bridge_spec.network, why, size, err);
}

int network_possible(struct host *host, const struct cfg_network *want, struct xlite_error *err)
{
	struct hotplug_network_state kernel = { 0 };
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	struct hotplug_link link;
	int rc = host_net(host, &net, err);

	if (!rc && want->uplink)
		rc = hotplug_link_get(net, want->uplink, &link, err);
	if (rc)
		return xlite_error_prefix(err, "uplink");
	if (!has_bridge(want))
		return 0;
	vif_spec_network(want, &bridge_spec);
	rc = hotplug_network_observe(net, &bridge_spec.network, &kernel, err);
	if (!rc && kernel.exists && !kernel.ours) {
		rc = xlite_error_status(err, -EEXIST, XLITE_CONFLICT, "the host has a network device %s already%s%s",
					want->bridge, *kernel.tag ? ", of " : "", kernel.tag);
		xlite_error_hint(err, "`bridge:' gives this network's another name; a vif may also name an existing bridge");
	}
	hotplug_network_state_clear(&kernel);
	return rc;
}

int network_apart(struct host *host, const struct cfg_network *want, struct xlite_error *err)
{
	char why[200], owner[128];
	struct vif_spec_bridge bridge_spec;
	struct hotplug_net *net;
	int rc = has_bridge(want) ? host_net(host, &net, err) : 0;

	if (rc || !has_bridge(want))
		return rc;
	vif_spec_network(want, &bridge_spec);
	rc = hotplug_network_overlaps(net, &bridge_spec.network, why, sizeof(why), owner, err);
	if (rc <= 0)
		return rc;
	xlite_error_status(err, -EADDRINUSE, XLITE_CONFLICT, "its subnet %s", why);
	if (!strncmp(owner, "xlite:", 6))
		xlite_error_hint(err,
				 "that is the network %s's: `xlite delete network/%s' first, once its domains have left it, or give "
				 "this one another subnet",
				 owner + 6, owner + 6);
	else
		xlite_error_hint(err, "give the network another subnet");
	return -EADDRINUSE;
}
