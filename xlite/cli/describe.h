/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside of describe: the parts of its text.
 */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H

#include "common/buf.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"

/** Adds a paragraph on the interfaces and one on the disks of a domain whose details were observed. */
void describe_devices(struct host *host, const struct state_domain *domain, struct buf *out);

#endif
