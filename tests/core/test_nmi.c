/* SPDX-License-Identifier: GPL-2.0-or-later
 * When a vCPU is given an NMI, and that none comes before it returned from the last.
 */
#include "tests/core/core_check.h"

#include "xen-core/domain/virt.h"
#include "xen-core/svm/svm.h"

#define EVENT (EVENT_VALID | EVENT_TYPE_NMI | 2)
#define RETURN 0x1234			/* where the instruction is that returns */

static struct vmcb m;
static struct vcpu v;

bool virt_irqs_on(const struct vcpu *of)
{
	return m.rflags & 0x200;
}

static int setup(void **state)
{
	memset(&m, 0, sizeof(m));
	memset(&v, 0, sizeof(v));
	v.virt = &m;
	m.rip = 0x1000;
	return 0;
}

/* An entry, and an exit behind it. */
static void enter(uint64_t rip)
{
	m.eventinj = 0;
	m.shadow = 0;
	m.rip = rip;
}

static void expect_given(bool given)
{
	assert_int_equal(m.eventinj, given ? EVENT : 0);
	assert_int_equal(v.nmi, !given);
}

static void test_given(void **state)
{
	assert_true(svm_nmi(&v));
	assert_int_equal(m.eventinj, 0);
	assert_true(virt_nmis_on(&v));
	v.nmi = true;
	assert_true(svm_nmi(&v));
	expect_given(true);
	assert_int_equal(m.intercept1, INTERCEPT_IRET);
	assert_false(virt_nmis_on(&v));
}

/* What is being delivered goes first, and the shadow of an instruction is left alone. */
static void test_waits(void **state)
{
	uint64_t event = EVENT_VALID | EVENT_TYPE_EXCEPTION | 6;

	v.nmi = true;
	m.eventinj = event;
	assert_false(svm_nmi(&v));
	assert_int_equal(m.eventinj, event);
	enter(0x1001);
	m.shadow = 1;
	assert_false(svm_nmi(&v));
	expect_given(false);
	assert_int_equal(m.intercept1, 0);
	enter(0x1002);
	assert_true(svm_nmi(&v));
	expect_given(true);
}

static void test_return(void **state)
{
	for (unsigned irqs = 0; irqs < 2; irqs++) {
		setup(NULL);
		m.rflags = irqs ? 0x200 : 0;
		v.nmi = true;
		svm_nmi(&v);
		/* A second one, in the first. Nothing but the return is waited for. */
		v.nmi = true;
		for (unsigned i = 0; i < 3; i++) {
			enter(RETURN - 3 + i);
			assert_true(svm_nmi(&v));
			expect_given(false);
		}
		enter(RETURN);
		svm_nmi_return(&v);
		assert_int_equal(m.intercept1, 0);
		/* Not executed yet, however often it is left. With interrupts on nobody asks, which would be for ever. */
		for (unsigned i = 0; i < 3; i++) {
			assert_false(virt_nmis_on(&v));
			assert_int_equal(svm_nmi(&v), irqs);
			expect_given(false);
			enter(RETURN);
		}
		enter(0x5000);
		assert_true(virt_nmis_on(&v));
		assert_true(svm_nmi(&v));
		expect_given(true);
	}
}

/* The same instruction is another return later on. */
static void test_place(void **state)
{
	v.nmi = true;
	svm_nmi(&v);
	enter(RETURN);
	svm_nmi_return(&v);
	svm_nmi(&v);
	enter(0x5000);
	svm_nmi(&v);
	enter(RETURN);
	assert_true(virt_nmis_on(&v));
	v.nmi = true;
	assert_true(svm_nmi(&v));
	expect_given(true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_given, setup),
		cmocka_unit_test_setup(test_waits, setup),
		cmocka_unit_test_setup(test_return, setup),
		cmocka_unit_test_setup(test_place, setup),
	};

	return cmocka_run_group_tests_name("core nmi", tests, NULL, NULL);
}
