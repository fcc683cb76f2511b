/* SPDX-License-Identifier: GPL-2.0-or-later
 * Entries of the 256 vectors, 16 bytes apart, and the instructions that may fault.
 */
	.text
	.code64
	.balign 16
	.global idt_entries
idt_entries:
	.set vector, 0
	.rept 256
	.balign 16
	.set vector_has_error, (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21)
	.if vector_has_error || (vector == 29) || (vector == 30)
	.else
	push $0
	.endif
	push $vector
	jmp idt_common
	.set vector, vector + 1
	.endr

	.balign 16
idt_common:
	/* The vector was pushed after the error code. */
	.irp register, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	push %\register
	.endr
	cld
	mov %rsp, %rdi
	mov %rsp, %rbp
	and $-16, %rsp
	call idt_trap
	mov %rbp, %rsp
	.irp register, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
	pop %\register
	.endr
	add $16, %rsp
	iretq
