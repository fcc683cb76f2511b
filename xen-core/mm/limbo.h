/* SPDX-License-Identifier: GPL-2.0-or-later
 * References that were given up while another CPU runs the guest that could see the frame: it may still know the
 * translation. They are kept until every CPU that was then in a guest has left it once, and flushes before it enters
 * again.
 */
#ifndef XEN_CORE_MM_LIMBO_H
#define XEN_CORE_MM_LIMBO_H

#include <stdbool.h>

#include "xen-core/mm/addr.h"

void limbo_init(void);
/** frame_put, as soon as nobody can reach the frame through the tables that it was just taken out of. */
void limbo_put(mfn_t mfn);
/**
 * This CPU has left its guest. What nobody can reach any more is let go of, as much as does not keep others waiting
 * for long.
 */
void limbo_look(void);
/**
 * Makes the others leave theirs, and waits for that: after it, nothing is kept. Not as often as a guest likes: it stops
 * all. False: it is until_ns (0: never), and some are kept yet.
 */
bool limbo_drain(uint64_t until_ns);

#endif
