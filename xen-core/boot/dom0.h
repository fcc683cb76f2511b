/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_BOOT_DOM0_H
#define XEN_CORE_BOOT_DOM0_H

#include <stdint.h>

/** Makes domain 0 of the boot modules (kernel, ramdisk): mem bytes of memory, vcpus vCPUs. Panics when that cannot be. */
void dom0_build(uint64_t mem, unsigned vcpus);

#endif
