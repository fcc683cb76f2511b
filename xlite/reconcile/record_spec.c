/* SPDX-License-Identifier: GPL-2.0-or-later
 * The spec that a domain's record holds, parsed.
 */
#include "xlite/reconcile/record_spec.h"

#include <string.h>

struct cfg_domain *record_spec(const struct xlite_record *record, struct cfg_set **set)
{
	struct cfg_domain *const *domains;
	size_t nr = 0;

	*set = record->spec && record->format == 1 ? cfg_set_new() : NULL;
	if (!*set || cfg_set_parse(*set, CFG_RECORD, record->spec, strlen(record->spec)))
		return NULL;
	domains = cfg_set_domains(*set, &nr);
	return nr == 1 ? domains[0] : NULL;
}
