/* SPDX-License-Identifier: GPL-2.0-or-later
 * What can be known to keep a domain from being built before another one is stopped for it: the checks of a creation,
 * with what the other has counted as free. That one's guest goes on running when something is refused here.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/auto.h"
#include "xlite/reconcile/affinity.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/create.h"
#include "xlite/reconcile/disk_claims.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/numa.h"
#include "xlite/reconcile/pool.h"
#include "xlite/reconcile/step.h"

/* What is to be built, and the domains that end before it is. */
struct outlook {
	struct host *host;
	const struct cfg_domain *want;
	const struct apply_ends *ends;
};

/* That a kernel is cut short or corrupt shows only when it is unpacked. */
static int foresee_kernel(struct host *host, const char *kernel, struct xlite_build *build, struct xlite_error *err)
{
	struct host_file *sound = &host->sound;
	struct stat st;
	bool known = !stat(kernel, &st);
	int rc;

	if (known && st.st_dev == sound->dev && st.st_ino == sound->ino && st.st_ctim.tv_sec == sound->changed.tv_sec &&
	    st.st_ctim.tv_nsec == sound->changed.tv_nsec)
		return 0;
	rc = xlite_build_check(build, err);
	if (!rc && known)
		*sound = (struct host_file){ st.st_dev, st.st_ino, st.st_ctim };
	return rc;
}

static int foresee_images(const struct outlook *outlook, struct xlite_error *err)
{
	struct create_job job;
	int rc;

	create_job_init(&job, outlook->host, guest_type_of(outlook->want->type), outlook->want, NULL);
	rc = create_check_images(&job, err);
	if (!rc)
		rc = create_check_cloud(&job, err);
	if (!rc)
		rc = foresee_kernel(outlook->host, job.kernel, job.build, err);
	create_job_clear(&job);
	return rc;
}

static int foresee_memory(const struct outlook *outlook, struct xlite_error *err)
{
	uint64_t need_kib = outlook->want->memory_kib + cfg_video_kib(outlook->want), have_kib;
	struct xlite_host_info info;
	int rc = xlite_host_info(outlook->host->xen, &info, err);

	if (rc)
		return rc;
	have_kib = xlite_host_unclaimed_kib(&info);
	for (size_t i = 0; i < outlook->ends->nr_gone; i++)
		have_kib += outlook->ends->items[i]->info.mem_kib + outlook->ends->items[i]->info.outstanding_kib;
	if (have_kib >= need_kib)
		return 0;
	xlite_error_set(err, -ENOMEM, "memory: needs %llu MiB, Xen has %llu MiB %s", (unsigned long long)need_kib / 1024,
			(unsigned long long)have_kib / 1024,
			outlook->ends->nr_gone ? "with the memory of the domains that end first" : "free");
	xlite_error_hint(err, "stop a domain, or shrink one (memory.target), or lower dom0_mem= on Xen's command line");
	return -ENOMEM;
}

/* What a domain has whose record cannot be read is not known. */
static bool ends_hold(const struct outlook *outlook, const struct device_kind *kind, const void *item)
{
	for (size_t i = 0; i < outlook->ends->nr; i++) {
		const struct cfg_domain *spec = outlook->ends->items[i]->spec;

		if (!spec)
			return true;
		for (size_t k = 0; k < device_kind_count(kind, spec); k++) {
			if (kind->may_hold(device_kind_item(kind, spec, k), item))
				return true;
		}
	}
	return false;
}

/* What one of those has that end is in use by it, so only the rest is asked. */
static int foresee_kind(const struct outlook *outlook, const struct device_kind *kind, const struct disk_own *own,
			struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < device_kind_count(kind, outlook->want) && !rc; i++) {
		const void *item = device_kind_item(kind, outlook->want, i);
		struct device device;

		if (device_kind_absent(kind, item))
			continue;
		rc = device_init(&device, kind, 0, item, (unsigned)i, err);
		if (!rc)
			rc = kind->foresee(outlook->host, &device, own, ends_hold(outlook, kind, item), err);
	}
	return rc;
}

static int foresee_devices(const struct outlook *outlook, struct xlite_error *err)
{
	auto_free uint32_t *domids = calloc(outlook->ends->nr + 1, sizeof(*domids));
	struct disk_own own = { domids, outlook->ends->nr };
	int rc = 0;

	if (!domids)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < outlook->ends->nr; i++)
		domids[i] = outlook->ends->items[i]->info.domid;
	for (size_t i = 0; i < nr_device_kinds && !rc; i++)
		rc = foresee_kind(outlook, device_kinds[i], &own, err);
	return rc;
}

int apply_foresee(struct host *host, const struct cfg_domain *want, const struct apply_ends *ends, struct xlite_error *err)
{
	struct outlook outlook = { host, want, ends };
	uint32_t pool;
	int rc = foresee_images(&outlook, err);

	if (!rc)
		rc = foresee_memory(&outlook, err);
	if (!rc)
		rc = foresee_devices(&outlook, err);
	if (!rc)
		rc = pool_find(host, want->pool, &pool, err);
	if (!rc)
		rc = affinity_check(host, pool, want, err);
	return rc ? rc : numa_check(host, want, err);
}
