/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Mapping a domain's pages through privcmd.
 */
#include "xlite/lib/map.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#include "common/auto.h"

#include <xen/memory.h>
#include <xen/sys/privcmd.h>

_Static_assert(sizeof(xen_pfn_t) == sizeof(uint64_t), "xen_pfn_t");

/* How often a frame that Xen has paged out is asked for, and the pause between: a second in all. */
#define PAGED_TRIES 1000
#define PAGED_PAUSE_NS 1000000

void xen_unmap(struct xlite_xen *xen, struct xen_map *map)
{
	if (map->ptr)
		xen->backend.unmap(xen->backend.ctx, map->ptr, map->nr_pages << XEN_PAGE_SHIFT_);
	*map = (struct xen_map){ 0 };
}

static int map_room(struct xlite_xen *xen, size_t nr, struct xen_map *map, struct xlite_error *err)
{
	map->ptr = xen->backend.map(xen->backend.ctx, nr << XEN_PAGE_SHIFT_);
	if (!map->ptr)
		return xlite_error_sys(err, -errno, "address space for %zu pages", nr);
	map->nr_pages = nr;
	return 0;
}

static long map_batch(struct xlite_xen *xen, uint32_t domid, const uint64_t *gfns, size_t nr, uint8_t *address, int *errors)
{
	struct privcmd_mmapbatch_v2 op = {
		.num = (unsigned)nr,
		.dom = xen_domid(domid),
		.addr = (uintptr_t)address,
		.arr = gfns,
		.err = errors,
	};

	xen->counts.mapped_pages += nr;
	return xen->backend.call(xen->backend.ctx, IOCTL_PRIVCMD_MMAPBATCH_V2, &op);
}

/* Asks again for one frame that was paged out. Returns what became of it. */
static int map_paged(struct xlite_xen *xen, uint32_t domid, uint64_t gfn, uint8_t *address)
{
	const struct timespec pause = { .tv_nsec = PAGED_PAUSE_NS };
	int error = -ENOENT;

	for (int i = 0; i < PAGED_TRIES && error == -ENOENT; i++) {
		long rc;

		nanosleep(&pause, NULL);
		error = 0;
		rc = map_batch(xen, domid, &gfn, 1, address, &error);
		if (rc < 0 && !error)
			error = (int)rc;
	}
	return error;
}

/* The ioctl has gone through the frames; each has its own fate. */
static int map_judge(struct xlite_xen *xen, uint32_t domid, const uint64_t *gfns, struct xen_map *map, const int *errors,
		     struct xlite_error *err)
{
	for (size_t i = 0; i < map->nr_pages; i++) {
		int error = errors[i];

		if (error == -ENOENT)
			error = map_paged(xen, domid, gfns[i], (uint8_t *)map->ptr + (i << XEN_PAGE_SHIFT_));
		if (error)
			return xlite_error_sys(err, error, "map frame 0x%llx of domain %u", (unsigned long long)gfns[i],
					       domid);
	}
	return 0;
}

int xen_map_frames(struct xlite_xen *xen, uint32_t domid, const uint64_t *gfns, size_t nr, struct xen_map *map,
		   struct xlite_error *err)
{
	auto_free int *errors = calloc(nr ? nr : 1, sizeof(*errors));
	struct xen_map new = { 0 };
	long ret;
	int rc;

	if (!errors)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = map_room(xen, nr, &new, err);
	if (rc)
		return rc;
	ret = map_batch(xen, domid, gfns, nr, new.ptr, errors);
	/* -ENOENT as a whole: frames were paged out, and are marked so. */
	if (ret < 0 && ret != -ENOENT)
		rc = xlite_error_sys(err, (int)ret, "map %zu pages of domain %u", nr, domid);
	else
		rc = map_judge(xen, domid, gfns, &new, errors, err);
	if (rc) {
		xen_unmap(xen, &new);
		return rc;
	}
	*map = new;
	return 0;
}

int xen_map_range(struct xlite_xen *xen, uint32_t domid, uint64_t gfn, size_t nr, struct xen_map *map,
		  struct xlite_error *err)
{
	auto_free uint64_t *gfns = calloc(nr ? nr : 1, sizeof(*gfns));

	if (!gfns)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++)
		gfns[i] = gfn + i;
	return xen_map_frames(xen, domid, gfns, nr, map, err);
}

int xen_map_grants(struct xlite_xen *xen, uint32_t domid, struct xen_map *map, struct xlite_error *err)
{
	struct privcmd_mmap_resource op = {
		.dom = xen_domid(domid),
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared,
		.num = 1,
	};
	struct xen_map new = { 0 };
	long ret;
	int rc = map_room(xen, 1, &new, err);

	if (rc)
		return rc;
	op.addr = (uintptr_t)new.ptr;
	xen->counts.mapped_pages++;
	ret = xen->backend.call(xen->backend.ctx, IOCTL_PRIVCMD_MMAP_RESOURCE, &op);
	if (ret < 0) {
		xen_unmap(xen, &new);
		/* The kernel does not know the ioctl, or Xen not the resource. */
		if (ret == -ENOTTY || ret == -EINVAL || ret == -ENOSYS)
			ret = -EOPNOTSUPP;
		return xlite_error_sys(err, (int)ret, "map the grant table of domain %u", domid);
	}
	*map = new;
	return 0;
}
