/* SPDX-License-Identifier: GPL-2.0-or-later
 * Hypercalls of three domains.
 */
#include "tests/core/call_check.h"

#include <stdlib.h>

#define FRAMES 400

struct vcpu *host, *guest;
struct domain *other;
static unsigned char *before;

int call_setup(void **state)
{
	host_init(FRAMES, 2);
	host = host_domain(0, 1, CALL_RAM)->vcpus[0];
	guest = host_domain(GUEST, 2, CALL_RAM)->vcpus[0];
	other = host_domain(OTHER, 1, CALL_RAM);
	before = malloc(FRAMES * PAGE_SIZE);
	return before ? 0 : -1;
}

int call_teardown(void **state)
{
	free(before);
	return host_clear() ? 0 : -1;
}

void call_refused(struct vcpu *v, uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2, int64_t rc)
{
	int64_t is;

	memcpy(before, test_memory, FRAMES * PAGE_SIZE);
	is = host_call(v, nr, arg0, arg1, arg2);
	if (is != rc)
		fail_msg("d%u: hypercall %lu(%lx, %lx, %lx) is %ld, not %ld", v->domain->id, nr, arg0, arg1, arg2, is, rc);
	assert_int_equal(memcmp(before, test_memory, FRAMES * PAGE_SIZE), 0);
	host_audit();
}
