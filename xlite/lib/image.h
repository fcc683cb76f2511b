/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Kernel images: an ELF file or a bzImage whose payload (gzip, xz, zstd, lz4, bzip2,
 * lzma, or nothing) is an ELF file, streamed to a sink segment by segment. No hypercalls
 * here and no memory of the size of the image: what comes out is bounded by the caller.
 */
#ifndef XLITE_LIB_IMAGE_H
#define XLITE_LIB_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/**
 * Receives the image. Addresses are guest physical. reserve is called once, before any write, with the
 * range [low, high) that all segments together occupy; window returns a host pointer for *len bytes (reduced to
 * what is contiguous, at least 1) at a guest physical address inside that range, valid until the next call;
 * memory is zero to begin with, so bss needs no call. All return 0 or a negative errno and fill err.
 */
struct xlite_image_sink {
	void *ctx;
	int (*reserve)(void *ctx, uint64_t low, uint64_t high, struct xlite_error *err);
	int (*window)(void *ctx, uint64_t addr, size_t *len, void **ptr, struct xlite_error *err);
};

struct xlite_image_info {
	uint32_t entry;		/* PHYS32_ENTRY (xen/elfnote.h), or a plain image's own; guest physical */
	uint64_t low, high;	/* guest physical range, end exclusive */
	const char *format;	/* "ELF", "bzImage (xz)"...; static string */
};

/** What a PV kernel's notes say (xen/elfnote.h). Virtual addresses; low and high are what the sink got. */
struct xlite_image_pv {
	uint64_t virt_base;	/* where guest physical address 0 is mapped at first */
	uint64_t virt_room;	/* bytes of addresses from there on that a guest may use */
	uint64_t paddr_offset;	/* what the file's physical addresses are too high */
	uint64_t entry;
	uint64_t low, high;	/* guest physical range, end exclusive */
	bool has_hypercall_page, has_p2m_base;
	uint64_t hypercall_page;
	uint64_t p2m_base;	/* where the list of its frames is mapped; else after the kernel */
	uint64_t p2m_room;	/* bytes of addresses from there on, up to the kernel or what is Xen's */
	bool ramdisk_by_frame;	/* the ramdisk need not be mapped */
	const char *format;	/* as of xlite_image_info */
};

/**
 * Where kernels are kept as they unpack, for the next domain that boots one; borrowed. It may be deleted at any
 * time.
 */
struct xlite_image_cache {
	/*
	 * must belong to the process's user, and nobody else may write there; otherwise, or where it is not there,
	 * kernels are unpacked as if there were no cache
	 */
	const char *folder;
	/*
	 * what is kept is of use with the same stamp only: the id of the host's boot, up to 64 letters, digits and
	 * hyphens
	 */
	const char *stamp;
	uint64_t bytes;		/* that the files may have together; the oldest go */
	/*
	 * what was changed more recently is not kept: its times may stay as they are when it is written to once more,
	 * since clocks tick, and a process that has mapped it writes without new times for half a minute
	 */
	unsigned settled_s;
};

struct xlite_image;

/**
 * Opens path and looks at its first bytes: kind, payload, the ELF headers inside (packed or not), sizes. limit is the
 * most bytes to unpack. The caller closes *out with xlite_image_close. Errors begin with path: open failed (errno);
 * -ENOEXEC: not a kernel, or not one for here; -EBADMSG: truncated or corrupted; -EFBIG: past the limit;
 * -E2BIG: unpacking takes too much memory; -ENOMEM. (linux: Documentation/arch/x86/boot.rst; System V ABI)
 */
int xlite_image_open(struct xlite_image **out, const char *path, uint64_t limit, struct xlite_error *err);
/** As xlite_image_open, for a kernel of PV guests: its segments may lie at any address (PADDR_OFFSET). */
int xlite_image_open_pv(struct xlite_image **out, const char *path, uint64_t limit, struct xlite_error *err);
/**
 * Says that the image is none for PVH: it is entered, unpaged, at the address in its ELF header, as Xen's own tools
 * enter hvmloader. Before xlite_image_load.
 */
void xlite_image_plain(struct xlite_image *image);
/**
 * Lets the image be unpacked to a cache, and be loaded from there, which fails for no reason of the cache's. Before
 * xlite_image_load.
 */
void xlite_image_keep(struct xlite_image *image, const struct xlite_image_cache *cache);
/**
 * The guest physical address at which the image ends (info.high), known from its headers before unpacking. Of a PV
 * kernel at least so much.
 */
uint64_t xlite_image_least_size(const struct xlite_image *image);
/**
 * Unpacks to the sink in one pass and fills info; may be called again, for another domain. Errors: as above, also
 * what shows only now (-EBADMSG: checksums, sizes; -ENOEXEC: no PVH entry point, with a hint), beginning with the
 * path; and the sink's own, untouched. Memory already written stays as it is. (xen/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY)
 */
int xlite_image_load(struct xlite_image *image, const struct xlite_image_sink *sink, struct xlite_image_info *info,
		     struct xlite_error *err);
/**
 * As xlite_image_load, for an image of xlite_image_open_pv; reserve may be called again, with another range, and all
 * then comes once more. -ENOEXEC: not a kernel of 64-bit PV guests.
 */
int xlite_image_load_pv(struct xlite_image *image, const struct xlite_image_sink *sink, struct xlite_image_pv *pv,
			struct xlite_error *err);
/** NULL is fine. */
void xlite_image_close(struct xlite_image *image);

#endif
