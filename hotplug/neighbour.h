/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which addresses this host knows for a MAC: those that it, or a guest by way of it, has spoken with lately.
 */
#ifndef HOTPLUG_NEIGHBOUR_H
#define HOTPLUG_NEIGHBOUR_H

#include "common/inet.h"
#include "hotplug/link.h"

/**
 * *list is the caller's, freed with free(); NULL where there are none. On a bridge without an address the host
 * knows none.
 */
int hotplug_neighbours_of(struct hotplug_net *net, const uint8_t mac[6], struct inet **list, size_t *nr,
			  struct xlite_error *err);

#endif
