/* SPDX-License-Identifier: GPL-2.0-or-later
 * Makes texts like those of xl's configurations.
 */
#ifndef FUZZ_CONVERT_GEN_H
#define FUZZ_CONVERT_GEN_H

#include <stdint.h>

#include "common/buf.h"

void convert_gen_seed(uint64_t seed);
/** A number below this one. */
uint32_t convert_gen_draw(uint32_t below);
/** A configuration, two out of three undamaged. */
void convert_gen_text(struct buf *text);
/** A domain of libvirt's, two out of three undamaged. */
void convert_gen_xml(struct buf *text);
/** What could be a disk. */
void convert_gen_disk(struct buf *out);

#endif
