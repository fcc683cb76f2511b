/* SPDX-License-Identifier: GPL-2.0-or-later
 * A ring of references and of the moments at which they were given up.
 */
#include "xen-core/mm/limbo.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/percpu.h"
#include "xen-core/mm/frame.h"

#define RING_ORDER 7
/* So many at once are let go of by whoever enters or puts one. */
#define PART 512
#define RING ((PAGE_SIZE << RING_ORDER) / sizeof(uint64_t))

static uint64_t *ring, first, last;	/* numbers that only grow */

void limbo_init(void)
{
	mfn_t mfn = frame_alloc(RING_ORDER, OWNER_CORE);

	if (!mfn_ok(mfn))
		panic("no memory");
	ring = mfn_ptr(mfn);
}

/* Everything up to here is out of reach. */
static uint64_t safe(void)
{
	uint64_t seen = last;

	for (unsigned i = 0; i < nr_cpus; i++)
		if (__atomic_load_n(&cpus[i].in_guest, __ATOMIC_ACQUIRE))
			seen = MIN(seen, cpus[i].seen);
	return seen;
}

static void release(void)
{
	uint64_t end = MIN(safe(), first + PART);

	while (first < end)
		frame_put_doomed(MFN(ring[first++ % RING]));
}

/* All can be reached by nobody then. */
static void leave_all(void)
{
	for (unsigned i = 0; i < nr_cpus; i++)
		if (__atomic_load_n(&cpus[i].in_guest, __ATOMIC_ACQUIRE) && cpus[i].seen < last)
			apic_kick_out(i);
	release();
}

void limbo_put(mfn_t mfn)
{
	if (last - first == RING)
		leave_all();
	frame_doom(mfn);
	ring[last++ % RING] = mfn.v;
	release();
}

void limbo_look(void)
{
	cpu_this()->seen = last;
	if (first < last)
		release();
}

bool limbo_drain(uint64_t until_ns)
{
	while (first != last) {
		leave_all();
		if (first != last && time_over(until_ns))
			return false;
	}
	return true;
}
