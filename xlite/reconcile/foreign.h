/* SPDX-License-Identifier: GPL-2.0-or-later
 * Domains that libxl made.
 */
#ifndef RECONCILE_FOREIGN_H
#define RECONCILE_FOREIGN_H

#include "cfg/spec.h"

/** Fills kernel, ramdisk and command line from libxl's own note on the domain; false where there is none. */
bool foreign_read(uint32_t domid, const uint8_t uuid[16], struct cfg_domain *spec);
/** Removes libxl's notes on a domain that is gone, as xl destroy would. */
void foreign_forget(uint32_t domid, const uint8_t uuid[16]);

#endif
