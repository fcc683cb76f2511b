/* SPDX-License-Identifier: GPL-2.0-or-later
 * What only one domain can have at a time: a disk, a MAC, an interface's name, a port of the host. Compared between
 * specs.
 */
#ifndef RECONCILE_CLAIMS_H
#define RECONCILE_CLAIMS_H

#include "cfg/spec.h"

/** Whether two vbds are of one source: the same text, or texts that name the same file or block device now. */
bool claims_same_disk(const struct cfg_vbd *a, const struct cfg_vbd *b);
/** Whether the vbd's source is found no more, so that what a domain has of it may be anything: it was renamed, say. */
bool claims_lost_disk(const struct cfg_vbd *vbd);
/** Whether the domain of the spec has the MAC. */
bool claims_mac(const struct cfg_domain *spec, const uint8_t mac[6]);
/** Whether want can be built only once the domain of have is gone. */
bool claims_clash(const struct cfg_domain *want, const struct cfg_domain *have);

/** Room for what claims_pass says: "disk xvda", "the MAC 00:16:3e:00:00:01", "the name web1". */
#define CLAIMS_TEXT_MAX 96

/** Whether have has a name, a disk, a MAC, an interface's name or a port that want (NULL: nothing) has not. */
bool claims_left(const struct cfg_domain *have, const struct cfg_domain *want);
enum claims_pass {
	CLAIMS_NOTHING,
	CLAIMS_PORTS,		/* ports alone, which two may have for a moment: packets go to either */
	CLAIMS_ONE_OWNER,
};

/**
 * Whether want, with what it has already (had, or NULL), needs something that only one domain can have, and that
 * another one of the spec from gives up as it becomes to (NULL: it ends): what, in text. MACs count where both are on
 * one bridge, or routed.
 */
enum claims_pass claims_pass(const struct cfg_domain *want, const struct cfg_domain *had, const struct cfg_domain *from,
			     const struct cfg_domain *to, char text[CLAIMS_TEXT_MAX]);

#endif
