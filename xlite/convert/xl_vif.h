/* SPDX-License-Identifier: GPL-2.0-or-later
 * One interface as xl writes it down (xen: docs/man/xl-network-configuration.5, tools/xl/xl_parse.c).
 */
#ifndef CONVERT_XL_VIF_H
#define CONVERT_XL_VIF_H

#include <stdbool.h>

#include "common/buf.h"

/** A part that xl reads in another way than it looks. */
struct xl_vif_fault {
	const char *part, *why;	/* the part is a piece of the interface's text */
};

struct xl_vif {
	/* As they stand, without blanks around them; NULL where there are none. Of text. */
	const char *type, *mac, *bridge, *gatewaydev, *ip, *script, *backend, *vifname, *model, *rate, *devid, *mtu,
		*vlan;
	bool untrusted, colo, accel;
	struct xl_vif_fault *faults;	/* owned */
	size_t nr_faults;
	char *text;		/* owned; NULL: it is not xl's syntax that described the interface */
};

/** Reads the text. 0 or -ENOMEM. */
int xl_vif_parse(struct xl_vif *vif, const char *text);
void xl_vif_clear(struct xl_vif *vif);
/** A MAC address in the usual form, out of 18 bytes; false if xl would not take it either. */
bool xl_vif_mac(const char *text, char mac[18]);
/** A rate in the language's form. Returns NULL, or what is wrong. */
const char *xl_vif_rate(const char *text, struct buf *rate);
/**
 * VLANs as the scripts of Xen 4.20 take them: "10", "10p/20/30-39", "10p/100+10x4". *vlan is the one without a tag,
 * trunk gets the others in the language's form. Returns NULL, or what is wrong or has no counterpart.
 */
const char *xl_vif_vlans(const char *text, unsigned *vlan, struct buf *trunk);

#endif
