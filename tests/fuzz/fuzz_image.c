/* SPDX-License-Identifier: GPL-2.0-or-later
 * libFuzzer target of the image loader. The first byte chooses: the rest is a file as it is, or an
 * ELF file that is packed and wrapped here, since no mutation gets past a checksum. With
 * XLITE_FUZZ_SEEDS=DIR it first writes seeds there: `XLITE_FUZZ_SEEDS=c fuzz_image c`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/image_make.h"
#include "xlite/lib/build_pv.h"

#define LIMIT (UINT64_C(1) << 20)
#define PACKINGS 8
#define AS_IT_IS 0xff

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Windows are heap of their exact size, so that a byte too many is seen; nothing is kept. */
struct target {
	uint64_t low, high;
	uint8_t *window;
	unsigned windows;
};

static int target_reserve(void *ctx, uint64_t low, uint64_t high, struct xlite_error *err)
{
	struct target *target = ctx;

	if (low >= high)
		abort();
	/* A PV kernel may be anywhere before its notes are known. */
	if (high > UINT64_C(1) << 32)
		return xlite_error_set(err, -28, "too high");
	target->low = low;
	target->high = high;
	return 0;
}

static int target_window(void *ctx, uint64_t addr, size_t *len, void **ptr, struct xlite_error *err)
{
	struct target *target = ctx;

	if (!*len || addr < target->low || addr >= target->high || *len > target->high - addr)
		abort();
	if (*len > 4096 - addr % 4096)
		*len = 4096 - addr % 4096;
	free(target->window);
	*ptr = target->window = malloc(*len);
	return target->window ? 0 : xlite_error_set(err, -12, "memory");
}

/* What is told of a PV kernel must fit in a domain, whose tables must then come out. */
static void check_pv(const struct xlite_image_pv *pv)
{
	enum { FRAMES = 4096 };
	static uint64_t p2m[FRAMES];
	struct pv_plan plan;

	if (pv->entry - pv->virt_base < pv->low || pv->entry - pv->virt_base >= pv->high || pv->high > pv->virt_room)
		abort();
	if (pv->has_hypercall_page && (pv->hypercall_page - pv->virt_base) >> 12 >= (pv->high + 4095) >> 12)
		abort();
	if (pv_plan_make(&plan, pv, FRAMES, 12345, NULL))
		return;
	for (unsigned i = 0; i < plan.nr_maps; i++) {
		uint64_t *pages = malloc(plan.maps[i].nr_tables * 4096);

		pv_tables_write(&plan, &plan.maps[i], p2m, pages);
		free(pages);
	}
}

static void try_pv(const struct bytes *file)
{
	struct target target = { 0 };
	struct xlite_image_sink sink = { &target, target_reserve, target_window };
	struct xlite_image *image = NULL;
	struct xlite_image_pv pv;
	struct xlite_error err = { 0 };

	if (!xlite_image_open_pv(&image, image_file(file->data, file->len), LIMIT, &err)) {
		if (!xlite_image_load_pv(image, &sink, &pv, &err))
			check_pv(&pv);
		xlite_image_load_pv(image, &sink, &pv, NULL);
	}
	xlite_image_close(image);
	free(target.window);
}

static void try_file(const struct bytes *file)
{
	struct target target = { 0 };
	struct xlite_image_sink sink = { &target, target_reserve, target_window };
	struct xlite_image *image = NULL;
	struct xlite_image_info info;
	struct xlite_error err = { 0 };

	if (!xlite_image_open(&image, image_file(file->data, file->len), LIMIT, &err)) {
		if (!xlite_image_load(image, &sink, &info, &err) && (info.entry < info.low || info.entry >= info.high))
			abort();
		/* A second time on the same image: streams start again. */
		xlite_image_load(image, &sink, &info, NULL);
	}
	xlite_image_close(image);
	free(target.window);
	try_pv(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest, packed, image;

	if (size < 2)
		return 0;
	rest = (struct bytes){ (uint8_t *)(uintptr_t)data + 1, size - 1 };
	if (data[0] >= 0x20) {
		try_file(&rest);
		return 0;
	}
	packed = packings[data[0] % PACKINGS].pack(&rest);
	if (data[0] & 8) {
		image = bzimage_make(&packed, data[0] & 16, (uint32_t)rest.len);
		try_file(&image);
		bytes_clear(&image);
	} else {
		try_file(&packed);
	}
	bytes_clear(&packed);
	return 0;
}

static void seed_write(const char *dir, const char *name, uint8_t choice, const struct bytes *b)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	if (!file || fputc(choice, file) == EOF || fwrite(b->data, 1, b->len, file) != b->len || fclose(file))
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dir = getenv("XLITE_FUZZ_SEEDS");
	struct elf_plan narrow = elf_small;
	struct bytes elf = elf_make(&elf_small), other;
	char name[64];

	narrow.narrow = true;
	other = elf_make(&narrow);
	for (unsigned i = 0; dir && i < PACKINGS; i++) {
		struct bytes packed = packings[i].pack(&elf), image = bzimage_make(&packed, i, (uint32_t)elf.len);

		snprintf(name, sizeof(name), "bzimage-%u", i);
		seed_write(dir, name, AS_IT_IS, &image);
		snprintf(name, sizeof(name), "packed-%u", i);
		seed_write(dir, name, AS_IT_IS, &packed);
		snprintf(name, sizeof(name), "elf-%u", i);
		seed_write(dir, name, (uint8_t)i, i & 1 ? &other : &elf);
		bytes_clear(&image);
		bytes_clear(&packed);
	}
	bytes_clear(&elf);
	bytes_clear(&other);
	return 0;
}
