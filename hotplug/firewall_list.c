/* SPDX-License-Identifier: GPL-2.0-or-later
 * The list of chains that drop, as memory.
 */
#include "hotplug/firewall_int.h"

#include <stdlib.h>
#include <string.h>

struct hotplug_firewall_chain *firewall_add(struct hotplug_firewall *firewall)
{
	struct hotplug_firewall_chain *more = reallocarray(firewall->chains, firewall->nr + 1, sizeof(*more));

	if (!more)
		return NULL;
	firewall->chains = more;
	return memset(&more[firewall->nr++], 0, sizeof(*more));
}

void firewall_chain_clear(struct hotplug_firewall_chain *chain)
{
	while (chain->nr_names)
		free(chain->names[--chain->nr_names]);
	free(chain->names);
}

void hotplug_firewall_clear(struct hotplug_firewall *firewall)
{
	while (firewall->nr)
		firewall_chain_clear(&firewall->chains[--firewall->nr]);
	free(firewall->chains);
	firewall->chains = NULL;
}
