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

static int affinity(struct xlite_xen *xen, uint32_t cmd, uint32_t domid, unsigned vcpu, uint8_t *map, size_t nr_bytes,
		    struct xlite_error *err)
{
	bool set = cmd == XEN_DOMCTL_setvcpuaffinity;
	struct xen_domctl_vcpuaffinity *op;
	struct xen_batch batch;
	uint8_t *bits;
	int rc;

	if (!nr_bytes || nr_bytes > AFFINITY_BYTES_MAX)
		return xlite_error_set(err, -EINVAL, "affinity: a map of %zu bytes", nr_bytes);
	xen_batch_init(&batch, xen);
	op = xen_batch_domctl(&batch, set ? "setvcpuaffinity" : "getvcpuaffinity", set ? XEN_WRITES : XEN_READS, cmd, domid);
	bits = xen_batch_room(&batch, nr_bytes);
	op->vcpu = vcpu;
	op->flags = XEN_VCPUAFFINITY_HARD;
	set_xen_guest_handle_raw(op->cpumap_hard.bitmap, bits);
	op->cpumap_hard.nr_bits = (uint32_t)nr_bytes * 8;
	if (bits && set)
		memcpy(bits, map, nr_bytes);
	rc = xen_batch_run(&batch, err);
	if (!rc && bits && !set)
		memcpy(map, bits, nr_bytes);
	return rc;
}

int xlite_vcpu_set_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, const uint8_t *hard,
			    size_t nr_bytes, struct xlite_error *err)
{
	return affinity(xen, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, (uint8_t *)hard, nr_bytes, err);
}

int xlite_vcpu_get_affinity(struct xlite_xen *xen, uint32_t domid, unsigned vcpu, uint8_t *hard,
			    size_t nr_bytes, struct xlite_error *err)
{
	return affinity(xen, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, hard, nr_bytes, err);
}
