/* SPDX-License-Identifier: GPL-2.0-or-later
 * Carries out what a plan says of networks.
 */
#include <errno.h>

#include "common/clock.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/network.h"

static void tell(struct host *host, const char *name, const char *step, const char *status, int64_t start_ns,
		 const struct xlite_error *err)
{
	struct host_event event = {
		.type = "step", .domain = name, .kind = "network", .step = step, .status = status, .err = err
	};

	if (!host->report)
		return;
	event.took_ns = start_ns ? clock_now_ns() - start_ns : 0;
	host_report(host, &event);
}

static int remove_network(struct host *host, const struct plan_item *item, struct xlite_error *err)
{
	int64_t start = host->report ? clock_now_ns() : 0;
	int rc;

	tell(host, item->name, "remove-network", "start", 0, NULL);
	rc = network_remove(host, item->have_network, err);
	tell(host, item->name, "remove-network", rc ? "failed" : "done", start, rc ? err : NULL);
	return rc;
}

/* Made, then read again: what was applied must be what is there. */
static int make_network(struct host *host, const struct plan_item *item, const struct state_network *have,
			const struct apply_options *options, struct xlite_error *err)
{
	int64_t start = host->report ? clock_now_ns() : 0;
	struct state state = { 0 };
	struct state_network *now;
	struct cfg_diff *diffs = NULL;
	size_t nr = 0;
	int rc;

	tell(host, item->name, "network", "start", 0, NULL);
	/* One that is made again stays in its set. */
	rc = network_apply(host, item->want_network, have,
			   options->set || !item->have_network ? options->set : item->have_network->record.set, err);
	if (!rc)
		rc = networks_read(host, &state, err);
	if (!rc)
		rc = networks_observe(host, &state, err);
	now = rc ? NULL : state_find_network(&state, item->name);
	if (!rc && (!now || !now->spec || now->fault))
		rc = xlite_error_set(err, -EIO, "was made, but %s", now && now->fault ? now->fault : "its record is gone");
	if (!rc)
		rc = cfg_diff_network(now->spec, item->want_network, &diffs, &nr);
	if (!rc && nr)
		rc = xlite_error_set(err, -EIO, "was made, but %s still is %s", diffs[0].path,
				     diffs[0].before ? diffs[0].before : "absent");
	cfg_diff_free(diffs, nr);
	state_clear(&state);
	tell(host, item->name, "network", rc ? "failed" : "done", start, rc ? err : NULL);
	return rc;
}

int apply_network(struct host *host, const struct plan_item *item, const struct apply_options *options, const char **done,
		  struct xlite_error *err)
{
	int rc = 0;

	switch (item->action) {
	case PLAN_NONE:
		*done = "unchanged";
		return 0;
	case PLAN_CREATE:
		*done = "created";
		rc = make_network(host, item, NULL, options, err);
		break;
	case PLAN_CHANGE:
	case PLAN_RESTART:
		*done = "changed";
		rc = make_network(host, item, item->have_network, options, err);
		break;
	case PLAN_REPLACE:
		*done = "replaced";
		rc = remove_network(host, item, err);
		if (!rc)
			rc = make_network(host, item, NULL, options, err);
		break;
	case PLAN_DELETE:
		*done = "deleted";
		rc = remove_network(host, item, err);
		break;
	case PLAN_REFUSED:
		*done = "refused";
		rc = plan_refused(item, err);
		break;
	}
	return rc ? xlite_error_prefix(err, "network %s", item->name) : 0;
}
