/* SPDX-License-Identifier: GPL-2.0-or-later
 * The rows of the table that concern networks: vifs with their forwards, and documents of kind network.
 */
#include "cfg/check.h"
#include "cfg/keys.h"
#include "cfg/rows.h"

#define BIT(kind) (1u << CFG_VIF_##kind)

static const struct cfg_word announce_words[] = {
	[CFG_ANNOUNCE_NONE] = { "none", "it knows them by itself" },
	[CFG_ANNOUNCE_CMDLINE] = { "cmdline", "by ip= on the kernel's command line; IPv4, and one vif of a domain only" },
	[CFG_ANNOUNCE_XENSTORE] = { "xenstore", "by nodes in XenStore, next to those of the vif" },
};

static const struct cfg_word mode_words[] = {
	[CFG_VIF_BRIDGE] = { "bridge", "a bridge, which ports may lead out of" },
	[CFG_VIF_ROUTE] = { "route", "no bridge: packets are routed between vifs and uplink" },
	[CFG_VIF_NAT] = { "nat", "a bridge with a private subnet, behind the host's address" },
};

#define AT(field) .offset = offsetof(struct cfg_forward, field)
#define PROTOCOL(c) .choice_at = offsetof(struct cfg_forward, protocol), .choice = (c), .required = true

static const struct cfg_key forward_keys[] = {
	{ "tcp", SCALAR(uint), AT(port), .min = 1, .max = 65535, PROTOCOL(CFG_TCP), .change = CFG_LIVE,
	  .help = "TCP port of the host" },
	{ "udp", SCALAR(uint), AT(port), .min = 1, .max = 65535, PROTOCOL(CFG_UDP), .change = CFG_LIVE,
	  .help = "UDP port of the host" },
	{ "to", SCALAR(uint), AT(to), .min = 1, .max = 65535, .required = true, .change = CFG_LIVE,
	  .help = "port of the domain" },
};
static const struct cfg_section forward_section = {
	"forward", forward_keys, ARRAY_SIZE(forward_keys), .size = sizeof(struct cfg_forward), .id = -1,
};

#undef AT
#define V(field) offsetof(struct cfg_vif, field)
#define AT(field) .offset = V(field)
#define TARGET(c) AT(target), .place_at = V(target_place), .choice_at = V(kind), .choice = (c), .required = true
#define WITH(kinds) .only_at = V(kind), .only = (kinds)

static const struct cfg_word card_words[] = {
	[CFG_CARD_AUTO] = { "auto", "e1000 in an emulated PC, where there can be one" },
	[CFG_CARD_E1000] = { "e1000", "an Intel card of 1 Gbit/s" },
	[CFG_CARD_RTL8139] = { "rtl8139", "a Realtek card of 100 Mbit/s, for old systems" },
	[CFG_CARD_NONE] = { "none", "no card, for guests with drivers for Xen" },
};

static const struct cfg_key vif_keys[] = {
	{ "bridge", SCALAR(ifname), TARGET(CFG_VIF_BRIDGE), .change = CFG_HOTPLUG, .aka = "br network",
	  .help = "the bridge, of Linux or of Open vSwitch, that the interface is a port of" },
	{ "route", SCALAR(name), TARGET(CFG_VIF_ROUTE), .max = 63, .change = CFG_HOTPLUG,
	  .help = "the interface's network of mode route, or the device that its packets are routed to" },
	{ "nat", SCALAR(name), TARGET(CFG_VIF_NAT), .max = 63, .change = CFG_HOTPLUG,
	  .help = "the interface's network of mode nat" },
	{ "mac", SCALAR(mac), AT(mac), .given_at = V(mac_given),
	  .def_text = "derived from the uuid and the vif's position", .change = CFG_HOTPLUG, .aka = "address hwaddr",
	  .help = "the MAC address" },
	{ "ifname", SCALAR(ifname), AT(ifname), .place_at = V(ifname_place), .change = CFG_HOTPLUG,
	  .def_text = "vifDOMID.NUMBER, which is another one after each boot", .aka = "vifname dev",
	  .help = "what the interface is called on the host", .detail = "It is unique on the host." },
	{ "ip", LIST(ip), AT(ip), .max = 16, .change = CFG_LIVE, .aka = "ips addresses",
	  .help = "the addresses that the domain uses, with a prefix length or without; needed with route" },
	{ "announce", ENUM(announce_words), AT(announce), .def = "none", .change = CFG_ON_REBOOT, .aka = "configure",
	  .help = "how the guest learns these addresses" },
	{ "gateway", LIST(ip), AT(gateway), .max = 2, .change = CFG_LIVE, .aka = "gateways gw router",
	  .def_text = "with nat and announce: cmdline the network's",
	  .help = "the router that the guest is told of along with these addresses",
	  .detail =
		  "At most one of IPv4 and one of IPv6, each with an address of its family in ip; a router's link-local "
		  "address (fe80::) needs none. It may lie outside of the addresses' subnets with announce: xenstore; Linux's "
		  "command line takes none that does. What cmdline tells changes with the next boot." },
	{ "rate", SCALAR(rate), AT(rate), .min = 8000, .max = UINT64_C(100000000000), .change = CFG_LIVE,
	  .aka = "bandwidth limit", .help = "the rate at which the guest may send at most" },
	{ "mtu", SCALAR(uint), AT(mtu), .min = 68, .max = 65535, .def_text = "the bridge's", .change = CFG_LIVE,
	  .help = "largest packet, in bytes" },
	{ "vlan", SCALAR(uint), AT(vlan), .place_at = V(vlan_place), .min = 1, .max = 4094, WITH(BIT(BRIDGE)),
	  .change = CFG_LIVE, .aka = "tag vid", .help = "the interface's VLAN in the bridge",
	  .detail = "A bridge of Linux must keep VLANs apart (vlan_filtering)." },
	{ "trunk", LIST(vlans), AT(trunk), .place_at = V(trunk_place), .lone = true, .max = 256, WITH(BIT(BRIDGE)),
	  .change = CFG_LIVE, .aka = "tagged trunks", .help = "the VLANs that the interface carries with their tags",
	  .detail =
		  "Beside the vlan, whose packets have no tag on the interface; without one, packets without a tag are dropped. "
		  "The addresses of ip, and with them the filter, are for all VLANs of the interface." },
	{ "gatewaydev", SCALAR(ifname), AT(gatewaydev), WITH(BIT(ROUTE)), .change = CFG_HOTPLUG, .aka = "netdev",
	  .help = "the device whose addresses are the interface's gateway" },
	{ "script", SCALAR(script), AT(script), .change = CFG_HOTPLUG, .aka = "hotplug",
	  .help = "a hotplug script that connects the interface to the host's network, instead of xlite",
	  .detail =
		  "It is called as Xen's tools call their scripts; the section Networks says which keys it has to heed. "
		  "The interface can have neither vlan nor trunk." },
	{ "forward", .shape = CFG_ITEMS, .section = &forward_section, AT(forwards), .nr_offset = V(nr_forwards),
	  .max = 64, WITH(BIT(NAT)), .change = CFG_LIVE, .aka = "ports",
	  .help = "ports of the host that lead to the interface; needs an ip" },
	{ "filter", SCALAR(bool), AT(filter), .def = "true", .change = CFG_LIVE, .aka = "antispoof",
	  .help = "whether packets from other addresses than the interface's own are dropped",
	  .detail =
		  "Its own are its MAC address and its ip; without an ip nothing is dropped. The guest may ask for an address by DHCP, but "
		  "may neither be a DHCP server nor announce itself as a router." },
	{ "model", ENUM(card_words), AT(model), .def = "auto", .change = CFG_REPLACES, .aka = "type card",
	  .help = "the card that an emulated PC (type: hvm) has beside the interface",
	  .detail =
		  "It has the same MAC address and is for guests without drivers for Xen: those that have them let go of it. With route, "
		  "rate or script there is none." },
};
const struct cfg_section cfg_vifs_section = {
	"vifs", vif_keys, ARRAY_SIZE(vif_keys), .size = sizeof(struct cfg_vif), .id = 3, .id_offset = V(mac),
	.check = cfg_check_vif,
};

#undef AT
#undef WITH
#define N(field) offsetof(struct cfg_network, field)
#define AT(field) .offset = N(field)
#define WITH(modes) .only_at = N(mode), .only = (modes)

static const struct cfg_key network_keys[] = {
	{ "kind", .shape = CFG_KIND, .value = &cfg_value_enum, .words = cfg_kind_words, .nr_words = CFG_NR_KINDS,
	  .required = true, .change = CFG_REPLACES, .help = "what the document describes: a network" },
	{ "name", SCALAR(name), AT(name), .max = 63, .place_at = N(name_place), .required = true,
	  .change = CFG_REPLACES, .aka = "id", .help = "the network's name, unique on a host" },
	{ "mode", ENUM(mode_words), AT(mode), .def = "bridge", .change = CFG_REPLACES, .aka = "type",
	  .help = "the kind of network" },
	{ "bridge", SCALAR(ifname), AT(bridge), .place_at = N(bridge_place), WITH(BIT(BRIDGE) | BIT(NAT)),
	  .same_as = N(name), .def_text = "the network's name", .change = CFG_REPLACES, .aka = "br device",
	  .help = "the bridge to make; needed if the network's name cannot be the name of a device" },
	{ "subnet", LIST(subnet), AT(subnet), .place_at = N(subnet_place), .max = 16, .change = CFG_LIVE,
	  .aka = "subnets cidr range", .help = "the network's ranges of addresses; needed with mode nat",
	  .detail = "The ranges of two networks may not overlap." },
	{ "gateway", LIST(ip), AT(gateway), .given_at = N(gateway_given), .max = 16, WITH(BIT(BRIDGE) | BIT(NAT)),
	  .def_text = "with mode nat the first address of each subnet, otherwise none", .change = CFG_LIVE,
	  .aka = "gateways address ip", .help = "the host's own addresses on the bridge",
	  .detail =
		  "An address without a prefix length has that of its subnet. One outside of all subnets is a single address, /32 or "
		  "/128. A subnet without one of these addresses is routed to the bridge." },
	{ "uplink", SCALAR(ifname), AT(uplink), WITH(BIT(ROUTE) | BIT(NAT)),
	  .def_text = "with mode nat the host's routes decide", .change = CFG_LIVE, .aka = "dev outside",
	  .help = "the host's device that leads outside; needed with mode route" },
	{ "ports", LIST(ifname), AT(ports), .max = 64, WITH(BIT(BRIDGE)), .change = CFG_LIVE,
	  .aka = "interfaces members nics", .help = "devices of the host that become ports of the bridge" },
	{ "stp", SCALAR(bool), AT(stp), .def = "false", WITH(BIT(BRIDGE) | BIT(NAT)), .change = CFG_LIVE,
	  .help = "whether the bridge speaks the spanning tree protocol, against loops",
	  .detail = "Each port, also that of a vif, then passes no packets for twice the forward_delay." },
	{ "forward_delay", SCALAR(seconds), AT(forward_delay_s), .min = 2, .max = 30, WITH(BIT(BRIDGE) | BIT(NAT)),
	  .def_text = "the system's, 15s", .change = CFG_LIVE, .aka = "fd bridge_fd delay",
	  .help = "with stp, how long a port listens, and how long it then learns, before it forwards" },
	{ "vlan_filtering", SCALAR(bool), AT(vlan_filtering), .def = "false", WITH(BIT(BRIDGE)), .change = CFG_LIVE,
	  .aka = "vlans", .help = "whether the bridge separates VLANs, so that interfaces can have a vlan" },
	{ "mtu", SCALAR(uint), AT(mtu), .min = 68, .max = 65535, .def_text = "the system's", .change = CFG_LIVE,
	  .help = "largest packet, in bytes" },
	{ "labels", .shape = CFG_LABELS, .value = &cfg_value_label, AT(labels), .nr_offset = N(nr_labels), .max = 64,
	  .change = CFG_LIVE, .aka = "tags annotations metadata", .help = "names and values of your own" },
};
const struct cfg_section cfg_network_section = {
	"network", network_keys, ARRAY_SIZE(network_keys), .size = sizeof(struct cfg_network), .id = -1,
	.check = cfg_check_network,
};

_Static_assert(ARRAY_SIZE(vif_keys) <= CFG_MAX_KEYS && ARRAY_SIZE(network_keys) <= CFG_MAX_KEYS, "CFG_MAX_KEYS is too small");
