/* SPDX-License-Identifier: GPL-2.0-or-later
 * The status of a watch, as text.
 */
#include "xlite/run/watch_status.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/record_spec.h"

/* Neither a name that another tool gave nor a message may end a field. */
static void add_field(struct buf *out, const char *text)
{
	buf_puts(out, "\t");
	for (const char *c = text; *c; c++)
		buf_add(out, (unsigned char)*c < 0x20 ? "?" : c, 1);
}

static const struct watched *find(const struct watch_domains *domains, const uint8_t uuid[16])
{
	for (size_t i = 0; i < domains->nr; i++) {
		if (!memcmp(domains->items[i].uuid, uuid, 16))
			return &domains->items[i];
	}
	return NULL;
}

static void add_domain(const struct watched *item, const char *name, uint32_t domid, const char *state,
		       const struct xlite_record_ends *ends, uint64_t now_s, struct buf *out)
{
	bool waits = item && item->ended && (item->deed == WATCH_BUILD || item->deed == WATCH_REMOVE);

	buf_puts(out, "domain");
	add_field(out, name);
	buf_printf(out, "\t%u", domid);
	add_field(out, state);
	buf_printf(out, "\t%u\t", ends->nr);
	if (waits)
		buf_printf(out, "%llu", (unsigned long long)(item->due_s > now_s ? item->due_s - now_s : 0));
	else
		buf_puts(out, "-");
	add_field(out, item && item->last[0] ? item->last : "-");
	buf_puts(out, "\n");
}

static void add_off(const struct watch_domains *domains, const struct state *state, size_t i, uint64_t now_s, struct buf *out)
{
	const struct state_stale *stale = &state->stale[i];
	bool off = !stale->record.again && state_stale_kept(state, i);
	struct cfg_set *set = NULL;
	const struct cfg_domain *spec = off ? record_spec(&stale->record, &set) : NULL;

	if (spec)
		add_domain(find(domains, spec->uuid), spec->name, stale->domid,
			   stale->record.moved     ? "moved"
			   : stale->record.saved   ? "saved"
			   : stale->record.stopped ? "stopped"
						   : "off",
			   &stale->record.ends, now_s, out);
	cfg_set_free(set);
}

static void add_files(const struct watch_applied *applied, uint64_t now_s, struct buf *out)
{
	static const char *const causes[] = {
		[WATCH_STARTED] = "start", [WATCH_CHANGED] = "change", [WATCH_TIME] = "interval"
	};

	if (applied->known)
		buf_printf(out, "files\t%d\t%llu\t%s\n", applied->status, (unsigned long long)(now_s - applied->at_s),
			   causes[applied->cause]);
	else
		buf_puts(out, "files\t-\t-\t-\n");
}

void watch_status_print(const struct watch_domains *domains, struct host *host, const struct watch_applied *applied,
			const char *about, struct buf *out)
{
	static const struct xlite_record_ends none;
	uint64_t now_s = watch_now_s();
	struct xlite_error err = { 0 };
	struct state state = { 0 };

	buf_printf(out, "watch\t%d", (int)getpid());
	add_field(out, about);
	buf_puts(out, "\n");
	add_files(applied, now_s, out);
	if (observe(host, true, &state, &err))
		return;
	for (size_t i = 0; i < state.nr; i++) {
		const struct state_domain *domain = &state.domains[i];
		const struct watched *item = find(domains, domain->info.uuid);
		bool healthy = watch_is_healthy(&domain->record.ends, domains->longest_s, now_s) && !domain->info.shutdown;

		if (domain->info.domid && state_owned(domain))
			add_domain(item, domain->name ? domain->name : "-", domain->info.domid, state_word(domain),
				   healthy ? &none : &domain->record.ends, now_s, out);
	}
	for (size_t i = 0; i < state.nr_stale; i++)
		add_off(domains, &state, i, now_s, out);
	for (size_t i = 0; i < domains->nr; i++) {
		const struct watched *item = &domains->items[i];

		if (item->kept && item->ended && !state_find_uuid(&state, item->uuid))
			add_domain(item, item->name, item->domid, "absent", &item->ends, now_s, out);
	}
	state_clear(&state);
	buf_puts(out, "end\n");
}

void watch_status_line(const struct watch_domains *domains, const struct watch_applied *applied, char *text, size_t size)
{
	size_t waits = 0, failed = 0, kept = 0;
	const char *files = "";

	for (size_t i = 0; i < domains->nr; i++) {
		const struct watched *item = &domains->items[i];

		if (!item->ended)
			continue;
		failed += item->fails > 0;
		waits += !item->fails && (item->deed == WATCH_BUILD || item->deed == WATCH_REMOVE);
		kept += item->deed == WATCH_KEEP;
	}
	/* With --drift=warn nothing was to be applied. */
	if (applied->known && applied->status)
		files = applied->status == XLITE_DIFFERS ? "; the host differs from the files"
							 : "; the files could not be applied as a whole";
	snprintf(text, size, "ended domains: %zu wait to be built anew, %zu failed, %zu kept for inspection%s", waits,
		 failed, kept, files);
}
