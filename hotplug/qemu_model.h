/* SPDX-License-Identifier: GPL-2.0-or-later
 * A QEMU as the device model of a domain: it emulates the PC that the domain is. It reaches only this domain, and only
 * what it was given open: it is no user of the host's, may map no other domain's memory, has no network, and cannot
 * reach XenStore any more once it has begun. Of files it sees programs and libraries.
 */
#ifndef HOTPLUG_QEMU_MODEL_H
#define HOTPLUG_QEMU_MODEL_H

#include "hotplug/process.h"
#include "hotplug/qemu.h"

/** Drives of the emulated IDE controllers. */
#define QEMU_MODEL_DRIVES 4

/** Cards: as many as the emulated bus has room for beside what else is on it. */
#define QEMU_MODEL_CARDS 8

struct qemu_model_card {
	const char *model;	/* QEMU's name of it */
	uint8_t mac[6];
	int tap;		/* descriptor of its end here */
};

struct qemu_model_drive {
	bool present, cdrom;
	bool shared;		/* other domains may write to it as well */
	/* of a block device, opened to be read where cdrom, else to be written; -1: a drive without a disc */
	int fd;
};

/** What the PC is made of. Strings and descriptors are borrowed. */
struct qemu_model {
	const char *name;	/* of the domain, for what is shown to people */
	uint64_t memory_mib;	/* RAM, without the display's */
	unsigned vcpus, vcpus_max;
	const char *vga;	/* QEMU's name of the display, or NULL */
	unsigned vga_mib;
	const char *order;	/* what is booted from, in QEMU's letters: "cd" */
	bool tablet;
	struct qemu_model_drive drives[QEMU_MODEL_DRIVES];	/* hda to hdd */
	struct qemu_model_card cards[QEMU_MODEL_CARDS];
	unsigned nr_cards;
	const char *kernel, *ramdisk, *cmdline;	/* files to boot instead; NULL: none */
};

/**
 * Starts the domain's device model, unless it runs. The domain has its limits and its vCPUs, and its event channels are
 * bound by it: it must exist, not run, and be created as one with a device model. *pid becomes its process, 0 where it
 * is not known yet.
 */
int hotplug_qemu_model_start(const struct hotplug_qemu *of, const struct qemu_model *model, pid_t *pid,
			     struct xlite_error *err);
/**
 * Whether the domain's QEMU is, or was, its device model: it serves no disks then, and does not end with the last
 * of them.
 */
bool hotplug_qemu_model_is(const struct hotplug_qemu *of);
/** Waits until it has made the PC. -ESRCH, with its last words, once it has ended; -ETIMEDOUT at deadline_ns. */
int hotplug_qemu_model_ready(const struct hotplug_qemu *of, int64_t deadline_ns, struct xlite_error *err);
/** The path of a socket of its folder: "serial" (the serial port), "vnc" (the display). Returns path. */
const char *hotplug_qemu_model_socket(const struct hotplug_qemu *of, const char *name, char path[PROCESS_PATH]);/**
 * What the display shows, as a file of the format PPM in memory of its own: *bytes is malloc'ed, the caller frees it.
 * Nothing of it is to be believed. -EIO with QEMU's own words where there is no display.
 */
int hotplug_qemu_model_shot(const struct hotplug_qemu *of, uint8_t **bytes, size_t *len, int64_t deadline_ns,
			    struct xlite_error *err);

#endif
