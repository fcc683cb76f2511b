/* SPDX-License-Identifier: GPL-2.0-or-later
 * ELF files and bzImages for the tests, and the sink that takes them in.
 */
#include "tests/unit/image_make.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In tests and fuzzing there is no way on without memory. */
static void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

void bytes_clear(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

struct bytes bytes_copy(const struct bytes *b)
{
	struct bytes copy = { need(malloc(b->len)), b->len };

	memcpy(copy.data, b->data, b->len);
	return copy;
}

uint32_t noise(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

const struct elf_plan elf_small = {
	.phdrs = {
		{ PT_LOAD, 0x200, 0x100000, 0x600, 0x600 },
		{ PT_LOAD, 0x900, 0x104000, 0x500, 0x2000 },
		{ PT_NOTE, 0x400, 0x100200, NOTE_SIZE, NOTE_SIZE },
	},
	.nr_phdrs = 3,
	.note_offset = 0x400,
	.entry = SMALL_ENTRY,
	.size = 0x1000,
};

static void header_put(const struct elf_plan *plan, uint8_t *data, uint64_t phoff)
{
	unsigned type = plan->type ? plan->type : ET_EXEC;
	uint8_t ident[EI_NIDENT] = { 0x7f, 'E', 'L', 'F', plan->narrow ? ELFCLASS32 : ELFCLASS64, ELFDATA2LSB, 1 };

	if (plan->narrow) {
		Elf32_Ehdr h = { .e_type = (Elf32_Half)type, .e_version = 1, .e_phoff = (Elf32_Off)phoff,
				 .e_machine = (Elf32_Half)(plan->machine ? plan->machine : EM_386),
				 .e_shoff = (Elf32_Off)plan->shoff, .e_ehsize = sizeof(h),
				 .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = (Elf32_Half)plan->nr_phdrs,
				 .e_shentsize = sizeof(Elf32_Shdr), .e_shnum = (Elf32_Half)plan->nr_sections };
		memcpy(h.e_ident, ident, sizeof(ident));
		memcpy(data, &h, sizeof(h));
	} else {
		Elf64_Ehdr h = { .e_type = (Elf64_Half)type, .e_version = 1, .e_phoff = phoff,
				 .e_machine = (Elf64_Half)(plan->machine ? plan->machine : EM_X86_64),
				 .e_shoff = plan->shoff, .e_ehsize = sizeof(h), .e_phentsize = sizeof(Elf64_Phdr),
				 .e_phnum = (Elf64_Half)plan->nr_phdrs, .e_shentsize = sizeof(Elf64_Shdr),
				 .e_shnum = (Elf64_Half)plan->nr_sections };
		memcpy(h.e_ident, ident, sizeof(ident));
		memcpy(data, &h, sizeof(h));
	}
}

static void phdr_put(const struct elf_plan *plan, uint8_t *table, unsigned i)
{
	if (plan->narrow) {
		Elf32_Phdr p = { .p_type = plan->phdrs[i].type, .p_offset = (Elf32_Off)plan->phdrs[i].offset,
				 .p_paddr = (Elf32_Addr)plan->phdrs[i].paddr, .p_vaddr = 0xc0000000,
				 .p_filesz = (Elf32_Word)plan->phdrs[i].filesz,
				 .p_memsz = (Elf32_Word)plan->phdrs[i].memsz };
		memcpy(table + i * sizeof(p), &p, sizeof(p));
	} else {
		Elf64_Phdr p = { .p_type = plan->phdrs[i].type, .p_offset = plan->phdrs[i].offset,
				 .p_paddr = plan->phdrs[i].paddr, .p_vaddr = UINT64_C(0xffffffff81000000),
				 .p_filesz = plan->phdrs[i].filesz, .p_memsz = plan->phdrs[i].memsz };
		memcpy(table + i * sizeof(p), &p, sizeof(p));
	}
}

static void section_put(const struct elf_plan *plan, uint8_t *table, unsigned i)
{
	if (plan->narrow) {
		Elf32_Shdr s = { .sh_type = plan->sections[i].type, .sh_offset = (Elf32_Off)plan->sections[i].offset,
				 .sh_size = (Elf32_Word)plan->sections[i].size };
		memcpy(table + i * sizeof(s), &s, sizeof(s));
	} else {
		Elf64_Shdr s = { .sh_type = plan->sections[i].type, .sh_offset = plan->sections[i].offset,
				 .sh_size = plan->sections[i].size };
		memcpy(table + i * sizeof(s), &s, sizeof(s));
	}
}

struct bytes elf_make(const struct elf_plan *plan)
{
	struct bytes elf = { need(malloc(plan->size)), plan->size };
	uint64_t state = 88172645463325252u;
	uint64_t phoff = plan->phoff ? plan->phoff : plan->narrow ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);

	for (size_t i = 0; i < elf.len; i++)
		elf.data[i] = (uint8_t)(noise(&state) & 0x11);
	header_put(plan, elf.data, phoff);
	for (unsigned i = 0; i < plan->nr_phdrs; i++)
		phdr_put(plan, elf.data + phoff, i);
	for (unsigned i = 0; i < plan->nr_sections; i++)
		section_put(plan, elf.data + plan->shoff, i);
	if (plan->note_offset) {
		Elf32_Nhdr note = { 4, plan->note_desc ? plan->note_desc : 8, plan->note_type ? plan->note_type : 18 };

		memcpy(elf.data + plan->note_offset, &note, sizeof(note));
		memcpy(elf.data + plan->note_offset + sizeof(note), "Xen", 4);
		memcpy(elf.data + plan->note_offset + sizeof(note) + 4, &plan->entry, sizeof(plan->entry));
	}
	return elf;
}

struct bytes elf_memory(const struct elf_plan *plan, const struct bytes *elf)
{
	uint64_t low = UINT64_MAX, high = 0;
	struct bytes memory;

	for (unsigned i = 0; i < plan->nr_phdrs; i++) {
		if (plan->phdrs[i].type != PT_LOAD || !plan->phdrs[i].memsz)
			continue;
		if (plan->phdrs[i].paddr < low)
			low = plan->phdrs[i].paddr;
		if (plan->phdrs[i].paddr + plan->phdrs[i].memsz > high)
			high = plan->phdrs[i].paddr + plan->phdrs[i].memsz;
	}
	memory = (struct bytes){ need(calloc(1, high - low)), high - low };
	for (unsigned i = 0; i < plan->nr_phdrs; i++)
		if (plan->phdrs[i].type == PT_LOAD)
			memcpy(memory.data + (plan->phdrs[i].paddr - low), elf->data + plan->phdrs[i].offset,
			       plan->phdrs[i].filesz);
	return memory;
}

struct bytes bzimage_make(const struct bytes *payload, bool sized, uint32_t size)
{
	uint32_t length = (uint32_t)payload->len + (sized ? 4 : 0), offset = BZIMAGE_PAYLOAD - 5 * 512;
	struct bytes image = { NULL, BZIMAGE_PAYLOAD + length + 64 };

	image.data = need(calloc(1, image.len));
	image.data[0x1f1] = 4;
	memcpy(image.data + 0x1fe, "\x55\xaa\xeb\x66HdrS\x0f\x02", 10);
	image.data[0x211] = 1;
	memcpy(image.data + 0x248, &offset, 4);
	memcpy(image.data + 0x24c, &length, 4);
	memcpy(image.data + BZIMAGE_PAYLOAD, payload->data, payload->len);
	if (sized)
		memcpy(image.data + BZIMAGE_PAYLOAD + payload->len, &size, 4);
	return image;
}

static int memory_reserve(void *ctx, uint64_t low, uint64_t high, struct xlite_error *err)
{
	struct memory *memory = ctx;

	memory->reserved++;
	if (memory->fail_reserve)
		return xlite_error_set(err, -memory->fail_reserve, "the sink says no");
	if (low >= high || high > UINT64_C(1) << 32)
		abort();
	free(memory->bytes);
	memory->bytes = high - low > 64 << 20 ? NULL : need(calloc(1, high - low));
	if (!memory->bytes)
		return xlite_error_set(err, -ENOSPC, "too large for this test");
	memory->low = low;
	memory->high = high;
	return 0;
}

static int memory_window(void *ctx, uint64_t addr, size_t *len, void **ptr, struct xlite_error *err)
{
	struct memory *memory = ctx;

	memory->windows++;
	if (memory->fail_window)
		return xlite_error_set(err, -memory->fail_window, "the sink has no window");
	/* The contract: after reserve, inside it, not empty. */
	if (!memory->bytes || !*len || addr < memory->low || addr >= memory->high || *len > memory->high - addr)
		abort();
	if (memory->window_max && *len > memory->window_max)
		*len = memory->window_max;
	if (memory->empty_window)
		*len = 0;
	*ptr = memory->bytes + (addr - memory->low);
	return 0;
}

struct xlite_image_sink memory_sink(struct memory *memory)
{
	return (struct xlite_image_sink){ memory, memory_reserve, memory_window };
}

void memory_clear(struct memory *memory)
{
	free(memory->bytes);
	memory->bytes = NULL;
}

const char *image_file(const void *data, size_t len)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, len, 0) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

int image_try(const struct bytes *file, uint64_t limit, struct memory *memory, struct xlite_image_info *info,
	      struct xlite_error *err)
{
	struct xlite_image_sink sink = memory_sink(memory);
	struct xlite_image *image = NULL;
	int rc;

	rc = xlite_image_open(&image, image_file(file->data, file->len), limit, err);
	if (rc)
		return rc;
	rc = xlite_image_load(image, &sink, info, err);
	xlite_image_close(image);
	return rc;
}
