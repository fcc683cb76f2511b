/* SPDX-License-Identifier: GPL-2.0-or-later
 * Specs made up from the table of keys: valid in every way, out of whatever bytes there are.
 */
#ifndef TESTS_CFG_GEN_H
#define TESTS_CFG_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/** The bytes that decisions are taken from; zeros once they are used up. */
struct cfg_gen {
	const uint8_t *data;
	size_t len, pos;
	unsigned serial;	/* keeps MACs, disks, sources and addresses apart */
	bool announced;		/* a vif has taken the command line */
	bool short_names;	/* names are such that a device can have them */
	bool writes;		/* the vbd at hand is said to be rw */
	bool tells;		/* the guest is told by XenStore, so that a gateway can be said */
	bool served;		/* its bytes are QEMU's matter */
	bool emulated;		/* the domain is an emulated PC */
	bool raw_only;		/* its source is none of a qcow2 image */
};

/** Adds one document of kind domain, with any of the keys that are supported. */
void cfg_gen_domain(struct cfg_gen *gen, struct buf *out);

/** The same of kind network. */
void cfg_gen_network(struct cfg_gen *gen, struct buf *out);
void cfg_gen_volume(struct cfg_gen *gen, struct buf *out);
void cfg_gen_pool(struct cfg_gen *gen, struct buf *out);

#endif
