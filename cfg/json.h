/* SPDX-License-Identifier: GPL-2.0-or-later
 * Specs as JSON values: what both printers print.
 */
#ifndef CFG_JSON_H
#define CFG_JSON_H

#include <jansson.h>

#include "cfg/keys.h"

/** Which keys of a spec to show. */
enum cfg_show {
	CFG_SHOW_CHANGED,	/* those that differ from their default */
	CFG_SHOW_SET,		/* also those at their default, where it is a value */
	CFG_SHOW_ALL,		/* all; null where there is no value */
};

/** The section at base as an object; NULL when out of memory. The caller owns the reference. */
json_t *cfg_json_section(const struct cfg_section *section, const void *base, enum cfg_show show);
/**
 * A domain as an object, identities that were given by anybody but the derivation included. NULL when out of
 * memory.
 */
json_t *cfg_json_domain(const struct cfg_domain *domain, enum cfg_show show);
/** A network as an object. NULL when out of memory. */
json_t *cfg_json_network(const struct cfg_network *network, enum cfg_show show);
/** A volume, and a pool, as an object. NULL when out of memory. */
json_t *cfg_json_volume(const struct cfg_volume *volume, enum cfg_show show);
json_t *cfg_json_pool(const struct cfg_pool *pool, enum cfg_show show);
/**
 * A string; bytes that are not UTF-8 (a name that another tool gave, a message that was cut) become "?". NULL is
 * null. NULL when out of memory.
 */
json_t *cfg_json_text(const char *text);

#endif
