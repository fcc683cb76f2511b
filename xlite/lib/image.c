/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Opening a kernel image: which kind it is, its payload, its headers. All that can be known
 * from the first bytes is checked here; the rest goes by in image_load.c.
 */
#include "xlite/lib/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/bzimage.h"
#include "xlite/lib/elf_pv.h"
#include "xlite/lib/image_cache.h"
#include "xlite/lib/image_load.h"

#define PVH_HINT "use a kernel built with CONFIG_PVH=y"

/* O_NONBLOCK: not to hang on a FIFO. */
static int file_open(struct xlite_image *image, const char *path, struct xlite_error *err)
{
	struct stat st;

	image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (image->fd < 0)
		return xlite_error_sys(err, -errno, "open");
	if (fstat(image->fd, &st))
		return xlite_error_sys(err, -errno, "stat");
	if (S_ISDIR(st.st_mode))
		return xlite_error_sys(err, -EISDIR, "not a kernel");
	if (!S_ISREG(st.st_mode))
		return xlite_error_set(err, -ENOEXEC, "not a kernel: not a regular file");
	if (!st.st_size)
		return xlite_error_set(err, -ENOEXEC, "not a kernel: the file is empty");
	image->size = (uint64_t)st.st_size;
	return 0;
}

static int not_kernel(const uint8_t *head, struct xlite_error *err)
{
	const char *kind = image_other_kind(head);

	if (kind)
		return xlite_error_set(err, -ENOEXEC, "neither an ELF file nor a bzImage, but %s", kind);
	return xlite_error_set(err, -ENOEXEC, "neither an ELF file nor a bzImage");
}

/* The payload of a bzImage is known by its first bytes, as Linux' own tools know it. */
static int bzimage_open(struct xlite_image *image, const uint8_t *head, struct xlite_error *err)
{
	const struct unpack_codec *codec;
	uint8_t magic[8] = { 0 };
	uint64_t start, end;
	int rc;

	rc = bzimage_payload(head, image->size, &start, &end, err);
	if (rc)
		return rc;
	rc = unpack_pread(image->fd, magic, end - start < sizeof(magic) ? (size_t)(end - start) : sizeof(magic), start,
			  err);
	if (rc)
		return rc;
	codec = unpack_detect(magic, sizeof(magic));
	if (!codec && memcmp(magic, "\177ELF", 4))
		return xlite_error_set(err, -ENOEXEC,
				       "a bzImage with a payload of unknown format (it begins %02x %02x %02x %02x)",
				       magic[0], magic[1], magic[2], magic[3]);
	image->format = codec ? codec->bzimage_format : "bzImage";
	rc = unpack_open(&image->stream.unpack, image->fd, start, end, codec, image->limit, err);
	image->stream.unpack.sized = true;
	return rc;
}

static int kind_open(struct xlite_image *image, struct xlite_error *err)
{
	uint8_t head[IMAGE_PROBE_SIZE] = { 0 };
	const struct unpack_codec *codec;
	size_t len = image->size < sizeof(head) ? (size_t)image->size : sizeof(head);
	int rc;

	rc = unpack_pread(image->fd, head, len, 0, err);
	if (rc)
		return rc;
	if (bzimage_detect(head))
		return bzimage_open(image, head, err);
	codec = unpack_detect(head, len);
	if (!codec && memcmp(head, "\177ELF", 4))
		return not_kernel(head, err);
	image->format = codec ? codec->elf_format : "ELF";
	return unpack_open(&image->stream.unpack, image->fd, 0, image->size, codec, image->limit, err);
}

/* What is inside, where it is packed, must be an ELF file. */
static int inner_check(struct image_stream *stream, struct xlite_error *err)
{
	uint8_t head[IMAGE_PROBE_SIZE] = { 0 };

	memcpy(head, stream->head, stream->head_len < sizeof(head) ? stream->head_len : sizeof(head));
	if (!memcmp(head, "\177ELF", 4))
		return 0;
	not_kernel(head, err);
	xlite_error_prefix(err, "what is packed in it");
	return -ENOEXEC;
}

/* A file that is not packed is as long as it says: no need to run into its end later. */
static int length_check(const struct xlite_image *image, struct xlite_error *err)
{
	const struct unpack *unpack = &image->stream.unpack;
	uint64_t last = 0, size = unpack->end - unpack->start;

	if (unpack->codec)
		return 0;
	for (size_t i = 0; i < image->elf.nr_segments; i++)
		if (image->elf.segments[i].filesz)
			last = image->elf.segments[i].offset + image->elf.segments[i].filesz;
	if (last <= size)
		return 0;
	return xlite_error_set(err, -EBADMSG, "truncated: its ELF file has %llu bytes, its last segment ends at %llu",
			       (unsigned long long)size, (unsigned long long)last);
}

static int headers_open(struct xlite_image *image, struct xlite_error *err)
{
	struct image_stream *stream = &image->stream;
	struct elf_file *elf = &image->elf;
	int rc;

	rc = image_stream_peek(stream, IMAGE_PROBE_SIZE, err);
	if (!rc)
		rc = inner_check(stream, err);
	if (rc)
		return rc;
	if (stream->head_len < ELF_HEADER_SIZE)
		return xlite_error_set(err, -EBADMSG, "truncated: its ELF file has only %zu bytes", stream->head_len);
	rc = elf_parse_header(elf, stream->head, err);
	if (rc)
		return rc;
	if (elf->phoff > IMAGE_HEAD_MAX - elf_phdrs_size(elf))
		return xlite_error_set(err, -ENOEXEC, "its ELF program headers lie at %llu, past the first %zu bytes",
				       (unsigned long long)elf->phoff, IMAGE_HEAD_MAX);
	rc = image_stream_peek(stream, (size_t)elf->phoff + elf_phdrs_size(elf), err);
	if (rc)
		return rc;
	if (stream->head_len < elf->phoff + elf_phdrs_size(elf))
		return xlite_error_set(err, -EBADMSG, "truncated: its ELF file ends in its program headers");
	rc = elf_parse_phdrs(elf, stream->head + elf->phoff, image->limit, err);
	return rc ? rc : length_check(image, err);
}

static int image_open(struct xlite_image **out, const char *path, bool anywhere, uint64_t limit, struct xlite_error *err)
{
	struct xlite_image *image = calloc(1, sizeof(*image));
	int rc;

	if (!image || !(image->path = strdup(path))) {
		free(image);
		return xlite_error_sys(err, -ENOMEM, "%s", path);
	}
	image->fd = image->cache_fd = -1;
	image->limit = limit;
	image->elf.anywhere = anywhere;
	rc = file_open(image, path, err);
	if (!rc)
		rc = kind_open(image, err);
	if (!rc)
		rc = headers_open(image, err);
	if (rc) {
		xlite_error_prefix(err, "%s", path);
		xlite_image_close(image);
		return rc;
	}
	*out = image;
	return 0;
}

int xlite_image_open(struct xlite_image **out, const char *path, uint64_t limit, struct xlite_error *err)
{
	return image_open(out, path, false, limit, err);
}

int xlite_image_open_pv(struct xlite_image **out, const char *path, uint64_t limit, struct xlite_error *err)
{
	return image_open(out, path, true, limit, err);
}

uint64_t xlite_image_least_size(const struct xlite_image *image)
{
	return image->elf.anywhere ? image->elf.high - image->elf.low : image->elf.high;
}

void xlite_image_keep(struct xlite_image *image, const struct xlite_image_cache *cache)
{
	image->cache = cache;
}

void xlite_image_plain(struct xlite_image *image)
{
	image->plain = true;
}

/* A file without program headers for its notes may still have sections that are notes. */
static int notes_from_sections(struct xlite_image *image, struct xlite_error *err)
{
	struct elf_file *elf = &image->elf;
	size_t size = elf_sections_size(elf);
	auto_free void *table = NULL;
	int rc;

	if (!elf->shoff || !size || elf->shoff > image->limit)
		return 0;
	table = malloc(size);
	if (!table)
		return xlite_error_sys(err, -ENOMEM, "read section headers");
	rc = image_stream_seek(&image->stream, elf->shoff, err);
	if (!rc)
		rc = image_stream_read(&image->stream, table, size, err);
	if (!rc)
		rc = elf_parse_sections(elf, table, image->limit, err);
	return rc ? rc : image_load_notes(image, err);
}

static bool entry_inside(const struct elf_file *elf, uint64_t entry)
{
	for (size_t i = 0; i < elf->nr_segments; i++)
		if (entry >= elf->segments[i].paddr && entry - elf->segments[i].paddr < elf->segments[i].memsz)
			return true;
	return false;
}

static int entry_check(const struct elf_file *elf, uint32_t entry, struct xlite_error *err)
{
	if (entry_inside(elf, entry))
		return 0;
	return xlite_error_set(err, -ENOEXEC, "its PVH entry point 0x%x (Xen note 18) lies in no segment", entry);
}

static int entry_plain(const struct elf_file *elf, uint32_t *entry, struct xlite_error *err)
{
	if (elf->entry > UINT32_MAX || !entry_inside(elf, elf->entry))
		return xlite_error_set(err, -ENOEXEC, "its entry point 0x%llx lies in no segment below 4 GiB",
				       (unsigned long long)elf->entry);
	*entry = (uint32_t)elf->entry;
	return 0;
}

static int entry_find(struct xlite_image *image, uint32_t *entry, struct xlite_error *err)
{
	const struct elf_file *elf = &image->elf;
	int rc;

	for (size_t i = 0; i < elf->nr_notes; i++) {
		rc = elf_find_entry(image->notes + elf->notes[i].at, (size_t)elf->notes[i].size, entry, err);
		if (rc)
			return rc < 0 ? rc : entry_check(elf, *entry, err);
	}
	xlite_error_hint(err, PVH_HINT);
	return xlite_error_set(err, -ENOEXEC, "has no PVH entry point (Xen note 18, PHYS32_ENTRY)");
}

int xlite_image_load(struct xlite_image *image, const struct xlite_image_sink *sink, struct xlite_image_info *info,
		     struct xlite_error *err)
{
	uint32_t entry = 0;
	int rc;

	image->sink_failed = false;
	rc = image_cache_use(image, err);
	if (!rc)
		rc = image_load_segments(image, sink, err);
	if (!rc)
		rc = image_stream_drain(&image->stream, err);
	if (!rc && !image->plain && !image->elf.nr_notes)
		rc = notes_from_sections(image, err);
	if (!rc)
		rc = image->plain ? entry_plain(&image->elf, &entry, err) : entry_find(image, &entry, err);
	if (rc) {
		if (!image->sink_failed)
			xlite_error_prefix(err, "%s", image->path);
		return rc;
	}
	*info = (struct xlite_image_info){ .entry = entry, .low = image->elf.low, .high = image->elf.high,
					   .format = image->format };
	return 0;
}

static int pv_notes(struct xlite_image *image, struct xlite_image_pv *pv, struct xlite_error *err)
{
	const struct elf_file *elf = &image->elf;
	struct pv_notes notes;
	int rc = elf->nr_notes ? 0 : notes_from_sections(image, err);

	pv_notes_init(&notes);
	for (size_t i = 0; i < elf->nr_notes && !rc; i++)
		rc = pv_notes_read(&notes, image->notes + elf->notes[i].at, (size_t)elf->notes[i].size, err);
	return rc ? rc : pv_notes_check(&notes, elf, pv, err);
}

/* The notes come by with the segments, whose place depends on them: nearly always on nothing but their own addresses. */
static int pv_load(struct xlite_image *image, const struct xlite_image_sink *sink, struct xlite_image_pv *pv,
		   struct xlite_error *err)
{
	bool known = image->elf.high > UINT32_MAX;
	int rc = 0;

	image->offset = 0;
	if (known) {
		/* No guest's memory can be there. */
		rc = image_load_notes(image, err);
		if (!rc)
			rc = pv_notes(image, pv, err);
		image->offset = pv->paddr_offset;
	}
	for (;;) {
		if (!rc)
			rc = image_load_segments(image, sink, err);
		if (!rc)
			rc = image_stream_drain(&image->stream, err);
		if (!rc)
			rc = pv_notes(image, pv, err);
		if (rc || pv->paddr_offset == image->offset)
			return rc;
		if (known)
			return xlite_error_set(err, -EBADMSG, "changes while it is read");
		image->offset = pv->paddr_offset;
		known = true;
	}
}

int xlite_image_load_pv(struct xlite_image *image, const struct xlite_image_sink *sink, struct xlite_image_pv *pv,
			struct xlite_error *err)
{
	int rc;

	*pv = (struct xlite_image_pv){ 0 };
	image->sink_failed = false;
	rc = image_cache_use(image, err);
	if (!rc)
		rc = pv_load(image, sink, pv, err);
	if (rc && !image->sink_failed)
		xlite_error_prefix(err, "%s", image->path);
	pv->format = image->format;
	return rc;
}

void xlite_image_close(struct xlite_image *image)
{
	if (!image)
		return;
	unpack_close(&image->stream.unpack);
	free(image->stream.head);
	elf_clear(&image->elf);
	if (image->cache_fd >= 0)
		close(image->cache_fd);
	if (image->fd >= 0)
		close(image->fd);
	free(image->path);
	free(image);
}
