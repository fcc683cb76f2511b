/* SPDX-License-Identifier: GPL-2.0-or-later
 * void svm_enter(uint64_t vmcb, struct gpr *gpr, uint64_t host): runs the guest until it exits. The addresses are
 * physical, which is to say the same. Interrupts of the host are on while the guest runs, so that they end the run, but
 * are not taken here. rax and rsp are in the control block; the others are kept at gpr in the order of the encoding.
 */
	.text
	.code64
	.global svm_enter, svm_foreign, svm_foreign_end
svm_enter:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdx
	push %rdi
	push %rsi
	mov %rdi, %rax
	mov 8(%rsi), %rcx
	mov 16(%rsi), %rdx
	mov 24(%rsi), %rbx
	mov 40(%rsi), %rbp
	mov 56(%rsi), %rdi
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov 8 * \n(%rsi), %r\n
	.endr
	mov 48(%rsi), %rsi
	clgi
	sti
	vmload %rax
	/* Up to the next one task register and GS are the guest's: exceptions in between are put right by svm/trap.c. */
svm_foreign:
	vmrun %rax
	/* rax is the host's again; the stack is as it was left. */
	vmsave %rax
	mov 16(%rsp), %rax
	vmload %rax
svm_foreign_end:
	cli
	mov (%rsp), %rax
	mov %rcx, 8(%rax)
	mov %rdx, 16(%rax)
	mov %rbx, 24(%rax)
	mov %rbp, 40(%rax)
	mov %rsi, 48(%rax)
	mov %rdi, 56(%rax)
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov %r\n, 8 * \n(%rax)
	.endr
	stgi
	pop %rsi
	pop %rdi
	pop %rdx
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret
