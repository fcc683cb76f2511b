/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sources of NBD: their form.
 */
#ifndef CFG_VALUE_NBD_H
#define CFG_VALUE_NBD_H

#include <stdbool.h>

#include "common/buf.h"

/** Whether the text can only be meant as a source of NBD: it begins with nbd. NULL is none. */
bool cfg_nbd_source(const char *source);
/** Whether such a text is one: 0, or -EINVAL with the reason in why. */
int cfg_nbd_check(const char *source, struct buf *why);

#endif
