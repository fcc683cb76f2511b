/* SPDX-License-Identifier: GPL-2.0-or-later
 * From the multiboot loader (32 bits, no paging) to C in long mode. Follows the Multiboot Specification 0.6.96, and the
 * Multiboot2 Specification 2.0: both headers give addresses themselves, so that a loader that knows no 64-bit ELF can
 * load the file.
 */
#define MB_MAGIC	0x1badb002
#define MB_FLAGS	0x00010003	/* modules on pages, memory map, addresses below */

#define MB2_MAGIC	0xe85250d6
#define MB2_I386	0
#define MB2_END		0
#define MB2_ADDRESS	2
#define MB2_ENTRY	3

#define CR0_PE		0x00000001
#define CR0_MP		0x00000002
#define CR0_WP		0x00010000
#define CR0_PG		0x80000000
#define CR4_PAE		0x020
#define CR4_OSFXSR	0x200
#define CR4_OSXMMEXCPT	0x400
#define GDT_SIZE	32		/* of gdt (cpu/percpu.c) */
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100
#define EFER_NXE	0x800

	.section .multiboot, "ax"
	.code32
	.balign 4
multiboot_header:
	.long MB_MAGIC
	.long MB_FLAGS
	.long -(MB_MAGIC + MB_FLAGS)
	.long multiboot_header
	.long image_start
	.long image_load_end
	.long image_end
	.long boot_entry

	.balign 8
multiboot2_header:
	.long MB2_MAGIC
	.long MB2_I386
	.long multiboot2_end - multiboot2_header
	.long -(MB2_MAGIC + MB2_I386 + (multiboot2_end - multiboot2_header))
	.word MB2_ADDRESS, 0
	.long 24
	.long multiboot2_header
	.long image_start
	.long image_load_end
	.long image_end
	.balign 8
	.word MB2_ENTRY, 0
	.long 12
	.long boot_entry
	.balign 8
	.word MB2_END, 0
	.long 8
multiboot2_end:

	.text
	.code32
	.global boot_entry
boot_entry:
	cli
	cld
	mov $boot_stack_end, %esp
	mov %eax, %ebp			/* what the loader says of itself */
	/* The first 4 GiB, one to one, in pages of 2 MiB. */
	mov $boot_pd, %edi
	mov $0x83, %eax			/* present, writable, large */
	xor %ecx, %ecx
1:	mov %eax, (%edi, %ecx, 8)
	mov $0, %edx
	mov %edx, 4(%edi, %ecx, 8)
	add $0x200000, %eax
	inc %ecx
	cmp $2048, %ecx
	jne 1b
	mov $boot_pd + 3, %eax
	xor %ecx, %ecx
2:	mov %eax, boot_pdpt(, %ecx, 8)
	add $0x1000, %eax
	inc %ecx
	cmp $4, %ecx
	jne 2b
	mov $boot_pdpt + 3, %eax
	mov %eax, boot_pml4
	mov $boot_pml4, %edi
	call enter_long
	lgdt gdt_pointer
	ljmp $0x08, $3f
	.code64
3:	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov %ebp, %edi
	mov %ebx, %esi
	xor %ebp, %ebp
	call boot_main
4:	cli
	hlt
	jmp 4b

/* Turns on paging with the table at EDI; the caller's code must be mapped one to one. */
	.code32
enter_long:
	mov $CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT, %eax
	mov %eax, %cr4
	mov %edi, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME | EFER_NXE, %eax
	wrmsr
	mov $CR0_PE | CR0_MP | CR0_WP | CR0_PG, %eax
	mov %eax, %cr0
	ret

/* The processors after the first begin here, one at a time, in real mode, in a copy of this code in the page that their
 * startup IPI names. */
	.section .rodata
	.global trampoline_start, trampoline_end
	.balign 16
	.code16
trampoline_start:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl trampoline_gdt_pointer - trampoline_start
	mov $CR0_PE, %eax
	mov %eax, %cr0
	ljmpl $0x18, $trampoline_32
	.balign 8
trampoline_gdt_pointer:
	.word GDT_SIZE - 1
	.long gdt
trampoline_end:

	.text
	.code32
trampoline_32:
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov $ap_stack_end, %esp
	mov ap_page_table, %edi
	call enter_long
	ljmp $0x08, $5f
	.code64
5:	mov $0x10, %eax
	mov %eax, %ss
	mov ap_stack, %rsp
	xor %ebp, %ebp
	mov ap_argument, %rdi
	call smp_main
6:	cli
	hlt
	jmp 6b

	.data
	.balign 16
gdt_pointer:
	.word GDT_SIZE - 1
	.quad gdt
	.balign 8
	.global ap_page_table, ap_stack, ap_argument
ap_page_table:
	.quad 0
ap_stack:
	.quad 0
ap_argument:
	.quad 0

	.bss
	.balign 4096
boot_pml4:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pd:
	.skip 4 * 4096
boot_stack:
	.skip 4 * 4096
boot_stack_end:
	.skip 256
ap_stack_end:
