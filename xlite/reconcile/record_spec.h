/* SPDX-License-Identifier: GPL-2.0-or-later
 * The spec that a domain's record holds, parsed: nothing is decided by its text.
 */
#ifndef RECONCILE_RECORD_SPEC_H
#define RECONCILE_RECORD_SPEC_H

#include "cfg/cfg.h"
#include "xlite/lib/layout.h"

/**
 * The domain of the record's spec; NULL where there is none, where it does not parse, or without memory. It belongs to
 * *set, which the caller frees (cfg_set_free; it may be NULL).
 */
struct cfg_domain *record_spec(const struct xlite_record *record, struct cfg_set **set);

#endif
