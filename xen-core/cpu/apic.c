/* SPDX-License-Identifier: GPL-2.0-or-later
 * Local APIC by memory, TSC and one-shot timer.
 */
#include "xen-core/cpu/apic.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/cpu/idt.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/lib/lib.h"

enum {
	APIC_ID = 0x20,
	APIC_TPR = 0x80,
	APIC_EOI = 0xb0,
	APIC_SVR = 0xf0,
	APIC_ICR = 0x300,
	APIC_ICR2 = 0x310,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_TMICT = 0x380,
	APIC_TMCCT = 0x390,
	APIC_TDCR = 0x3e0,
};

#define APIC_BASE	0xfee00000
#define SVR_ENABLE	0x100
#define LVT_MASKED	0x10000
#define LVT_PERIODIC	0x20000
#define LVT_NMI		0x400
#define ICR_BUSY	0x1000
#define ICR_ASSERT	0x4000
#define ICR_NMI		0x400
#define ICR_INIT	0x500
#define ICR_STARTUP	0x600
#define TDCR_16		3
#define TIMER_LEAST_NS	10000
#define TIMER_MOST_NS	(NS_PER_SEC / 2)
#define KICK_AGAIN_NS	(NS_PER_SEC / 1000)

#define TSC_INVARIANT	0x100
#define PIT_HZ		1193182
#define PORT_READS_MOST	5000000		/* seconds */
#define CALIBRATE_TICKS	(PIT_HZ / 50)	/* 20 ms */
#define CALIBRATE_TIMES	5

static uint64_t tsc_start, tsc_hz, timer_hz, wall_sec;
static uint32_t scale_mul;
static int8_t scale_shift;
static bool emulated, tsc_stable;

static uint32_t apic_read(unsigned reg)
{
	return *(volatile uint32_t *)(uintptr_t)(APIC_BASE + reg);
}

static void apic_write(unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)(APIC_BASE + reg) = value;
}

/* Channel 2 of the PIT counts down once; port 0x61 says when it has. */
static void pit_start(uint16_t ticks)
{
	out8(0x61, (in8(0x61) & ~2u) | 1);
	out8(0x43, 0xb0);
	out8(0x42, (uint8_t)ticks);
	out8(0x42, (uint8_t)(ticks >> 8));
}

static uint8_t cmos(uint8_t reg)
{
	out8(0x70, reg);
	return in8(0x71);
}

static unsigned bcd(uint8_t value, bool binary)
{
	return binary ? value : (value >> 4) * 10u + (value & 15);
}

/* Days since 1970 of a date of the Gregorian calendar, by the months that begin in March. */
static uint64_t days(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month <= 2 ? year - 1 : year, m = (month + 9) % 12;

	return 365ull * y + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static void wallclock_read(void)
{
	bool binary = cmos(0x0b) & 4;
	uint8_t r[6];

	/* It is updated for two milliseconds at most. */
	for (unsigned i = 0; cmos(0x0a) & 0x80; i++) {
		if (i == PORT_READS_MOST) {
			log_print("the machine's clock (CMOS) does not answer: time begins in 1970\n");
			return;
		}
	}
	for (unsigned i = 0; i < 6; i++)
		r[i] = cmos((const uint8_t[]){ 0, 2, 4, 7, 8, 9 }[i]);
	wall_sec = days(2000 + bcd(r[5], binary), bcd(r[4], binary), bcd(r[3], binary)) * 86400 +
		   bcd(r[2] & 0x7f, binary) * 3600ull + bcd(r[1], binary) * 60ull + bcd(r[0], binary);
}

/* mul as large as it goes. */
static void scale_init(uint64_t hz)
{
	scale_shift = 0;
	while (hz <= NS_PER_SEC) {
		hz <<= 1;
		scale_shift++;
	}
	while (hz > 2 * NS_PER_SEC) {
		hz >>= 1;
		scale_shift--;
	}
	scale_mul = (uint32_t)((NS_PER_SEC << 32) / hz);
}

void time_scale(uint32_t *mul, int8_t *shift)
{
	*mul = scale_mul;
	*shift = scale_shift;
}

/* How far TSC and APIC timer come while the PIT counts, and for how long, in all, that kept us. */
struct pace {
	uint64_t tsc, timer, all;
};

static struct pace pace_measure(void)
{
	uint64_t before = rdtsc(), start, end;
	uint32_t left;

	pit_start(CALIBRATE_TICKS);
	apic_write(APIC_TMICT, UINT32_MAX);
	start = rdtsc();
	for (unsigned i = 0; !(in8(0x61) & 0x20); i++)
		if (i == PORT_READS_MOST)
			panic("the machine's timer (PIT) does not count: how fast the TSC is, nobody knows");
	end = rdtsc();
	left = apic_read(APIC_TMCCT);
	apic_write(APIC_TMICT, 0);
	if (left == UINT32_MAX)
		panic("the local APIC's timer does not count");
	return (struct pace){ end - start, UINT32_MAX - left, rdtsc() - before + (start - before) };
}

/* Firmware (SMI), or who emulates the machine, may keep us for a while, before it or behind it: the shortest is right. */
static struct pace pace_best(void)
{
	struct pace best = pace_measure();

	for (unsigned i = 1; i < CALIBRATE_TIMES; i++) {
		struct pace other = pace_measure();

		best = other.all < best.all ? other : best;
	}
	return best;
}

void time_init(void)
{
	struct pace pace;

	emulated = cpuid(1, 0).ecx >> 31;
	tsc_stable = cpuid(0x80000000, 0).eax >= 0x80000007 && (cpuid(0x80000007, 0).edx & TSC_INVARIANT);
	apic_write(APIC_TDCR, TDCR_16);
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
	pace = pace_best();
	tsc_hz = pace.tsc * PIT_HZ / CALIBRATE_TICKS;
	timer_hz = pace.timer * PIT_HZ / CALIBRATE_TICKS;
	scale_init(tsc_hz);
	wallclock_read();
	tsc_start = rdtsc();
	log_print("time: TSC %lu MHz, APIC timer %lu MHz\n", tsc_hz / 1000000, timer_hz / 1000000);
}

uint64_t time_now_ns(void)
{
	uint64_t ticks = rdtsc() - tsc_start;

	ticks = scale_shift < 0 ? ticks >> -scale_shift : ticks << scale_shift;
	return (uint64_t)((unsigned __int128)ticks * scale_mul >> 32);
}

uint64_t time_tsc_hz(void)
{
	return tsc_hz;
}

bool time_tsc_stable(void)
{
	return tsc_stable;
}

uint64_t time_tsc_start(void)
{
	return tsc_start;
}

void time_boot_wallclock(uint64_t *sec, uint32_t *nsec)
{
	*sec = wall_sec;
	*nsec = 0;
}

void apic_init(void)
{
	cpu_this()->timer_ns = TIMER_UNSET;
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	/* The chipset's line for NMIs goes to all: one of them listens. */
	apic_write(APIC_LVT_LINT1, LVT_NMI | (cpu_number() ? LVT_MASKED : 0));
	apic_write(APIC_LVT_ERROR, LVT_MASKED);
	apic_write(APIC_TDCR, TDCR_16);
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
}

uint32_t apic_id(void)
{
	return apic_read(APIC_ID) >> 24;
}

void apic_timer(uint64_t at_ns)
{
	struct cpu *cpu = cpu_this();
	uint64_t now, wait;

	if (at_ns == cpu->timer_ns)
		return;
	cpu->timer_ns = at_ns;
	/*
	 * Whoever takes it sets the next: it comes a second time only if the first was lost, as it is in QEMU 7.2 now
	 * and then, and with it what was to wake the CPU. Hence an emulated one also looks around when it waits for
	 * nothing.
	 */
	apic_write(APIC_LVT_TIMER, (at_ns || emulated ? LVT_PERIODIC : LVT_MASKED) | VECTOR_TIMER);
	now = time_now_ns();
	/* Half a second at most; who waits longer is woken, and sets it again. */
	wait = !at_ns ? TIMER_MOST_NS : at_ns <= now + TIMER_LEAST_NS ? TIMER_LEAST_NS : MIN(at_ns - now, TIMER_MOST_NS);
	apic_write(APIC_TMICT, (uint32_t)MIN(wait * timer_hz / NS_PER_SEC + 1, (uint64_t)UINT32_MAX));
}

static void icr(uint32_t to, uint32_t command)
{
	while (apic_read(APIC_ICR) & ICR_BUSY)
		cpu_relax();
	apic_write(APIC_ICR2, to << 24);
	apic_write(APIC_ICR, command);
}

void apic_kick(unsigned cpu)
{
	icr(cpus[cpu].apic_id, ICR_ASSERT | VECTOR_KICK);
}

void apic_nmi(unsigned cpu)
{
	icr(cpus[cpu].apic_id, ICR_ASSERT | ICR_NMI);
}

void apic_kick_out(unsigned cpu)
{
	uint64_t again = 0;

	while (__atomic_load_n(&cpus[cpu].in_guest, __ATOMIC_ACQUIRE)) {
		if (time_now_ns() >= again) {
			apic_kick(cpu);
			again = time_now_ns() + KICK_AGAIN_NS;
		}
		cpu_relax();
	}
}

static void wait_us(uint64_t us)
{
	uint64_t end = time_now_ns() + us * 1000;

	while (time_now_ns() < end)
		cpu_relax();
}

void apic_start(uint32_t id, uint32_t page)
{
	apic_stop(id);
	for (unsigned i = 0; i < 2; i++) {
		icr(id, ICR_STARTUP | page >> PAGE_SHIFT);
		wait_us(200);
	}
}

void apic_stop(uint32_t id)
{
	icr(id, ICR_ASSERT | ICR_INIT);
	wait_us(10000);
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

void (*apic_device_irq)(uint8_t vector);

void apic_interrupt(uint8_t vector)
{
	switch (vector) {
	case VECTOR_TIMER:
		cpu_this()->timer_ns = TIMER_UNSET;
		cpu_this()->resched = true;
		apic_eoi();
		break;
	case VECTOR_KICK:
		cpu_this()->resched = true;
		apic_eoi();
		break;
	case VECTOR_SPURIOUS:
		break;
	default:
		if (apic_device_irq)
			apic_device_irq(vector);
		break;
	}
}
