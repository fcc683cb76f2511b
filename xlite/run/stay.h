/* SPDX-License-Identifier: GPL-2.0-or-later
 * Whether what a run has built goes on running.
 */
#ifndef RUN_STAY_H
#define RUN_STAY_H

#include "xlite/run/run.h"

/**
 * Looks whether the domains that the plan built run yet, and watches them for run->options.wait_s more; without the
 * host's lock then. Each that has ended is told as trouble, and after wait_s each that has a device that its guest has
 * not connected to. Without wait_s one that has powered itself off is none: that may be all that it was for. Returns
 * XLITE_FAILED for any that was told, XLITE_INTERRUPTED, or XLITE_OK.
 */
enum xlite_status run_stay(const struct run *run, const struct plan *plan);

#endif
