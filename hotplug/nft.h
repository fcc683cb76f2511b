/* SPDX-License-Identifier: GPL-2.0-or-later
 * Packet filter and address translation, in tables of our own: `netdev xlite` has a chain for each filtered vif, `inet
 * xlite` one for each network and two for each owner of port forwards. No other table is read or written. Each change
 * is one run of nft(8), which is one transaction; each rule carries `comment "xlite:OWNER HASH"`, HASH being that of
 * the rule's own text, by which a set function sees that nothing differs, and writes nothing. Each change holds a lock
 * of its own; what several make together is the caller's to keep apart, by the host's lock.
 *
 * An accept in a table of our own cannot overrule a drop in another's: a host whose firewall drops what is forwarded
 * has to let a network's traffic through itself.
 */
#ifndef HOTPLUG_NFT_H
#define HOTPLUG_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/** The longest name of an owner or a network, in bytes: letters, digits and _.+- */
#define HOTPLUG_NFT_NAME_MAX 63

/**
 * What a guest may send from its vif. ips NULL or empty: only the MAC is checked (the frame's source and ARP's sender).
 * Otherwise: ARP with its own MAC and IPv4 addresses (or none, a probe); IPv4 from its own addresses, and DHCP requests
 * from 0.0.0.0 when it has an IPv4 address, since it may learn that by DHCP; IPv6 from its own addresses and the
 * link-local one made of its MAC, and what duplicate detection sends from ::; neighbour advertisements only for those.
 * Not: router advertisements, redirects, DHCP servers' replies, other protocols, tagged frames inside tagged frames. A
 * guest that chooses another link-local address (stable privacy) needs that in ips.
 */
struct hotplug_nft_filter {
	const char *device;	/* the vif, which must exist */
	const char *owner;
	uint8_t mac[6];
	const char *const *ips;	/* addresses without prefix length, both families mixed */
	size_t nr_ips;
};

/** A network whose subnets go out by the host's address. */
struct hotplug_nft_nat {
	const char *network;	/* its name; also the owner */
	const char *bridge;
	const char *uplink;	/* NULL: whatever leaves by another device than the bridge */
	const char *const *subnets; /* with prefix length; at least one */
	size_t nr_subnets;
};

/** What arrives for the host's port goes to a guest. */
struct hotplug_nft_forward {
	bool udp;		/* else TCP */
	uint16_t host_port;
	const char *ip;		/* of the guest */
	uint16_t port;
};

enum hotplug_nft_kind { HOTPLUG_NFT_FILTER, HOTPLUG_NFT_NAT, HOTPLUG_NFT_FORWARDS };

/** One owner's content. */
struct hotplug_nft_entry {
	enum hotplug_nft_kind kind;
	char name[64];		/* the vif, the network, or the owner of forwards */
	char owner[64];		/* as the first rule says; "" when no rule is left */
	unsigned nr_rules;
	uint64_t fingerprint;	/* of all rules in order, as hotplug_nft_fingerprint gives it for what is wanted */
	bool stale;		/* a filter whose vif has gone (kernels since 6.16 keep the chain) */
};

/** A port of the host that an owner's forwards take, as the kernel has them. */
struct hotplug_nft_port {
	char owner[64];
	bool udp;		/* else TCP */
	uint16_t port;
};

/** An address that a vif's filter lets through, in the shortest form; link-local ones are not listed. */
struct hotplug_nft_address {
	char owner[64];
	char text[46];
};

struct hotplug_nft_list {
	struct hotplug_nft_entry *entries;	/* freed by hotplug_nft_list_clear */
	size_t nr;
	struct hotplug_nft_port *ports;		/* the same; one twice where it leads to both families */
	size_t nr_ports;
	struct hotplug_nft_address *addresses;	/* the same */
	size_t nr_addresses;
	bool netdev, inet;	/* whether the tables exist */
	bool netdev_others, inet_others; /* with something that we did not make: such a table is not removed */
};

/**
 * Lists what is there of ours; success when there is nothing. deadline_ns on CLOCK_MONOTONIC, as everywhere here.
 * Errors of all functions that run nft: -ENOENT: there is no nft; -EIO: nft refused, the message has its first line;
 * -ETIMEDOUT: killed at the deadline; -E2BIG: it printed more than 16 MiB; -EBADMSG: not the JSON expected.
 */
int hotplug_nft_list(struct hotplug_nft_list *list, int64_t deadline_ns, struct xlite_error *err);
void hotplug_nft_list_clear(struct hotplug_nft_list *list);

/**
 * Makes a vif's filter what is described, whatever was there; *changed (may be NULL) tells whether nft was given
 * anything. The chain drops from its first moment. -EINVAL: a name or address that cannot be; -ENODEV: no such vif.
 */
int hotplug_nft_filter_set(const struct hotplug_nft_filter *filter, bool *changed, int64_t deadline_ns,
			   struct xlite_error *err);
/** Removes a vif's filter; success without one. The last content takes its table with it, here and below. */
int hotplug_nft_filter_remove(const char *device, bool *changed, int64_t deadline_ns, struct xlite_error *err);
/** The same for a network's translation. Guests of the network also reach each other by forwarded ports of the host. */
int hotplug_nft_nat_set(const struct hotplug_nft_nat *nat, bool *changed, int64_t deadline_ns, struct xlite_error *err);
int hotplug_nft_nat_remove(const char *network, bool *changed, int64_t deadline_ns, struct xlite_error *err);
/**
 * All forwards of an owner, replacing those it had (none: removes them). They hold for every address of the host, from
 * outside and from the host itself, except that 127.0.0.0/8 and ::1 stay the host's own. A forward for the host's
 * address of one family goes to a guest's address of the same. -EEXIST: two forwards of the owner take the same port.
 * That two owners do not, is the caller's to check: the one whose chain was made first would win.
 */
int hotplug_nft_forwards_set(const char *owner, const struct hotplug_nft_forward *forwards, size_t nr, bool *changed,
			     int64_t deadline_ns, struct xlite_error *err);
int hotplug_nft_forwards_remove(const char *owner, bool *changed, int64_t deadline_ns, struct xlite_error *err);
/**
 * Removes filters whose vif has gone, forwards of owners that lives() denies (NULL: none), and tables of ours that are
 * empty. What Linux before 6.16 leaves of a filter whose domain another tool ended is an empty table; since 6.16 also
 * the chain. lives() is called after our tables were listed and before anybody else can change them: who is given
 * forwards only while he lives, and is denied, has none that are his any more.
 */
int hotplug_nft_sweep(bool (*lives)(void *ctx, const char *owner), void *ctx, bool *changed, int64_t deadline_ns,
		      struct xlite_error *err);
/** Whether the kernel has nftables, or may have it: asking it by netlink loads no module then. */
bool hotplug_nft_there(void);
/** Whether the kernel may have a table of ours: asked by netlink, without running nft. */
bool hotplug_nft_used(void);

/** The fingerprints that an entry of hotplug_nft_list has when it is as described; pure. -EINVAL, -ENOMEM. */
int hotplug_nft_filter_fingerprint(const struct hotplug_nft_filter *filter, uint64_t *out, struct xlite_error *err);
int hotplug_nft_nat_fingerprint(const struct hotplug_nft_nat *nat, uint64_t *out, struct xlite_error *err);
int hotplug_nft_forwards_fingerprint(const char *owner, const struct hotplug_nft_forward *forwards, size_t nr,
				     uint64_t *out, struct xlite_error *err);

#endif
