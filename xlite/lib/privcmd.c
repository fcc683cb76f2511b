/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The backend on Linux: /dev/xen/privcmd, and the memory that hypercalls point into. The kernel passes pointers to Xen
 * as they are, so that memory must stay where it is during a call: /dev/xen/hypercall (Linux 4.18) gives such;
 * before, locked memory that no fork shares has to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/hypercall.h"

#include <xen/sys/privcmd.h>

struct privcmd {
	int fd, hypercall_fd;	/* the latter -1 on old kernels */
	void *arena;
};

static long privcmd_call(void *ctx, unsigned long request, void *arg)
{
	const struct privcmd *privcmd = ctx;
	int rc;

	do
		rc = ioctl(privcmd->fd, request, arg);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : rc;
}

static void *privcmd_map(void *ctx, size_t bytes)
{
	const struct privcmd *privcmd = ctx;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, privcmd->fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void privcmd_unmap(void *ctx, void *address, size_t bytes)
{
	munmap(address, bytes);
}

static void privcmd_close(void *ctx)
{
	struct privcmd *privcmd = ctx;

	if (privcmd->arena)
		munmap(privcmd->arena, XEN_ARENA_BYTES);
	if (privcmd->hypercall_fd >= 0)
		close(privcmd->hypercall_fd);
	if (privcmd->fd >= 0)
		close(privcmd->fd);
	free(privcmd);
}

static int arena_open(struct privcmd *privcmd)
{
	void *p = MAP_FAILED;

	privcmd->hypercall_fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	if (privcmd->hypercall_fd >= 0)
		p = mmap(NULL, XEN_ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, privcmd->hypercall_fd, 0);
	if (p == MAP_FAILED) {
		p = mmap(NULL, XEN_ARENA_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
		if (p != MAP_FAILED && madvise(p, XEN_ARENA_BYTES, MADV_DONTFORK)) {
			munmap(p, XEN_ARENA_BYTES);
			return -errno;
		}
	}
	if (p == MAP_FAILED)
		return -errno;
	privcmd->arena = p;
	return 0;
}

/* Is this a Xen guest at all? Tells a missing driver from a missing hypervisor. */
static bool under_xen(void)
{
	char type[4] = { 0 };
	auto_close int fd = open("/sys/hypervisor/type", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, type, 3) == 3 && type[0] == 'x' && type[1] == 'e' && type[2] == 'n';
}

static int open_failed(int code, struct xlite_error *err)
{
	if (code == -EACCES || code == -EPERM) {
		xlite_error_status(err, code, XLITE_DENIED, "open /dev/xen/privcmd: not permitted");
		xlite_error_hint(err, "run as root in dom0");
		return code;
	}
	if (under_xen()) {
		xlite_error_status(err, code, XLITE_NO_XEN,
				   "Xen runs here, but its control device /dev/xen/privcmd does not answer");
		xlite_error_hint(err, "this must be dom0, with the driver loaded: modprobe xen-privcmd");
		return code;
	}
	xlite_error_status(err, code, XLITE_NO_XEN, "no Xen hypervisor on this machine (no /dev/xen/privcmd)");
	xlite_error_hint(err, "run this in dom0 of a Xen host, or try one in QEMU: xlite lab up");
	return code;
}

int xen_privcmd_open(struct xen_backend *backend, struct xlite_error *err)
{
	struct privcmd *privcmd = malloc(sizeof(*privcmd));
	int rc;

	if (!privcmd)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	*privcmd = (struct privcmd){ .hypercall_fd = -1 };
	privcmd->fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd->fd < 0 && errno == ENOENT)
		privcmd->fd = open("/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd->fd < 0) {
		rc = open_failed(-errno, err);
		goto fail;
	}
	rc = arena_open(privcmd);
	if (rc) {
		xlite_error_sys(err, rc, "memory for hypercalls");
		goto fail;
	}
	*backend = (struct xen_backend){
		.ctx = privcmd,
		.call = privcmd_call,
		.map = privcmd_map,
		.unmap = privcmd_unmap,
		.close = privcmd_close,
		.arena = privcmd->arena,
		.arena_bytes = XEN_ARENA_BYTES,
	};
	return 0;
fail:
	privcmd_close(privcmd);
	return rc;
}
