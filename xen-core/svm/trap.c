/* SPDX-License-Identifier: GPL-2.0-or-later
 * Exceptions of the host right before and behind a guest's run, where some of the processor's state is not the host's
 * yet, or any more (AMD64 APM 2, 15.5): an emulator may deliver there what the guest's last instruction has caused.
 * That state is exchanged for as long as the exception is dealt with.
 */
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/idt.h"
#include "xen-core/svm/svm.h"

extern const char svm_foreign[], svm_foreign_end[];

/*
 * On svm_enter's stack: the registers' address, and those of the guest's and the host's control block. NULL: it is
 * not there.
 */
static const uint64_t *entered(const struct trap_frame *frame)
{
	bool foreign = frame->rip >= (uintptr_t)svm_foreign && frame->rip < (uintptr_t)svm_foreign_end;

	return foreign ? (const uint64_t *)(uintptr_t)frame->rsp : NULL;
}

/* Where it is saved already, it is so once more. */
static void begin(const struct trap_frame *frame)
{
	const uint64_t *stack = entered(frame);

	if (stack) {
		vm_save(stack[1]);
		vm_load(stack[2]);
	}
}

static void end(const struct trap_frame *frame)
{
	const uint64_t *stack = entered(frame);

	if (stack)
		vm_load(stack[1]);
}

void svm_trap_init(void)
{
	idt_around(begin, end);
}
