/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside reconcile only: where networks' records lie. /xlite/network/UUID, the uuid being the name's, since names may
 * have characters that paths may not. Only dom0 can read there.
 */
#ifndef RECONCILE_NETWORK_RECORD_H
#define RECONCILE_NETWORK_RECORD_H

#include "cfg/cfg.h"
#include "xlite/reconcile/host.h"

int network_record_write(struct host *host, const struct cfg_network *network, const char *set,
			 struct xlite_error *err);
int network_record_remove(struct host *host, const char *name, struct xlite_error *err);

#endif
