/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where kernels are kept as they unpack (xlite/lib/image.h).
 */
#ifndef RECONCILE_KERNEL_CACHE_H
#define RECONCILE_KERNEL_CACHE_H

#include "xlite/lib/image.h"

#define KERNEL_CACHE_FOLDER "/var/cache/xlite"

struct kernel_cache {
	struct xlite_image_cache image;
	char boot[40];		/* id of the host's boot */
};

/** Makes its folder, if need be. NULL: there can be none, and kernels are unpacked each time. Else &cache->image. */
const struct xlite_image_cache *kernel_cache_open(struct kernel_cache *cache);

#endif
