/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the image loader: packed kernels that were unpacked before.
 */
#ifndef XLITE_LIB_IMAGE_CACHE_H
#define XLITE_LIB_IMAGE_CACHE_H

#include "xlite/lib/image_load.h"

/**
 * Lets the image's stream read what is unpacked from its cache, where it has one, and unpacks it there before if need
 * be. Where that cannot be done for any reason, such as a full disk, the stream goes on unpacking. 0; or -ENOMEM, after
 * which the stream is of no use.
 */
int image_cache_use(struct xlite_image *image, struct xlite_error *err);

#endif
