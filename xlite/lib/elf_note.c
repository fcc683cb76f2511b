/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Xen's notes in an ELF file (xen/elfnote.h): the address at which a PVH guest is entered.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <xen/elfnote.h>

#include "xlite/lib/elf.h"

/* Notes' names and contents are padded to 4 bytes, in both classes of file as in Xen's. */
static uint64_t padded(uint32_t len)
{
	return ((uint64_t)len + 3) & ~UINT64_C(3);
}

static int entry_read(const void *desc, size_t len, uint32_t *entry, struct xlite_error *err)
{
	uint64_t value = 0;

	if (len != 4 && len != 8)
		return xlite_error_set(err, -ENOEXEC, "its PVH entry point (Xen note 18) has %zu bytes, neither 4 nor 8", len);
	memcpy(&value, desc, len);
	if (value > UINT32_MAX)
		return xlite_error_set(err, -ENOEXEC, "its PVH entry point 0x%llx (Xen note 18) is above 4 GiB",
				       (unsigned long long)value);
	*entry = (uint32_t)value;
	return 1;
}

int elf_notes_walk(const void *notes, size_t size,
		   int (*seen)(void *ctx, uint32_t type, const void *desc, size_t len, struct xlite_error *err),
		   void *ctx, struct xlite_error *err)
{
	const char *at = notes;
	Elf32_Nhdr note;	/* both classes' are the same */

	while (size >= sizeof(note)) {
		uint64_t name, desc;
		int rc = 0;

		memcpy(&note, at, sizeof(note));
		at += sizeof(note);
		size -= sizeof(note);
		name = padded(note.n_namesz);
		if (name > size || note.n_descsz > size - name)
			return 0;
		if (note.n_namesz == 4 && !memcmp(at, "Xen", 4))
			rc = seen(ctx, note.n_type, at + name, note.n_descsz, err);
		if (rc)
			return rc;
		desc = padded(note.n_descsz);
		if (desc > size - name)
			return 0;
		at += name + desc;
		size -= name + desc;
	}
	return 0;
}

static int entry_seen(void *ctx, uint32_t type, const void *desc, size_t len, struct xlite_error *err)
{
	return type == XEN_ELFNOTE_PHYS32_ENTRY ? entry_read(desc, len, ctx, err) : 0;
}

int elf_find_entry(const void *notes, size_t size, uint32_t *entry, struct xlite_error *err)
{
	return elf_notes_walk(notes, size, entry_seen, entry, err);
}
