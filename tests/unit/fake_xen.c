/* SPDX-License-Identifier: GPL-2.0-or-later
 * The fake's frame: the ioctls of privcmd, mappings, faults. Hypercalls are in fake_xen_calls.c.
 */
#include "tests/unit/fake_xen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/memory.h>
#include <xen/sys/privcmd.h>

#define RUBBISH 0x5a

void fake_init(struct fake_xen *fake)
{
	*fake = (struct fake_xen){ .major = 4, .free_pages = 262144, .order_max = 18 };
	fake_version(fake, 17, 0x15, 0x15, 112, 40);
}

void fake_version(struct fake_xen *fake, unsigned minor, uint32_t domctl, uint32_t sysctl, size_t info_bytes,
		  size_t physinfo_pages)
{
	fake->minor = minor;
	fake->domctl = domctl;
	fake->sysctl = sysctl;
	fake->info_bytes = info_bytes;
	fake->physinfo_pages = physinfo_pages;
}

bool fake_fault(struct fake_xen *fake)
{
	fake->calls++;
	return fake->fail_at && (fake->calls == fake->fail_at || (fake->fail_on && fake->calls > fake->fail_at));
}

struct fake_domain *fake_domain(struct fake_xen *fake, uint32_t domid)
{
	for (unsigned i = 0; i < FAKE_DOMAINS; i++)
		if (fake->domains[i].exists && fake->domains[i].domid == domid)
			return &fake->domains[i];
	return NULL;
}

bool fake_is_populated(const struct fake_domain *domain, uint64_t gfn)
{
	return gfn < FAKE_GFNS && (domain->populated[gfn / 8] & (1 << gfn % 8));
}

void fake_read(const struct fake_domain *domain, uint64_t addr, void *buffer, size_t size)
{
	uint8_t *bytes = buffer;

	if (pread(domain->memory, buffer, size, (off_t)addr) != (ssize_t)size)
		abort();
	for (size_t i = 0; i < size; i++)
		if (!(domain->dirty[(addr + i) >> 15] & (1 << ((addr + i) >> 12) % 8)))
			bytes[i] = RUBBISH;
}

static long map_page(void *address, int fd, uint64_t gfn)
{
	void *p = mmap(address, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)(gfn << 12));

	return p == MAP_FAILED ? -errno : 0;
}

static int map_gfn(struct fake_xen *fake, struct fake_domain *domain, void *address, uint64_t gfn)
{
	int rc;

	if (domain->scratch && gfn == domain->scratch_gfn)
		return (int)map_page(address, domain->grants, 0);
	if (!fake_is_populated(domain, gfn))
		return -EINVAL;
	if (fake->paged_out) {
		fake->paged_out--;
		return -ENOENT;
	}
	rc = (int)map_page(address, domain->memory, gfn);
	/* As with bootscrub=0: a page that nobody wrote to yet holds what was there before. fake_read agrees. */
	if (!rc && !(domain->dirty[gfn / 8] & (1 << gfn % 8)))
		memset(address, RUBBISH, 4096);
	domain->dirty[gfn / 8] |= (uint8_t)(1 << gfn % 8);
	return rc;
}

static long map_batch(struct fake_xen *fake, const struct privcmd_mmapbatch_v2 *op)
{
	struct fake_domain *domain = fake_domain(fake, op->dom);
	long rc = 0;

	if (!domain)
		return -ESRCH;
	for (unsigned i = 0; i < op->num; i++) {
		op->err[i] = map_gfn(fake, domain, (uint8_t *)(uintptr_t)op->addr + 4096 * (size_t)i, op->arr[i]);
		if (op->err[i] == -ENOENT)
			rc = -ENOENT;
	}
	return rc;
}

static long map_resource(struct fake_xen *fake, const struct privcmd_mmap_resource *op)
{
	struct fake_domain *domain = fake_domain(fake, op->dom);

	if (fake->no_resource)
		return -ENOTTY;
	if (!domain)
		return -ESRCH;
	if (op->type != XENMEM_resource_grant_table || op->id || op->idx || op->num != 1)
		return -EINVAL;
	return map_page((void *)(uintptr_t)op->addr, domain->grants, 0);
}

static long multicall(struct fake_xen *fake, struct multicall_entry *entries, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t args[6];

		for (unsigned k = 0; k < 6; k++)
			args[k] = entries[i].args[k];
		entries[i].result = (xen_ulong_t)fake_hypercall(fake, entries[i].op, args);
		/* As Xen may, after an interruption. */
		entries[i].args[0] = 0xdead;
	}
	return 0;
}

static long fake_call(void *ctx, unsigned long request, void *arg)
{
	struct fake_xen *fake = ctx;
	const struct privcmd_hypercall *call = arg;
	uint64_t args[6] = { 0 };

	fake->ioctls++;
	if (request == IOCTL_PRIVCMD_HYPERCALL && call->op != __HYPERVISOR_multicall) {
		memcpy(args, call->arg, sizeof(call->arg));
		return fake_hypercall(fake, call->op, args);
	}
	if (fake_fault(fake))
		return fake->fail_with;
	if (request == IOCTL_PRIVCMD_HYPERCALL)
		return multicall(fake, (void *)(uintptr_t)call->arg[0], call->arg[1]);
	if (request == IOCTL_PRIVCMD_MMAPBATCH_V2)
		return map_batch(fake, arg);
	if (request == IOCTL_PRIVCMD_MMAP_RESOURCE)
		return map_resource(fake, arg);
	return -ENOTTY;
}

static void *fake_map(void *ctx, size_t bytes)
{
	struct fake_xen *fake = ctx;
	void *p;

	if (fake_fault(fake)) {
		errno = -fake->fail_with;
		return NULL;
	}
	p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	fake->mapped++;
	return p;
}

static void fake_unmap(void *ctx, void *address, size_t bytes)
{
	struct fake_xen *fake = ctx;

	fake->mapped--;
	munmap(address, bytes);
}

static void fake_close(void *ctx)
{
	struct fake_xen *fake = ctx;

	fake->closed = true;
	free(fake->arena);
	fake->arena = NULL;
}

int fake_open(struct fake_xen *fake, struct xlite_xen **xen, struct xlite_error *err)
{
	struct xen_backend backend = {
		.ctx = fake,
		.call = fake_call,
		.map = fake_map,
		.unmap = fake_unmap,
		.close = fake_close,
		.arena_bytes = XEN_ARENA_BYTES,
	};

	/* Not zeroed, and ending where the sanitizer watches. */
	fake->arena = malloc(XEN_ARENA_BYTES);
	memset(fake->arena, 0xa5, XEN_ARENA_BYTES);
	backend.arena = fake->arena;
	return xen_open_backend(xen, &backend, err);
}

void fake_clear(struct fake_xen *fake)
{
	for (unsigned i = 0; i < FAKE_DOMAINS; i++) {
		struct fake_domain *domain = &fake->domains[i];

		if (domain->populated) {
			close(domain->memory);
			close(domain->grants);
			munmap(domain->populated, FAKE_GFNS / 8);
			munmap(domain->dirty, FAKE_GFNS / 8);
		}
	}
}
