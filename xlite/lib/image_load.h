/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the image loader: the open image, and its passage to the sink.
 */
#ifndef XLITE_LIB_IMAGE_LOAD_H
#define XLITE_LIB_IMAGE_LOAD_H

#include "xlite/lib/elf.h"
#include "xlite/lib/image.h"
#include "xlite/lib/image_stream.h"

struct xlite_image {
	char *path;
	int fd;
	uint64_t size;		/* of the file */
	uint64_t limit;
	const char *format;
	struct image_stream stream;
	struct elf_file elf;
	uint64_t offset;	/* taken off the addresses of segments */
	uint8_t notes[ELF_NOTES_SIZE_MAX];
	bool plain;		/* entered where its ELF header says, without notes */
	const struct xlite_image_cache *cache;	/* borrowed, or NULL */
	int cache_fd;		/* that the stream reads from instead of unpacking; or -1 */
	bool sink_failed;	/* the error is the sink's, not the file's */
};

/** Segments to the sink, notes to image->notes, in one pass through the file. */
int image_load_segments(struct xlite_image *image, const struct xlite_image_sink *sink, struct xlite_error *err);
/** Notes only, e.g. of sections found after the segments went by. */
int image_load_notes(struct xlite_image *image, struct xlite_error *err);

#endif
