/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sets of CPUs, in and out.
 */
#include "xen-core/hypercall/hypercall.h"

#include <xen/domctl.h>

#include "xen-core/domain/pool.h"

int cpumap_get(struct vcpu *v, const struct xenctl_bitmap *map, uint64_t *mask)
{
	unsigned bytes = MIN((map->nr_bits + 7) / 8, 8u);

	*mask = 0;
	if (!guest_read(v, mask, HANDLE(map->bitmap), bytes))
		return -XEN_EFAULT;
	*mask &= cpus_all();
	return 0;
}

int cpumap_put(struct vcpu *v, const struct xenctl_bitmap *map, uint64_t mask)
{
	unsigned bytes = (map->nr_bits + 7) / 8;
	uint8_t zero = 0;

	if (bytes > 4096)
		return -XEN_EINVAL;
	for (unsigned i = 0; i < bytes; i++)
		if (!guest_write(v, HANDLE(map->bitmap) + i, i < 8 ? (const uint8_t *)&mask + i : &zero, 1))
			return -XEN_EFAULT;
	return 0;
}
