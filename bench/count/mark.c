/* SPDX-License-Identifier: GPL-2.0-or-later
 * mark 4..12: a mark for the counting plugin, from a shell. As a guest's first program it makes mark 3, which says that the
 * guest has come so far, and switches the guest off.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "bench/count/mark.h"

int main(int argc, char **argv)
{
	if (getpid() == 1) {
		MARK(3);
		return reboot(RB_POWER_OFF);
	}
	/* The number is part of the instruction. */
#define CASE(n)              \
	case n:              \
		MARK(n);     \
		break
	switch (argc == 2 ? atoi(argv[1]) : 0) {
		CASE(4);
		CASE(5);
		CASE(6);
		CASE(7);
		CASE(8);
		CASE(9);
		CASE(10);
		CASE(11);
		CASE(12);
	default:
		fprintf(stderr, "usage: mark 4..12\n");
		return 2;
	}
	return 0;
}
