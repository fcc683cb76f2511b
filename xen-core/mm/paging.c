/* SPDX-License-Identifier: GPL-2.0-or-later
 * The host's page tables, made once at boot (AMD64 APM 2, 5.3).
 */
#include "xen-core/mm/paging.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/mm/addr.h"

#define LARGE	(2 * MIB)

extern char image_start[], image_rodata[], image_data[], image_end[];

static uint64_t root;

uint64_t paging_size(uint64_t top)
{
	/* One directory for each GiB, tables for the pages around the image, and the two levels above. */
	return (top / (1024 * MIB) + 3 + top / (UINT64_C(1) << 39) + 1 + ALIGN_UP((uintptr_t)image_end, LARGE) / LARGE) *
	       PAGE_SIZE;
}

static uint64_t *table(uint64_t *free_start)
{
	uint64_t *page = (uint64_t *)(uintptr_t)*free_start;

	*free_start += PAGE_SIZE;
	return memset(page, 0, PAGE_SIZE);
}

static uint64_t rights(uint64_t address)
{
	if (!address)
		return 0;
	if (address >= (uintptr_t)image_start && address < (uintptr_t)image_rodata)
		return address | PTE_P;
	if (address >= (uintptr_t)image_rodata && address < (uintptr_t)image_data)
		return address | PTE_P | PTE_NX;
	/* Other processors start in a page below 1 MiB that they run with paging on. */
	return address | PTE_P | PTE_W | PTE_NX;
}

static uint64_t *next(uint64_t *level, unsigned index, uint64_t *free_start)
{
	if (!level[index])
		level[index] = (uintptr_t)table(free_start) | PTE_P | PTE_W;
	return (uint64_t *)(uintptr_t)(level[index] & ~UINT64_C(0xfff));
}

void paging_init(uint64_t top, uint64_t *free_start)
{
	uint64_t *pml4 = table(free_start);

	for (uint64_t a = 0; a < top; a += LARGE) {
		uint64_t *pdpt = next(pml4, (unsigned)(a >> 39), free_start);
		uint64_t *pd = next(pdpt, a >> 30 & 511, free_start);

		if (a >= (uintptr_t)image_end) {
			pd[a >> 21 & 511] = a | PTE_P | PTE_W | PTE_PS | PTE_NX;
			continue;
		}
		uint64_t *pt = next(pd, a >> 21 & 511, free_start);

		for (unsigned i = 0; i < 512; i++)
			pt[i] = rights(a + i * PAGE_SIZE);
	}
	root = (uintptr_t)pml4;
	write_cr3(root);
}

uint64_t paging_root(void)
{
	return root;
}
