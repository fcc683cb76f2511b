/* SPDX-License-Identifier: GPL-2.0-or-later
 * The process that xl leaves beside each domain that it makes: it builds the domain anew when that reboots, and removes
 * it at its end.
 */
#ifndef RECONCILE_MONITOR_H
#define RECONCILE_MONITOR_H

#include "common/error.h"

/**
 * Ends the process of xl's that watches the domain of that name, and waits until it is gone: it is known by its log,
 * /var/log/xen/xl-NAME.log, which is its standard output. 0 also where there is none. -EBUSY: several have that log, or
 * the one does not end.
 */
int monitor_end(const char *name, struct xlite_error *err);

#endif
