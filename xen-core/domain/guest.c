/* SPDX-License-Identifier: GPL-2.0-or-later
 * The guest's page tables walked by hand (AMD64 APM 2, 5.2 and 5.3): of long mode, and of 32 bits with PAE and without.
 */
#include "xen-core/domain/guest.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/virt.h"

/* Where the machine has what the guest has at addr: memory, not a device. */
static void *at(struct domain *d, gaddr_t addr, bool write)
{
	struct p2m_entry entry = p2m_lookup(&d->p2m, gaddr_frame(addr));

	if (entry.type == P2M_NONE || entry.type == P2M_MMIO || (write && !entry.writable))
		return NULL;
	return (char *)mfn_ptr(entry.mfn) + (addr.v & (PAGE_SIZE - 1));
}

/* How the tables of a mode are built. */
struct paging {
	unsigned levels, bits, size;	/* bits of an address that each level takes, bytes of an entry */
	unsigned large;			/* of the levels counted from 0, a bit for each that has large pages */
	unsigned unruled;		/* and for each without a bit that forbids writing */
	uint64_t root;			/* what of CR3 is the address */
};

static struct paging paging(const struct vcpu *v)
{
	if (virt_efer(v) & EFER_LMA)
		return (struct paging){ 4, 9, 8, 6, 0, PTE_ADDRESS };
	if (virt_cr4(v) & CR4_PAE)
		return (struct paging){ 3, 9, 8, 2, 4, 0xffffffe0 };
	return (struct paging){ 2, 10, 4, virt_cr4(v) & CR4_PSE ? 2 : 0, 0, 0xfffff000 };
}

/* A large page of 32-bit tables has address bits 32 to 39 below the others. */
static uint64_t large_of_4(uint64_t pte)
{
	return (pte & 0xffc00000) | (pte & 0x1fe000) << 19;
}

static bool walk(struct vcpu *v, uint64_t va, bool write, gaddr_t *out)
{
	struct paging p = paging(v);
	uint64_t table = virt_cr3(v) & p.root, pte = 0;

	if (p.levels == 4 ? (uint64_t)((int64_t)(va << 16) >> 16) != va : va > UINT32_MAX)
		return false;
	for (unsigned level = p.levels; level-- > 0;) {
		unsigned shift = PAGE_SHIFT + p.bits * level;
		const void *entry = at(v->domain, GADDR(table + p.size * (va >> shift & (BIT(p.bits) - 1))), false);

		if (!entry)
			return false;
		/* Once: the guest may change it meanwhile. */
		pte = p.size == 8 ? *(const volatile uint64_t *)entry : *(const volatile uint32_t *)entry;
		if (!(pte & PTE_P) || (write && !(pte & PTE_W) && !(p.unruled >> level & 1)))
			return false;
		if (!level || ((p.large >> level & 1) && (pte & PTE_PS))) {
			uint64_t mask = BIT(shift) - 1;

			if (level && p.size == 4)
				pte = large_of_4(pte);
			*out = GADDR((pte & PTE_ADDRESS & ~mask) | (va & mask));
			return true;
		}
		table = pte & PTE_ADDRESS;
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
	return walk(v, va, write, out);
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

/*
 * Another vCPU may change the tables between the two: whatever the first has found, the second reads no more than
 * was asked for.
 */
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

/* Where a field begins that comes behind so many bytes, and how long it is. */
static size_t place(char field, size_t behind, bool narrow, size_t *size)
{
	size_t align;

	*size = field == 'w' ? (narrow ? 4 : 8) : field == 'p' ? 0 : (size_t)(field - '0');
	align = MIN(*size ? *size : 8, narrow ? 4ul : 8ul);
	return (behind + align - 1) & ~(align - 1);
}

size_t layout_size(const char *layout, bool narrow)
{
	size_t at = 0, size;

	for (const char *field = layout; *field; field++)
		at = place(*field, at, narrow, &size) + size;
	return place('p', at, narrow, &size);
}

/* From one form to the other; to a longer word with zeroes. */
static void layout_copy(void *to, bool to_narrow, const void *from, bool from_narrow, const char *layout)
{
	size_t to_at = 0, from_at = 0, to_size, from_size;

	memset(to, 0, layout_size(layout, to_narrow));
	for (const char *field = layout; *field; field++) {
		to_at = place(*field, to_at, to_narrow, &to_size);
		from_at = place(*field, from_at, from_narrow, &from_size);
		memcpy((char *)to + to_at, (const char *)from + from_at, MIN(to_size, from_size));
		to_at += to_size;
		from_at += from_size;
	}
}

bool guest_read_as(struct vcpu *v, void *to, size_t size, uint64_t va, const char *layout)
{
	char form[LAYOUT_MAX];

	if (!layout)
		return guest_read(v, to, va, size);
	if (!guest_read(v, form, va, layout_size(layout, true)))
		return false;
	layout_copy(to, false, form, true, layout);
	return true;
}

bool guest_write_as(struct vcpu *v, uint64_t va, const void *from, size_t size, const char *layout)
{
	char form[LAYOUT_MAX];

	if (!layout)
		return guest_write(v, va, from, size);
	layout_copy(form, true, from, false, layout);
	return guest_write(v, va, form, layout_size(layout, true));
}

mfn_t guest_frame_get(struct domain *d, gfn_t gfn)
{
	struct p2m_entry entry = p2m_lookup(&d->p2m, gfn);

	return entry.type == P2M_RAM && frame_get(entry.mfn, d->id) ? entry.mfn : MFN_NONE;
}
