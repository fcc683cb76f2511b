/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Xen's notes of a PV kernel (xen/elfnote.h): where it is linked, entered, and what it counts on. Files come from
 * administrators and from packages, and may be anything: every figure is checked before it is used.
 */
#include "xlite/lib/elf_pv.h"

#include <errno.h>
#include <string.h>

#include <xen/elfnote.h>
#include <xen/features.h>

#include "common/auto.h"

#define PAGE UINT64_C(4096)
/* The addresses that Xen keeps for itself, and those that no processor of 4 levels has. */
#define CANONICAL_LOW_END (UINT64_C(1) << 47)
#define XEN_END UINT64_C(0xffff880000000000)

#define ULL(x) ((unsigned long long)(x))

/* Names of features in the note FEATURES, and whether a PV guest can count on them. */
static const struct {
	const char *name;
	bool there;
} features[] = {
	{ "writable_page_tables", true },
	{ "writable_descriptor_tables", true },
	{ "auto_translated_physmap", false },
	{ "supervisor_mode_kernel", false },
	{ "pae_pgdir_above_4gb", true },
	{ "hvm_callback_vector", false },
	{ "dom0", false },
};

void pv_notes_init(struct pv_notes *notes)
{
	*notes = (struct pv_notes){
		.entry = PV_UNSET,
		.virt_base = PV_UNSET,
		.paddr_offset = PV_UNSET,
		.hypercall_page = PV_UNSET,
		.p2m_base = PV_UNSET,
	};
}

static int note_number(const char *name, const void *desc, size_t len, uint64_t *value, struct xlite_error *err)
{
	if (len != 4 && len != 8)
		return xlite_error_set(err, -ENOEXEC, "its Xen note %s has %zu bytes, neither 4 nor 8", name, len);
	*value = 0;
	memcpy(value, desc, len);
	return 0;
}

static bool note_begins(const char *desc, size_t len, const char *text)
{
	return len >= strlen(text) && !memcmp(desc, text, strlen(text));
}

static bool feature_there(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (strlen(features[i].name) == len && !memcmp(features[i].name, name, len))
			return features[i].there;
	}
	return false;
}

/* Of the name, what does no harm to a terminal. */
static int feature_missing(const char *name, size_t len, struct xlite_error *err)
{
	char shown[41];
	size_t n = 0;

	for (; n < len && n < sizeof(shown) - 1; n++)
		shown[n] = name[n] > ' ' && name[n] < 0x7f ? name[n] : '?';
	shown[n] = '\0';
	return xlite_error_set(err, -ENOEXEC,
			       "demands the feature %s (Xen note FEATURES), which Xen does not have for a PV guest",
			       shown);
}

/* "!writable_page_tables|pae_pgdir_above_4gb": what has an exclamation mark is demanded, the rest only understood. */
static int note_features(const char *text, size_t len, struct xlite_error *err)
{
	const char *end = memchr(text, '\0', len);

	for (len = end ? (size_t)(end - text) : len; len; ) {
		const char *bar = memchr(text, '|', len);
		size_t word = bar ? (size_t)(bar - text) : len;

		if (*text == '!' && !feature_there(text + 1, word - 1))
			return feature_missing(text + 1, word - 1, err);
		word += bar != NULL;
		text += word;
		len -= word;
	}
	return 0;
}

static int note_seen(void *ctx, uint32_t type, const void *desc, size_t len, struct xlite_error *err)
{
	struct pv_notes *notes = ctx;
	uint64_t number;
	int rc;

	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		return note_number("ENTRY", desc, len, &notes->entry, err);
	case XEN_ELFNOTE_VIRT_BASE:
		return note_number("VIRT_BASE", desc, len, &notes->virt_base, err);
	case XEN_ELFNOTE_PADDR_OFFSET:
		return note_number("PADDR_OFFSET", desc, len, &notes->paddr_offset, err);
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		return note_number("HYPERCALL_PAGE", desc, len, &notes->hypercall_page, err);
	case XEN_ELFNOTE_INIT_P2M:
		return note_number("INIT_P2M", desc, len, &notes->p2m_base, err);
	case XEN_ELFNOTE_MOD_START_PFN:
		rc = note_number("MOD_START_PFN", desc, len, &number, err);
		notes->mod_start_pfn = !rc && number;
		return rc;
	case XEN_ELFNOTE_FEATURES:
		return note_features(desc, len, err);
	case XEN_ELFNOTE_XEN_VERSION:
		notes->xen_3_0 = note_begins(desc, len, "xen-3.0");
		return 0;
	case XEN_ELFNOTE_LOADER:
		notes->loader |= note_begins(desc, len, "generic");
		return 0;
	case XEN_ELFNOTE_GUEST_OS:
		notes->loader |= note_begins(desc, len, "linux");
		return 0;
	default:
		/* SUPPORTED_FEATURES: what the kernel could use. L1_MFN_VALID: what Xen's PV guests have always had. */
		return 0;
	}
}

int pv_notes_read(struct pv_notes *notes, const void *range, size_t size, struct xlite_error *err)
{
	return elf_notes_walk(range, size, note_seen, notes, err);
}

static int check_kind(const struct pv_notes *notes, const struct elf_file *elf, struct xlite_error *err)
{
	if (!elf->wide) {
		xlite_error_hint(err, "32-bit kernels run in PVH guests, if they are built for that (type: pvh)");
		return xlite_error_set(err, -ENOEXEC, "a 32-bit kernel; PV guests are of 64 bits here");
	}
	if (!notes->xen_3_0 || !notes->loader) {
		xlite_error_hint(err, "use a kernel built with CONFIG_XEN_PV=y, or type: pvh");
		return xlite_error_set(
			err, -ENOEXEC,
			"not a kernel for PV guests (no Xen notes XEN_VERSION xen-3.0, and LOADER generic or GUEST_OS linux)");
	}
	if (notes->paddr_offset != PV_UNSET && notes->virt_base == PV_UNSET)
		return xlite_error_set(err, -ENOEXEC, "has a Xen note PADDR_OFFSET, but no VIRT_BASE");
	return 0;
}

/* Where addresses from base on end: those of Xen are never a guest's. 0: base is none of a guest's. */
static uint64_t virt_room(uint64_t base)
{
	if (base % PAGE)
		return 0;
	if (base < CANONICAL_LOW_END)
		return CANONICAL_LOW_END - base;
	return base >= XEN_END ? -base : 0;
}

static int check_place(const struct pv_notes *notes, const struct elf_file *elf, struct xlite_image_pv *pv,
		       struct xlite_error *err)
{
	uint64_t size = elf->high - elf->low;

	pv->virt_room = virt_room(pv->virt_base);
	if (!pv->virt_room)
		return xlite_error_set(err, -ENOEXEC, "its Xen note VIRT_BASE is 0x%llx, no address of a PV guest",
				       ULL(pv->virt_base));
	if (pv->paddr_offset > elf->low || elf->low - pv->paddr_offset > pv->virt_room ||
	    size > pv->virt_room - (elf->low - pv->paddr_offset))
		return xlite_error_set(
			err, -ENOEXEC,
			"its segments (0x%llx to 0x%llx, less PADDR_OFFSET 0x%llx) do not fit behind VIRT_BASE 0x%llx",
			ULL(elf->low), ULL(elf->high), ULL(pv->paddr_offset), ULL(pv->virt_base));
	pv->low = elf->low - pv->paddr_offset;
	pv->high = pv->low + size;
	if (pv->entry - pv->virt_base < pv->low || pv->entry - pv->virt_base >= pv->high)
		return xlite_error_set(err, -ENOEXEC, "its entry point 0x%llx lies outside of it (0x%llx to 0x%llx)",
				       ULL(pv->entry), ULL(pv->virt_base + pv->low), ULL(pv->virt_base + pv->high));
	if (notes->hypercall_page == PV_UNSET)
		return 0;
	if (notes->hypercall_page % PAGE || notes->hypercall_page - pv->virt_base < (pv->low & ~(PAGE - 1)) ||
	    notes->hypercall_page - pv->virt_base >= pv->high)
		return xlite_error_set(err, -ENOEXEC, "its hypercall page 0x%llx is no page of its",
				       ULL(notes->hypercall_page));
	return 0;
}

int pv_notes_check(const struct pv_notes *notes, const struct elf_file *elf, struct xlite_image_pv *pv, struct xlite_error *err)
{
	uint64_t room;
	int rc = check_kind(notes, elf, err);

	if (rc)
		return rc;
	*pv = (struct xlite_image_pv){
		.virt_base = notes->virt_base != PV_UNSET ? notes->virt_base : 0,
		.paddr_offset = notes->paddr_offset != PV_UNSET ? notes->paddr_offset : 0,
		.entry = notes->entry != PV_UNSET ? notes->entry : elf->entry,
		.has_hypercall_page = notes->hypercall_page != PV_UNSET,
		.hypercall_page = notes->hypercall_page,
		.ramdisk_by_frame = notes->mod_start_pfn,
	};
	rc = check_place(notes, elf, pv, err);
	/* As Xen's own tools: a table that would lie among what is mapped anyway is put there. */
	room = virt_room(notes->p2m_base);
	if (!rc && notes->p2m_base < pv->virt_base && room) {
		pv->has_p2m_base = true;
		pv->p2m_base = notes->p2m_base;
		pv->p2m_room = room < pv->virt_base - pv->p2m_base ? room : pv->virt_base - pv->p2m_base;
	}
	return rc;
}
