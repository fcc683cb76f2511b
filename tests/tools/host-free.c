/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prints how much of the host's memory nobody has, in KiB. Used by tests/lab/guests.bats.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/auto.h"
#include "xlite/lib/xen.h"

int main(void)
{
	struct xlite_host_info info;
	struct xlite_error err = { 0 };
	struct xlite_xen *xen;
	int rc = xlite_xen_open(&xen, &err);

	if (!rc) {
		rc = xlite_host_info(xen, &info, &err);
		xlite_xen_close(xen);
	}
	if (rc) {
		fprintf(stderr, "host-free: %s\n", err.message);
		return 1;
	}
	printf("%" PRIu64 "\n", info.free_kib);
	return 0;
}
