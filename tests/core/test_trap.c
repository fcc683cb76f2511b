/* SPDX-License-Identifier: GPL-2.0-or-later
 * Exceptions of the host around a guest's run: they find the host's state, and the guest's is there again after them.
 */
#include "tests/core/core_check.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/idt.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/svm/svm.h"

/* The place of the four instructions, and of the table's entries. */
__asm__(".pushsection .rodata\n.globl svm_foreign, svm_foreign_end, idt_entries\n"
	"idt_entries: .skip 1\nsvm_foreign: .skip 16\nsvm_foreign_end:\n.popsection");
extern const char svm_foreign[], svm_foreign_end[], idt_entries[];

#define VMCB 0x5000
#define HOST 0x9000

static char did[16];
static unsigned nr_did, irqs;
static uint64_t in_registers;		/* whose state they have */
static struct cpu cpu;

static void note(char what)
{
	assert_true(nr_did < sizeof(did) - 1);
	did[nr_did++] = what;
	did[nr_did] = '\0';
}

void vm_save(uint64_t vmcb)
{
	assert_int_equal(vmcb, VMCB);
	assert_int_equal(in_registers, VMCB);
	note('s');
}

void vm_load(uint64_t vmcb)
{
	in_registers = vmcb;
	note(vmcb == HOST ? 'h' : 'g');
}

void dr6_clear(void)
{
	assert_int_equal(in_registers, HOST);
	note('6');
}

struct cpu *cpu_this(void)
{
	assert_int_equal(in_registers, HOST);
	return &cpu;
}

void machine_nmi(void)
{
	note('n');
}

void log_seize(void)
{
	fail();
}

void machine_check_print(void)
{
	fail();
}

void apic_interrupt(uint8_t vector)
{
	assert_int_equal(vector, VECTOR_KICK);
	irqs++;
}

static void trap(uint64_t vector, const char *rip, uint64_t owner)
{
	const uint64_t stack[] = { 0x1234, VMCB, HOST };
	struct trap_frame frame = { .vector = vector, .rip = (uintptr_t)rip, .rsp = (uintptr_t)stack };

	nr_did = 0;
	did[0] = '\0';
	in_registers = owner;
	idt_trap(&frame);
	assert_int_equal(in_registers, owner);
}

static void test_around_a_guest(void **state)
{
	svm_trap_init();
	for (const char *rip = svm_foreign; rip < svm_foreign_end; rip++) {
		trap(1, rip, VMCB);
		assert_string_equal(did, "sh6g");
	}
}

static void test_elsewhere(void **state)
{
	svm_trap_init();
	trap(1, svm_foreign_end, HOST);
	assert_string_equal(did, "6");
	trap(1, idt_entries, HOST);
	assert_string_equal(did, "6");
	trap(2, svm_foreign_end, HOST);
	assert_string_equal(did, "n");
	trap(VECTOR_KICK, svm_foreign_end, HOST);
	assert_string_equal(did, "");
	assert_int_equal(irqs, 1);
	assert_int_equal(cpu.interrupts, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_around_a_guest),
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests_name("core trap", tests, NULL, NULL);
}
