/* SPDX-License-Identifier: LGPL-2.1-or-later
 * vCPUs as Xen schedules them: state and affinity. The domain's share of the CPUs is in tuning.c.
 */
#include <errno.h>
#include <string.h>

#include "xlite/lib/hypercall.h"

#include <xen/domctl.h>

int xlite_vcpu_info(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, struct xlite_vcpu_info *info,
		    struct xlite_error *err)
{
	struct xen_domctl_getvcpuinfo *op;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, xen);
	op = xen_batch_domctl(&batch, "getvcpuinfo", XEN_READS, XEN_DOMCTL_getvcpuinfo, domid);
	op->vcpu = vcpu;
	rc = xen_batch_run(&batch, err);
	if (rc)
		return rc;
	*info = (struct xlite_vcpu_info){
		.online = op->online,
		.blocked = op->blocked,
		.running = op->running,
		.cpu_time_ns = op->cpu_time,
		.cpu = op->cpu,
	};
	return 0;
}

/* Room for 32768 CPUs, more than any release knows. */
#define AFFINITY_BYTES_MAX 4096

/* Room for a map that goes to Xen, or comes from there; NULL: none, and Xen is not asked for it. */
static uint8_t *affinity_map(struct xen_batch *batch, struct xenctl_bitmap *map, const uint8_t *bits, size_t nr_bytes, bool set)
{
	uint8_t *room = bits ? xen_batch_room(batch, nr_bytes) : NULL;

	set_xen_guest_handle_raw(map->bitmap, room);
	map->nr_bits = room ? (uint32_t)nr_bytes * 8 : 0;
	if (room && set)
		memcpy(room, bits, nr_bytes);
	return room;
}

static int affinity(struct xlite_xen *xen, uint32_t cmd, uint32_t domid, unsigned vcpu, uint8_t *hard, uint8_t *soft,
		    size_t nr_bytes, struct xlite_error *err)
{
	bool set = cmd == XEN_DOMCTL_setvcpuaffinity;
	struct xen_domctl_vcpuaffinity *op;
	struct xen_batch batch;
	uint8_t *hard_room, *soft_room;
	int rc;

	if (!nr_bytes || nr_bytes > AFFINITY_BYTES_MAX)
		return xlite_error_set(err, -EINVAL, "affinity: a map of %zu bytes", nr_bytes);
	xen_batch_init(&batch, xen);
	op = xen_batch_domctl(&batch, set ? "setvcpuaffinity" : "getvcpuaffinity", set ? XEN_WRITES : XEN_READS, cmd, domid);
	op->vcpu = vcpu;
	op->flags = (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
	hard_room = affinity_map(&batch, &op->cpumap_hard, hard, nr_bytes, set);
	soft_room = affinity_map(&batch, &op->cpumap_soft, soft, nr_bytes, set);
	rc = xen_batch_run(&batch, err);
	if (!rc && hard_room && !set)
		memcpy(hard, hard_room, nr_bytes);
	if (!rc && soft_room && !set)
		memcpy(soft, soft_room, nr_bytes);
	return rc;
}

int xlite_vcpu_set_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, const uint8_t *hard, const uint8_t *soft,
			    size_t nr_bytes, struct xlite_error *err)
{
	return affinity(xen, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, (uint8_t *)hard, (uint8_t *)soft, nr_bytes, err);
}

int xlite_vcpu_get_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, uint8_t *hard, uint8_t *soft,
			    size_t nr_bytes, struct xlite_error *err)
{
	return affinity(xen, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, hard, soft, nr_bytes, err);
}
