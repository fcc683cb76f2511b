/* SPDX-License-Identifier: GPL-2.0-or-later
 * stop and start: a domain goes and leaves its record behind, and is built again from that.
 */
#include <errno.h>

#include "xlite/cli/deed.h"
#include "xlite/reconcile/again.h"
#include "xlite/reconcile/observe.h"

static int act_stop(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain, struct done *done,
		    struct xlite_error *err)
{
	struct apply_options options = { .now = cli->options.now, .timeout_s = cli->options.timeout_s };
	struct run_objects objects = RUN_OBJECTS_INIT;
	int rc = deed_take(cli, host, domain->name ? domain->name : "", domain->info.uuid, &objects, err);

	done->changed = true;
	if (!rc)
		rc = observe_details(host, &domain, 1, err);
	if (!rc)
		rc = apply_stop_keeping(host, domain, &options, err);
	host_unlock(host);
	run_objects_release(&objects);
	return rc;
}

/* One that its key has removed stays away as one that was stopped does from then on. A watch may be about to build one. */
static int stop_kept(struct cli *cli, struct host *host, const struct state_stale *kept, struct done *done,
		     struct xlite_error *err)
{
	int rc;

	if (kept->record.again) {
		xlite_error_status(err, -EBUSY, XLITE_AGAIN, "it is being built anew after its end");
		xlite_error_hint(err, "`xlite delete' gives it up");
		return -EBUSY;
	}
	if (!kept->record.off) {
		done->word = "unchanged";
		return 0;
	}
	done->changed = true;
	rc = again_stay(host, kept, err);
	host_unlock(host);
	return rc;
}

/* What runs is left as it is; what has ended is built anew, as by reboot. */
static int act_start(struct cli *cli, struct host *host, struct state *state, struct state_domain *domain, struct done *done,
		     struct xlite_error *err)
{
	struct run_objects objects = RUN_OBJECTS_INIT;
	struct apply_options options = { 0 };
	int rc;

	if (domain->info.dying || state_unfinished(domain)) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "it is %s", state_word(domain));
		xlite_error_hint(err, "%s",
				 domain->info.dying ? "try again when it is gone"
						    : "`xlite apply' of its spec builds it anew");
		return -EBUSY;
	}
	if (!domain->info.shutdown) {
		done->word = "unchanged";
		if (!domain->info.paused)
			return 0;
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "it is paused");
		xlite_error_hint(err, "`xlite unpause' lets it go on");
		return -EBUSY;
	}
	done->changed = true;
	rc = deed_take(cli, host, domain->name ? domain->name : "", domain->info.uuid, &objects, err);
	if (!rc)
		rc = observe_details(host, &domain, 1, err);
	if (!rc)
		rc = apply_reboot(host, domain, &options, &done->domid, err);
	host_unlock(host);
	run_objects_release(&objects);
	return rc;
}

static int start_kept(struct cli *cli, struct host *host, const struct state_stale *kept, struct done *done,
		      struct xlite_error *err)
{
	static const struct xlite_record_ends first;
	struct run_objects objects = RUN_OBJECTS_INIT;
	uint8_t uuid[16];
	int rc = xlite_uuid_parse(kept->record.uuid, uuid);

	if (rc)
		return xlite_error_set(err, rc, "its record cannot be read");
	if (kept->record.moved) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "its guest was sent to another host, and runs there");
		xlite_error_hint(err,
				 "`xlite migrate' there brings it back; `xlite apply --replace' of its spec boots it anew");
		return -EBUSY;
	}
	if (kept->record.saved) {
		xlite_error_status(err, -EBUSY, XLITE_CONFLICT, "its guest was saved, and sleeps in a file");
		xlite_error_hint(err, "`xlite restore FILE' lets it go on; `xlite apply --replace' of its spec boots it anew");
		return -EBUSY;
	}
	done->changed = true;
	rc = deed_take(cli, host, kept->record.uuid, uuid, &objects, err);
	if (!rc)
		rc = apply_resume(host, kept, &first, &done->domid, err);
	if (!rc && !done->domid)
		rc = xlite_error_status(err, -ESTALE, XLITE_AGAIN, "another command started it, or gave it up");
	host_unlock(host);
	run_objects_release(&objects);
	return rc;
}

int verb_stop(struct cli *cli)
{
	return deed_each(cli, &(struct deed){ act_stop, "stopped", stop_kept });
}

int verb_start(struct cli *cli)
{
	return deed_each(cli, &(struct deed){ act_start, "started", start_kept });
}
