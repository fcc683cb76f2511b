/* SPDX-License-Identifier: GPL-2.0-or-later
 * The boot modules' places: where the loader has put them, dom0 will be.
 */
#ifndef XEN_CORE_BOOT_MODULES_H
#define XEN_CORE_BOOT_MODULES_H

#include <stdint.h>

/** How much room they need elsewhere until dom0 has been built, whole pages: with the unpacked kernel, if it comes packed. */
uint64_t modules_room(void);
/** Moves them to the end of such a room, which touches none of them, and unpacks the kernel. Panics when it is damaged. */
void modules_move(uint64_t end);

#endif
