/* SPDX-License-Identifier: GPL-2.0-or-later
 * The kinds of devices, each a row of one table. Nothing outside of a row knows what a kind is called, or what its
 * devices need: creation, live changes, observation and removal walk the table.
 */
#ifndef RECONCILE_DEVICE_KIND_H
#define RECONCILE_DEVICE_KIND_H

#include "cfg/cfg.h"
#include "xlite/reconcile/devices.h"
#include "xlite/reconcile/state.h"

/** Room for what tells a device from others of its kind in a spec: "00:16:3e:00:00:01", "xvda". */
#define DEVICE_KEY_MAX 40

/** Of each device that ends, so many nodes of its backend are read. */
#define DEVICE_END_NODES 3
/** Of each that no spec knows, at most so many nodes of its mirror besides the row's mark. */
#define DEVICE_FOREIGN_NODES 4

struct device_kind;

/** One device on its way into a domain. */
struct device {
	const struct device_kind *kind;
	struct xlite_device at;		/* kind: the row's, whoever serves the device */
	const void *spec;		/* the item of the spec's list; NULL: known by its number alone */
	union {
		struct devices_vif_host place;
		struct hotplug_disk disk;
	} found;			/* by check and open: what the host has for it */
	bool opened;
};

struct device_kind {
	enum xlite_device_kind id;
	/* the spec's key: "vifs"; differences of its devices have paths like "vifs[KEY].mtu" */
	const char *list;
	const char *apart;		/* a key of theirs that other steps look after: "size"; or NULL */
	size_t items, nr_items, item_bytes; /* offsets in struct cfg_domain, and the size of an item */
	/* check also finds what open and adjust go by: it is asked of a former spec, too */
	bool looks;

	void (*name)(const struct xlite_device *at, char text[DEVICE_KEY_MAX]);	/* in messages: "vif 0", "disk xvda" */
	void (*key)(const void *spec, char text[DEVICE_KEY_MAX]);
	/** The number that the spec gives the device, -EINVAL for none; NULL: the lowest that is free. */
	int (*number)(const void *spec, struct xlite_error *err);
	/** What serves the device, where that is not the row's id; else NULL. */
	enum xlite_device_kind (*served_as)(const void *spec);
	/** Whether it is nothing but a line in the spec now: a drive without a disc. NULL: never. */
	bool (*absent)(const void *spec);
	/** Whether a running device can become what the spec says; NULL: never, it is detached and attached again. */
	bool (*adjusts)(const void *from, const void *to);
	/**
	 * Whether the device, which is there, stays as it is under the other spec, of which only the record learns;
	 * NULL: never.
	 */
	bool (*stays)(const struct device *device, const void *to);
	/** Whether the device, which is there, has what want needs, and only one device can have. */
	bool (*has)(const struct device *device, const void *want);
	/** Whether the device of have may have what want needs, and only one device can have. */
	bool (*may_hold)(const void *have, const void *want);

	/**
	 * Whether the device can be had. What devices of the domain own have stands in nobody's way: DEVICES_NO_DOMID
	 * for none, DEVICES_EVERY_DOMID for all. Changes nothing. This and what follows name the device in errors.
	 */
	int (*check)(struct host *host, struct device *device, uint32_t own, struct xlite_error *err);
	/**
	 * The same before the domains own end, whose devices count as free; had: one of them may have what this one
	 * needs.
	 */
	int (*foresee)(struct host *host, struct device *device, const struct disk_own *own, bool had,
		       struct xlite_error *err);
	/**
	 * What has to be done before the nodes are there, and close after the backend has the device, or after a
	 * failure.
	 */
	int (*open)(struct host *host, struct device *device, struct xlite_error *err);
	void (*close)(struct device *device);	/* NULL: nothing is held */
	void (*nodes)(struct xlite_store_batch *batch, const struct device *device);
	/** Waits until the backend has the device, and gives it its place on the host. uuid: the domain's. */
	int (*settle)(struct host *host, struct device *device, const uint8_t uuid[16], int64_t deadline_ns,
		      struct xlite_error *err);
	int (*adjust)(struct host *host, const struct device *device, const void *from, const uint8_t uuid[16],
		      struct xlite_error *err);
	/** Runs the script of a spec that has one, at the device's end. *ran: it has, or no script is to be run. */
	int (*end)(struct host *host, const struct device *device, bool *ran, int64_t deadline_ns,
		   struct xlite_error *err);
	/** Removes nodes that it has besides those of every device; NULL: it has none. */
	void (*remove_nodes)(struct xlite_store_batch *batch, const struct device *device);
	/** Removes what is left once the backend is gone; NULL: nothing is. */
	void (*gone)(struct host *host, const struct xlite_device *at, const void *spec);
	/**
	 * Runs the script that dom0's own nodes name, of a device that ends (values: "script", mark, end_node; each may
	 * be NULL). spec: the record's, or NULL; recorded: there is one.
	 */
	void (*end_other)(const struct xlite_device *at, const char *const values[DEVICE_END_NODES], bool recorded,
			  const struct cfg_domain *spec);
	/**
	 * Sets what all devices of a domain have in common on the host, where before was so until now (NULL: nothing);
	 * NULL: nothing.
	 */
	int (*set_common)(const struct cfg_domain *domain, const struct cfg_domain *before, const uint8_t uuid[16],
			  struct xlite_error *err);
	/** Removes what the devices of a domain that is gone had in common; NULL: nothing. */
	int (*remove_common)(const struct cfg_domain *domain, const uint8_t uuid[16], struct xlite_error *err);

	const char *mark;		/* the node that is read of each device's mirror */
	const char *end_node;		/* and of its backend besides "script", at its end */
	const char *foreign[DEVICE_FOREIGN_NODES]; /* of the mirror of one that no spec knows, up to a NULL */
	/** The key of a device that is there, from its number and its mark (which may be NULL). */
	void (*seen_key)(unsigned devid, const char *mark, char text[DEVICE_KEY_MAX]);
	/** What else its mark says of a device of ours; NULL: nothing. 0 or -ENOMEM. */
	int (*see)(struct state_domain *domain, const void *item, const char *mark);
	/** Fills a zeroed item from what is known of a device that no spec names. 0 or -ENOMEM. */
	int (*fill)(void *item, unsigned devid, const char *mark, const char *const foreign[DEVICE_FOREIGN_NODES]);
	void (*clear)(void *item);
};

/** All kinds, in the order in which devices are attached. */
extern const struct device_kind *const device_kinds[];
extern const size_t nr_device_kinds;
extern const struct device_kind device_kind_vif, device_kind_vbd;

/** The row of a kind, also of one by which a device of the row may be served; NULL: none. */
const struct device_kind *device_kind_of(enum xlite_device_kind id);
/** The kind whose list the path of a difference is in, or NULL. */
const struct device_kind *device_kind_of_path(const char *path);
size_t device_kind_count(const struct device_kind *kind, const struct cfg_domain *spec);
const void *device_kind_item(const struct device_kind *kind, const struct cfg_domain *spec, size_t i);
/** The same to be written to. */
void *device_kind_items(const struct device_kind *kind, struct cfg_domain *spec);
void device_kind_set_count(const struct device_kind *kind, struct cfg_domain *spec, size_t nr);
/** Makes room for one item more, zeroed and counted; NULL: no memory. */
void *device_kind_add(const struct device_kind *kind, struct cfg_domain *spec);
/** The item of spec with the same key as that one, or NULL. *at, if not NULL, is its place. */
const void *device_kind_twin(const struct device_kind *kind, const struct cfg_domain *spec, const void *item,
			     size_t *at);
bool device_kind_absent(const struct device_kind *kind, const void *item);

/** A device of the i-th item; it has the number that the item gives it, else number. */
int device_init(struct device *device, const struct device_kind *kind, uint32_t domid, const void *item,
		unsigned number, struct xlite_error *err);
/** The row's open, and its close where there is something to be closed. */
int device_open(struct host *host, struct device *device, struct xlite_error *err);
void device_close(struct device *device);
/** The device as its backend has it. */
struct xlite_device device_served(const struct device *device);
/** Puts the device's name before the message of a failure (rc is not 0), if there is a message; returns rc. */
int device_result(const struct device *device, int rc, struct xlite_error *err);

#endif
