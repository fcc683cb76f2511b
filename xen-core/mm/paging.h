/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_MM_PAGING_H
#define XEN_CORE_MM_PAGING_H

#include <stdint.h>

/**
 * Makes the host's page tables: everything below top, a multiple of 1 GiB, one to one; nothing at address 0; text is
 * not written, data not executed. Tables are taken from *free_start on, which moves; room for them is paging_size
 * bytes.
 */
void paging_init(uint64_t top, uint64_t *free_start);
uint64_t paging_size(uint64_t top);
/** The value of CR3 for every CPU. */
uint64_t paging_root(void);

#endif
