/* SPDX-License-Identifier: GPL-2.0-or-later
 * Neighbours of one MAC.
 */
#include "hotplug/neighbour.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "hotplug/rt.h"

int hotplug_neighbours_of(struct hotplug_net *net, const uint8_t mac[6], struct inet **list, size_t *nr,
			  struct xlite_error *err)
{
	auto_free struct rt_neighbour *all = NULL;
	size_t nr_all = 0;
	int rc = rt_neighbours(net, &all, &nr_all, err);

	*list = NULL;
	*nr = 0;
	if (rc || !nr_all)
		return rc ? xlite_error_prefix(err, "neighbours") : 0;
	*list = calloc(nr_all, sizeof(**list));
	if (!*list)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr_all; i++) {
		if (!memcmp(all[i].mac, mac, 6))
			(*list)[(*nr)++] = all[i].inet;
	}
	return 0;
}
