/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of keys in words, shared by `explain` and the man page.
 */
#ifndef CFG_DESCRIBE_H
#define CFG_DESCRIBE_H

#include "cfg/keys.h"

/** What a key takes: "SIZE or mapping", "list of mappings", "ro | rw". */
void cfg_describe_form(const struct cfg_key *key, struct buf *out);
/** Range of numbers, in the key's unit: "1 to 512"; nothing where there is none. */
void cfg_describe_range(const struct cfg_key *key, struct buf *out);
/** The default: "rw", "derived from the name"; nothing where there is none. */
void cfg_describe_default(const struct cfg_key *key, struct buf *out);
/**
 * Whether it must be there: "required", "required unless state is stopped", "one of tcp, udp is required"; or nothing.
 */
void cfg_describe_need(const struct cfg_section *section, const struct cfg_key *key, struct buf *out);
/** What else must be there for it to be used: "mode nat or route", "bridge"; nothing where it always can. */
void cfg_describe_only(const struct cfg_section *section, const struct cfg_key *key, struct buf *out);
/** A help line as a sentence: capital letter and full stop. */
void cfg_describe_sentence(const char *help, struct buf *out);
/** What a class of change means for a running domain; a sentence. */
const char *cfg_change_meaning(enum cfg_change change);

#endif
