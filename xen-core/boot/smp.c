/* SPDX-License-Identifier: GPL-2.0-or-later
 * The processors after the first, started one at a time.
 */
#include "xen-core/boot/boot.h"

#include "xen-core/cpu/acpi.h"
#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/machine.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/virt.h"
#include "xen-core/lib/lib.h"
#include "xen-core/mm/frame.h"
#include "xen-core/mm/paging.h"

#define TRAMPOLINE	0x8000
#define STACK_ORDER	2
#define START_NS	(NS_PER_SEC * 2)

extern const char trampoline_start[], trampoline_end[];
extern uint64_t ap_page_table, ap_stack, ap_argument;

static volatile bool released;

void smp_main(unsigned long number)
{
	cpu_init((unsigned)number);
	apic_init();
	if (virt_cpu_init())
		panic("CPU %lu: no memory", number);
	machine_checks_on();
	cpus[number].online = true;
	while (!released)
		cpu_relax();
	sched_loop();
}

void smp_release(void)
{
	released = true;
}

static void start_one(uint32_t apic_id)
{
	mfn_t stack = frame_alloc(STACK_ORDER, OWNER_CORE);
	uint64_t end;

	if (!mfn_ok(stack))
		panic("no memory for another CPU's stack");
	cpus[nr_cpus].apic_id = apic_id;
	ap_page_table = paging_root();
	ap_stack = (uintptr_t)mfn_ptr(stack) + (PAGE_SIZE << STACK_ORDER);
	ap_argument = nr_cpus;
	apic_start(apic_id, TRAMPOLINE);
	for (end = time_now_ns() + START_NS; !cpus[nr_cpus].online && time_now_ns() < end;)
		cpu_relax();
	if (!cpus[nr_cpus].online) {
		log_print("CPU with APIC ID %u does not start\n", apic_id);
		/*
		 * Nor later, when it would take the next one's stack and number. Its own is not given back, as it
		 * may be on it.
		 */
		apic_stop(apic_id);
		cpus[nr_cpus].online = false;
		return;
	}
	nr_cpus++;
}

void smp_start(unsigned max)
{
	/* cppcheck-suppress [comparePointers,subtractPointers] ; one thing, of which the linker knows begin and end */
	memcpy((void *)TRAMPOLINE, trampoline_start, (size_t)(trampoline_end - trampoline_start));
	for (size_t i = 0; i < acpi_info.nr_cpus && nr_cpus < MIN(max, (unsigned)CPUS_MAX); i++)
		if (acpi_info.apic_ids[i] != cpus[0].apic_id)
			start_one(acpi_info.apic_ids[i]);
	log_print("%u CPU%s\n", nr_cpus, nr_cpus == 1 ? "" : "s");
}
