/* SPDX-License-Identifier: GPL-2.0-or-later
 * Devices on a running host: who has a disk, hotplug scripts, and the end of backends.
 */
#ifndef RECONCILE_DEVICES_H
#define RECONCILE_DEVICES_H

#include "cfg/spec.h"
#include "hotplug/disk.h"
#include "hotplug/link.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/host.h"

/** Whose devices do not count where it is asked who has something: nobody's, everybody's. */
#define DEVICES_NO_DOMID UINT32_MAX
#define DEVICES_EVERY_DOMID (UINT32_MAX - 1)

/** A device of a domain here. Nothing in a spec names another domain for its backend. */
static inline struct xlite_device devices_at(uint32_t domid, enum xlite_device_kind kind, unsigned devid)
{
	return (struct xlite_device){ .domid = domid, .backend_domid = XLITE_DOM0, .kind = kind, .devid = devid };
}

/** Where a vif goes on this host, as found before anything was made. */
struct devices_vif_host {
	char bridge[16];		/* bridge and nat; "" else */
	char uplink[16];		/* route; "" else */
	struct hotplug_link link;	/* of the bridge */
};

/**
 * Whether the vif can be attached: its bridge, network or uplink, and that no domain but own has its MAC or its
 * name on the host, unless that is DEVICES_EVERY_DOMID. Fills place; changes nothing.
 */
int devices_vif_check(struct host *host, const struct cfg_vif *vif, uint32_t own, struct devices_vif_host *place,
		      struct xlite_error *err);
void devices_vif_nodes(struct xlite_store_batch *batch, const struct xlite_device *at, const struct cfg_vif *vif,
		       const struct devices_vif_host *place);
/**
 * The nodes by which a guest is told its addresses: vm-data/vif/DEVID/{mac,ip/0,ip/1...,gateway/0...} in its own
 * directory.
 */
void devices_vif_announce(struct xlite_store_batch *batch, uint32_t domid, unsigned devid, const struct cfg_vif *vif);
/**
 * Waits for netback's link, which the nodes call for (subscribe to links before), and gives it its filter and its
 * place. owner tags what is made in nft: the domain's uuid as text.
 */
int devices_vif_attach(struct host *host, const struct xlite_device *at, const char *owner, const struct cfg_vif *vif,
		       const struct devices_vif_host *place, int64_t deadline_ns, struct xlite_error *err);
/**
 * Makes the host's end of the card that an emulated PC has beside the vif, with the vif's filter and in its bridge. It
 * is gone with the last descriptor: *fd is the caller's. owner as for devices_vif_attach.
 */
int devices_vif_emulate(struct host *host, const struct xlite_device *at, const char *owner, const struct cfg_vif *vif,
			const struct devices_vif_host *place, int *fd, struct xlite_error *err);
/** Gives a running vif the place, filter, rate and MTU that `to' says, where it had those of `from'. */
int devices_vif_adjust(struct host *host, const struct xlite_device *at, const char *owner, const struct cfg_vif *from,
		       const struct cfg_vif *to, const struct devices_vif_host *place, struct xlite_error *err);
/**
 * The name of a vif's link: Linux's own, or what its spec or another tool has given it (ifname, xl's vifname). name of
 * 32 bytes, which it returns.
 */
const char *devices_vif_link(uint32_t domid, unsigned devid, char name[32]);
/** The name of the host's end of the card that an emulated PC has beside it. name of 32 bytes, which it returns. */
const char *devices_vif_card(uint32_t domid, unsigned devid, char name[32]);
/**
 * Removes what a routed vif leaves on its uplink, and the port that one in Open vSwitch leaves there; the rest goes
 * with the link.
 */
void devices_vif_gone(struct host *host, const struct xlite_device *at, const struct cfg_vif *vif);
/** Makes the forwarded ports of a domain what its vifs say; had: there may be some already. */
int devices_forwards_set(const struct cfg_domain *domain, const char *owner, bool had, struct xlite_error *err);

/**
 * True for a CD drive without a disc, which has no nodes: blkback could open nothing, and the drive appears with
 * its disc.
 */
static inline bool devices_vbd_empty(const struct cfg_vbd *vbd)
{
	return !vbd->source;
}
/**
 * Whether the source can be had, by nobody else in use; changes nothing. Errors name the disk. What is in use is asked
 * for again for a while (seconds), since the kernel may just be letting go of it.
 */
int devices_vbd_check(struct host *host, const struct cfg_vbd *vbd, struct xlite_error *err);
/**
 * Whether the device, which is there and was made of old, has what vbd names: the same file or block device, under
 * whatever name. Of what the kernel's backend does not serve, whether both name the same.
 */
bool devices_vbd_has(const struct xlite_device *at, const struct cfg_vbd *old, const struct cfg_vbd *vbd);
struct disk_own;
/** The same before the domains own end, whose disks count as free; had: one of them has this one. */
int devices_vbd_foresee(struct host *host, const struct cfg_vbd *vbd, const struct disk_own *own, bool had,
			struct xlite_error *err);
/**
 * The same where the running domain domid has the source itself, by a device that is to be exchanged: whether another
 * domain has it in use.
 */
int devices_vbd_check_others(struct host *host, uint32_t domid, const struct cfg_vbd *vbd, struct xlite_error *err);
/**
 * Opens the source, asked for as in devices_vbd_check; the caller closes the disk (hotplug_disk_close) after blkback
 * has it, also after a failure. Until then no other run and no other process of this one gets it; whoever opens it
 * after finds this domain's nodes, so these have to be there.
 */
int devices_vbd_open(struct host *host, const struct cfg_vbd *vbd, struct hotplug_disk *disk, struct xlite_error *err);
void devices_vbd_nodes(struct xlite_store_batch *batch, const struct xlite_device *at, const struct cfg_vbd *vbd,
		       const struct hotplug_disk *disk);
/**
 * Waits until blkback has the device that the nodes name, after the script's part if there is one; or gives the disk to
 * the domain's QEMU, which was started before.
 */
int devices_vbd_settle(struct host *host, const struct xlite_device *at, const uint8_t uuid[16],
		       const struct cfg_vbd *vbd, const struct hotplug_disk *disk, int64_t deadline_ns,
		       struct xlite_error *err);

/**
 * -EBUSY if the block device is attached to a domain other than own read-write, or is wanted so (want_rw) and attached
 * at all.
 */
int devices_disk_free(struct host *host, uint32_t own, const struct hotplug_disk *disk, bool want_rw,
		      struct xlite_error *err);
/** The same for what QEMU serves to domains under this name in XenStore ("raw:nbd://host/export"). */
int devices_params_free(struct host *host, uint32_t own, const char *params, bool want_rw, struct xlite_error *err);
/**
 * -EADDRINUSE (XLITE_CONFLICT) if a vif of a domain other than own has that MAC on the same bridge; "": where it is
 * routed.
 */
int devices_mac_free(struct host *host, uint32_t own, const uint8_t mac[6], const char *bridge,
		     struct xlite_error *err);
/**
 * The same for an address that is derived, which another domain can have by chance: only those of host->listed are
 * asked whose uuid derives it. To ask all would cost a new domain as many messages as the host has vifs.
 */
int devices_derived_mac_free(struct host *host, uint32_t own, const uint8_t mac[6], const char *bridge,
			     struct xlite_error *err);
/**
 * Runs the vif's script ("online", "offline") and, for "online", waits for its answer in XenStore. uplink: what is
 * found of a routed vif's target, as in struct devices_vif_host.
 */
int devices_vif_script(struct host *host, const struct xlite_device *at, const struct cfg_vif *vif, const char *uplink,
		       const char *action, int64_t deadline_ns, struct xlite_error *err);
/** The same for a vbd ("add", "remove"). */
int devices_vbd_script(struct host *host, const struct xlite_device *at, const struct cfg_vbd *vbd, const char *action,
		       int64_t deadline_ns, struct xlite_error *err);
/** Runs a script at the end of a device, with env, which is freed; NULL: nothing. What it reports is not heard. */
void devices_end_script(const char *script, const char *action, char **env);
/**
 * Waits, some seconds at most, until the kernel has made the backend of a device whose nodes are there, and its driver
 * has looked at it.
 */
void devices_wait_seen(struct host *host, const struct xlite_device *at);
/** Whether netback made the link of that name, whatever it is called, and then for which domain. */
bool devices_link_owner(const char *name, unsigned *domid);
/** What the backend says of the device (xen/io/xenbus.h: 4 connected), which dom0 writes; 0 where it is not there. */
unsigned devices_backend_state(struct host *host, const struct xlite_device *at);
/** Waits until the kernel has let go of the backends of these devices. */
int devices_wait_gone(const struct xlite_device *devices, size_t nr, int64_t deadline_ns, struct xlite_error *err);
/** Removes what the kernel wrote of why backends of the domain gave up. */
void devices_remove_errors(struct xlite_store_batch *batch, uint32_t domid);
/**
 * Whether the kernel has disks' backends of domains that are gone, or dying: it is about to let go of what they have.
 */
bool devices_orphans(struct host *host);

#endif
