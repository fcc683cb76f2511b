/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: memory and ports where nothing is: all bits are read as ones, and what is written is dropped, by every
 * kind of move.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "mmio";

#define NOWHERE 0x50000000ul		/* beyond the RAM, and no device's */
#define UNMAPPED 0x180000000ul		/* in no table of the guest's */
#define PORT 0x1234u
#define MARK 0x1122334455667788ull

static uint64_t buffer[64];

/* What a register that held MARK holds after it was loaded in part, or as a whole. */
#define LOADED(insn)                                                                                   \
	({                                                                                             \
		uint64_t r_ = MARK;                                                                    \
		__asm__ volatile(insn : "+a"(r_) : "b"(NOWHERE + 8), "D"(0) : "memory");               \
		r_;                                                                                    \
	})

static void loads(void)
{
	CHECK_IS(LOADED("movb (%%rbx), %%al"), 0x11223344556677ff);
	CHECK_IS(LOADED("movb (%%rbx), %%ah"), 0x112233445566ff88);
	CHECK_IS(LOADED("movw (%%rbx), %%ax"), 0x112233445566ffff);
	CHECK_IS(LOADED("movl (%%rbx), %%eax"), 0xffffffff);
	CHECK_IS(LOADED("movq (%%rbx), %%rax"), -1);
	CHECK_IS(LOADED("movq 8(%%rbx,%%rdi,8), %%rax"), -1);
	CHECK_IS(LOADED("movq 0x100(%%rbx,%%rdi,8), %%rax"), -1);
	CHECK_IS(LOADED("movb (%%ebx), %%al"), 0x11223344556677ff);
	CHECK_IS(LOADED("movzbl (%%rbx), %%eax"), 0xff);
	CHECK_IS(LOADED("movzbw (%%rbx), %%ax"), 0x11223344556600ff);
	CHECK_IS(LOADED("movzwl (%%rbx), %%eax"), 0xffff);
	CHECK_IS(LOADED("movzwq (%%rbx), %%rax"), 0xffff);
	CHECK_IS(LOADED("movsbw (%%rbx), %%ax"), 0x112233445566ffff);
	CHECK_IS(LOADED("movsbl (%%rbx), %%eax"), 0xffffffff);
	CHECK_IS(LOADED("movswq (%%rbx), %%rax"), -1);
	CHECK_IS(LOADED("movabs 0x50000010, %%al"), 0x11223344556677ff);
	CHECK_IS(LOADED("movabs 0x50000010, %%rax"), -1);
	CHECK_IS(LOADED("movb (%%rbx), %%dil; movzbl %%dil, %%eax; xor %%edi, %%edi"), 0xff);
}

static void stores(void)
{
	__asm__ volatile("movb %%al, (%%rbx); movb %%ah, 1(%%rbx); movw %%ax, 2(%%rbx); movl %%eax, 4(%%rbx); movq %%rax, 8(%%rbx)\n\t"
			 "movb $1, (%%rbx); movw $0x1234, (%%rbx); movl $0x12345678, (%%rbx); movq $-2, (%%rbx)\n\t"
			 "movabs %%al, 0x50000000; movabs %%rax, 0x50000000"
			 :
			 : "a"(MARK), "b"(NOWHERE)
			 : "memory");
	CHECK_IS(*(volatile uint64_t *)NOWHERE, -1);
	CHECK_IS(*(volatile uint64_t *)(NOWHERE + 8), -1);
}

static void fill(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(buffer); i++)
		buffer[i] = MARK + i;
}

static void strings(void)
{
	uintptr_t to = NOWHERE, from = (uintptr_t)buffer;
	uint64_t count = 5;

	fill();
	__asm__ volatile("rep stosq" : "+D"(to), "+c"(count) : "a"(0) : "memory");
	CHECK_IS(to, NOWHERE + 40);
	CHECK_IS(count, 0);
	CHECK_IS(*(volatile uint64_t *)NOWHERE, -1);
	__asm__ volatile("stosb" : "+D"(to) : "a"(0) : "memory");
	CHECK_IS(to, NOWHERE + 41);
	__asm__ volatile("movsw" : "+D"(to), "+S"(from) : : "memory");
	CHECK_IS(to, NOWHERE + 43);
	CHECK_IS(from, (uintptr_t)buffer + 2);
	to = (uintptr_t)(buffer + 3), from = NOWHERE + 64, count = 3;
	__asm__ volatile("std; rep movsl; cld" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	CHECK_IS(to, (uintptr_t)(buffer + 3) - 12);
	CHECK_IS(from, NOWHERE + 64 - 12);
	CHECK_IS(count, 0);
	CHECK_IS(buffer[1], MARK + 1);
	CHECK_IS(buffer[2], -1);
	CHECK_IS(buffer[3], (MARK + 3) | 0xffffffff);
	count = 0;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	CHECK_IS(count, 0);
	/* The other end has a page fault of its own, before anything is moved. */
	to = UNMAPPED, from = NOWHERE, count = 2;
	CHECK_IS(guest_move(&to, &from, &count), 14);
	CHECK_IS(to, UNMAPPED);
	CHECK_IS(count, 2);
	to = NOWHERE, from = UNMAPPED;
	CHECK_IS(guest_move(&to, &from, &count), 14);
	CHECK_IS(from, UNMAPPED);
}

static void ports(void)
{
	uintptr_t at = (uintptr_t)buffer;
	uint64_t count = 3;

	fill();
	__asm__ volatile("rep insb" : "+D"(at), "+c"(count) : "d"(PORT) : "memory");
	CHECK_IS(at, (uintptr_t)buffer + 3);
	CHECK_IS(count, 0);
	CHECK_IS(buffer[0], MARK | 0xffffff);
	at = (uintptr_t)(buffer + 1), count = 2;
	__asm__ volatile("rep insl" : "+D"(at), "+c"(count) : "d"(PORT) : "memory");
	CHECK_IS(buffer[1], -1);
	CHECK_IS(buffer[2], MARK + 2);
	__asm__ volatile("insw" : "+D"(at) : "d"(PORT) : "memory");
	CHECK_IS(buffer[2], (MARK + 2) | 0xffff);
	CHECK_IS(at, (uintptr_t)(buffer + 2) + 2);
	at = (uintptr_t)buffer, count = 4;
	__asm__ volatile("rep outsw" : "+S"(at), "+c"(count) : "d"(PORT) : "memory");
	CHECK_IS(at, (uintptr_t)(buffer + 1));
	CHECK_IS(count, 0);
	__asm__ volatile("outsb" : "+S"(at) : "d"(PORT) : "memory");
	CHECK_IS(at, (uintptr_t)(buffer + 1) + 1);
}

/* Parts of a register of the local APIC, and more than one. */
static void apic(void)
{
	uint32_t version = *(volatile uint32_t *)(APIC_PAGE + 0x30);

	CHECK_IS(*(volatile uint8_t *)(APIC_PAGE + 0x30), version & 0xff);
	CHECK_IS(*(volatile uint8_t *)(APIC_PAGE + 0x32), version >> 16 & 0xff);
	CHECK_IS(*(volatile uint16_t *)(APIC_PAGE + 0x30), version & 0xffff);
	CHECK_IS(*(volatile uint32_t *)(APIC_PAGE + 0x34), 0);
}

void guest_test(void)
{
	loads();
	stores();
	strings();
	ports();
	apic();
}
