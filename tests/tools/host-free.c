/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prints the hypervisor's free memory in KiB, for tests that look for leaks.
 */
#include <inttypes.h>
#include <stdio.h>

#include "xlite/lib/xen.h"

int main(void)
{
	struct xlite_error err = { 0 };
	struct xlite_host_info info;
	struct xlite_xen *xen;

	if (xlite_xen_open(&xen, &err) || xlite_host_info(xen, &info, &err)) {
		fprintf(stderr, "host-free: %s\n", err.message);
		return 1;
	}
	printf("%" PRIu64 "\n", info.free_kib);
	xlite_xen_close(xen);
	return 0;
}
