/* SPDX-License-Identifier: GPL-2.0-or-later
 * Observation of the host: the hypervisor's list, names and records. What one domain is in
 * detail is observe_domain.c.
 */
#include "xlite/reconcile/observe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

static struct state_domain *observe_find(struct state *state, uint32_t domid)
{
	for (size_t i = 0; i < state->nr; i++) {
		if (state->domains[i].info.domid == domid)
			return &state->domains[i];
	}
	return NULL;
}

static bool record_is_of(const struct xlite_record *record, const uint8_t uuid[16])
{
	char text[37];

	xlite_uuid_text(uuid, text);
	return !strcmp(record->uuid, text);
}

/*
 * Gives each record to its domain; one whose domain is gone, or is another by now, is stale. So is that of one which is
 * destroyed and stays dying: a backend holds memory of it, and does so until its nodes are removed.
 */
static int observe_place(struct state *state, uint32_t domid, struct xlite_record *record, struct xlite_error *err)
{
	struct state_domain *domain = observe_find(state, domid);
	struct state_stale *stale;

	if (!record->format)
		return 0;
	if (domain && !domain->info.dying && record_is_of(record, domain->info.uuid)) {
		domain->record = *record;
		memset(record, 0, sizeof(*record));
		return 0;
	}
	stale = realloc(state->stale, (state->nr_stale + 1) * sizeof(*stale));
	if (!stale)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	state->stale = stale;
	stale[state->nr_stale].domid = domid;
	stale[state->nr_stale++].record = *record;
	memset(record, 0, sizeof(*record));
	return 0;
}

/* Reads the records of these domids and gives each its place. */
static int observe_domids(struct host *host, const uint32_t *domids, size_t nr, struct state *state, struct xlite_error *err)
{
	auto_free struct xlite_record *records = calloc(nr + 1, sizeof(*records));
	int rc;

	if (!records)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = xlite_record_read(host->store, domids, nr, records, err);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = observe_place(state, domids[i], &records[i], err);
	for (size_t i = 0; i < nr; i++)
		xlite_record_clear(&records[i]);
	return rc;
}

/* Of the domids that /libxl lists, those that no domain has: their records, if they are ours, are stale. */
static int observe_stale(struct host *host, const struct xlite_store_batch *batch, size_t listing, struct state *state,
			 struct xlite_error *err)
{
	auto_free uint32_t *domids = NULL;
	const char *child;
	size_t nr = 0, room = 0;

	while (xlite_store_batch_child(batch, listing, room))
		room++;
	domids = calloc(room + 1, sizeof(*domids));
	if (!domids)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t k = 0; (child = xlite_store_batch_child(batch, listing, k)); k++) {
		char *end;
		unsigned long domid = strtoul(child, &end, 10);

		if (end != child && !*end && domid && domid < 0x7ff0 && !observe_find(state, (uint32_t)domid))
			domids[nr++] = (uint32_t)domid;
	}
	return nr ? observe_domids(host, domids, nr, state, err) : 0;
}

int observe_records(struct host *host, struct state *state, bool (*wanted)(const void *ctx, const struct state_domain *domain),
		    const void *ctx, struct xlite_error *err)
{
	auto_free uint32_t *domids = calloc(state->nr + 1, sizeof(*domids));
	size_t nr = 0;

	if (!domids)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < state->nr; i++) {
		struct state_domain *domain = &state->domains[i];

		if (!domain->info.domid || domain->recorded || (wanted && !wanted(ctx, domain)))
			continue;
		domain->recorded = true;
		domids[nr++] = domain->info.domid;
	}
	return nr ? observe_domids(host, domids, nr, state, err) : 0;
}

int observe_list(struct host *host, struct state *state, struct xlite_error *err)
{
	struct xlite_domain_info *list = NULL;
	size_t nr = 0;
	int rc;

	memset(state, 0, sizeof(*state));
	rc = xlite_domain_list(host->xen, &list, &nr, err);
	if (rc)
		return rc;
	free(host->listed);
	host->listed = list;
	host->nr_listed = nr;
	state->domains = calloc(nr ? nr : 1, sizeof(*state->domains));
	if (!state->domains)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	state->nr = nr;
	for (size_t i = 0; i < nr; i++)
		state->domains[i].info = list[i];
	return 0;
}

static int observe_take_names(const struct xlite_store_batch *batch, struct state_domain *const *named, size_t nr,
			      struct xlite_error *err)
{
	for (size_t i = 0; i < nr; i++) {
		const char *name = xlite_store_batch_value(batch, i, NULL);

		if (name && !(named[i]->name = strdup(name)))
			return xlite_error_set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

/* Names, and the domids that have records, in one flight. */
int observe_names(struct host *host, struct state *state, bool (*wanted)(const void *ctx, const struct state_domain *domain),
		  const void *ctx, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	auto_free struct state_domain **named = calloc(state->nr + 1, sizeof(*named));
	size_t nr = 0, listing;
	int rc = batch && named ? 0 : xlite_error_set(err, -ENOMEM, "out of memory");

	for (size_t i = 0; i < state->nr && !rc; i++) {
		if (wanted && !wanted(ctx, &state->domains[i]))
			continue;
		named[nr++] = &state->domains[i];
		xlite_store_batch_read(batch, "/local/domain/%u/name", state->domains[i].info.domid);
	}
	if (!rc) {
		listing = xlite_store_batch_list(batch, "/libxl");
		rc = xlite_store_batch_run(host->store, batch, err);
		if (!rc)
			rc = observe_take_names(batch, named, nr, err);
		if (!rc)
			rc = observe_stale(host, batch, listing, state, err);
		if (!rc && !state->qemus)
			rc = hotplug_qemu_list(&state->qemus, &state->nr_qemus, err);
	}
	xlite_store_batch_free(batch);
	return rc;
}

int observe(struct host *host, bool records, struct state *state, struct xlite_error *err)
{
	int rc = observe_list(host, state, err);

	if (!rc)
		rc = observe_names(host, state, NULL, NULL, err);
	if (!rc && records)
		rc = observe_records(host, state, NULL, NULL, err);
	if (rc)
		state_clear(state);
	return rc;
}

int observe_domain(struct host *host, uint32_t domid, struct state *state, struct xlite_error *err)
{
	char path[40];
	char *name = NULL;
	int rc;

	memset(state, 0, sizeof(*state));
	state->domains = calloc(1, sizeof(*state->domains));
	if (!state->domains)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	state->nr = 1;
	rc = xlite_domain_info(host->xen, domid, &state->domains->info, err);
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	if (!rc) {
		rc = xlite_store_read(host->store, 0, path, &name, NULL, err);
		state->domains->name = name;
		rc = rc == -ENOENT ? 0 : rc;
	}
	if (!rc)
		rc = observe_records(host, state, NULL, NULL, err);
	if (rc)
		state_clear(state);
	return rc;
}
