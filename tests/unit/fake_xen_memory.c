/* SPDX-License-Identifier: GPL-2.0-or-later
 * The fake's memory_op.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/fake_xen.h"

#include <xen/memory.h>

static bool extent_free(const struct fake_domain *domain, uint64_t gfn, uint64_t pages)
{
	for (uint64_t i = gfn; i < gfn + pages; i++)
		if (i >= FAKE_GFNS || fake_is_populated(domain, i))
			return false;
	return true;
}

static long populate(struct fake_xen *fake, struct fake_domain *domain, const struct xen_memory_reservation *op)
{
	uint64_t pages = UINT64_C(1) << op->extent_order;
	bool on_demand = op->mem_flags & XENMEMF_populate_on_demand;

	for (uint64_t i = 0; i < op->nr_extents; i++) {
		uint64_t gfn = op->extent_start.p[i];

		if (op->extent_order > fake->order_max || !extent_free(domain, gfn, pages) || gfn % pages)
			return (long)i;
		if (op->extent_order == 9 && fake->fail_extents && i == (op->nr_extents > 3 ? 3 : 0)) {
			fake->fail_extents--;
			return (long)i;
		}
		if (!on_demand && (fake->free_pages < pages || domain->pages + pages > domain->max_pages))
			return (long)i;
		if (!on_demand) {
			fake->free_pages -= pages;
			domain->pages += pages;
		}
		for (uint64_t k = gfn; k < gfn + pages; k++)
			domain->populated[k / 8] |= (uint8_t)(1 << k % 8);
	}
	return (long)op->nr_extents;
}

static long claim(struct fake_xen *fake, struct fake_domain *domain, uint64_t pages)
{
	if (!pages) {
		domain->claimed = 0;
		return 0;
	}
	if (domain->claimed || pages <= domain->pages || pages > domain->max_pages)
		return -EINVAL;
	if (pages - domain->pages > fake->free_pages)
		return -ENOMEM;
	domain->claimed = pages;
	return 0;
}

static long pod_target(struct fake_xen *fake, const struct xen_pod_target *op)
{
	struct fake_domain *domain = fake_domain(fake, op->domid);

	if (!domain)
		return -ESRCH;
	/* Too late once the domain has pages and no entries to fill: nothing happens. */
	if (domain->pages)
		return 0;
	if (op->target_pages > fake->free_pages)
		return -ENOMEM;
	domain->pod_target = op->target_pages;
	domain->pages = op->target_pages;
	fake->free_pages -= op->target_pages;
	return 0;
}

/* Of domain 0, which has no bitmap, anything. */
static long maximum_gpfn(struct fake_xen *fake, uint32_t domid)
{
	const struct fake_domain *domain = domid ? fake_domain(fake, domid) : NULL;

	if (domid && !domain)
		return -ESRCH;
	/* All tests are content with the first 4 GiB. */
	for (uint64_t gfn = UINT64_C(1) << 20; domain && gfn-- > 0;) {
		if (fake_is_populated(domain, gfn))
			return (long)gfn;
	}
	return 0;
}

static long get_pod_target(struct fake_xen *fake, struct xen_pod_target *op)
{
	const struct fake_domain *domain = fake_domain(fake, op->domid);

	if (!domain)
		return -ESRCH;
	op->pod_entries = domain->pod_entries;
	op->pod_cache_pages = domain->pod_cache;
	return 0;
}

long fake_memory_op(struct fake_xen *fake, uint64_t cmd, void *arg)
{
	const struct xen_memory_reservation *reservation = arg;
	const struct xen_foreign_memory_map *map = arg;
	const struct xen_add_to_physmap *add = arg;
	struct fake_domain *domain;

	if (cmd == XENMEM_maximum_gpfn)
		return maximum_gpfn(fake, *(domid_t *)arg);
	if (cmd == XENMEM_get_pod_target)
		return get_pod_target(fake, arg);
	if (cmd == XENMEM_set_pod_target)
		return pod_target(fake, arg);
	if (cmd == XENMEM_populate_physmap || cmd == XENMEM_claim_pages)
		domain = fake_domain(fake, reservation->domid);
	else
		domain = fake_domain(fake, *(domid_t *)arg);
	if (!domain)
		return cmd == XENMEM_claim_pages ? -EINVAL : -ESRCH;
	switch (cmd) {
	case XENMEM_populate_physmap:
		return populate(fake, domain, reservation);
	case XENMEM_claim_pages:
		return reservation->extent_start.p ? -EINVAL : claim(fake, domain, reservation->nr_extents);
	case XENMEM_set_memory_map:
		if (map->map.nr_entries > 8)
			return -E2BIG;
		memcpy(domain->e820, map->map.buffer.p, 20 * map->map.nr_entries);
		domain->nr_e820 = map->map.nr_entries;
		return 0;
	case XENMEM_add_to_physmap:
		if (add->space != XENMAPSPACE_grant_table || add->idx || fake_is_populated(domain, add->gpfn))
			return -EINVAL;
		domain->scratch = true;
		domain->scratch_gfn = add->gpfn;
		return 0;
	case XENMEM_remove_from_physmap:
		domain->scratch = false;
		return 0;
	}
	return -ENOSYS;
}
