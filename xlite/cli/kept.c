/* SPDX-License-Identifier: GPL-2.0-or-later
 * Records of domains that were stopped or saved, or are being built anew.
 */
#include "xlite/cli/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/reconcile/record_spec.h"

/* False: its spec cannot be read, so that it has no name. */
static bool take(const struct state_stale *stale, struct state_domain *domain)
{
	*domain = (struct state_domain){
		.absent = true, .recorded = true, .record = stale->record, .info.domid = stale->domid
	};
	domain->spec = record_spec(&stale->record, &domain->spec_set);
	domain->detailed = true;
	domain->name = domain->spec ? strdup(domain->spec->name) : NULL;
	if (domain->name && !xlite_uuid_parse(stale->record.uuid, domain->info.uuid))
		return true;
	cfg_set_free(domain->spec_set);
	free(domain->name);
	return false;
}

/* The new domain, as soon as there is one, stands for it. */
static bool is_rebuilt(const struct state *state, const struct xlite_record *record)
{
	uint8_t uuid[16];

	return record->again && !xlite_uuid_parse(record->uuid, uuid) && !state_find_uuid(state, uuid);
}

int kept_find(const struct state *state, bool rebuilding, struct kept *kept, struct xlite_error *err)
{
	*kept = (struct kept){ .items = calloc(state->nr_stale + 1, sizeof(*kept->items)) };
	if (!kept->items)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < state->nr_stale; i++) {
		const struct xlite_record *record = &state->stale[i].record;

		if ((record->stopped || record->saved || (rebuilding && is_rebuilt(state, record))) &&
		    state_stale_kept(state, i) && take(&state->stale[i], &kept->items[kept->nr]))
			kept->nr++;
	}
	return 0;
}

void kept_clear(struct kept *kept)
{
	for (size_t i = 0; i < kept->nr; i++) {
		cfg_set_free(kept->items[i].spec_set);
		free(kept->items[i].name);
	}
	free(kept->items);
	*kept = (struct kept){ 0 };
}
