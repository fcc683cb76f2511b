/* SPDX-License-Identifier: GPL-2.0-or-later
 * Creates a domain: has the steps of its type walked.
 */
#include "xlite/reconcile/apply.h"

#include <errno.h>
#include <stdio.h>

#include "xlite/reconcile/create.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/step.h"

int apply_create(struct host *host, const struct cfg_domain *want, const struct apply_options *options, uint32_t *domid,
		 struct xlite_error *err)
{
	const struct guest_type *type = guest_type_of(want->type);
	struct create_job job;
	char again[128];
	int rc;

	if (options->restore && type->unsaved)
		return xlite_error_set(err, -EOPNOTSUPP, "%s", type->unsaved);
	snprintf(again, sizeof(again), "`xlite delete %s' tries again", want->name);
	create_job_init(&job, host, type, want, options->set);
	job.ends = options->ends;
	job.restore = options->restore;
	job.next = options->next;
	job.paused = options->paused;
	job.arrival = options->arrival;
	rc = steps_walk(host, want->name, options->restore ? type->restore_steps : type->create_steps, &job, again, err);
	*domid = job.domid;
	create_job_clear(&job);
	return rc;
}
