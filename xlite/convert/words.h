/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the language has against a draft, in the words of the file that the draft is made from.
 */
#ifndef CONVERT_WORDS_H
#define CONVERT_WORDS_H

#include "xlite/convert/draft.h"
#include "xlite/convert/xl_file.h"

/**
 * The message of a diagnostic on the draft, with the file's key and value in the place of the spec's: "cpu_weight: `0`
 * is out of range" for "weight: `0` is out of range". file has no settings where it is not xl's. malloc'ed; NULL when
 * out of memory.
 */
char *words_of_file(const struct xl_file *file, const struct draft *draft, const struct cfg_diag *diag);

#endif
