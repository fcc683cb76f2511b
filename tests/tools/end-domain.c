/* SPDX-License-Identifier: GPL-2.0-or-later
 * "end-domain DOMID REASON": the domain has shut down with that code (xen/sched.h: SHUTDOWN_*), as if its guest had asked
 * for it. Used by tests/lab/change.bats and apply.bats.
 */
#include <stdio.h>
#include <stdlib.h>

#include "xlite/lib/xen.h"

int main(int argc, char **argv)
{
	struct xlite_error err = { 0 };
	struct xlite_xen *xen;
	int rc;

	if (argc != 3)
		return 64;
	rc = xlite_xen_open(&xen, &err);
	if (!rc)
		rc = xlite_domain_shutdown(xen, (uint32_t)strtoul(argv[1], NULL, 0), (unsigned)strtoul(argv[2], NULL, 0), &err);
	if (rc)
		fprintf(stderr, "end-domain: %s\n", err.message);
	else
		xlite_xen_close(xen);
	return rc ? 1 : 0;
}
