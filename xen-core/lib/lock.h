/* SPDX-License-Identifier: GPL-2.0-or-later
 * Spinlocks, taken with interrupts off: all of xen-core runs so, but for the moment in which a CPU idles or a guest
 * runs.
 */
#ifndef XEN_CORE_LIB_LOCK_H
#define XEN_CORE_LIB_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lock {
	uint32_t next, owner;
};

static inline void lock_take(struct lock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		__builtin_ia32_pause();
}

static inline void lock_drop(struct lock *lock)
{
	__atomic_store_n(&lock->owner, lock->owner + 1, __ATOMIC_RELEASE);
}

/* Whether somebody waits for it. Of who has it. */
static inline bool lock_wanted(const struct lock *lock)
{
	return __atomic_load_n(&lock->next, __ATOMIC_RELAXED) - lock->owner > 1;
}

#endif
