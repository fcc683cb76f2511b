/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The memory of a domain, which is suspended, or logged (save_live.c). Frames are looked at in groups of 1024, in which
 * readers find large pages again; a group without any memory is left out. A domain's memory lies at the two ends of its
 * frame numbers, with a wide hole between; who has found all that Xen says the domain owns looks no further.
 */
#include <string.h>

#include "xlite/lib/map.h"
#include "xlite/lib/save_int.h"

#include <xen/domctl.h>
#include <xen/memory.h>

#define GROUP STREAM_PAGES_MAX
/* Groups whose types are asked for with one hypercall. */
#define AT_ONCE 8

/* What is left to be looked at, [low, high), in groups; found counts pages. */
struct scan {
	uint64_t low, high, total, found;
	bool down;	/* from the upper end: the last group from below had no memory */
};

int save_nr_groups(struct xlite_save *save, uint64_t *groups, struct xlite_error *err)
{
	struct xen_batch batch;
	uint16_t *domid;
	int rc;

	xen_batch_init(&batch, save->xen);
	domid = xen_batch_arg(&batch, sizeof(*domid));
	*domid = xen_domid(save->domid);
	xen_batch_add(&batch, "maximum_gpfn", XEN_READS, __HYPERVISOR_memory_op, XENMEM_maximum_gpfn, (unsigned long)domid);
	rc = xen_batch_run(&batch, err);
	*groups = rc ? 0 : (uint64_t)xen_batch_result(&batch, 0) / GROUP + 1;
	return rc;
}

static int ask_size(struct xlite_save *save, struct scan *scan, struct xlite_error *err)
{
	struct xlite_domain_info info;
	int rc = xlite_domain_info(save->xen, save->domid, &info, err);

	if (rc)
		return rc;
	scan->total = XEN_KIB_PAGES(info.mem_kib);
	return save_nr_groups(save, &scan->high, err);
}

/* Types of nr groups from first on: xen/domctl.h, XEN_DOMCTL_getpageframeinfo3, which takes 1024 at a time. */
int save_page_types(struct xlite_save *save, uint64_t first, unsigned nr, uint64_t *types, struct xlite_error *err)
{
	xen_pfn_t *asked[AT_ONCE];
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, save->xen);
	for (unsigned i = 0; i < nr; i++) {
		struct xen_domctl_getpageframeinfo3 *op = xen_batch_domctl(&batch, "getpageframeinfo3", XEN_READS,
									   XEN_DOMCTL_getpageframeinfo3, save->domid);

		asked[i] = xen_batch_room(&batch, GROUP * sizeof(xen_pfn_t));
		for (unsigned k = 0; k < GROUP && asked[i]; k++)
			asked[i][k] = (first + i) * GROUP + k;
		op->num = GROUP;
		set_xen_guest_handle_raw(op->array, asked[i]);
	}
	rc = xen_batch_run(&batch, err);
	for (unsigned i = 0; i < nr && !rc; i++)
		memcpy(types + i * GROUP, asked[i], GROUP * sizeof(*types));
	return rc;
}

static bool is_zero(const void *page)
{
	const uint64_t *words = page;

	return !words[0] && !words[1] && !memcmp(words, words + 2, STREAM_PAGE_BYTES - 2 * sizeof(*words));
}

bool save_is_memory(uint64_t type)
{
	type = type >> XEN_DOMCTL_PFINFO_LTAB_SHIFT & 0xf;
	/* One that the hardware has lost is gone for the guest, too. */
	return type != STREAM_PAGE_NONE && type != STREAM_PAGE_BROKEN;
}

/* The frames of the group that are memory. */
static size_t choose(const uint64_t *types, uint64_t first, uint64_t *frames)
{
	size_t nr = 0;

	for (unsigned i = 0; i < GROUP; i++) {
		if (save_is_memory(types[i]))
			frames[nr++] = first + i;
	}
	return nr;
}

/*
 * Pages of zeros go as such, so that a file has holes there. They are not named as pages to be allocated only, which
 * the format has, too: whoever restores these gives the guest what Xen has at hand, which need not be zeros.
 */
static int write_contents(struct xlite_save *save, const uint8_t *contents, size_t nr)
{
	const struct xlite_save_io *io = save->io;
	int rc = 0;

	if (!io->zeros)
		return stream_write_bytes(&save->writer, contents, nr * STREAM_PAGE_BYTES);
	for (size_t i = 0; i < nr && !rc;) {
		bool zero = is_zero(contents + i * STREAM_PAGE_BYTES);
		size_t end = i + 1;

		while (end < nr && is_zero(contents + end * STREAM_PAGE_BYTES) == zero)
			end++;
		if (zero)
			rc = stream_write_zeros(&save->writer, io->zeros, (end - i) * STREAM_PAGE_BYTES);
		else
			rc = stream_write_bytes(&save->writer, contents + i * STREAM_PAGE_BYTES, (end - i) * STREAM_PAGE_BYTES);
		i = end;
	}
	return rc;
}

/*
 * To an xlite that gives the guest zeros for pages without contents: those are not sent. What the guest writes to a page
 * after it was looked at is in the log.
 */
static int write_sparse(struct xlite_save *save, const uint64_t *frames, const uint8_t *contents, size_t nr)
{
	uint64_t entries[GROUP] = { 0 };
	uint32_t nr_data = 0;
	int rc;

	for (size_t i = 0; i < nr; i++) {
		bool zero = is_zero(contents + i * STREAM_PAGE_BYTES);

		entries[i] = frames[i] | (zero ? (uint64_t)STREAM_PAGE_EMPTY << 60 : 0);
		nr_data += !zero;
	}
	rc = stream_write_pages(&save->writer, entries, (uint32_t)nr, nr_data);
	for (size_t i = 0, end; i < nr && !rc; i = end) {
		bool data = stream_page_has_data(entries[i]);

		for (end = i + 1; end < nr && stream_page_has_data(entries[end]) == data; end++)
			;
		if (data)
			rc = stream_write_bytes(&save->writer, contents + i * STREAM_PAGE_BYTES, (end - i) * STREAM_PAGE_BYTES);
	}
	return rc;
}

/* A guest with paging by hardware has its page tables to itself: to Xen they are pages as all others, of type 0. */
int save_write_frames(struct xlite_save *save, const uint64_t *frames, size_t nr, struct xlite_error *err)
{
	struct xen_map map;
	int rc = xen_map_frames(save->xen, save->domid, frames, nr, &map, err);

	if (rc)
		return rc;
	if (save->live) {
		rc = write_sparse(save, frames, map.ptr, nr);
	} else {
		rc = stream_write_pages(&save->writer, frames, (uint32_t)nr, (uint32_t)nr);
		if (!rc)
			rc = write_contents(save, map.ptr, nr);
	}
	xen_unmap(save->xen, &map);
	return save_written(save, rc, err);
}

/* One group: its pages are written, and it is told which way to go on. */
static int take_group(struct xlite_save *save, struct scan *scan, const uint64_t *types, uint64_t group,
		      struct xlite_error *err)
{
	uint64_t frames[GROUP];
	size_t nr = choose(types, group * GROUP, frames);
	int rc = save_interrupted(save->io, err);

	if (rc || !nr) {
		scan->down = scan->down || !nr;
		return rc;
	}
	rc = save_write_frames(save, frames, nr, err);
	scan->found += nr;
	if (save->io->progress)
		save->io->progress(save->io->ctx, scan->found, scan->total);
	return rc;
}

int save_all_memory(struct xlite_save *save, struct xlite_error *err)
{
	uint64_t types[AT_ONCE * GROUP];
	struct scan scan = { 0 };
	int rc = ask_size(save, &scan, err);

	while (!rc && scan.low < scan.high && scan.found < scan.total) {
		bool down = scan.down;
		unsigned nr = scan.high - scan.low < AT_ONCE ? (unsigned)(scan.high - scan.low) : AT_ONCE;
		uint64_t first = down ? scan.high - nr : scan.low;

		rc = save_page_types(save, first, nr, types, err);
		for (unsigned i = 0; i < nr && !rc; i++) {
			unsigned at = down ? nr - 1 - i : i;

			rc = take_group(save, &scan, types + at * GROUP, first + at, err);
		}
		if (down)
			scan.high = first;
		else
			scan.low = first + nr;
	}
	return rc;
}
