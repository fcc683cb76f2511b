/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Putting batches of hypercalls together and issuing them.
 */
#include "xlite/lib/hypercall.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <xen/sys/privcmd.h>

_Static_assert(sizeof(struct multicall_entry) == 64, "multicall_entry");

void xen_batch_init(struct xen_batch *batch, struct xlite_xen *xen)
{
	*batch = (struct xen_batch){ .xen = xen };
	batch->entries = xen_batch_room(batch, XEN_BATCH_MAX * sizeof(*batch->entries));
}

void *xen_batch_room(struct xen_batch *batch, size_t bytes)
{
	const struct xen_backend *backend = &batch->xen->backend;
	void *room = backend->arena + batch->used;

	if (bytes > xen_batch_left(batch)) {
		batch->overflow = true;
		return NULL;
	}
	batch->used += (bytes + 7) & ~(size_t)7;
	memset(room, 0, bytes);
	return room;
}

void *xen_batch_arg(struct xen_batch *batch, size_t bytes)
{
	void *room = bytes <= sizeof(batch->spare) ? xen_batch_room(batch, bytes) : NULL;

	if (room)
		return room;
	batch->overflow = true;
	return batch->spare;
}

size_t xen_batch_left(const struct xen_batch *batch)
{
	return batch->xen->backend.arena_bytes - batch->used;
}

unsigned xen_batch_add(struct xen_batch *batch, const char *name, int writes, unsigned op, unsigned long arg0,
		       unsigned long arg1)
{
	unsigned i = batch->nr;

	if (i == XEN_BATCH_MAX || !batch->entries) {
		batch->overflow = true;
		return 0;
	}
	batch->nr++;
	batch->names[i] = name;
	batch->writes |= writes == XEN_WRITES;
	batch->entries[i].op = op;
	batch->entries[i].args[0] = arg0;
	batch->entries[i].args[1] = arg1;
	return i;
}

void xen_batch_args(struct xen_batch *batch, unsigned i, unsigned long arg2, unsigned long arg3)
{
	if (i >= batch->nr)
		return;
	batch->entries[i].args[2] = arg2;
	batch->entries[i].args[3] = arg3;
}

void *xen_batch_domctl(struct xen_batch *batch, const char *name, int writes, uint32_t cmd, uint32_t domid)
{
	struct abi_domctl_call *call = xen_batch_arg(batch, sizeof(*call));

	call->cmd = cmd;
	call->version = batch->xen->domctl->version;
	call->domid = xen_domid(domid);
	xen_batch_add(batch, name, writes, __HYPERVISOR_domctl, (unsigned long)call, 0);
	return call->u;
}

void *xen_batch_sysctl(struct xen_batch *batch, const char *name, int writes, uint32_t cmd)
{
	struct abi_sysctl_call *call = xen_batch_arg(batch, sizeof(*call));

	call->cmd = cmd;
	call->version = batch->xen->sysctl->version;
	xen_batch_add(batch, name, writes, __HYPERVISOR_sysctl, (unsigned long)call, 0);
	return call->u;
}

uint16_t xen_domctl_domid(const void *u)
{
	return ((const struct abi_domctl_call *)((const uint8_t *)u - offsetof(struct abi_domctl_call, u)))->domid;
}

static long issue(struct xlite_xen *xen, uint64_t op, const xen_ulong_t args[4])
{
	struct privcmd_hypercall call = { .op = op, .arg = { args[0], args[1], args[2], args[3] } };

	return xen->backend.call(xen->backend.ctx, IOCTL_PRIVCMD_HYPERCALL, &call);
}

int xen_batch_send(struct xen_batch *batch, struct xlite_error *err)
{
	struct xlite_xen *xen = batch->xen;
	struct multicall_entry *entries = batch->entries;
	long rc;

	if (batch->overflow || !entries)
		return xlite_error_set(err, -E2BIG, "hypercalls: more than fits in one batch");
	if (!batch->nr)
		return 0;
	xen->counts.hypercalls++;
	xen->counts.writes += batch->writes;
	if (batch->nr == 1) {
		entries[0].result = (xen_ulong_t)issue(xen, entries[0].op, entries[0].args);
		return 0;
	}
	rc = issue(xen, __HYPERVISOR_multicall, (const xen_ulong_t[4]){ (unsigned long)entries, batch->nr });
	if (rc < 0)
		return xlite_error_sys(err, (int)rc, "multicall (%s and %u more)", batch->names[0], batch->nr - 1);
	return 0;
}

long xen_batch_result(const struct xen_batch *batch, unsigned i)
{
	return (long)batch->entries[i].result;
}

int xen_batch_run(struct xen_batch *batch, struct xlite_error *err)
{
	int rc = xen_batch_send(batch, err);

	for (unsigned i = 0; i < batch->nr && !rc; i++)
		if (xen_batch_result(batch, i) < 0)
			rc = xlite_error_sys(err, (int)xen_batch_result(batch, i), "%s", batch->names[i]);
	return rc;
}
