/* SPDX-License-Identifier: LGPL-2.1-or-later
 * One pass through an ELF file in the order of its bytes: segments are unpacked straight into
 * the sink's windows. Notes go to memory of our own first, since they are to be judged
 * as they came out of the file, not as they are found in the guest.
 */
#include "xlite/lib/image_load.h"

#include <errno.h>
#include <string.h>

/* A run of bytes of the file that all meet the same fate. */
struct piece {
	uint64_t offset, end;
	const struct elf_segment *segment;	/* NULL: belongs to none */
	const struct elf_notes *notes;		/* NULL: belongs to none */
};

static const struct elf_segment *segment_next(const struct elf_file *elf, uint64_t offset)
{
	for (size_t i = 0; i < elf->nr_segments; i++)
		if (elf->segments[i].filesz && elf->segments[i].offset + elf->segments[i].filesz > offset)
			return &elf->segments[i];
	return NULL;
}

static const struct elf_notes *notes_next(const struct elf_file *elf, uint64_t offset)
{
	for (size_t i = 0; i < elf->nr_notes; i++)
		if (elf->notes[i].offset + elf->notes[i].size > offset)
			return &elf->notes[i];
	return NULL;
}

/* Shortens the piece to the part before, or inside, [start, start + size); true: inside. */
static bool piece_cut(struct piece *piece, uint64_t start, uint64_t size)
{
	if (piece->offset < start) {
		if (piece->end > start)
			piece->end = start;
		return false;
	}
	if (piece->end > start + size)
		piece->end = start + size;
	return true;
}

/* The piece that begins at offset or, if nothing wants the bytes there, at the next that is wanted. False: none is. */
static bool piece_find(struct piece *piece, const struct elf_file *elf, uint64_t offset)
{
	const struct elf_segment *segment = segment_next(elf, offset);
	const struct elf_notes *notes = notes_next(elf, offset);
	uint64_t first = UINT64_MAX;

	if (!segment && !notes)
		return false;
	if (segment)
		first = segment->offset;
	if (notes && notes->offset < first)
		first = notes->offset;
	*piece = (struct piece){ .offset = first > offset ? first : offset, .end = UINT64_MAX };
	if (segment && piece_cut(piece, segment->offset, segment->filesz))
		piece->segment = segment;
	if (notes && piece_cut(piece, notes->offset, notes->size))
		piece->notes = notes;
	return true;
}

static int sink_window(struct xlite_image *image, const struct xlite_image_sink *sink, uint64_t addr, size_t *len,
		       void **ptr, struct xlite_error *err)
{
	size_t wanted = *len;
	int rc = sink->window(sink->ctx, addr, len, ptr, err);

	if (rc)
		image->sink_failed = true;
	else if (!*len || *len > wanted)
		return xlite_error_set(err, -EIO, "window at 0x%llx has %zu bytes, not 1 to %zu", (unsigned long long)addr,
				       *len, wanted);
	return rc;
}

/* Fills guest memory from source or, where that is NULL, from the stream. */
static int fill(struct xlite_image *image, const struct xlite_image_sink *sink, uint64_t addr, uint64_t size,
		const uint8_t *source, struct xlite_error *err)
{
	while (size) {
		size_t len = (size_t)size;
		void *ptr;
		int rc = sink_window(image, sink, addr, &len, &ptr, err);

		if (rc)
			return rc;
		if (source) {
			memcpy(ptr, source, len);
			source += len;
		} else {
			rc = image_stream_read(&image->stream, ptr, len, err);
			if (rc)
				return rc;
		}
		addr += len;
		size -= len;
	}
	return 0;
}

static int load_piece(struct xlite_image *image, const struct xlite_image_sink *sink, const struct piece *piece,
		      struct xlite_error *err)
{
	uint64_t size = piece->end - piece->offset;
	uint8_t *copy = NULL;
	int rc;

	rc = image_stream_seek(&image->stream, piece->offset, err);
	if (rc)
		return rc;
	if (piece->notes) {
		copy = image->notes + piece->notes->at + (piece->offset - piece->notes->offset);
		rc = image_stream_read(&image->stream, copy, (size_t)size, err);
		if (rc)
			return rc;
	}
	if (!piece->segment || !sink)
		return 0;
	return fill(image, sink, piece->segment->paddr - image->offset + (piece->offset - piece->segment->offset), size,
		    copy, err);
}

static int load_pieces(struct xlite_image *image, const struct xlite_image_sink *sink, const struct elf_file *elf,
		       struct xlite_error *err)
{
	struct piece piece;
	uint64_t offset = 0;
	int rc;

	while (piece_find(&piece, elf, offset)) {
		rc = load_piece(image, sink, &piece, err);
		if (rc)
			return rc;
		offset = piece.end;
	}
	return 0;
}

int image_load_segments(struct xlite_image *image, const struct xlite_image_sink *sink, struct xlite_error *err)
{
	int rc = sink->reserve(sink->ctx, image->elf.low - image->offset, image->elf.high - image->offset, err);

	if (rc) {
		image->sink_failed = true;
		return rc;
	}
	return load_pieces(image, sink, &image->elf, err);
}

int image_load_notes(struct xlite_image *image, struct xlite_error *err)
{
	struct elf_file notes = image->elf;

	notes.nr_segments = 0;
	return load_pieces(image, NULL, &notes, err);
}
