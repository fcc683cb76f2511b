/* SPDX-License-Identifier: GPL-2.0-or-later
 * A test guest as a boot loader loads Linux (linux: Documentation/arch/x86/boot.rst): the header of a bzImage, and code
 * that tells the guest behind it in Xen's way what Linux is told in its own. PAYLOAD is the guest's memory from GUEST
 * on; its entry comes first.
 */
#define LOADED	0x100000
#define GUEST	0x400000
#define GUEST_END	0x800000
#define AT(label)	(LOADED + (label) - code)

	.text
	.code32
	.org 0x1f1
	.byte 1			/* setup_sects */
	.word 0
	.long (end - code + 15) / 16	/* syssize */
	.word 0, 0xffff, 0, 0xaa55
	.byte 0xeb, 0x62
	.ascii "HdrS"
	.word 0x206		/* version of the protocol */
	.long 0
	.word 0, 0
	.byte 0, 1		/* type_of_loader, loadflags: loaded high */
	.word 0
	.long LOADED		/* code32_start */
	.long 0, 0, 0		/* ramdisk_image, ramdisk_size, - */
	.word 0, 0
	.long 0			/* cmd_line_ptr */
	.long 0x37ffffff	/* initrd_addr_max */
	.long 0, 0		/* neither aligned nor relocatable */
	.long 255		/* cmdline_size */
	.org 0x400
code:	/* esi: boot_params, laid out as the header */
	cld
	cli
	mov 0x228(%esi), %eax
	mov %eax, AT(cmdline)
	mov 0x218(%esi), %eax
	mov %eax, AT(module)
	mov 0x21c(%esi), %eax
	mov %eax, AT(module_size)
	test %eax, %eax
	setnz AT(modules)
	mov $AT(payload), %esi
	mov $GUEST, %edi
	mov $(end - payload), %ecx
	rep movsb
	mov $GUEST_END, %ecx
	sub %edi, %ecx
	xor %eax, %eax
	rep stosb
	mov $AT(info), %ebx
	mov $GUEST, %eax
	jmp *%eax

	/* struct hvm_start_info, struct hvm_modlist_entry */
	.balign 8
info:	.long 0x336ec578, 1, 0
modules: .long 0
	.quad AT(module)
cmdline: .quad 0
	.quad 0, 0
	.long 0, 0
module:	.quad 0
module_size: .quad 0, 0, 0

	.balign 16
payload:
	.incbin PAYLOAD
	.balign 16
end:
	.section .note.GNU-stack, "", @progbits
