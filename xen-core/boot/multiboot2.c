/* SPDX-License-Identifier: GPL-2.0-or-later
 * The information of a Multiboot 2 loader: one block of tags, numbered and laid out as in the Multiboot2 Specification
 * 2.0, section 3.6.
 */
#include "xen-core/boot/boot_info.h"

#include "xen-core/lib/cmdline.h"
#include "xen-core/lib/lib.h"

#define TAG_ALIGN 8

enum { TAG_END = 0, TAG_CMDLINE = 1, TAG_LOADER = 2, TAG_MODULE = 3, TAG_MEMORY_MAP = 6, TAG_RSDP_1 = 14, TAG_RSDP_2 = 15 };

struct tag {
	uint32_t type, size;			/* bytes, with these */
};

struct tag_text {
	struct tag tag;
	char text[];
};

struct tag_module {
	struct tag tag;
	uint32_t start, end;
	char text[];
};

struct tag_map {
	struct tag tag;
	uint32_t entry_size, entry_version;
};

struct map_entry {
	uint64_t start, size;
	uint32_t type, reserved;
};

/* The first, or the next after one; NULL behind the last. */
static const struct tag *next(const uint32_t *info, const struct tag *tag)
{
	const char *start = (const char *)info;
	size_t at = tag ? (size_t)((const char *)tag - start) + ALIGN_UP(tag->size, TAG_ALIGN) : TAG_ALIGN;

	if (at + sizeof(*tag) > info[0])
		return NULL;
	tag = (const void *)(start + at);
	if (tag->size < sizeof(*tag) || tag->size > info[0] - at)
		panic("the boot loader's information is damaged: tag %u of %u bytes, at %zu of %u", tag->type,
		      tag->size, at, info[0]);
	return tag->type == TAG_END ? NULL : tag;
}

static const struct tag *find(const uint32_t *info, uint32_t type)
{
	const struct tag *tag = NULL;

	while ((tag = next(info, tag)) && tag->type != type)
		;
	return tag;
}

static const char *text_of(const uint32_t *info, uint32_t type)
{
	const struct tag_text *tag = (const void *)find(info, type);

	return tag ? tag->text : "";
}

static void take_rsdp(const struct tag_text *tag)
{
	memcpy(boot_info.rsdp, tag->text, MIN(tag->tag.size - sizeof(tag->tag), sizeof(boot_info.rsdp)));
}

static void take_map(const struct tag_map *map)
{
	const char *entry = (const char *)(map + 1), *end = (const char *)map + map->tag.size;

	for (; entry + sizeof(struct map_entry) <= end && map->entry_size; entry += map->entry_size) {
		const struct map_entry *e = (const void *)entry;

		boot_range_add(e->start, e->size, e->type);
	}
}

void multiboot2_take(const void *block)
{
	const uint32_t *info = block;
	const char *loader = text_of(info, TAG_LOADER);
	const struct tag *tag = NULL;

	format(boot_info.cmdline, sizeof(boot_info.cmdline), "%s", text_of(info, TAG_CMDLINE));
	while ((tag = next(info, tag))) {
		const struct tag_module *module = (const void *)tag;

		if (tag->type == TAG_MODULE)
			boot_module_add(module->start, module->end, cmdline_words(module->text, loader));
		else if (tag->type == TAG_MEMORY_MAP)
			take_map((const void *)tag);
		else if (tag->type == TAG_RSDP_2 || (tag->type == TAG_RSDP_1 && !find(info, TAG_RSDP_2)))
			take_rsdp((const void *)tag);
	}
}
