/* SPDX-License-Identifier: GPL-2.0-or-later
 * Test guest: "MS" on its command line. What instructions of user space leave in the processor (x87, SSE, AVX,
 * protection keys) is as after a reset, whatever others left there; then for so long it is what this guest left, with
 * others on its CPU in between. What CPUID does not show, so that nobody exchanges it, cannot be had.
 */
#include "tests/guests/guest.h"

const char guest_name[] = "state";

#define CR4_OSFXSR	(UINT64_C(1) << 9)
#define CR4_OSXMMEXCPT	(UINT64_C(1) << 10)
#define CR4_OSXSAVE	(UINT64_C(1) << 18)
#define CR4_PKE		(UINT64_C(1) << 22)
#define XCR0_AVX	7u	/* x87 and SSE with it */
#define XCR0_KEYS	0x200u
#define VECTOR_UD	6
#define VECTOR_GP	13

/* FXSAVE64's. */
struct image {
	uint16_t fcw, fsw;
	uint8_t ftw, reserved;
	uint16_t fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16];	/* 10 bytes of each */
	uint8_t xmm[16][16];
	uint8_t rest[96];
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct image) == 512, "FXSAVE");

/* FNSTENV's, with 32 bits of each pointer. */
struct environment { uint32_t fcw, fsw, ftw, fip, fcs_fop, fdp, fds; };

static struct image image, before, after;
static uint8_t ymm[16][32], ymm_after[16][32];
static bool has_avx, has_keys;

static uint64_t cr4(void)
{
	uint64_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

/* Of each guest another one: a program's last operand is told by FDP. */
static volatile double *operand(void)
{
	return (volatile double *)((SANDBOX_GFN + guest_domid() % SANDBOX_FRAMES) << 12);
}

/*
 * AMD's processors before Zen 2 neither save nor restore the pointers, and no hypervisor has to; but it must not
 * show another's.
 */
static void check_pointers(bool used)
{
	struct environment env;
	uint64_t first = SANDBOX_GFN << 12, last = (SANDBOX_GFN + SANDBOX_FRAMES) << 12;

	__asm__ volatile("fnstenv %0" : "=m"(env));
	if (env.fdp >= first && env.fdp < last)
		CHECK_IS(env.fdp, used ? (uintptr_t)operand() : 0);
}

#define EACH_YMM(text) \
	text(0) text(1) text(2) text(3) text(4) text(5) text(6) text(7) text(8) text(9) text(10) text(11) text(12) text(13) text(14) text(15)
#define LOAD_YMM(n)	"vmovups 32 * " #n "(%0), %%ymm" #n "\n\t"
#define STORE_YMM(n)	"vmovups %%ymm" #n ", 32 * " #n "(%1)\n\t"

static void load_ymm(void)
{
	__asm__ volatile(EACH_YMM(LOAD_YMM) : : "r"(ymm), "m"(ymm));
}

static void store_ymm(void)
{
	__asm__ volatile(EACH_YMM(STORE_YMM) : "=m"(ymm_after) : "r"(ymm_after));
}

/* AVX and keys are switched on where they are shown; elsewhere that is refused, and their instructions are none. */
static void switch_on(void)
{
	struct cpuid one = guest_cpuid(1, 0), seven = { 0 };
	uint32_t last = guest_cpuid(0, 0).eax, keys;

	if (last >= 7)
		seven = guest_cpuid(7, 0);
	CHECK_IS(guest_write_cr4(cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT), -1);
	has_keys = seven.ecx >> 3 & 1;
	CHECK_IS(guest_write_cr4(cr4() | CR4_PKE), has_keys ? -1 : VECTOR_GP);
	CHECK_IS(guest_rdpkru(&keys), has_keys ? -1 : VECTOR_UD);
	if (!(one.ecx >> 26 & 1)) {
		CHECK_IS(guest_write_cr4(cr4() | CR4_OSXSAVE), VECTOR_GP);
		CHECK_IS(guest_xsetbv(XCR0_AVX), VECTOR_UD);
		CHECK_IS(guest_vzeroupper(), VECTOR_UD);
		return;
	}
	CHECK_IS(guest_write_cr4(cr4() | CR4_OSXSAVE), -1);
	has_avx = one.ecx >> 28 & 1 && guest_cpuid(13, 0).eax >> 2 & 1;
	CHECK_IS(guest_xsetbv(XCR0_AVX), has_avx ? -1 : VECTOR_GP);
	if (has_avx && has_keys)
		CHECK_IS(guest_xsetbv(XCR0_AVX | (guest_cpuid(13, 0).eax & XCR0_KEYS)), -1);
}

static void check_zero(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		CHECK_IS(at[i], 0);
}

static void fresh(void)
{
	uint32_t keys;

	check_pointers(false);
	__asm__ volatile("fxsave64 %0" : "=m"(after));
	CHECK_IS(after.mxcsr, 0x1f80);
	CHECK_IS(after.fsw, 0);
	check_zero(after.st, sizeof(after.st));
	check_zero(after.xmm, sizeof(after.xmm));
	if (has_avx)
		store_ymm();
	check_zero(ymm_after, sizeof(ymm_after));
	if (has_keys) {
		CHECK_IS(guest_rdpkru(&keys), -1);
		CHECK_IS(keys, 0);
	}
}

static void sleep_ms(unsigned ms)
{
	struct sched_poll poll = { .timeout = guest_now() + ms * NS_PER_MS };

	CHECK_IS(call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll), 0);
}

static uint64_t seed;

static uint8_t next_byte(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint8_t)(seed >> 56);
}

/* All exceptions are masked; how it rounds differs. */
static void fill(void)
{
	memset(&image, 0, sizeof(image));
	for (unsigned i = 0; i < sizeof(image.xmm); i++)
		image.xmm[i / 16][i % 16] = next_byte();
	for (unsigned i = 0; i < 8 * 10; i++)
		image.st[i / 10][i % 10] = next_byte();
	for (unsigned i = 0; i < sizeof(ymm); i++)
		ymm[i / 32][i % 32] = next_byte();
	image.fcw = 0x37f | (next_byte() & 3u) << 10;
	image.mxcsr = 0x1f80 | (next_byte() & 3u) << 13;
	image.ftw = 0xff;
}

static void check_same(const void *is, const void *wanted, size_t len)
{
	const uint8_t *a = is, *b = wanted;

	for (size_t i = 0; i < len; i++)
		CHECK_IS(a[i], b[i]);
}

static void one_round(uint32_t round)
{
	uint32_t keys = (guest_domid() * 4u + round % 4 + 1) << 4, keys_after;	/* not of key 0, which all pages have */

	fill();
	__asm__ volatile("fxrstor64 %0" : : "m"(image));
	if (has_avx)
		load_ymm();
	if (has_keys)
		CHECK_IS(guest_wrpkru(keys), -1);
	__asm__ volatile("fstl %0\n\tfxsave64 %1" : "=m"(*operand()), "=m"(before));
	sleep_ms(3);
	__asm__ volatile("fxsave64 %0" : "=m"(after));
	check_pointers(true);
	CHECK_IS(after.fcw, before.fcw);
	CHECK_IS(after.fsw, before.fsw);
	CHECK_IS(after.ftw, before.ftw);
	CHECK_IS(after.mxcsr, image.mxcsr);
	check_same(after.st, before.st, sizeof(after.st));
	check_same(after.xmm, before.xmm, sizeof(after.xmm));
	if (has_avx) {
		store_ymm();
		check_same(ymm_after, ymm, sizeof(ymm));
	} else {
		check_same(after.xmm, image.xmm, sizeof(image.xmm));
	}
	if (has_keys) {
		CHECK_IS(guest_rdpkru(&keys_after), -1);
		CHECK_IS(keys_after, keys);
	}
}

void guest_test(void)
{
	uint64_t end;

	switch_on();
	fresh();
	guest_map_shared();
	seed = (uint64_t)guest_domid() << 32;
	end = guest_now() + guest_word(0, 200) * NS_PER_MS;
	for (uint32_t round = 0; guest_now() < end; round++)
		one_round(round);
}
