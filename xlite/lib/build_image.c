/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Kernel and ramdisk into the domain's memory, by windows of mapped pages. The kernel is unpacked, and the ramdisk read,
 * straight into them: no copy of either is held here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/build_int.h"

/* 16 MiB: one ioctl maps as much. At least 64 KiB, since a kernel's small parts lie next to each other. */
#define WINDOW_PAGES_MAX 4096
#define WINDOW_PAGES_MIN 16

#define PAGE_MASK_ (XEN_PAGE_BYTES - 1)

/* Moves the window to the page of addr, for len bytes or what is the least, but not beyond end. */
static int window_move(struct xlite_build *build, uint64_t addr, uint64_t len, uint64_t end, struct xlite_error *err)
{
	uint64_t base = addr & ~PAGE_MASK_, nr, limit = (end - base + PAGE_MASK_) >> XEN_PAGE_SHIFT_;
	int rc;

	xen_unmap(build->xen, &build->window);
	nr = len > end - base ? limit : (addr - base + len + PAGE_MASK_) >> XEN_PAGE_SHIFT_;
	if (nr < WINDOW_PAGES_MIN)
		nr = WINDOW_PAGES_MIN;
	if (nr > limit)
		nr = limit;
	if (nr > WINDOW_PAGES_MAX)
		nr = WINDOW_PAGES_MAX;
	rc = xen_map_range(build->xen, build->domid, base >> XEN_PAGE_SHIFT_, (size_t)nr, &build->window, err);
	build->window_addr = base;
	return rc;
}

/* A host pointer to addr, for *len bytes at most; what lies from end on is out of bounds. */
static int window(struct xlite_build *build, uint64_t addr, uint64_t end, size_t *len, void **ptr, struct xlite_error *err)
{
	uint64_t offset, room;

	if (addr >= end || !*len)
		return xlite_error_set(err, -EFAULT, "address 0x%llx is out of bounds", (unsigned long long)addr);
	room = build->window.nr_pages << XEN_PAGE_SHIFT_;
	if (!build->window.ptr || addr < build->window_addr || addr - build->window_addr >= room) {
		int rc = window_move(build, addr, *len, end, err);

		if (rc)
			return rc;
		room = build->window.nr_pages << XEN_PAGE_SHIFT_;
	}
	offset = addr - build->window_addr;
	if (*len > room - offset)
		*len = (size_t)(room - offset);
	if (*len > end - addr)
		*len = (size_t)(end - addr);
	*ptr = (uint8_t *)build->window.ptr + offset;
	return 0;
}

static int kernel_reserve(void *ctx, uint64_t low, uint64_t high, struct xlite_error *err)
{
	struct xlite_build *build = ctx;

	return build_plan_kernel(&build->plan, low, high, err);
}

static int kernel_window(void *ctx, uint64_t addr, size_t *len, void **ptr, struct xlite_error *err)
{
	struct xlite_build *build = ctx;

	if (addr < build->plan.kernel)
		return xlite_error_set(err, -EFAULT, "address 0x%llx is out of bounds", (unsigned long long)addr);
	return window(build, addr, build->plan.kernel_end, len, ptr, err);
}

static int load_kernel(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_image_sink sink = { build, kernel_reserve, kernel_window };
	struct xlite_image_info info = { 0 };
	int rc = xlite_image_load(build->image, &sink, &info, err);

	if (rc)
		return rc;
	build->entry = info.entry;
	xlite_image_close(build->image);
	build->image = NULL;
	return build_plan_rest(&build->plan, build->ramdisk_bytes,
			       build_start_bytes(&build->plan, build->config.cmdline, build->ramdisk_bytes), err);
}

#define BOUNCE_BYTES ((size_t)64 << 10)

/* As pread, by way of memory of our own: for file systems that will not write to pages of another domain. */
static ssize_t read_bounced(int fd, void *ptr, size_t len, off_t offset)
{
	auto_free void *copy = malloc(BOUNCE_BYTES);
	ssize_t got;

	if (!copy) {
		errno = ENOMEM;
		return -1;
	}
	got = pread(fd, copy, len < BOUNCE_BYTES ? len : BOUNCE_BYTES, offset);
	if (got > 0)
		memcpy(ptr, copy, (size_t)got);
	return got;
}

static int read_ramdisk(int fd, uint8_t *ptr, size_t len, uint64_t offset, struct xlite_error *err)
{
	bool bounce = false;

	while (len) {
		ssize_t got = bounce ? read_bounced(fd, ptr, len, (off_t)offset) : pread(fd, ptr, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EFAULT && !bounce) {
			bounce = true;
			continue;
		}
		if (got < 0)
			return xlite_error_sys(err, -errno, "read at %llu", (unsigned long long)offset);
		if (!got)
			return xlite_error_set(err, -EIO, "shorter than when it was opened (%llu bytes)",
					       (unsigned long long)offset);
		ptr += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

static int load_ramdisk(struct xlite_build *build, struct xlite_error *err)
{
	uint64_t start = build->plan.ramdisk, end = start + build->ramdisk_bytes, addr = start;

	while (addr < end) {
		size_t len = (size_t)(end - addr);
		void *ptr;
		int rc = window(build, addr, end, &len, &ptr, err);

		if (!rc)
			rc = read_ramdisk(build->ramdisk_fd, ptr, len, addr - start, err);
		if (rc) {
			xlite_error_prefix(err, "ramdisk %s", build->config.ramdisk);
			return rc;
		}
		addr += len;
	}
	return 0;
}

int xlite_build_image(struct xlite_build *build, struct xlite_error *err)
{
	int rc = build_expect(build, BUILD_MEMORY, err);

	if (rc)
		return rc;
	rc = load_kernel(build, err);
	if (!rc)
		rc = load_ramdisk(build, err);
	xen_unmap(build->xen, &build->window);
	if (!rc)
		build->phase = BUILD_IMAGE;
	return rc;
}
