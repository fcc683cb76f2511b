/* SPDX-License-Identifier: GPL-2.0-or-later
 * What can be known to keep a domain from being built before another one is stopped for it: the checks of a creation,
 * with what the other has counted as free. That one's guest goes on running when something is refused here.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/auto.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/claims.h"
#include "xlite/reconcile/create.h"
#include "xlite/reconcile/disk_claims.h"
#include "xlite/reconcile/pool.h"
#include "xlite/reconcile/step.h"

/* What is to be built, and the domains that end before it is. */
struct outlook {
	struct host *host;
	const struct cfg_domain *want;
	const struct state_domain *const *ends;
	size_t nr_ends;
};

static int foresee_images(const struct outlook *outlook, struct xlite_error *err)
{
	struct create_job job;
	int rc;

	create_job_init(&job, outlook->host, outlook->want, NULL);
	rc = create_steps[0].check(&job, err);
	create_job_clear(&job);
	return rc;
}

static int foresee_memory(const struct outlook *outlook, struct xlite_error *err)
{
	uint64_t need_kib = outlook->want->memory_kib, have_kib;
	struct xlite_host_info info;
	int rc = xlite_host_info(outlook->host->xen, &info, err);

	if (rc)
		return rc;
	have_kib = xlite_host_unclaimed_kib(&info);
	for (size_t i = 0; i < outlook->nr_ends; i++)
		have_kib += outlook->ends[i]->info.mem_kib + outlook->ends[i]->info.outstanding_kib;
	if (have_kib >= need_kib)
		return 0;
	xlite_error_set(err, -ENOMEM, "memory: needs %llu MiB, Xen has %llu MiB with those of the domain that it replaces",
			(unsigned long long)need_kib / 1024, (unsigned long long)have_kib / 1024);
	xlite_error_hint(err, "stop a domain, or shrink one (memory.target), or lower dom0_mem= on Xen's command line");
	return -ENOMEM;
}

static bool ends_with_mac(const struct outlook *outlook, const struct cfg_vif *vif)
{
	for (size_t i = 0; i < outlook->nr_ends; i++) {
		if (!outlook->ends[i]->spec || claims_mac(outlook->ends[i]->spec, vif->mac))
			return true;
	}
	return false;
}

static int foresee_vifs(const struct outlook *outlook, struct xlite_error *err)
{
	const struct cfg_domain *want = outlook->want;
	struct devices_vif_host place;
	int rc = 0;

	for (size_t i = 0; i < want->nr_vifs && !rc; i++) {
		rc = devices_vif_check(outlook->host, &want->vifs[i], !ends_with_mac(outlook, &want->vifs[i]), &place, err);
		if (rc)
			xlite_error_prefix(err, "vif %zu", i);
	}
	return rc;
}

static bool ends_with_disk(const struct outlook *outlook, const struct cfg_vbd *vbd)
{
	for (size_t i = 0; i < outlook->nr_ends; i++) {
		const struct cfg_domain *spec = outlook->ends[i]->spec;

		/* What a domain has whose record cannot be read, or whose file was renamed, is not known. */
		if (!spec)
			return true;
		for (size_t k = 0; k < spec->nr_vbds; k++) {
			if (claims_same_disk(&spec->vbds[k], vbd) || claims_lost_disk(&spec->vbds[k]))
				return true;
		}
	}
	return false;
}

/* A disk that one of those has is in use by it, so only the rest is asked: that it is there, can be read, is an image. */
static int foresee_disks(const struct outlook *outlook, struct xlite_error *err)
{
	const struct cfg_domain *want = outlook->want;
	auto_free uint32_t *domids = calloc(outlook->nr_ends + 1, sizeof(*domids));
	struct disk_own own = { domids, outlook->nr_ends };
	int rc = 0;

	if (!domids)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < outlook->nr_ends; i++)
		domids[i] = outlook->ends[i]->info.domid;
	for (size_t i = 0; i < want->nr_vbds && !rc; i++)
		rc = devices_vbd_foresee(outlook->host, &want->vbds[i], &own, ends_with_disk(outlook, &want->vbds[i]), err);
	return rc;
}

int apply_foresee(struct host *host, const struct cfg_domain *want, const struct state_domain *const *ends, size_t nr_ends,
		  struct xlite_error *err)
{
	struct outlook outlook = { host, want, ends, nr_ends };
	uint32_t pool;
	int rc = foresee_images(&outlook, err);

	if (!rc)
		rc = foresee_memory(&outlook, err);
	if (!rc)
		rc = foresee_disks(&outlook, err);
	if (!rc)
		rc = foresee_vifs(&outlook, err);
	if (!rc)
		rc = pool_find(host, want->pool, &pool, err);
	return rc ? rc : pool_check_cpus(host, pool, want->affinity, err);
}
