/* SPDX-License-Identifier: GPL-2.0-or-later
 * How a test guest begins (xen/elfnote.h XEN_ELFNOTE_PHYS32_ENTRY): from 32-bit protected mode to long mode with the
 * first 4 GiB identity-mapped, and from real mode for a second CPU; how interrupts come to guest_trap().
 */
#define CODE32	0x08
#define CODE64	0x10
#define DATA	0x18
#define AP_PAGE	0x8000

	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 8, 18
	.asciz "Xen"
	.quad _start

	.text
	.code32
	.globl _start
_start:
	cld
	mov $stack_top, %esp
	mov %ebx, guest_start_info
	movl $pdpt + 7, pml4
	mov $4, %ecx
	mov $pdpt, %edi
	mov $page_dirs + 7, %eax
1:	mov %eax, (%edi)
	add $8, %edi
	add $4096, %eax
	loop 1b
	mov $2048, %ecx
	mov $page_dirs, %edi
	mov $0x87, %eax
2:	mov %eax, (%edi)
	add $8, %edi
	add $0x200000, %eax
	loop 2b
	movl $guest_main, next
	call paging_on
	lgdt gdt_pointer
	ljmp $CODE64, $entry64

paging_on:
	mov %cr4, %eax
	or $0x20, %eax
	mov %eax, %cr4
	mov $pml4, %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx
	rdmsr
	or $0x100, %eax
	wrmsr
	mov %cr0, %eax
	or $0x80000001, %eax
	mov %eax, %cr0
	ret

ap_32:
	mov $DATA, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov $ap_stack_top, %esp
	movl $guest_ap_main, next
	call paging_on
	ljmp $CODE64, $entry64

	.code64
entry64:
	mov $DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	mov %esp, %esp
	lidt idt_pointer
	mov next, %eax
	call *%rax
	ud2

/* A second CPU: copied to AP_PAGE, where it starts in real mode. */
	.code16
	.globl guest_ap_begin, guest_ap_end
guest_ap_begin:
	cli
	xor %ax, %ax
	mov %ax, %ds
	lgdtl AP_PAGE + ap_gdt_pointer - guest_ap_begin
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl $CODE32, $ap_32
ap_gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
guest_ap_end:

	.code64
/* int64_t guest_user(void): what SCHEDOP_yield answers to code of privilege level 3, which then faults its way back. */
	.globl guest_user
guest_user:
	push %rbx
	push %rbp
	mov %rsp, guest_recover + 8
	movq $2f, guest_recover
	mov $0x28, %eax
	ltr %ax
	push $0x23
	push $user_stack_top
	push $2
	push $0x3b
	push $1f
	iretq
1:	mov $29, %eax
	xor %edi, %edi
	xor %esi, %esi
	vmmcall
	hlt
2:	pop %rbp
	pop %rbx
	ret

/* Each vector has 16 bytes of code. */
	.balign 16
	.globl guest_vectors
guest_vectors:
	.set vector, 0
	.rept 256
	.balign 16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
	push $0
	.endif
	push $vector
	jmp trap
	.set vector, vector + 1
	.endr
	.balign 16
trap:
	push %rax
	push %rcx
	push %rdx
	push %rbx
	push %rbp
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	cld
	mov %rsp, %rdi
	mov %rsp, %rbx
	and $~15, %rsp
	call guest_trap
	mov %rbx, %rsp
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rbp
	pop %rbx
	pop %rdx
	pop %rcx
	pop %rax
	add $16, %rsp
	iretq

	.balign 4096
	.globl guest_calls
guest_calls:
	.fill 4096, 1, 0xcc

	.data
	.balign 16
gdt:	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00cff3000000ffff
	.globl guest_tss_descriptor
guest_tss_descriptor:
	.quad 0, 0
	.quad 0x00affb000000ffff
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.quad gdt
idt_pointer:
	.word 4095
	.quad guest_idt
next:	.long 0

	.bss
	.globl guest_idt, guest_recover, guest_start_info, guest_page_dirs
	.balign 4096
pml4:	.skip 4096
pdpt:	.skip 4096
guest_page_dirs:
page_dirs: .skip 16384
guest_idt: .skip 4096
	.skip 16384
stack_top:
	.skip 8192
ap_stack_top:
	.skip 4096
user_stack_top:
guest_recover: .skip 16
guest_start_info: .skip 4

	.section .note.GNU-stack, "", @progbits
