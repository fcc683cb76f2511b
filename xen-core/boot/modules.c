/* SPDX-License-Identifier: GPL-2.0-or-later
 * Boot modules go out of the way, and the first, dom0's kernel, becomes the ELF file that it is when unpacked.
 */
#include "xen-core/boot/boot.h"

#include "xen-core/boot/boot_info.h"
#include "xen-core/boot/bzimage.h"
#include "xen-core/lib/lib.h"

static void *address(uint64_t at)
{
	return (void *)(uintptr_t)at;
}

/* False when there is no kernel, or it is not packed. */
static bool packed_kernel(struct bzimage *b)
{
	const struct boot_module *m = &boot_info.modules[0];
	const char *wrong;

	if (!boot_info.nr_modules || !bzimage_is(address(m->start), m->size))
		return false;
	wrong = bzimage_open(b, address(m->start), m->size);
	if (wrong)
		panic("dom0's kernel: %s", wrong);
	return true;
}

uint64_t modules_room(void)
{
	struct bzimage b;
	uint64_t size = packed_kernel(&b) ? ALIGN_UP(bzimage_room(&b), PAGE_SIZE) : 0;

	for (size_t i = 0; i < boot_info.nr_modules; i++)
		size += ALIGN_UP(boot_info.modules[i].size, PAGE_SIZE);
	return size;
}

void modules_move(uint64_t end)
{
	struct boot_module *kernel = &boot_info.modules[0];
	const char *wrong;
	struct bzimage b;

	for (size_t i = boot_info.nr_modules; i-- > 0;) {
		struct boot_module *m = &boot_info.modules[i];

		log_print("boot module %zu, at 0x%lx, %lu KiB: %s\n", i, m->start, m->size / KIB, m->cmdline);
		end -= ALIGN_UP(m->size, PAGE_SIZE);
		memcpy(address(end), address(m->start), m->size);
		m->start = end;
	}
	if (!packed_kernel(&b))
		return;
	end -= ALIGN_UP(bzimage_room(&b), PAGE_SIZE);
	log_print("dom0's kernel is being unpacked: %zu MiB\n", b.size / MIB);
	wrong = bzimage_unpack(&b, address(end));
	if (wrong)
		panic("dom0's kernel: %s", wrong);
	kernel->start = end;
	kernel->size = b.size;
}
