/* SPDX-License-Identifier: GPL-2.0-or-later
 * Memory maps: the bytes of their entries, one after the other over as many pages as they need.
 */
#include "xen-core/domain/memory_map.h"

#include <xen/errno.h>

#include "xen-core/domain/guest.h"
#include "xen-core/mm/frame.h"

_Static_assert(MEMORY_MAP_MAX * MEMORY_MAP_ENTRY % PAGE_SIZE == 0, "whole pages");

/* Of a map that long, how many bytes are in a page. */
static size_t part(unsigned nr, unsigned page)
{
	size_t len = (size_t)nr * MEMORY_MAP_ENTRY, at = page * PAGE_SIZE;

	return at < len ? MIN(len - at, PAGE_SIZE) : 0;
}

void memory_map_clear(struct memory_map *map)
{
	for (unsigned i = 0; i < MEMORY_MAP_PAGES; i++)
		page_free(map->pages[i]);
	*map = (struct memory_map){ 0 };
}

int memory_map_set(struct memory_map *map, struct vcpu *v, uint64_t va, unsigned nr)
{
	struct memory_map with = { .nr = nr };
	int rc = 0;

	if (nr > MEMORY_MAP_MAX)
		return -XEN_EINVAL;
	for (unsigned i = 0; !rc && part(nr, i); i++) {
		with.pages[i] = page_alloc();
		if (!with.pages[i])
			rc = -XEN_ENOMEM;
		else if (!guest_read(v, with.pages[i], va + i * PAGE_SIZE, part(nr, i)))
			rc = -XEN_EFAULT;
	}
	memory_map_clear(rc ? &with : map);
	if (!rc)
		*map = with;
	return rc;
}

bool memory_map_get(const struct memory_map *map, struct vcpu *v, uint64_t va, unsigned nr)
{
	for (unsigned i = 0; part(nr, i); i++)
		if (!guest_write(v, va + i * PAGE_SIZE, map->pages[i], part(nr, i)))
			return false;
	return true;
}

bool memory_map_add(struct memory_map *map, uint64_t address, uint64_t size, uint32_t type)
{
	struct { uint64_t address, size; uint32_t type; } entry = { address, size, type };
	size_t at = (size_t)map->nr * MEMORY_MAP_ENTRY;

	if (map->nr == MEMORY_MAP_MAX)
		return false;
	/* Byte by byte: an entry may lie in two pages. */
	for (unsigned i = 0; i < MEMORY_MAP_ENTRY; i++, at++) {
		uint8_t **page = (uint8_t **)&map->pages[at / PAGE_SIZE];

		if (!*page)
			*page = page_alloc();
		if (!*page)
			return false;
		(*page)[at % PAGE_SIZE] = ((const uint8_t *)&entry)[i];
	}
	map->nr++;
	return true;
}
