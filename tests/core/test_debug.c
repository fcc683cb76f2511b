/* SPDX-License-Identifier: GPL-2.0-or-later
 * Debug registers of vCPUs that take turns on one CPU, whose registers are an array here.
 */
#include <stdlib.h>

#include "tests/core/core_check.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/svm/svm.h"

#define VCPUS 4

static uint64_t machine[4], wrote[VCPUS][4];
static struct vcpu *vcpus[VCPUS];
static unsigned moves;

void dr_read(uint64_t dr[4])
{
	memcpy(dr, machine, sizeof(machine));
	moves++;
}

void dr_write(const uint64_t dr[4])
{
	memcpy(machine, dr, sizeof(machine));
	moves++;
}

static int setup(void **state)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		vcpus[i] = calloc(1, sizeof(struct vcpu));
		assert_non_null(vcpus[i]);
		vcpus[i]->virt = calloc(1, sizeof(struct vmcb));
		assert_non_null(vcpus[i]->virt);
		svm_vmcb(vcpus[i])->dr7 = 0x400;
		svm_debug_init(vcpus[i]);
	}
	memset(machine, 0xee, sizeof(machine));
	memset(wrote, 0, sizeof(wrote));
	moves = 0;
	return 0;
}

static int teardown(void **state)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		free(vcpus[i]->virt);
		free(vcpus[i]);
	}
	return 0;
}

/* As the processor does: an access that is intercepted exits, and is tried again. */
static void touch(struct vcpu *v, unsigned nr, bool write)
{
	for (unsigned i = 0; svm_vmcb(v)->dr >> (nr + 16 * write) & 1; i++) {
		assert_int_equal(i, 0);
		svm_debug_use(v);
	}
}

static uint64_t *access(struct vcpu *v, unsigned nr, bool write)
{
	touch(v, nr, write);
	return &machine[nr];
}

static void test_fresh(void **state)
{
	for (unsigned nr = 0; nr < 4; nr++) {
		svm_debug_load(vcpus[0]);
		assert_int_equal(*access(vcpus[0], nr, false), 0);
		*access(vcpus[0], nr, true) = 0x1234;
		svm_debug_save(vcpus[0]);
		svm_debug_load(vcpus[1]);
		assert_int_equal(*access(vcpus[1], nr, false), 0);
		svm_debug_save(vcpus[1]);
	}
}

/* Who does not touch them is not charged. */
static void test_cost(void **state)
{
	for (unsigned i = 0; i < 10; i++) {
		svm_debug_load(vcpus[i % VCPUS]);
		svm_debug_save(vcpus[i % VCPUS]);
	}
	assert_int_equal(moves, 0);
	svm_debug_load(vcpus[0]);
	*access(vcpus[0], 3, true) = 5;
	*access(vcpus[0], 2, true) = 6;
	svm_debug_save(vcpus[0]);
	assert_int_equal(moves, 2);
	svm_debug_load(vcpus[0]);
	svm_debug_save(vcpus[0]);
	assert_int_equal(moves, 2);
}

/* Breakpoints that are armed act without an access. */
static void test_armed(void **state)
{
	svm_debug_load(vcpus[0]);
	*access(vcpus[0], 1, true) = 0x1000;
	touch(vcpus[0], 7, true);
	svm_vmcb(vcpus[0])->dr7 = 0x404;
	svm_debug_save(vcpus[0]);
	svm_debug_load(vcpus[1]);
	*access(vcpus[1], 1, true) = 0x2000;
	svm_debug_save(vcpus[1]);
	svm_debug_load(vcpus[0]);
	assert_int_equal(machine[1], 0x1000);
	svm_debug_save(vcpus[0]);
}

static void test_chance(void **state)
{
	unsigned now = 0;

	chance_seed(3);
	svm_debug_load(vcpus[0]);
	for (unsigned step = 0; step < 100000; step++) {
		unsigned nr = (unsigned)chance_below(4);
		uint64_t value = chance();

		switch (chance_below(4)) {
		case 0:
			svm_debug_save(vcpus[now]);
			now = (unsigned)chance_below(VCPUS);
			svm_debug_load(vcpus[now]);
			break;
		case 1:
			*access(vcpus[now], nr, true) = value;
			wrote[now][nr] = value;
			break;
		case 2:
			assert_int_equal(*access(vcpus[now], nr, false), wrote[now][nr]);
			break;
		case 3:
			/* A write to DR7 exits as well. */
			touch(vcpus[now], 7, true);
			svm_vmcb(vcpus[now])->dr7 = 0x400 | chance_below(2);
			break;
		}
		/* What is armed is what was written; and nobody else's can be seen. */
		if ((svm_vmcb(vcpus[now])->dr7 & 0xff) || !(svm_vmcb(vcpus[now])->dr & 0xf000f))
			assert_memory_equal(machine, wrote[now], sizeof(machine));
		else
			assert_int_equal(svm_vmcb(vcpus[now])->dr & 0xf000f, 0xf000f);
	}
	svm_debug_save(vcpus[now]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fresh, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_armed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chance, setup, teardown),
	};

	return cmocka_run_group_tests_name("core debug", tests, NULL, NULL);
}
