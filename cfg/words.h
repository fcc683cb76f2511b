/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words of the language. Those that one file alone needs are there, beside the rows of their keys (keys.c,
 * keys_network.c). Names without the help, such as cfg_type_name, are in cfg.h and spec.h.
 */
#ifndef CFG_WORDS_H
#define CFG_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/** A word of an enumeration; its place in the array is its value. */
struct cfg_word {
	const char *name, *help;
	bool later;		/* known, but not supported yet */
	const char *aka;	/* what people coming from elsewhere would write, separated by spaces */
};

/** Kinds of document, as in `kind:`. */
enum { CFG_KIND_DOMAIN, CFG_KIND_NETWORK, CFG_KIND_VOLUME, CFG_KIND_POOL, CFG_KIND_DEFAULTS, CFG_NR_KINDS };
extern const struct cfg_word cfg_kind_words[CFG_NR_KINDS];

/** Words of enumerations of spec.h; a place is the value: enum cfg_type, cfg_state, cfg_action, cfg_vbd_format. */
#define CFG_NR_TYPES 3
#define CFG_NR_STATES 3
#define CFG_NR_ACTIONS 6
#define CFG_NR_FORMATS 2
extern const struct cfg_word cfg_type_words[CFG_NR_TYPES];
extern const struct cfg_word cfg_state_words[CFG_NR_STATES];
extern const struct cfg_word cfg_action_words[CFG_NR_ACTIONS];
extern const struct cfg_word cfg_format_words[CFG_NR_FORMATS];

/** Whether word is one of the words in a list separated by spaces, which may be NULL. */
bool cfg_listed(const char *list, const char *word, size_t len);

#endif
