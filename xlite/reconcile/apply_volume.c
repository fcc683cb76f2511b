/* SPDX-License-Identifier: GPL-2.0-or-later
 * Carries out what a plan says of volumes.
 */
#include <errno.h>
#include <time.h>

#include "common/clock.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/volume.h"

/* How long a volume that is to go may still be in use. */
#define LET_GO_MS 5000

/** One step of a volume, for who is told of its progress. */
struct step_of {
	struct host *host;
	const char *name, *step;
	unsigned percent;
};

static void tell_progress(void *ctx, unsigned percent)
{
	struct step_of *of = ctx;

	if (percent == of->percent)
		return;
	of->percent = percent;
	host_report(of->host, &(struct host_event){ .type = "progress", .kind = "volume", .domain = of->name, .step = of->step,
						    .status = "start", .percent = percent });
}

static void tell(const struct step_of *of, const char *status, int64_t start_ns, const struct xlite_error *err)
{
	host_report(of->host, &(struct host_event){ .type = "step",
						    .kind = "volume",
						    .domain = of->name,
						    .step = of->step,
						    .status = status,
						    .took_ns = start_ns ? host_start_ns(of->host) - start_ns : 0,
						    .err = err });
}

/* The kernel lets go of a disk some time after its domain is gone. */
static int remove_volume(struct host *host, const struct state_volume *have, struct xlite_error *err)
{
	int64_t deadline_ns = clock_deadline_ms(LET_GO_MS);
	int rc;

	while ((rc = volume_remove(have, err)) == -EBUSY &&
	       clock_now_ns() < deadline_ns && !host_interrupted(host))
		nanosleep(&(struct timespec){ .tv_nsec = 50 * NS_PER_MS }, NULL);
	return rc;
}

static int work(struct host *host, const struct plan_item *item, const char *name, struct xlite_error *err)
{
	struct step_of of = { host, item->name, name, 101 };
	const struct hotplug_volume_watch watch = { host->interrupted, host->report ? tell_progress : NULL, &of };
	int64_t start = host_start_ns(host);
	struct hotplug_volume spec;
	int rc;

	tell(&of, "start", 0, NULL);
	if (item->action == PLAN_DELETE) {
		rc = remove_volume(host, item->have_volume, err);
	} else {
		volume_spec(item->want_volume, &spec);
		rc = item->action == PLAN_CREATE ? hotplug_volume_make(&spec, &watch, err)
						 : hotplug_volume_grow(&spec, &watch, err);
	}
	tell(&of, rc ? "failed" : "done", start, rc ? err : NULL);
	return rc;
}

int apply_volume(struct host *host, const struct plan_item *item, const char **done, struct xlite_error *err)
{
	int rc = 0;

	switch (item->action) {
	case PLAN_CREATE:
		*done = "created";
		rc = work(host, item, "make-volume", err);
		break;
	case PLAN_CHANGE:
		*done = "changed";
		rc = work(host, item, "grow-volume", err);
		break;
	case PLAN_DELETE:
		*done = "deleted";
		rc = work(host, item, "remove-volume", err);
		break;
	case PLAN_REFUSED:
		*done = "refused";
		rc = plan_refused(item, err);
		break;
	default:
		*done = item->kept ? "kept" : "unchanged";
	}
	return rc ? xlite_error_prefix(err, "volume %s", item->name) : 0;
}
