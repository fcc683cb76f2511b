/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_MM_PAGING_H
#define XEN_CORE_MM_PAGING_H

#include <stdint.h>

/** The first address behind all memory and all devices that the firmware's map and the first 4 GiB show. */
uint64_t paging_top(void);
/**
 * Makes the host's page tables: everything below paging_top one to one; nothing at address 0; text is not written, data not
 * executed. Tables are taken from *free_start on, which moves; room for them is paging_size bytes.
 */
void paging_init(uint64_t *free_start);
uint64_t paging_size(void);
/** The value of CR3 for every CPU. */
uint64_t paging_root(void);

#endif
