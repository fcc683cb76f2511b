/* SPDX-License-Identifier: GPL-2.0-or-later
 * Short forms for the rows of the table of keys (keys.c, keys_network.c); for nobody else.
 */
#ifndef CFG_ROWS_H
#define CFG_ROWS_H

#include "common/auto.h"

#define WORDS(w) .words = (w), .nr_words = ARRAY_SIZE(w)
#define SCALAR(v) .shape = CFG_SCALAR, .value = &cfg_value_##v
#define ENUM(w) .shape = CFG_SCALAR, .value = &cfg_value_enum, WORDS(w)
#define LIST(v) .shape = CFG_LIST, .value = &cfg_value_##v

#endif
