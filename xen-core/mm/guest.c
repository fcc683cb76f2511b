/* SPDX-License-Identifier: GPL-2.0-or-later
 * The guest's page tables walked by hand (AMD64 APM 2, 5.3). A guest without paging, and one in long mode; that of 32-bit guests
 * with paging is not known, and refused.
 */
#include "xen-core/mm/guest.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/virt.h"

#define PTE_P	BIT(0)
#define PTE_W	BIT(1)
#define PTE_PS	BIT(7)
#define ADDRESS	UINT64_C(0x000ffffffffff000)

/* Where the machine has what the guest has at addr: memory, not a device. */
static void *at(struct domain *d, gaddr_t addr, bool write)
{
	struct p2m_entry entry = p2m_lookup(&d->p2m, gaddr_frame(addr));

	if (entry.type == P2M_NONE || entry.type == P2M_MMIO || (write && !entry.writable))
		return NULL;
	return (char *)mfn_ptr(entry.mfn) + (addr.v & (PAGE_SIZE - 1));
}

static bool walk_long(struct vcpu *v, uint64_t va, bool write, gaddr_t *out)
{
	uint64_t table = virt_cr3(v) & ADDRESS, pte = 0;

	if ((uint64_t)((int64_t)(va << 16) >> 16) != va)
		return false;
	for (unsigned level = 4; level-- > 0;) {
		unsigned shift = PAGE_SHIFT + 9 * level;
		const uint64_t *entry = at(v->domain, GADDR(table + 8 * (va >> shift & 511)), false);

		if (!entry)
			return false;
		/* Once: the guest may change it meanwhile. */
		pte = *(const volatile uint64_t *)entry;
		if (!(pte & PTE_P) || (write && !(pte & PTE_W)))
			return false;
		if (!level || (level < 3 && (pte & PTE_PS))) {
			uint64_t mask = BIT(shift) - 1;

			*out = GADDR((pte & ADDRESS & ~mask) | (va & mask));
			return true;
		}
		table = pte & ADDRESS;
	}
	return false;
}

bool guest_translate(struct vcpu *v, uint64_t va, bool write, gaddr_t *out)
{
	/* Without paging there are no addresses above; one that was registered with it names nothing then. */
	if (!(virt_cr0(v) & CR0_PG)) {
		*out = GADDR(va);
		return va <= UINT32_MAX;
	}
	return (virt_efer(v) & EFER_LMA) && walk_long(v, va, write, out);
}

/* Page by page. */
static bool copy(struct vcpu *v, void *buf, uint64_t va, size_t len, bool write)
{
	char *pos = buf;

	while (len) {
		size_t part = MIN(len, PAGE_SIZE - (va & (PAGE_SIZE - 1)));
		gaddr_t addr;
		void *p;

		if (!guest_translate(v, va, write, &addr))
			return false;
		p = at(v->domain, addr, write);
		if (!p)
			return false;
		if (write)
			memcpy(p, pos, part);
		else
			memcpy(pos, p, part);
		pos += part;
		va += part;
		len -= part;
	}
	return true;
}

bool guest_read(struct vcpu *v, void *to, uint64_t va, size_t len)
{
	return copy(v, to, va, len, false);
}

/* Another vCPU may change the tables between the two: whatever the first has found, the second reads no more than was asked for. */
size_t guest_read_some(struct vcpu *v, void *to, uint64_t va, size_t len)
{
	size_t part = MIN(len, PAGE_SIZE - (va & (PAGE_SIZE - 1)));

	if (guest_read(v, to, va, len))
		return len;
	return guest_read(v, to, va, part) ? part : 0;
}

bool guest_write(struct vcpu *v, uint64_t va, const void *from, size_t len)
{
	return copy(v, (void *)(uintptr_t)from, va, len, true);
}

mfn_t guest_frame_get(struct domain *d, gfn_t gfn)
{
	struct p2m_entry entry = p2m_lookup(&d->p2m, gfn);

	return entry.type == P2M_RAM && frame_get(entry.mfn, d->id) ? entry.mfn : MFN_NONE;
}
