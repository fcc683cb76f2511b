/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the image loader: what kind of file a kernel is, and where a bzImage's payload
 * lies (linux: Documentation/arch/x86/boot.rst).
 */
#ifndef XLITE_LIB_BZIMAGE_H
#define XLITE_LIB_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/** Enough of a file's beginning for the functions below. */
#define IMAGE_PROBE_SIZE 1024

/** Whether head, zero-padded to IMAGE_PROBE_SIZE, begins an x86 Linux boot image. */
bool bzimage_detect(const uint8_t *head);
/**
 * The payload as file offsets [start, end), checked against the file's size. -ENOEXEC: an old
 * protocol or no bzImage; -EBADMSG: the file is truncated.
 */
int bzimage_payload(const uint8_t *head, uint64_t file_size, uint64_t *start, uint64_t *end, struct xlite_error *err);
/** What a file that is no kernel is instead, as a noun with its article, or NULL; head as above. */
const char *image_other_kind(const uint8_t *head);

#endif
