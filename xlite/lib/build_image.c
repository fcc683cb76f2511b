/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Kernel and ramdisk into the domain's memory, by windows of mapped pages. The kernel is unpacked, and the ramdisk read,
 * straight into them: no copy of either is held here. What the kernel counts on to be zero is made so: where Xen runs
 * with bootscrub=0, its pages may hold anything.
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

int build_map(struct xlite_build *build, uint64_t frame, size_t nr, struct xen_map *map, struct xlite_error *err)
{
	if (!build->frames)
		return xen_map_range(build->xen, build->domid, frame, nr, map, err);
	if (frame > build->nr_frames || nr > build->nr_frames - frame)
		return xlite_error_set(err, -EFAULT, "frame 0x%llx is out of bounds", (unsigned long long)frame);
	return xen_map_frames(build->xen, build->domid, build->frames + frame, nr, map, err);
}

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
	rc = build_map(build, base >> XEN_PAGE_SHIFT_, (size_t)nr, &build->window, err);
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

static uint64_t kernel_pages(const struct xlite_build *build)
{
	return (build->plan.kernel_end >> XEN_PAGE_SHIFT_) - (build->plan.kernel >> XEN_PAGE_SHIFT_);
}

static int kernel_reserve(void *ctx, uint64_t low, uint64_t high, struct xlite_error *err)
{
	struct xlite_build *build = ctx;
	int rc = build_plan_kernel(&build->plan, low, high, err);

	if (rc)
		return rc;
	free(build->touched);
	build->touched = calloc(1, (size_t)(kernel_pages(build) + 7) / 8);
	return build->touched ? 0 : xlite_error_set(err, -ENOMEM, "out of memory");
}

static bool page_touch(struct xlite_build *build, uint64_t page)
{
	uint8_t *byte = &build->touched[page / 8], bit = (uint8_t)(1 << page % 8);
	bool before = *byte & bit;

	*byte |= bit;
	return before;
}

/* [addr, addr + len) is about to be written to: clears its first and last page, unless it covers them or somebody did. */
static void kernel_clear_edges(struct xlite_build *build, uint64_t addr, size_t len)
{
	uint64_t first = build->plan.kernel & ~PAGE_MASK_;

	for (uint64_t page = addr & ~PAGE_MASK_; page < addr + len; page += XEN_PAGE_BYTES) {
		bool whole = page >= addr && page + XEN_PAGE_BYTES <= addr + len;

		if (!page_touch(build, (page - first) >> XEN_PAGE_SHIFT_) && !whole)
			memset((uint8_t *)build->window.ptr + (page - build->window_addr), 0, XEN_PAGE_BYTES);
	}
}

static int kernel_window(void *ctx, uint64_t addr, size_t *len, void **ptr, struct xlite_error *err)
{
	struct xlite_build *build = ctx;
	int rc;

	if (addr < build->plan.kernel)
		return xlite_error_set(err, -EFAULT, "address 0x%llx is out of bounds", (unsigned long long)addr);
	rc = window(build, addr, build->plan.kernel_end, len, ptr, err);
	if (!rc)
		kernel_clear_edges(build, addr, *len);
	return rc;
}

static int kernel_clear(struct xlite_build *build, uint64_t addr, uint64_t end, struct xlite_error *err)
{
	while (addr < end) {
		size_t len = (size_t)(end - addr);
		void *ptr;
		int rc = window(build, addr, build->plan.kernel_end, &len, &ptr, err);

		if (rc)
			return rc;
		memset(ptr, 0, len);
		addr += len;
	}
	return 0;
}

/* The pages that no byte was written to. */
static int kernel_clear_rest(struct xlite_build *build, struct xlite_error *err)
{
	uint64_t first = build->plan.kernel & ~PAGE_MASK_, nr = kernel_pages(build), end;

	for (uint64_t i = 0; i < nr; i = end + 1) {
		int rc;

		end = i;
		while (end < nr && !page_touch(build, end))
			end++;
		rc = kernel_clear(build, first + (i << XEN_PAGE_SHIFT_), first + (end << XEN_PAGE_SHIFT_), err);
		if (rc)
			return rc;
	}
	return 0;
}

int build_kernel(struct xlite_build *build, build_load *load, struct xlite_error *err)
{
	const struct xlite_image_sink sink = { build, kernel_reserve, kernel_window };
	int rc = load(build, &sink, err);

	if (!rc)
		rc = kernel_clear_rest(build, err);
	free(build->touched);
	build->touched = NULL;
	if (rc)
		return rc;
	xlite_image_close(build->image);
	build->image = NULL;
	return 0;
}

#define BOUNCE_BYTES ((size_t)64 << 10)

/* Where what is unpacked goes that nobody wants. */
struct nowhere {
	struct build_plan plan;
	uint8_t scratch[16 * XEN_PAGE_BYTES];
};

static int nowhere_reserve(void *ctx, uint64_t low, uint64_t high, struct xlite_error *err)
{
	return build_plan_kernel(&((struct nowhere *)ctx)->plan, low, high, err);
}

static int nowhere_window(void *ctx, uint64_t addr, size_t *len, void **ptr, struct xlite_error *err)
{
	struct nowhere *nowhere = ctx;

	if (*len > sizeof(nowhere->scratch))
		*len = sizeof(nowhere->scratch);
	*ptr = nowhere->scratch;
	return 0;
}

int build_kernel_nowhere(struct xlite_build *build, build_load *load, struct xlite_error *err)
{
	struct nowhere nowhere = { .plan = build->plan };
	const struct xlite_image_sink sink = { &nowhere, nowhere_reserve, nowhere_window };

	return load(build, &sink, err);
}

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

int build_ramdisk(struct xlite_build *build, struct xlite_error *err)
{
	uint64_t start = build->plan.ramdisk, end = start + build->ramdisk_bytes, addr = start;

	while (addr < end) {
		size_t len = (size_t)(end - addr);
		void *ptr;
		int rc = window(build, addr, end, &len, &ptr, err);

		if (!rc)
			rc = read_ramdisk(build->ramdisk_fd, ptr, len, addr - start, err);
		/* The rest of its last page. */
		if (!rc && addr + len == end)
			memset((uint8_t *)ptr + len, 0, (size_t)(-end & PAGE_MASK_));
		if (rc) {
			xlite_error_prefix(err, "%s %s", build_module(build), build->config.ramdisk);
			return rc;
		}
		addr += len;
	}
	return 0;
}

static int load_pvh(struct xlite_build *build, const struct xlite_image_sink *sink, struct xlite_error *err)
{
	struct xlite_image_info info = { 0 };
	int rc = xlite_image_load(build->image, sink, &info, err);

	build->entry = info.entry;
	return rc;
}

int build_pvh_check(struct xlite_build *build, struct xlite_error *err)
{
	return build_kernel_nowhere(build, load_pvh, err);
}

int build_pvh_image(struct xlite_build *build, struct xlite_error *err)
{
	int rc = build_kernel(build, load_pvh, err);

	if (!rc)
		rc = build_plan_rest(&build->plan, build->ramdisk_bytes,
				     build_start_bytes(&build->plan, build->config.cmdline, build->ramdisk_bytes), err);
	if (!rc)
		rc = build_ramdisk(build, err);
	xen_unmap(build->xen, &build->window);
	return rc;
}
