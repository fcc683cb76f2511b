/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: what a boot loader in the domain loads from its disk, as Linux (boot.S). The number behind the first blank of its
 * command line, where the loader's own word ends, is told with the verdict: which entry was booted. The ramdisk begins with
 * "ramdisk".
 */
#include "tests/guests/guest.h"

#include <xen/arch-x86/hvm/start_info.h>

const char guest_name[] = "own";

extern uint32_t guest_start_info;

void guest_test(void)
{
	const struct hvm_start_info *info = (const void *)(uintptr_t)guest_start_info;
	const struct hvm_modlist_entry *module = (const void *)(uintptr_t)info->modlist_paddr;
	const char *at = (const void *)(uintptr_t)module->paddr;

	guest_rounds = guest_word(1, 0);
	CHECK_IS(info->nr_modules, 1);
	CHECK(module->size >= 7);
	for (unsigned i = 0; i < 7; i++)
		CHECK_IS(at[i], "ramdisk"[i]);
}
