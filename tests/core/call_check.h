/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the tests of hypercalls share: dom0 and two guests, arguments in their memory, and calls that must change
 * nothing.
 */
#ifndef TESTS_CORE_CALL_CHECK_H
#define TESTS_CORE_CALL_CHECK_H

#include "tests/core/host_check.h"

#include "xen-core/hypercall/hypercall.h"

#define CALL_RAM 32		/* frames of each domain */
#define ARG 0x1000ul		/* where arguments are */
#define LIST 0x4000ul		/* and what they point to */

#define GUEST 1
#define OTHER 2
#define NOBODY 77

/* A vCPU of dom0, one of the two of domain 1, which lie on one CPU each; domain 2, with one. */
extern struct vcpu *host, *guest;
extern struct domain *other;

int call_setup(void **state);
int call_teardown(void **state);

/** The call is answered by rc, and all of the machine's memory, where the domains are too, is as it was. */
void call_refused(struct vcpu *v, uint64_t nr, uint64_t arg0, uint64_t arg1, uint64_t arg2, int64_t rc);

#define PUT(v, va, ...) assert_true(guest_write_struct(v, va, &(__VA_ARGS__)))
#define GET(v, va, to) assert_true(guest_read_struct(v, to, va))
/* A handle of Xen's. */
#define AT(va) { .p = (void *)(uintptr_t)(va) }

#endif
