/* SPDX-License-Identifier: GPL-2.0-or-later
 * The string functions that the compiler and we use. The long ones are the processor's own.
 */
#include "xen-core/lib/lib.h"

void *memcpy(void *to, const void *from, size_t len)
{
	void *start = to;

	size_t words = len / 8;

	len %= 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	if (len)
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
	return start;
}

void *memmove(void *to, const void *from, size_t len)
{
	size_t words = len / 8, rest = len % 8;
	char *last_to = (char *)to + len - 1;
	const char *last_from = (const char *)from + len - 1;

	if ((uintptr_t)to - (uintptr_t)from >= len)
		return memcpy(to, from, len);
	/* Backwards: the odd bytes at the end, then words, of which the last begins seven bytes earlier. */
	__asm__ volatile("std; rep movsb" : "+D"(last_to), "+S"(last_from), "+c"(rest) : : "memory");
	last_to -= 7;
	last_from -= 7;
	__asm__ volatile("rep movsq; cld" : "+D"(last_to), "+S"(last_from), "+c"(words) : : "memory");
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	void *start = to;
	size_t words = len / 8;

	len %= 8;
	__asm__ volatile("rep stosq"
			 : "+D"(to), "+c"(words)
			 : "a"((unsigned char)byte * UINT64_C(0x0101010101010101))
			 : "memory");
	if (len)
		__asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(byte) : "memory");
	return start;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

size_t strlen(const char *text)
{
	size_t len = 0;

	while (text[len])
		len++;
	return len;
}

int strncmp(const char *a, const char *b, size_t len)
{
	for (; len; len--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}
