/* SPDX-License-Identifier: GPL-2.0-or-later
 * "hold-page DOMID GFN": maps that page of the domain, says so, and keeps it until it is killed. A domain that is destroyed
 * meanwhile stays dying. Used by tests/lab/lessons.bats and core.bats.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "xlite/lib/map.h"

int main(int argc, char **argv)
{
	struct xlite_error err = { 0 };
	struct xlite_xen *xen;
	struct xen_map map;
	int rc;

	if (argc != 3)
		return 64;
	rc = xlite_xen_open(&xen, &err);
	if (!rc)
		rc = xen_map_range(xen, (uint32_t)strtoul(argv[1], NULL, 0), strtoull(argv[2], NULL, 0), 1, &map, &err);
	if (rc) {
		fprintf(stderr, "hold-page: %s\n", err.message);
		return 1;
	}
	puts("held");
	fflush(stdout);
	pause();
	return 0;
}
