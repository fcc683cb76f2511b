/* SPDX-License-Identifier: GPL-2.0-or-later
 * Opening and closing the connections of a run.
 */
#include "xlite/reconcile/host.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/vif_spec.h"

/* Empty directories are not worth a long wait. */
#define SWEEP_MS 5000

/* For a lock that was given up while a guest was waited for. */
#define AGAIN_MS 60000

/* $XLITE_STORE_TIMEOUT_MS: how long xenstored may take over one answer. */
static void set_patience(struct xlite_store *store)
{
	const char *text = getenv("XLITE_STORE_TIMEOUT_MS");
	long ms = text ? strtol(text, NULL, 10) : 0;

	if (ms > 0 && ms <= 3600000)
		xlite_store_set_timeout(store, (unsigned)ms);
}

int host_open(struct host *host, struct xlite_error *err)
{
	int rc;

	host->xen = NULL;
	host->store = NULL;
	host->net = NULL;
	host->locked = false;
	host->let_go = false;
	host->planning = false;
	host->rules_known = false;
	host->removed = false;
	host->specs = NULL;
	host->nr_specs = 0;
	host->coming = NULL;
	host->nr_coming = 0;
	host->planned = NULL;
	host->sound = (struct host_file){ 0 };
	memset(host->grub, 0, sizeof(host->grub));
	rc = xlite_xen_open(&host->xen, err);
	if (rc)
		return rc;
	rc = xlite_store_open(&host->store, err);
	if (rc)
		host_close(host);
	else
		set_patience(host->store);
	return rc;
}

int host_grub(struct host *host, const struct guest_type *type, const struct hotplug_grub **grub, struct xlite_error *err)
{
	struct hotplug_grub **made = &host->grub[type->type];
	int rc = 0;

	if (!*made) {
		*made = malloc(sizeof(**made));
		if (!*made)
			return xlite_error_set(err, -ENOMEM, "out of memory");
		rc = hotplug_grub_open(*made, type->grub, err);
	}
	if (rc) {
		free(*made);
		*made = NULL;
	}
	*grub = *made;
	return rc;
}

static void grub_forget(struct host *host)
{
	for (size_t i = 0; i < ARRAY_SIZE(host->grub); i++) {
		if (host->grub[i])
			hotplug_grub_close(host->grub[i]);
		free(host->grub[i]);
		host->grub[i] = NULL;
	}
}

static void rules_forget(struct host *host)
{
	if (host->rules_known)
		hotplug_nft_list_clear(&host->rules);
	host->rules_known = false;
}

int host_rules(struct host *host, const struct hotplug_nft_list **rules, struct xlite_error *err)
{
	int rc = 0;

	if (!host->planning)
		rules_forget(host);
	if (!host->rules_known)
		rc = hotplug_nft_list(&host->rules, clock_deadline_ms(VIF_SPEC_NFT_MS), err);
	host->rules_known = !rc;
	*rules = rc ? NULL : &host->rules;
	return rc;
}

void host_planning(struct host *host, bool begins)
{
	rules_forget(host);
	host->planning = begins;
}

void host_close(struct host *host)
{
	if (host->removed && host->store)
		xlite_layout_sweep(host->store, clock_deadline_ms(SWEEP_MS), NULL);
	host_unlock(host);
	rules_forget(host);
	grub_forget(host);
	hotplug_net_close(host->net);
	xlite_store_close(host->store);
	xlite_xen_close(host->xen);
	free(host->listed);
	host->listed = NULL;
	host->nr_listed = 0;
	host->net = NULL;
	host->store = NULL;
	host->xen = NULL;
}

int host_net(struct host *host, struct hotplug_net **net, struct xlite_error *err)
{
	if (!host->net) {
		int rc = hotplug_net_open(&host->net, err);

		if (rc)
			return rc;
	}
	*net = host->net;
	return 0;
}

int host_lock(struct host *host, unsigned timeout_ms, struct xlite_error *err)
{
	int rc;

	if (host->locked)
		return 0;
	host->lock = (struct hotplug_lock)HOTPLUG_LOCK_INIT;
	rc = hotplug_lock_take(&host->lock, clock_deadline_ms(timeout_ms), err);
	host->locked = !rc;
	return rc;
}

void host_unlock(struct host *host)
{
	if (host->locked)
		hotplug_lock_release(&host->lock);
	host->locked = false;
}

bool host_wait_begin(struct host *host)
{
	bool was_locked = host->locked;

	if (!was_locked)
		return false;
	host->let_go = true;
	host_unlock(host);
	if (host->waits)
		host->waits(host->waits_ctx, true, NULL);
	return true;
}

int host_wait_end(struct host *host, bool was_locked, struct xlite_error *err)
{
	int rc;

	if (!was_locked)
		return 0;
	if (!host->waits)
		return host_lock(host, AGAIN_MS, err);
	rc = host->waits(host->waits_ctx, false, err);
	host->locked = !rc;
	return rc;
}

void host_report(const struct host *host, const struct host_event *event)
{
	if (host->report)
		host->report(host->report_ctx, event);
}

int64_t host_start_ns(const struct host *host)
{
	return host->report ? clock_now_ns() : 0;
}

void host_tell(const struct host *host, const char *type, const char *domain, const char *step, const char *status,
	       int64_t since_ns, const struct xlite_error *err)
{
	struct host_event event = { .type = type, .domain = domain, .step = step, .status = status, .err = err };

	if (!host->report)
		return;
	event.took_ns = since_ns ? clock_now_ns() - since_ns : 0;
	host_report(host, &event);
}
