/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a domain is told of its memory when it asks (xen/memory.h: XENMEM_memory_map): entries as the BIOS has them,
 * which whoever built it wrote. They are kept, not looked at.
 */
#ifndef XEN_CORE_DOMAIN_MEMORY_MAP_H
#define XEN_CORE_DOMAIN_MEMORY_MAP_H

#include "xen-core/lib/lib.h"

struct vcpu;

#define MEMORY_MAP_MAX		1024
/* Bytes: u64 address, u64 size, u32 type. */
#define MEMORY_MAP_ENTRY	20
#define MEMORY_MAP_PAGES	(MEMORY_MAP_MAX * MEMORY_MAP_ENTRY / PAGE_SIZE)

struct memory_map {
	unsigned nr;			/* entries; 0: there is none */
	void *pages[MEMORY_MAP_PAGES];
};

/**
 * Replaces the map by nr entries at va of the caller's; it is as before when that fails. -EINVAL: too many;
 * -ENOMEM, -EFAULT.
 */
int memory_map_set(struct memory_map *map, struct vcpu *v, uint64_t va, unsigned nr);
/** Writes the first nr entries, which there must be, to va of the caller's; false: not writable. */
bool memory_map_get(const struct memory_map *map, struct vcpu *v, uint64_t va, unsigned nr);
/** One more entry, for whoever is no guest; false: no memory, or too many. */
bool memory_map_add(struct memory_map *map, uint64_t address, uint64_t size, uint32_t type);
void memory_map_clear(struct memory_map *map);

#endif
