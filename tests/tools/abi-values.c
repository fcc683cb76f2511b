/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prints a line "NAME VALUE" for each of abi-values.h, by the headers it is compiled with (abi-table.sh: those of each
 * release).
 */
#include <stdio.h>

#define V(x) printf("%s 0x%llx\n", #x, (unsigned long long)(x));
#define S(t) printf("sizeof(%s) %zu\n", #t, sizeof(struct t));
#define O(t, f) printf("%s.%s %zu\n", #t, #f, offsetof(struct t, f));
#include "abi-values.h"

int main(void)
{
	abi_values();
	return 0;
}
