/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PV guest's entry and its notes (xen/elfnote.h). PV_P2M: where it wants the list of its frames; else that lies behind it. */
#include <xen/elfnote.h>

	.section .calls, "ax", @progbits
	.globl pv_calls
	.balign 4096
pv_calls:
	.fill 4096, 1, 0xcc

	.text
	.globl pv_start
pv_start:	/* rsi: start_info. On the stack that the builder gave. */
	mov %rsi, %rdi
	mov %rsp, %rsi
	pushfq
	pop %rdx
	xor %ebp, %ebp
	call pv_main
	ud2

	.macro note type:req, desc:vararg
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\desc
2:
	.endm
	.section .note.Xen, "a", @note
	note XEN_ELFNOTE_GUEST_OS, .asciz "test"
	note XEN_ELFNOTE_LOADER, .asciz "generic"
	note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	note XEN_ELFNOTE_ENTRY, .quad pv_start
	note XEN_ELFNOTE_HYPERCALL_PAGE, .quad pv_calls
	note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
#ifdef PV_P2M
	note XEN_ELFNOTE_VIRT_BASE, .quad pv_base
	note XEN_ELFNOTE_INIT_P2M, .quad PV_P2M
	note XEN_ELFNOTE_MOD_START_PFN, .quad 1
#endif
	.section .note.GNU-stack, "", @progbits
