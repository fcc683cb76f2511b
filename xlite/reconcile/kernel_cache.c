/* SPDX-License-Identifier: GPL-2.0-or-later
 * The cache of unpacked kernels on this host; see kernel_cache.h.
 */
#include "xlite/reconcile/kernel_cache.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"

/** Some ten kernels of distributions. */
#define BYTES (UINT64_C(512) << 20)
/** Linux writes mapped pages back after 30 seconds (vm.dirty_expire_centisecs). */
#define SETTLED_S 60

/* An administrator who puts something else there, or forbids it, has no cache. */
const struct xlite_image_cache *kernel_cache_open(struct kernel_cache *cache)
{
	auto_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, cache->boot, sizeof(cache->boot) - 1);

	if (n <= 0)
		return NULL;
	cache->boot[n] = '\0';
	cache->boot[strcspn(cache->boot, "\n")] = '\0';
	mkdir(KERNEL_CACHE_FOLDER, 0700);
	cache->image = (struct xlite_image_cache){
		.folder = KERNEL_CACHE_FOLDER, .stamp = cache->boot, .bytes = BYTES, .settled_s = SETTLED_S
	};
	return &cache->image;
}
