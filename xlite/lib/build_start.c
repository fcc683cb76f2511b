/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The bytes that tell a PVH kernel of its memory, ramdisk, command line and ACPI tables
 * (xen/arch-x86/hvm/start_info.h, version 1), in one piece:
 *
 *   0    struct hvm_start_info
 *   56   the memory map, 24 bytes for each range
 *   ...  one struct hvm_modlist_entry of 32 bytes, if there is a ramdisk; then the module's name, if it has one
 *   ...  the command line and its NUL, if there is one
 */
#include <stdint.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "xlite/lib/build_plan.h"

_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info");
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "hvm_memmap_table_entry");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "hvm_modlist_entry");
_Static_assert(PLAN_RAM == XEN_HVM_MEMMAP_TYPE_RAM && PLAN_RESERVED_TYPE == XEN_HVM_MEMMAP_TYPE_RESERVED &&
	       (int)PLAN_ACPI_TYPE == XEN_HVM_MEMMAP_TYPE_ACPI, "types");

static unsigned mapped(const struct build_plan *plan)
{
	struct plan_range range;
	unsigned nr = 0;

	for (unsigned i = 0; i < plan->nr_ranges; i++)
		nr += build_plan_mapped(plan, i, &range);
	return nr;
}

static size_t modlist_offset(const struct build_plan *plan)
{
	return sizeof(struct hvm_start_info) + mapped(plan) * sizeof(struct hvm_memmap_table_entry);
}

static size_t text_bytes(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

size_t build_start_bytes(const struct build_plan *plan, const char *cmdline, uint64_t ramdisk_bytes)
{
	return modlist_offset(plan) + (ramdisk_bytes ? sizeof(struct hvm_modlist_entry) + text_bytes(plan->module) : 0) +
	       text_bytes(cmdline);
}

void build_start_write(const struct build_plan *plan, const char *cmdline, uint64_t rsdp, void *buffer)
{
	uint8_t *bytes = buffer;
	struct hvm_start_info info = {
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.rsdp_paddr = rsdp,
		.memmap_paddr = plan->start_info + sizeof(info),
		.memmap_entries = mapped(plan),
	};
	size_t offset = sizeof(info);

	for (unsigned i = 0; i < plan->nr_ranges; i++) {
		struct hvm_memmap_table_entry entry = { 0 };
		struct plan_range range;

		if (!build_plan_mapped(plan, i, &range))
			continue;
		entry.addr = range.start;
		entry.size = range.end - range.start;
		entry.type = range.type;
		memcpy(bytes + offset, &entry, sizeof(entry));
		offset += sizeof(entry);
	}
	if (plan->ramdisk_bytes) {
		struct hvm_modlist_entry module = { .paddr = plan->ramdisk, .size = plan->ramdisk_bytes };

		if (plan->module)
			module.cmdline_paddr = plan->start_info + offset + sizeof(module);
		info.nr_modules = 1;
		info.modlist_paddr = plan->start_info + offset;
		memcpy(bytes + offset, &module, sizeof(module));
		offset += sizeof(module);
		memcpy(bytes + offset, plan->module ? plan->module : "", text_bytes(plan->module));
		offset += text_bytes(plan->module);
	}
	if (cmdline) {
		info.cmdline_paddr = plan->start_info + offset;
		memcpy(bytes + offset, cmdline, strlen(cmdline) + 1);
	}
	memcpy(bytes, &info, sizeof(info));
}
