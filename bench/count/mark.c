/* SPDX-License-Identifier: GPL-2.0-or-later
 * mark 4|5|6|7|8: a mark for the counting plugin, from a shell. As a guest's first program it makes mark 3, which says that the
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
	switch (argc == 2 ? atoi(argv[1]) : 0) {
	case 4:
		MARK(4);
		break;
	case 5:
		MARK(5);
		break;
	case 6:
		MARK(6);
		break;
	case 7:
		MARK(7);
		break;
	case 8:
		MARK(8);
		break;
	default:
		fprintf(stderr, "usage: mark 4|5|6|7|8\n");
		return 2;
	}
	return 0;
}
