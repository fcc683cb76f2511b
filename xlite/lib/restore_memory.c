/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Memory of a restored domain, record by record: what has no memory yet gets some, in pages of 2 MiB where all of one is
 * named, and then its contents. Frame numbers are the stream's word: those beyond what the spec's memory can reach are
 * refused, and how much there is Xen bounds by the domain's limit.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/lib/memory.h"
#include "xlite/lib/restore_int.h"

#define LARGE_ORDER 9
#define LARGE (1u << LARGE_ORDER)
#define LARGE_MAX (STREAM_PAGES_MAX / LARGE)

/* Frames of one record that need memory. */
struct wanted {
	uint64_t large[LARGE_MAX], small[STREAM_PAGES_MAX];
	size_t nr_large, nr_small;
};

int restore_memory_begin(struct xlite_build *build, struct restore_memory *memory, struct xlite_error *err)
{
	struct xen_batch batch;

	*memory = (struct restore_memory){ .nr_frames = (PLAN_HIGH >> XEN_PAGE_SHIFT_) +
							XEN_KIB_PAGES(build->config.max_memory_kib) };
	/* Only what is written of it takes memory. */
	memory->populated = calloc(1, (size_t)(memory->nr_frames / 8 + 1));
	if (!memory->populated)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	xen_batch_init(&batch, build->xen);
	build_add_map(&batch, build);
	return xen_batch_run(&batch, err);
}

void restore_memory_end(struct restore_memory *memory)
{
	free(memory->populated);
	memory->populated = NULL;
}

static bool has_memory(const struct restore_memory *memory, uint64_t frame)
{
	return memory->populated[frame / 8] >> frame % 8 & 1;
}

static uint64_t entry_at(const struct stream_record *record, size_t i)
{
	uint64_t entry;

	memcpy(&entry, record->body + 8 + i * 8, sizeof(entry));
	return entry;
}

static uint32_t count_of(const struct stream_record *record)
{
	uint32_t nr;

	memcpy(&nr, record->body, sizeof(nr));
	return nr;
}

static bool is_memory(uint64_t entry)
{
	return stream_page_has_data(entry) || stream_page_type(entry) == STREAM_PAGE_EMPTY;
}

/* Whether the entries from the i-th on name all frames of an aligned 2 MiB, none of which has memory. */
static bool is_large(const struct restore_memory *memory, const struct stream_record *record, size_t i, size_t nr)
{
	uint64_t first = stream_page_frame(entry_at(record, i));

	if (first % LARGE || i + LARGE > nr || first + LARGE > memory->nr_frames)
		return false;
	for (size_t k = 0; k < LARGE; k++) {
		uint64_t entry = entry_at(record, i + k);

		if (stream_page_frame(entry) != first + k || !is_memory(entry) || has_memory(memory, first + k))
			return false;
	}
	return true;
}

static void mark(struct restore_memory *memory, uint64_t frame, size_t nr)
{
	for (; nr; nr--, frame++)
		memory->populated[frame / 8] |= (uint8_t)(1u << frame % 8);
}

static int choose(struct restore_memory *memory, const struct stream_record *record, struct wanted *wanted,
		  struct xlite_error *err)
{
	size_t nr = count_of(record);

	for (size_t i = 0; i < nr;) {
		uint64_t entry = entry_at(record, i), frame = stream_page_frame(entry);
		bool large = is_large(memory, record, i, nr);

		if (is_memory(entry) && frame >= memory->nr_frames)
			return xlite_error_set(err, -EBADMSG, "memory at frame 0x%llx, beyond what a guest of its size has",
					       (unsigned long long)frame);
		if (large)
			wanted->large[wanted->nr_large++] = frame;
		else if (is_memory(entry) && !has_memory(memory, frame))
			wanted->small[wanted->nr_small++] = frame;
		if (is_memory(entry))
			mark(memory, frame, large ? LARGE : 1);
		i += large ? LARGE : 1;
	}
	return 0;
}

/* Returns how many extents were given, or a negative errno. */
static long populate(struct xlite_build *build, const uint64_t *frames, size_t nr, unsigned order, struct xlite_error *err)
{
	struct xen_batch batch;
	long done;
	int rc;

	if (!nr)
		return 0;
	xen_batch_init(&batch, build->xen);
	memory_add_populate_list(&batch, build->domid, frames, nr, order);
	rc = xen_batch_send(&batch, err);
	if (rc)
		return rc;
	done = xen_batch_result(&batch, 0);
	if (done < 0 && done != -ENOMEM)
		return xlite_error_sys(err, (int)done, "populate_physmap");
	return done < 0 ? 0 : done > (long)nr ? (long)nr : done;
}

static int give_small(struct xlite_build *build, const uint64_t *frames, size_t nr, struct xlite_error *err)
{
	long done = populate(build, frames, nr, 0, err);

	if (done < 0)
		return (int)done;
	return (size_t)done == nr ? 0 : build_no_memory(build, "populate_physmap", err);
}

/* What Xen has not in one piece it gives in small ones. */
static int give(struct xlite_build *build, const struct wanted *wanted, struct xlite_error *err)
{
	long done = populate(build, wanted->large, wanted->nr_large, LARGE_ORDER, err);
	int rc = done < 0 ? (int)done : 0;

	for (size_t i = (size_t)(rc ? 0 : done); !rc && i < wanted->nr_large; i++) {
		uint64_t frames[LARGE];

		for (size_t k = 0; k < LARGE; k++)
			frames[k] = wanted->large[i] + k;
		rc = give_small(build, frames, LARGE, err);
	}
	return rc ? rc : give_small(build, wanted->small, wanted->nr_small, err);
}

/* What Xen gives need not be zeros, and what is to be allocated only is not to show the guest others' memory. */
static int fill(struct xlite_build *build, const struct stream_record *record, struct xlite_error *err)
{
	uint64_t frames[STREAM_PAGES_MAX];
	size_t nr = 0, count = count_of(record);
	const uint8_t *from = record->body + 8 + count * 8;
	struct xen_map map;
	uint8_t *to;
	int rc;

	for (size_t i = 0; i < count; i++) {
		if (is_memory(entry_at(record, i)))
			frames[nr++] = stream_page_frame(entry_at(record, i));
	}
	if (!nr)
		return 0;
	rc = xen_map_frames(build->xen, build->domid, frames, nr, &map, err);
	if (rc)
		return rc;
	to = map.ptr;
	for (size_t i = 0; i < count; i++) {
		if (stream_page_has_data(entry_at(record, i))) {
			memcpy(to, from, STREAM_PAGE_BYTES);
			from += STREAM_PAGE_BYTES;
		} else if (is_memory(entry_at(record, i))) {
			memset(to, 0, STREAM_PAGE_BYTES);
		} else {
			continue;
		}
		to += STREAM_PAGE_BYTES;
	}
	xen_unmap(build->xen, &map);
	return 0;
}

int restore_pages(struct xlite_build *build, struct restore_memory *memory, const struct stream_record *record,
		  struct xlite_error *err)
{
	const struct xlite_save_io *io = build->config.restore->io;
	struct wanted wanted = { .nr_large = 0 };
	int rc = choose(memory, record, &wanted, err);

	if (!rc)
		rc = give(build, &wanted, err);
	if (!rc)
		rc = fill(build, record, err);
	memory->done += wanted.nr_large * LARGE + wanted.nr_small;
	if (!rc && io->progress)
		io->progress(io->ctx, memory->done, XEN_KIB_PAGES(build->config.memory_kib));
	return rc;
}
