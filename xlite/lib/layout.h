/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Where a domain's nodes lie in XenStore, laid out as Xen's own tools do, so that xenconsoled, netback,
 * blkback, xl and xentop work on our domains. Functions add requests to a batch; the caller commits it.
 * What is ours alone lies in /libxl/DOMID/xlite, which a guest cannot read and which `xl destroy` removes too.
 */
#ifndef XLITE_LIB_LAYOUT_H
#define XLITE_LIB_LAYOUT_H

#include "xlite/lib/device.h"
#include "xlite/lib/guest_type.h"
#include "xlite/lib/store.h"

/** A domain as its nodes describe it. Strings are borrowed. */
struct xlite_layout_domain {
	const struct xlite_guest_type *type;
	uint32_t domid;
	uint8_t uuid[16];
	const char *name;
	uint64_t memory_kib;		/* target */
	uint64_t max_memory_kib;	/* static-max */
	unsigned vcpus_max, vcpus_online;
	uint32_t store_port, console_port;
	uint64_t store_gfn, console_gfn;
	int64_t start_time_ns;		/* CLOCK_REALTIME */
	const char *bios;		/* of an emulated PC, as hvmloader calls it: "seabios"; NULL else */
	uint64_t video_kib;		/* of an emulated PC */
};

struct xlite_layout_vif {
	struct xlite_device at;
	uint8_t mac[6];
	const char *bridge;	/* or NULL */
	const char *ifname;	/* of the link in the backend, as scripts are told it (vifname); or NULL */
	const char *ip;		/* space separated, or NULL */
	const char *script;	/* never NULL: netback refuses to probe without */
	const char *rate;	/* "credit,usec" or NULL */
	unsigned mtu;		/* 0: not written */
	unsigned script_mtu;	/* for the script, which does not read the frontend's; 0: not written */
	const char *gatewaydev;	/* for the script, or NULL */
	bool hotplug_done;	/* write hotplug-status = connected with the rest */
};

struct xlite_layout_vbd {
	struct xlite_device at;	/* devid 51712 = xvda; of kind XLITE_DEVICE_QDISK params is "FORMAT:SOURCE" */
	const char *vdev;	/* "xvda" */
	const char *params;	/* path of the block device or of the file */
	const char *script;	/* or NULL */
	unsigned major, minor;	/* of the block device; 0,0: left to the script */
	const char *device_path;/* physical-device-path, or NULL */
	bool readonly, removable, discard, cdrom;
};

/** What `xl destroy' runs for a disk that has no script of its own; it leaves a block device alone. */
#define XLITE_BLOCK_SCRIPT "/etc/xen/scripts/block"

/** How often a domain was built anew because it had ended, without a healthy stretch between. */
struct xlite_record_ends {
	unsigned nr;
	/* when it last was, in seconds of domain 0's CLOCK_BOOTTIME, as XenStore does not outlive a boot */
	uint64_t built_s;
};

/** The record that makes a domain ours, in /libxl/DOMID/xlite. Strings owned by the record after reading. */
struct xlite_record {
	unsigned format;	/* 1 */
	bool finished;		/* false: born of a run that has not committed yet */
	char uuid[37];
	bool waits;		/* another spec waits for the next boot, in the record /libxl/DOMID/xlite/next */
	/* the guest is to follow a change of its memory or vCPUs, and had not when it was last looked at */
	bool asked;
	struct xlite_record_ends ends;
	/* it is being built anew from this record, which stays when the domain goes, until the new one is finished */
	bool again;
	/*
	 * it has ended, and its key said that it be removed: the record stays, so that files do not build it as if
	 * it had just been missing
	 */
	bool off;
	/* somebody has stopped it: the record stays until it is started, described by what is applied, or deleted */
	bool stopped;
	/* its guest was saved, and sleeps in a file: the record stays until it is restored, or deleted */
	bool saved;
	/*
	 * with saved, not to a file but to another host; of a domain that is there: that host has all of it, and
	 * may have let it go on
	 */
	bool moved;
	/* devices that a run began to attach and has not finished, "vif/1 vbd/51728", or NULL */
	char *begun;
	char *set;		/* or NULL */
	char *spec;		/* YAML as last applied; may exceed a node's 2048 bytes: split and joined here */
};

/** Everything of a new domain but its devices; before the ports and frames are known they are 0 and left out. */
void xlite_layout_domain(struct xlite_store_batch *batch, const struct xlite_layout_domain *domain);
/** Ports and frames of the rings (store/, console/): once they are known. */
void xlite_layout_rings(struct xlite_store_batch *batch, const struct xlite_layout_domain *domain);
void xlite_layout_vif(struct xlite_store_batch *batch, const struct xlite_layout_vif *vif);
void xlite_layout_vbd(struct xlite_store_batch *batch, const struct xlite_layout_vbd *vbd);
/** Where xl looks for the process that it ends with the domain; the domain's own directory must be there. */
void xlite_layout_qemu(struct xlite_store_batch *batch, uint32_t domid, int pid);
/**
 * Removes what a QEMU that runs in backend_domid leaves of itself and of its backends (xlite_layout_remove does not:
 * few domains have one).
 */
void xlite_layout_remove_qemu(struct xlite_store_batch *batch, uint32_t domid, uint32_t backend_domid);
/**
 * Removes everything of a domain: /local/domain/N, /vm/UUID, /libxl/N, all its backends in backend_domid but QEMU's.
 * uuid NULL: without /vm/UUID, which another domain has by now.
 */
void xlite_layout_remove(struct xlite_store_batch *batch, uint32_t domid, uint32_t backend_domid,
			 const uint8_t uuid[16]);
/** Removes one device: frontend, backend and mirror. */
void xlite_layout_remove_device(struct xlite_store_batch *batch, const struct xlite_device *at);

/**
 * Asks the backend of one device to let go: online 0, state Closing. The caller waits for it, then removes the device.
 */
void xlite_layout_close_device(struct xlite_store_batch *batch, const struct xlite_device *at);
/** Takes that back: online 1, and the state that the backend had. */
void xlite_layout_reopen_device(struct xlite_store_batch *batch, const struct xlite_device *at, const char *state);
/**
 * Removes the directories that domains share (dom0's backend/vif, vbd, qdisk and console, backend, device-model, error;
 * /vm; /libxl) where they hold nothing, and what dom0's kernel wrote of backends of domains that are no longer there,
 * in a transaction of its own, after the last removal of a run. -EAGAIN: others were faster until deadline_ns, nothing
 * is lost.
 */
int xlite_layout_sweep(struct xlite_store *store, int64_t deadline_ns, struct xlite_error *err);

/** Adds the record's nodes. */
void xlite_record_write(struct xlite_store_batch *batch, uint32_t domid, const struct xlite_record *record);
/** The same at any path, for what is not a domain. */
void xlite_record_write_at(struct xlite_store_batch *batch, const char *path, const struct xlite_record *record);
/** Writes only `finished`: waits, asked, ends, again, off, stopped, saved, moved and begun of the record. */
void xlite_record_finish(struct xlite_store_batch *batch, uint32_t domid, const struct xlite_record *record);
/** Reads the records of nr domains in as few round trips as there are levels. Absent ones have format 0. */
int xlite_record_read(struct xlite_store *store, const uint32_t *domids, size_t nr, struct xlite_record *records,
		      struct xlite_error *err);
int xlite_record_read_at(struct xlite_store *store, const char *const *paths, size_t nr, struct xlite_record *records,
			 struct xlite_error *err);
void xlite_record_clear(struct xlite_record *record);

/** The uuid in its 36 characters, lower case. */
void xlite_uuid_text(const uint8_t uuid[16], char text[37]);
/** The reverse; -EINVAL for any other text. */
int xlite_uuid_parse(const char *text, uint8_t uuid[16]);

/** Xen's number of a disk name: "xvda" 51712, "xvda1", "hda", "sda", "xvdaa"... -EINVAL for others. */
int xlite_vdev_number(const char *vdev);
/** The name of a disk number, for devices made by others. buf of at least 16 bytes. */
int xlite_vdev_name(unsigned number, char *name, size_t size);

#endif
