/* SPDX-License-Identifier: GPL-2.0-or-later
 * Waits for dependencies: which domain is meant, whether it lives, and how long it may take.
 */
#include "xlite/reconcile/ready.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "xlite/reconcile/observe.h"

void ready_init(struct ready *ready, const struct cfg_dependency *want, const struct cfg_domain *spec)
{
	memset(ready, 0, sizeof(*ready));
	ready->want = want;
	ready->spec = spec;
	ready->fd = -1;
	ready->lacks = "it does not run";
}

void ready_text(const struct cfg_dependency *want, struct buf *out)
{
	switch (want->ready) {
	case CFG_READY_RUNNING:
		buf_puts(out, "running");
		break;
	case CFG_READY_XENSTORE:
		buf_printf(out, "xenstore %s", want->text);
		break;
	case CFG_READY_TCP:
		buf_printf(out, "tcp %u", want->port);
		break;
	case CFG_READY_CONSOLE:
		buf_printf(out, "console `%s'", want->text);
		break;
	}
}

/* The first address of a spec, without its prefix length. */
static void note_address(struct ready *ready, const struct cfg_domain *spec)
{
	for (size_t i = 0; spec && i < spec->nr_vifs; i++) {
		if (!spec->vifs[i].ip.nr)
			continue;
		snprintf(ready->address, sizeof(ready->address), "%.*s", (int)strcspn(spec->vifs[i].ip.items[0], "/"),
			 spec->vifs[i].ip.items[0]);
		return;
	}
}

static bool is_meant(const void *ctx, const struct state_domain *domain)
{
	const struct ready *ready = ctx;

	return domain->name && !strcmp(domain->name, ready->want->name);
}

/* The address of a domain that is no document of the set stands in its record. */
static int read_address(struct ready *ready, struct host *host, struct state *state, struct state_domain *domain,
			struct xlite_error *err)
{
	int rc = 0;

	if (!ready->spec) {
		rc = observe_records(host, state, is_meant, ready, err);
		if (!rc)
			rc = observe_details(host, &domain, 1, err);
	}
	note_address(ready, ready->spec ? ready->spec : domain->spec);
	if (!rc && !ready->address[0])
		rc = xlite_error_set(err, -ENOENT, "%s has no address to connect to", ready->want->name);
	return rc;
}

/* A document's domain by its uuid, unless one that was made by something else has its name: only then are names read. */
static int find(struct ready *ready, struct host *host, struct xlite_error *err)
{
	struct state_domain *domain = NULL;
	struct state state;
	int rc = observe_list(host, &state, err);

	if (!rc && ready->spec)
		domain = state_find_uuid(&state, ready->spec->uuid);
	if (!rc && (!domain || domain->info.dying)) {
		rc = observe_names(host, &state, NULL, NULL, err);
		domain = rc ? NULL : state_find_name(&state, ready->want->name);
	}
	if (rc) {
		state_clear(&state);
		return rc;
	}
	if (!domain) {
		rc = xlite_error_set(err, -ENOENT, "there is no domain %s on this host", ready->want->name);
		xlite_error_hint(err, "apply its file first, or together with this one");
	} else {
		ready->found = true;
		ready->domid = domain->info.domid;
		memcpy(ready->uuid, domain->info.uuid, 16);
		if (ready->want->ready == CFG_READY_TCP)
			rc = read_address(ready, host, &state, domain, err);
	}
	state_clear(&state);
	return rc;
}

/* 1: it runs; 0: it is paused. Nobody starts one again that has ended while we wait. */
static int probe_running(struct ready *ready, struct host *host, struct xlite_error *err)
{
	struct xlite_domain_info info;
	int rc = xlite_domain_info(host->xen, ready->domid, &info, err);

	if (rc == -ESRCH || (!rc && (info.dying || memcmp(info.uuid, ready->uuid, 16))))
		return xlite_error_set(err, -ESRCH, "%s is gone", ready->want->name);
	if (rc)
		return rc;
	if (info.shutdown)
		return xlite_error_set(err, -ESRCH, "%s: %s", ready->want->name, state_end(&info)->told);
	ready->lacks = "it is paused";
	return !info.paused;
}

static int probe(struct ready *ready, struct host *host, struct xlite_error *err)
{
	int rc = probe_running(ready, host, err);

	if (rc <= 0)
		return rc;
	switch (ready->want->ready) {
	case CFG_READY_XENSTORE:
		return ready_probe_xenstore(ready, host, err);
	case CFG_READY_TCP:
		return ready_probe_tcp(ready, err);
	case CFG_READY_CONSOLE:
		return ready_probe_console(ready, host, err);
	case CFG_READY_RUNNING:
		break;
	}
	return 1;
}

int ready_check(struct ready *ready, struct host *host, struct xlite_error *err)
{
	int rc = 0;

	if (ready->done)
		return 1;
	if (!ready->deadline_ns)
		ready->deadline_ns = clock_deadline_ms((int64_t)ready->want->timeout_s * 1000);
	if (!ready->found)
		rc = find(ready, host, err);
	if (!rc)
		rc = probe(ready, host, err);
	if (!rc && clock_now_ns() >= ready->deadline_ns)
		rc = xlite_error_set(err, -ETIMEDOUT, "%s was not ready within %u s: %s", ready->want->name,
				     ready->want->timeout_s, ready->lacks);
	ready->done = rc > 0;
	if (rc)
		ready_clear(ready);
	return rc;
}
