/* SPDX-License-Identifier: GPL-2.0-or-later
 * A picture as QEMU writes it (PPM, "P6") as PNG (RFC 2083).
 */
#ifndef CLI_PNG_H
#define CLI_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

/** -EBADMSG: not such a picture, or not all of it; nothing of its content is taken at its word. */
int png_from_ppm(const uint8_t *ppm, size_t len, struct buf *out, struct xlite_error *err);

#endif
