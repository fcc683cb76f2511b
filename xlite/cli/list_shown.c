/* SPDX-License-Identifier: GPL-2.0-or-later
 * list --watch: what was shown of each domain, what a look finds, and a line for what differs.
 */
#include "xlite/cli/list_shown.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/kept.h"
#include "xlite/cli/list.h"
#include "xlite/reconcile/observe.h"

/* A domain as it was shown last; a uuid may be that of one that ends and of one that takes its place. */
struct list_item {
	struct state_domain last;	/* its name and its record's set are here, nothing else that it points to */
	char *key;			/* what a line is printed for when it changes; NULL: not printed yet */
	bool seen, watched, renamed;
};

/* Of what was read in this look: those that are there, then those that are kept. */
struct look {
	struct state state;
	struct kept kept;
};

/* Below /local/domain/DOMID; nothing of it may be written by the guest. */
static const char *const watched_nodes[] = { "name", "memory/target", "cpu" };

static int no_memory(struct xlite_error *err)
{
	return xlite_error_set(err, -ENOMEM, "out of memory");
}

static struct list_item *find(const struct list_shown *shown, const struct state_domain *domain)
{
	for (size_t i = 0; i < shown->nr; i++) {
		const struct xlite_domain_info *info = &shown->items[i].last.info;

		if (info->domid == domain->info.domid && !memcmp(info->uuid, domain->info.uuid, 16))
			return &shown->items[i];
	}
	return NULL;
}

static int set_watches(struct list_shown *shown, struct list_item *item, bool on, struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(watched_nodes) && !rc && on != item->watched; i++) {
		char path[64], token[32];

		snprintf(path, sizeof(path), "/local/domain/%u/%s", item->last.info.domid, watched_nodes[i]);
		snprintf(token, sizeof(token), "%zu/%u", i, item->last.info.domid);
		rc = on ? xlite_store_watch(shown->host.store, path, token, err) :
			  xlite_store_unwatch(shown->host.store, path, token, err);
	}
	item->watched = on;
	return rc;
}

static int set_text(char **text, const char *value, struct xlite_error *err)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return no_memory(err);
	free(*text);
	*text = copy;
	return 0;
}

static void print_json(const struct state_domain *domain, const char *state)
{
	json_t *json = list_json(domain, state);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (text)
		puts(text);
	free(text);
	json_decref(json);
}

static void print(struct list_shown *shown, const struct state_domain *domain, const char *state)
{
	enum cli_output output = shown->cli->options.output;

	if (output == CLI_JSON)
		print_json(domain, state);
	else if (output != CLI_NAME)
		list_add_row(&shown->table, domain, state, output == CLI_WIDE);
	else if (domain->name)
		printf("domain/%s\n", domain->name);
}

/* Memory that comes while it is built, and goes while it dies, is not worth a line; nor is the time that it has used. */
static char *key_of(const struct state_domain *domain)
{
	const struct xlite_domain_info *info = &domain->info;
	struct buf key = BUF_INIT;

	buf_printf(&key, "%s %s %s", state_word(domain), domain->record.set ? domain->record.set : "-",
		   domain->name ? domain->name : "");
	if (!domain->absent && !info->dying && !state_unfinished(domain))
		buf_printf(&key, " %u %llu", info->nr_online_vcpus, (unsigned long long)(info->mem_kib + 512) / 1024);
	return buf_take(&key);
}

/* One that ends keeps its name (recall_names), and whose it was: its nodes go before it does. */
static int take(struct list_item *item, const struct state_domain *domain, struct xlite_error *err)
{
	struct state_domain *last = &item->last;
	int rc = set_text(&last->name, domain->name, err);

	last->info = domain->info;
	last->absent = domain->absent;
	item->renamed = false;
	if (rc || (domain->info.dying && item->key))
		return rc;
	rc = set_text(&last->record.set, domain->record.set, err);
	last->record.format = domain->record.format;
	last->record.finished = domain->record.finished;
	last->record.stopped = domain->record.stopped;
	last->record.saved = domain->record.saved;
	last->record.again = domain->record.again;
	last->recorded = domain->recorded;
	return rc;
}

static int show(struct list_shown *shown, struct list_item *item, const struct state_domain *domain, struct xlite_error *err)
{
	int rc = take(item, domain, err);
	char *key;

	if (!rc)
		rc = set_watches(shown, item, !domain->absent, err);
	if (rc)
		return rc;
	key = key_of(&item->last);
	if (!key)
		return no_memory(err);
	if (!item->key || strcmp(key, item->key))
		print(shown, &item->last, state_word(&item->last));
	free(item->key);
	item->key = key;
	return 0;
}

static struct list_item *add(struct list_shown *shown, const struct state_domain *domain)
{
	struct list_item *items = realloc(shown->items, (shown->nr + 1) * sizeof(*items));

	if (!items)
		return NULL;
	shown->items = items;
	items[shown->nr] = (struct list_item){ .last.info = domain->info, .seen = true };
	return &items[shown->nr++];
}

static void forget(struct list_item *item)
{
	free(item->last.name);
	free(item->last.record.set);
	free(item->key);
}

/* Of one that was only kept another that has come takes the place. */
static bool is_replaced(const struct look *look, const struct list_item *item)
{
	return item->last.absent && state_find_uuid(&look->state, item->last.info.uuid);
}

static int sweep(struct list_shown *shown, const struct look *look, struct xlite_error *err)
{
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < shown->nr; i++) {
		struct list_item *item = &shown->items[i];

		if (item->seen) {
			shown->items[kept++] = *item;
			continue;
		}
		if (!is_replaced(look, item))
			print(shown, &item->last, "gone");
		if (!rc)
			rc = set_watches(shown, item, false, err);
		forget(item);
	}
	shown->nr = kept;
	return rc;
}

static const struct state_domain *each(const struct look *look, size_t i)
{
	return i < look->state.nr ? &look->state.domains[i] : &look->kept.items[i - look->state.nr];
}

/* A record that is kept for one that is dying yet is no second domain. */
static bool is_there(const struct state *state, const struct state_domain *kept)
{
	for (size_t i = 0; i < state->nr; i++) {
		if (state->domains[i].info.domid == kept->info.domid &&
		    !memcmp(state->domains[i].info.uuid, kept->info.uuid, 16))
			return true;
	}
	return false;
}

/* By its labels, but for one that is ending: these have gone before. */
static bool is_meant(const struct list_shown *shown, const struct look *look, const struct state_domain *domain)
{
	const char *selector = shown->cli->options.selector;

	if (domain->absent && is_there(&look->state, domain))
		return false;
	return !selector || cli_select_means(selector, domain) || (domain->info.dying && find(shown, domain));
}

/* What goes is told first: its number may be another's already. */
static int compare(struct list_shown *shown, const struct look *look, struct xlite_error *err)
{
	size_t nr = look->state.nr + look->kept.nr;
	struct list_item *item;
	int rc;

	for (size_t i = 0; i < shown->nr; i++)
		shown->items[i].seen = false;
	for (size_t i = 0; i < nr; i++) {
		item = is_meant(shown, look, each(look, i)) ? find(shown, each(look, i)) : NULL;
		if (item)
			item->seen = true;
	}
	rc = sweep(shown, look, err);
	for (size_t i = 0; i < nr && !rc; i++) {
		if (!is_meant(shown, look, each(look, i)))
			continue;
		item = find(shown, each(look, i));
		if (!item)
			item = add(shown, each(look, i));
		rc = item ? show(shown, item, each(look, i), err) : no_memory(err);
	}
	return rc;
}

/* Names are asked for when they have changed only: many domains may be there, and much may happen. */
static bool needs_name(const void *ctx, const struct state_domain *domain)
{
	const struct list_item *item = find(ctx, domain);

	return !item || item->renamed || !item->last.name;
}

static int recall_names(const struct list_shown *shown, struct state *state, struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < state->nr && !rc; i++) {
		const struct list_item *item = find(shown, &state->domains[i]);

		if (item && !state->domains[i].name)
			rc = set_text(&state->domains[i].name, item->last.name, err);
	}
	return rc;
}

int list_shown_look(struct list_shown *shown, struct xlite_error *err)
{
	struct look look = { 0 };
	int rc = observe_list(&shown->host, &look.state, err);

	if (!rc)
		rc = observe_names(&shown->host, &look.state, needs_name, shown, err);
	if (!rc)
		rc = recall_names(shown, &look.state, err);
	if (!rc)
		rc = observe_records(&shown->host, &look.state, shown->full ? NULL : list_needs_record, NULL, err);
	if (!rc)
		rc = kept_find(&look.state, true, &look.kept, err);
	if (!rc)
		rc = compare(shown, &look, err);
	kept_clear(&look.kept);
	state_clear(&look.state);
	if (rc)
		return rc;
	if (shown->cli->options.output == CLI_TABLE || shown->cli->options.output == CLI_WIDE)
		cli_table_print(&shown->table);
	return fflush(stdout) ? xlite_error_sys(err, -errno, "standard output") : 0;
}

/* "0/DOMID": its name. */
void list_shown_event(struct list_shown *shown, const char *token)
{
	unsigned domid;

	if (sscanf(token, "0/%u", &domid) != 1)
		return;
	for (size_t i = 0; i < shown->nr; i++) {
		if (shown->items[i].last.info.domid == domid)
			shown->items[i].renamed = true;
	}
}

void list_shown_clear(struct list_shown *shown)
{
	for (size_t i = 0; i < shown->nr; i++)
		forget(&shown->items[i]);
	free(shown->items);
}
