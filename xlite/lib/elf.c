/* SPDX-License-Identifier: LGPL-2.1-or-later
 * ELF headers to segments and note ranges, every figure checked. Tables and sorting
 * only; the bytes go by in image_load.c.
 */
#include "xlite/lib/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/lib/elf_range.h"

static int broken(struct xlite_error *err, const char *what)
{
	return xlite_error_set(err, -ENOEXEC, "broken ELF file: %s", what);
}

/* The narrow header, widened. */
static void header_read(Elf64_Ehdr *to, const void *head, bool wide)
{
	Elf32_Ehdr from;

	if (wide) {
		memcpy(to, head, sizeof(*to));
		return;
	}
	memcpy(&from, head, sizeof(from));
	*to = (Elf64_Ehdr){ .e_type = from.e_type,
			    .e_machine = from.e_machine,
			    .e_version = from.e_version,
			    .e_entry = from.e_entry,
			    .e_phoff = from.e_phoff,
			    .e_shoff = from.e_shoff,
			    .e_phentsize = from.e_phentsize,
			    .e_phnum = from.e_phnum,
			    .e_shentsize = from.e_shentsize,
			    .e_shnum = from.e_shnum };
}

static int header_check(const Elf64_Ehdr *header, bool wide, struct xlite_error *err)
{
	if (header->e_machine != EM_X86_64 && (wide || header->e_machine != EM_386))
		return xlite_error_set(err, -ENOEXEC, "an ELF file, but not for x86 (machine %u)", header->e_machine);
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return xlite_error_set(err, -ENOEXEC, "an ELF file, but not an executable (type %u)", header->e_type);
	if (!header->e_phnum)
		return broken(err, "no program headers");
	if (header->e_phnum > ELF_PHDRS_MAX)
		return xlite_error_set(err, -ENOEXEC, "broken ELF file: %u program headers, more than %u",
				       header->e_phnum, ELF_PHDRS_MAX);
	if (header->e_phentsize != (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return broken(err, "size of a program header");
	return 0;
}

int elf_parse_header(struct elf_file *elf, const void *head, struct xlite_error *err)
{
	const uint8_t *ident = head;
	Elf64_Ehdr header;
	bool wide = ident[EI_CLASS] == ELFCLASS64;
	int rc;

	if (memcmp(ident, ELFMAG, SELFMAG))
		return xlite_error_set(err, -ENOEXEC, "not an ELF file");
	if ((!wide && ident[EI_CLASS] != ELFCLASS32) || ident[EI_DATA] != ELFDATA2LSB)
		return xlite_error_set(err, -ENOEXEC, "an ELF file, but not for x86 (class %u, byte order %u)",
				       ident[EI_CLASS], ident[EI_DATA]);
	header_read(&header, head, wide);
	rc = header_check(&header, wide, err);
	if (rc)
		return rc;
	*elf = (struct elf_file){ .wide = wide,
				  .anywhere = elf->anywhere,
				  .entry = header.e_entry,
				  .phoff = header.e_phoff,
				  .nr_phdrs = header.e_phnum };
	/* Sections are a fallback only: with anything odd about them there are none. */
	if (header.e_shentsize == (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) && header.e_shnum <= ELF_SECTIONS_MAX) {
		elf->shoff = header.e_shoff;
		elf->nr_sections = header.e_shnum;
	}
	return 0;
}

size_t elf_phdrs_size(const struct elf_file *elf)
{
	return elf->nr_phdrs * (elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
}

size_t elf_sections_size(const struct elf_file *elf)
{
	return elf->nr_sections * (elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
}

static void phdr_read(Elf64_Phdr *to, const void *table, unsigned i, bool wide)
{
	Elf32_Phdr from;

	if (wide) {
		memcpy(to, (const char *)table + i * sizeof(*to), sizeof(*to));
		return;
	}
	memcpy(&from, (const char *)table + i * sizeof(from), sizeof(from));
	*to = (Elf64_Phdr){ .p_type = from.p_type, .p_offset = from.p_offset, .p_paddr = from.p_paddr,
			    .p_filesz = from.p_filesz, .p_memsz = from.p_memsz };
}

static void section_read(Elf64_Shdr *to, const void *table, unsigned i, bool wide)
{
	Elf32_Shdr from;

	if (wide) {
		memcpy(to, (const char *)table + i * sizeof(*to), sizeof(*to));
		return;
	}
	memcpy(&from, (const char *)table + i * sizeof(from), sizeof(from));
	*to = (Elf64_Shdr){ .sh_type = from.sh_type, .sh_offset = from.sh_offset, .sh_size = from.sh_size };
}

static int add_segment(struct elf_file *elf, const Elf64_Phdr *phdr, uint64_t limit, struct xlite_error *err)
{
	struct elf_segment segment = { .offset = phdr->p_offset, .filesz = phdr->p_filesz, .paddr = phdr->p_paddr,
				       .memsz = phdr->p_memsz };
	int rc;

	if (!segment.memsz && !segment.filesz)
		return 0;
	rc = elf_check_segment(&segment, elf->anywhere, limit, err);
	if (!rc)
		elf->segments[elf->nr_segments++] = segment;
	return rc;
}

static int add_notes(struct elf_file *elf, uint64_t offset, uint64_t size, uint64_t limit, struct xlite_error *err)
{
	if (!size)
		return 0;
	if (elf->nr_notes == ELF_NOTES_MAX)
		return broken(err, "too many note segments");
	elf->notes[elf->nr_notes++] = (struct elf_notes){ .offset = offset, .size = size };
	return elf_check_notes(offset, size, limit, err);
}

int elf_parse_phdrs(struct elf_file *elf, const void *table, uint64_t limit, struct xlite_error *err)
{
	Elf64_Phdr phdr;
	int rc = 0;

	elf->segments = calloc(elf->nr_phdrs, sizeof(*elf->segments));
	if (!elf->segments)
		return xlite_error_sys(err, -ENOMEM, "read program headers");
	for (unsigned i = 0; !rc && i < elf->nr_phdrs; i++) {
		phdr_read(&phdr, table, i, elf->wide);
		if (phdr.p_type == PT_LOAD)
			rc = add_segment(elf, &phdr, limit, err);
		else if (phdr.p_type == PT_NOTE)
			rc = add_notes(elf, phdr.p_offset, phdr.p_filesz, limit, err);
	}
	if (rc)
		return rc;
	if (!elf->nr_segments)
		return broken(err, "no segment to load");
	rc = elf_order_segments(elf, err);
	return rc ? rc : elf_order_notes(elf, err);
}

int elf_parse_sections(struct elf_file *elf, const void *table, uint64_t limit, struct xlite_error *err)
{
	Elf64_Shdr section;
	int rc;

	elf->nr_notes = 0;
	for (unsigned i = 0; i < elf->nr_sections; i++) {
		section_read(&section, table, i, elf->wide);
		if (section.sh_type != SHT_NOTE)
			continue;
		rc = add_notes(elf, section.sh_offset, section.sh_size, limit, err);
		if (rc)
			return rc;
	}
	return elf_order_notes(elf, err);
}

void elf_clear(struct elf_file *elf)
{
	free(elf->segments);
	elf->segments = NULL;
	elf->nr_segments = elf->nr_notes = 0;
}
