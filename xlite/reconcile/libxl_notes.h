/* SPDX-License-Identifier: GPL-2.0-or-later
 * Domains that libxl made.
 */
#ifndef RECONCILE_LIBXL_NOTES_H
#define RECONCILE_LIBXL_NOTES_H

#include "cfg/spec.h"

/** Fills kernel, ramdisk and command line from libxl's own note on the domain; false where there is none. */
bool libxl_notes_read(uint32_t domid, const uint8_t uuid[16], struct cfg_domain *spec);
/** Removes libxl's notes on a domain that is gone, as xl destroy would. */
void libxl_notes_forget(uint32_t domid, const uint8_t uuid[16]);

#endif
