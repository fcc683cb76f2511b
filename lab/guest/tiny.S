/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest PVH kernel: one page at 1 MiB that halts for ever. It measures the
 * toolstack, not a guest. Interrupts stay enabled, since Xen takes a halt without
 * them for the end of the vCPU. Entry note: xen/elfnote.h XEN_ELFNOTE_PHYS32_ENTRY. */
	.code32
	.section .text, "ax"
	.globl _start
_start:
	sti
1:	hlt
	jmp 1b

	.section .note.Xen, "a", @note
	.balign 4
	.long 2f - 1f, 4f - 3f, 18
1:	.asciz "Xen"
2:	.balign 4
3:	.long _start
4:
	.section .note.GNU-stack, "", @progbits
