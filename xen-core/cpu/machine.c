/* SPDX-License-Identifier: GPL-2.0-or-later
 * What concerns the machine as a whole: errors that it reports by itself (machine checks, NMIs; AMD64 APM 2, chapter
 * 9), and its end.
 */
#include "xen-core/cpu/machine.h"

#include <xen/sched.h>

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/lib/lib.h"

#define CPUID_CHECKS	(1u << 7 | 1u << 14)	/* the exception, the banks */
#define MSR_MCG_CAP	0x179
#define MSR_MCG_STATUS	0x17a
#define MSR_MCG_CTL	0x17b
#define MCG_CTL_THERE	BIT(8)
#define MSR_BANK(n)	(0x400u + 4 * (n))	/* control; then status, address */
#define BANKS_MOST	32u			/* which these addresses reach; a processor may have more, and faults at the next one */
#define STATUS_VALID	BIT(63)
#define STATUS_ADDRESS	BIT(58)

/* Port 0x61 says why an NMI came: a memory error or another of the chipset's, or of a card. */
#define PORT_REASON	0x61
#define REASON_ERROR	0xc0
#define NMIS_TOLD	10u

#define STOP_MOST_NS	NS_PER_SEC

static struct cpu *last;		/* goes on alone, NULL: all do */
static unsigned stopped;

static unsigned banks(void)
{
	return MIN((unsigned)(rdmsr(MSR_MCG_CAP) & 0xff), BANKS_MOST);
}

void machine_checks_on(void)
{
	if ((cpuid(1, 0).edx & CPUID_CHECKS) != CPUID_CHECKS)
		return;
	if (rdmsr(MSR_MCG_CAP) & MCG_CTL_THERE)
		wrmsr(MSR_MCG_CTL, UINT64_MAX);
	for (unsigned i = 0; i < banks(); i++) {
		wrmsr(MSR_BANK(i), UINT64_MAX);
		wrmsr(MSR_BANK(i) + 1, 0);
	}
	write_cr4(read_cr4() | CR4_MCE);
}

void machine_check_print(void)
{
	log_print("machine check on CPU %u, status 0x%lx\n", cpu_number(), rdmsr(MSR_MCG_STATUS));
	for (unsigned i = 0; i < banks(); i++) {
		uint64_t status = rdmsr(MSR_BANK(i) + 1);

		if (status & STATUS_VALID)
			log_print("bank %u: %016lx, address %016lx\n", i, status,
				  status & STATUS_ADDRESS ? rdmsr(MSR_BANK(i) + 2) : 0);
	}
}

void machine_stop_others(void)
{
	struct cpu *first = NULL, *self = cpu_this();
	uint64_t end;

	if (nr_cpus == 1)
		return;
	if (!__atomic_compare_exchange_n(&last, &first, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		/* Amidst an NMI this one would never hear the other's. */
		if (first != self)
			machine_end(false, 0);
		return;
	}
	for (unsigned i = 0; i < nr_cpus; i++)
		if (&cpus[i] != self)
			apic_nmi(i);
	/* One that does not hear it is as good as stopped. */
	for (end = time_now_ns() + STOP_MOST_NS;
	     __atomic_load_n(&stopped, __ATOMIC_SEQ_CST) < nr_cpus - 1 && time_now_ns() < end;)
		cpu_relax();
}

static void stop_for_another(void)
{
	const struct cpu *goes_on = __atomic_load_n(&last, __ATOMIC_SEQ_CST);

	if (!goes_on || goes_on == cpu_this())
		return;
	__atomic_add_fetch(&stopped, 1, __ATOMIC_SEQ_CST);
	machine_end(false, 0);
}

/* It may come amidst a line for the log: told later, but for an error that is the machine's end. */
void machine_nmi(void)
{
	uint8_t reason;

	stop_for_another();
	reason = in8(PORT_REASON);
	if (reason & REASON_ERROR)
		panic("NMI: the machine reports an error, port 0x61 has 0x%02x", reason);
	cpu_this()->nmis++;
}

void machine_nmi_tell(void)
{
	struct cpu *cpu = cpu_this();

	if (cpu->nmis == cpu->nmis_told || cpu->nmis_told >= NMIS_TOLD)
		return;
	cpu->nmis_told = cpu->nmis;
	log_print("%u NMIs without a reason on CPU %u%s\n", cpu->nmis, cpu->number,
		  cpu->nmis < NMIS_TOLD ? "" : ", no more are told");
}

/* Before the clock is known, by a port that takes a microsecond. */
static void wait_s(unsigned s)
{
	uint64_t end = rdtsc() + s * time_tsc_hz();

	if (!time_tsc_hz())
		for (unsigned i = 0; i < s * 1000000; i++)
			out8(0x80, 0);
	while (rdtsc() < end)
		cpu_relax();
}

void machine_end(bool restart, unsigned after_s)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = { 0, 0 };

	if (restart) {
		wait_s(after_s);
		/* The chipset's reset, the keyboard controller's, then a triple fault. */
		out8(0xcf9, 0x02);
		out8(0xcf9, 0x06);
		out8(0x64, 0xfe);
		wait_s(1);
		__asm__ volatile("lidt %0; int3" : : "m"(none));
	}
	for (;;)
		__asm__ volatile("cli; hlt");
}

void host_end(unsigned reason)
{
	log_wait(true);
	log_print("dom0 has ended (%u): %s\n", reason, reason == SHUTDOWN_reboot ? "starting again" : "halted");
	machine_end(reason == SHUTDOWN_reboot, 0);
}
