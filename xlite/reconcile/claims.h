/* SPDX-License-Identifier: GPL-2.0-or-later
 * What only one domain can have at a time: a disk, a MAC, a port of the host. Compared between specs.
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

#endif
