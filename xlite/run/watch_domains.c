/* SPDX-License-Identifier: GPL-2.0-or-later
 * Looks at domains that have ended.
 */
#include "xlite/run/watch_domains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"

uint64_t watch_now_s(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

static bool has_ended(const void *ctx, const struct state_domain *domain)
{
	return domain->info.domid && domain->info.shutdown && !domain->info.dying;
}

static int rename_item(struct watched *item, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(item->name);
	item->name = copy;
	return 0;
}

/* The one of that uuid, made if need be; NULL without memory. */
static struct watched *find(struct watch_domains *domains, const uint8_t uuid[16], const char *name)
{
	struct watched *items, *item;

	for (size_t i = 0; i < domains->nr; i++) {
		item = &domains->items[i];
		if (!memcmp(item->uuid, uuid, 16))
			return strcmp(item->name, name) && rename_item(item, name) ? NULL : item;
	}
	items = realloc(domains->items, (domains->nr + 1) * sizeof(*items));
	if (!items)
		return NULL;
	domains->items = items;
	item = &items[domains->nr];
	memset(item, 0, sizeof(*item));
	memcpy(item->uuid, uuid, 16);
	item->name = strdup(name);
	if (!item->name)
		return NULL;
	domains->nr++;
	return item;
}

/* When: the back-off's pause for a domain that is built anew, and a pause of its own after a failure. */
static void set_due(struct watched *item, unsigned longest_s, uint64_t now_s)
{
	uint64_t retry_s = item->fails ? item->failed_s + watch_retry_s(item->fails, longest_s) : 0;

	item->due_s = now_s;
	if (item->deed == WATCH_BUILD)
		item->due_s += watch_wait_s(&item->ends, longest_s, now_s);
	if (item->due_s < retry_s)
		item->due_s = retry_s;
}

static int take_ended(struct watch_domains *domains, const struct state_domain *domain, uint64_t now_s)
{
	const struct state_end *end = state_end(&domain->info);
	struct watched *item;
	enum watch_deed deed;

	/* Whose record cannot be read, and who is another tool's, is left to others. */
	if (!state_owned(domain) || !domain->spec)
		return 0;
	item = find(domains, domain->info.uuid, domain->spec->name);
	if (!item)
		return -ENOMEM;
	deed = watch_deed(&domain->info, domain->spec);
	/* A loop is one thing to say, however many domids it takes; each domain that is kept is another. */
	if (deed != item->deed || (deed != WATCH_BUILD && item->domid != domain->info.domid))
		item->said = false;
	item->ended = true;
	item->kept = false;
	item->domid = domain->info.domid;
	item->deed = deed;
	item->told = end->told;
	item->policy = end->policy;
	item->ends = domain->record.ends;
	set_due(item, domains->longest_s, now_s);
	return 0;
}

static int take_kept(struct watch_domains *domains, const struct state_stale *stale, uint64_t now_s)
{
	struct cfg_set *set;
	const struct cfg_domain *spec = record_spec(&stale->record, &set);
	struct watched *item = spec ? find(domains, spec->uuid, spec->name) : NULL;
	int rc = spec && !item ? -ENOMEM : 0;

	if (item) {
		item->ended = item->kept = true;
		item->domid = stale->domid;
		item->deed = WATCH_BUILD;
		item->told = "it was being built anew";
		item->policy = NULL;
		item->ends = stale->record.ends;
		set_due(item, domains->longest_s, now_s);
		/* Its pause was over when that began. */
		if (!item->fails)
			item->due_s = now_s;
	}
	cfg_set_free(set);
	return rc;
}

/* Who runs again, and has done so for long enough, needs no line any more. */
static void forget_healthy(struct watch_domains *domains, uint64_t now_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < domains->nr; i++) {
		struct watched *item = &domains->items[i];

		if (item->ended || (item->ends.nr && !watch_is_healthy(&item->ends, domains->longest_s, now_s)))
			domains->items[kept++] = *item;
		else
			free(item->name);
	}
	domains->nr = kept;
}

static int observe_ended(struct host *host, struct state *state, struct xlite_error *err)
{
	int rc = observe_list(host, state, err);

	if (!rc)
		rc = observe_names(host, state, has_ended, NULL, err);
	if (!rc)
		rc = observe_records(host, state, has_ended, NULL, err);
	return rc;
}

/* One whose record is damaged must not keep the others from their turn. */
static void read_details(struct host *host, struct state_domain *domain)
{
	struct xlite_error err = { 0 };

	if (has_ended(NULL, domain) && state_owned(domain))
		observe_details(host, &domain, 1, &err);
}

int watch_domains_look(struct watch_domains *domains, struct host *host, uint64_t now_s, struct xlite_error *err)
{
	struct state state = { 0 };
	int rc = observe_ended(host, &state, err);

	for (size_t i = 0; i < domains->nr && !rc; i++)
		domains->items[i].ended = false;
	for (size_t i = 0; i < state.nr && !rc; i++) {
		read_details(host, &state.domains[i]);
		if (has_ended(NULL, &state.domains[i]) && take_ended(domains, &state.domains[i], now_s))
			rc = xlite_error_set(err, -ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < state.nr_stale && !rc; i++) {
		if (state.stale[i].record.again && take_kept(domains, &state.stale[i], now_s))
			rc = xlite_error_set(err, -ENOMEM, "out of memory");
	}
	if (!rc)
		forget_healthy(domains, now_s);
	state_clear(&state);
	return rc;
}

static bool is_work(const struct watched *item)
{
	return item->ended && (item->deed == WATCH_BUILD || item->deed == WATCH_REMOVE);
}

uint64_t watch_domains_due_s(const struct watch_domains *domains)
{
	uint64_t due_s = UINT64_MAX;

	for (size_t i = 0; i < domains->nr; i++) {
		if (is_work(&domains->items[i]) && domains->items[i].due_s < due_s)
			due_s = domains->items[i].due_s;
	}
	return due_s;
}

static void fail(struct watch_domains *domains, struct watched *item, uint64_t now_s)
{
	domains->nr_failed++;
	item->fails += item->fails < 1000;
	item->failed_s = now_s;
}

void watch_domains_take(struct watch_domains *domains, const struct watch_word *word, uint64_t now_s)
{
	for (size_t i = 0; i < domains->nr; i++) {
		struct watched *item = &domains->items[i];

		if (memcmp(item->uuid, word->uuid, 16))
			continue;
		snprintf(item->last, sizeof(item->last), "%s", word->text);
		item->tried = false;
		/* Its process counted it in the record, which is not read while it runs. */
		if (!word->failed && item->deed == WATCH_BUILD)
			item->ends = watch_count(&item->ends, domains->longest_s, now_s);
		domains->nr_built += !word->failed && item->deed == WATCH_BUILD;
		domains->nr_removed += !word->failed && item->deed == WATCH_REMOVE;
		if (word->failed)
			fail(domains, item, now_s);
		else
			item->fails = 0;
		item->said = item->said && item->deed == WATCH_BUILD && watch_pause_s(item->ends.nr, domains->longest_s);
	}
}

void watch_domains_try(struct watch_domains *domains, uint64_t now_s)
{
	for (size_t i = 0; i < domains->nr; i++)
		domains->items[i].tried = is_work(&domains->items[i]) && domains->items[i].due_s <= now_s;
}

void watch_domains_tried(struct watch_domains *domains, uint64_t now_s)
{
	for (size_t i = 0; i < domains->nr; i++) {
		struct watched *item = &domains->items[i];

		if (item->tried && is_work(item) && item->due_s <= now_s) {
			fail(domains, item, now_s);
			set_due(item, domains->longest_s, now_s);
		}
		item->tried = false;
	}
}

bool watch_domains_say(struct watched *item, uint64_t now_s, char *text, size_t size)
{
	if (item->said || !item->ended)
		return false;
	if (item->deed == WATCH_BUILD && item->due_s > now_s && !item->fails)
		snprintf(text, size,
			 "%s: %s (%u ends in a row): it is built anew in %llu s, and from now on less and less often",
			 item->name, item->told, item->ends.nr + 1, (unsigned long long)(item->due_s - now_s));
	else if (item->deed == WATCH_KEEP)
		snprintf(text, size, "%s: %s, and is kept for inspection (%s: preserve)", item->name, item->told, item->policy);
	else if (item->deed == WATCH_LEAVE)
		snprintf(text, size, "%s: %s; it is left as it is", item->name, item->told);
	else
		return false;
	item->said = true;
	return true;
}

void watch_domains_clear(struct watch_domains *domains)
{
	for (size_t i = 0; i < domains->nr; i++)
		free(domains->items[i].name);
	free(domains->items);
	memset(domains, 0, sizeof(*domains));
}
