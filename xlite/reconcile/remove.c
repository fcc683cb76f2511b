/* SPDX-License-Identifier: GPL-2.0-or-later
 * The end of a domain: asking the guest, destroying, removing its nodes, and waiting until Xen and
 * the backends have let go of it.
 */
#include "xlite/reconcile/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/nft.h"
#include "xlite/reconcile/cloud_disk.h"
#include "xlite/reconcile/device_kind.h"
#include "xlite/reconcile/devices_end.h"
#include "xlite/reconcile/devices_qemu.h"
#include "xlite/reconcile/libxl_notes.h"
#include "xlite/reconcile/vif_spec.h"
#include "xlite/reconcile/record_spec.h"
#include "xlite/reconcile/nft_rules.h"

/* How long Xen and the backends may take to let go of a destroyed domain. */
#define GONE_MS 60000

/* One event, or a second without any: xenstored may have merged the one that mattered with an earlier one. */
static int wait_event(struct host *host, int64_t deadline_ns, struct xlite_error *err)
{
	const char *path, *token;
	int64_t slice_ns = clock_deadline_ms(1000);
	int rc;

	if (host->interrupted && *host->interrupted)
		return xlite_error_set(err, -EINTR, "interrupted while waiting for the domain");
	rc = xlite_store_event(host->store, slice_ns < deadline_ns ? slice_ns : deadline_ns, &path, &token, err);
	return rc == -ETIMEDOUT && clock_now_ns() < deadline_ns ? 0 : rc;
}

/* Waits for @releaseDomain events until done() is true of the domain. */
static int wait_domain(struct host *host, uint32_t domid, bool (*done)(int rc, const struct xlite_domain_info *info),
		       int64_t deadline_ns, struct xlite_error *err)
{
	struct xlite_domain_info info;
	int rc;

	rc = xlite_store_watch(host->store, "@releaseDomain", "end", err);
	if (rc)
		return rc;
	for (;;) {
		rc = xlite_domain_info(host->xen, domid, &info, err);
		if (done(rc, &info)) {
			rc = 0;
			break;
		}
		if (rc && rc != -ESRCH)
			break;
		rc = wait_event(host, deadline_ns, err);
		if (rc)
			break;
	}
	if (!rc)
		return xlite_store_unwatch(host->store, "@releaseDomain", "end", err);
	xlite_store_unwatch(host->store, "@releaseDomain", "end", NULL);
	return rc;
}

static bool has_stopped(int rc, const struct xlite_domain_info *info)
{
	return rc == -ESRCH || (!rc && (info->shutdown || info->dying));
}

static bool is_gone(int rc, const struct xlite_domain_info *info)
{
	return rc == -ESRCH;
}

int apply_shutdown(struct host *host, const struct state_domain *domain, const char *how, unsigned timeout_s,
		   struct xlite_error *err)
{
	int64_t deadline_ns = clock_deadline_ms((int64_t)timeout_s * 1000);
	uint32_t domid = domain->info.domid;
	char path[64];
	int rc;

	if (has_stopped(0, &domain->info))
		return 0;
	if (domain->info.paused) {
		xlite_error_set(err, -EBUSY, "the guest is paused and cannot shut down");
		xlite_error_hint(err, "`xlite unpause %s' first, or destroy it (delete --now)", domain->name);
		return -EBUSY;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
	rc = xlite_store_write(host->store, 0, path, how, err);
	if (!rc)
		rc = wait_domain(host, domid, has_stopped, deadline_ns, err);
	if (rc != -ETIMEDOUT)
		return rc;
	xlite_error_set(err, rc, "the guest did not shut down within %u s", timeout_s);
	xlite_error_hint(err, "--timeout gives it longer; `xlite delete --now %s' destroys it", domain->name);
	return rc;
}

int apply_wait_stopped(struct host *host, uint32_t domid, int64_t deadline_ns, struct xlite_error *err)
{
	return wait_domain(host, domid, has_stopped, deadline_ns, err);
}

struct doomed {
	struct devices_end devices;
	pid_t qemu;			/* of libxl's, by its number in XenStore; 0: none */
	struct xlite_record record;
};

static int doomed_read(struct host *host, uint32_t domid, struct doomed *doomed, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	size_t first, qemu;
	int rc;

	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	first = devices_end_list(batch, domid);
	qemu = xlite_store_batch_read(batch, "/local/domain/%u/image/device-model-pid", domid);
	rc = xlite_store_batch_run(host->store, batch, err);
	if (!rc) {
		devices_end_take(&doomed->devices, batch, first, domid);
		doomed->qemu = devices_qemu_number(xlite_store_batch_value(batch, qemu, NULL));
		rc = xlite_record_read(host->store, &domid, 1, &doomed->record, err);
	}
	xlite_store_batch_free(batch);
	return rc;
}

/* Devices that a run began to make and has not finished may be what the kernel is just looking at. */
static void wait_seen(struct host *host, const struct doomed *doomed)
{
	if (doomed->record.finished && !doomed->record.begun)
		return;
	for (size_t i = 0; i < doomed->devices.nr; i++)
		devices_wait_seen(host, &doomed->devices.items[i]);
}

/*
 * What does not go with the backends. It is the uuid's: shared says that another domain has that by now, and with it
 * addresses for which the host answers, and what devices have in common.
 */
static int remove_traces(struct host *host, uint32_t domid, const uint8_t uuid[16], bool shared,
			 const struct devices_end *devices, const struct cfg_domain *spec, struct xlite_error *err)
{
	int rc = 0;

	for (size_t k = 0; spec && k < nr_device_kinds && !rc; k++) {
		const struct device_kind *kind = device_kinds[k];

		for (size_t i = 0; kind->gone && !shared && i < device_kind_count(kind, spec); i++) {
			const void *item = device_kind_item(kind, spec, i);
			struct xlite_device at =
				devices_at(domid, kind->id, devices_end_number(devices, kind, item, (unsigned)i));

			kind->gone(host, &at, item);
		}
		if (kind->remove_common && !shared)
			rc = kind->remove_common(spec, uuid, err);
	}
	return rc;
}

/* The table of filters is left empty by the last vif that had one. */
static void sweep_filters(struct host *host, const struct cfg_domain *spec)
{
	bool filtered = false;

	for (size_t i = 0; spec && i < spec->nr_vifs; i++)
		filtered = filtered || vif_spec_filters(&spec->vifs[i]);
	if (filtered)
		nft_rules_sweep(host, NULL);
}

/*
 * The QEMU of the domain's disks first: it removes nodes as it ends. Its folder goes last, since that says that there
 * is more. Of a domain that was libxl's the nodes say which process it is, and that there may be files. /vm/UUID is
 * left to whoever shares it.
 */
static int remove_nodes(struct host *host, uint32_t domid, const uint8_t uuid[16], bool shared, pid_t other,
			const struct xlite_record *keep, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct hotplug_qemu of;
	bool qemu;
	int rc = 0;

	devices_qemu_of(domid, uuid, &of);
	qemu = hotplug_qemu_known(&of);
	if (qemu)
		rc = hotplug_qemu_end(&of, clock_deadline_ms(GONE_MS), err);
	else if (other)
		rc = hotplug_qemu_other_end(domid, other, err);
	if (rc)
		return rc;
	libxl_notes_forget(domid, uuid);
	if (!shared)
		cloud_disk_remove(uuid);
	batch = xlite_store_batch_new();
	if (!batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	host->removed = true;
	if (qemu || other)
		xlite_layout_remove_qemu(batch, domid, XLITE_DOM0);
	xlite_layout_remove(batch, domid, XLITE_DOM0, shared ? NULL : uuid);
	devices_remove_errors(batch, domid);
	/* A record that is kept replaces that of the domain in the same transaction. */
	if (keep)
		xlite_record_write(batch, domid, keep);
	rc = xlite_store_batch_commit(host->store, batch, clock_deadline_ms(GONE_MS), err);
	xlite_store_batch_free(batch);
	if (!rc && qemu)
		hotplug_qemu_forget(&of);
	return rc;
}

/* Past the deadline: a domain stays dying as long as somebody has a page of it mapped, or granted to him (XSA-325). */
static int tell_held(struct host *host, uint32_t domid, struct xlite_error *err)
{
	struct xlite_domain_info info;

	if (xlite_domain_info(host->xen, domid, &info, NULL) == -ESRCH) {
		if (err)
			*err = (struct xlite_error){ 0 };
		return 0;
	}
	xlite_error_status(err, -ETIMEDOUT, XLITE_HELD,
			   "domid %u is destroyed, but stays dying: a process or a driver still holds %llu KiB of its memory",
			   domid, (unsigned long long)info.mem_kib);
	xlite_error_hint(
		err,
		"a backend in the kernel, a QEMU, xenconsoled or another program has it mapped; it goes with the last of them");
	return -ETIMEDOUT;
}

int apply_twin(struct host *host, uint32_t domid, const uint8_t uuid[16], uint32_t *twin, struct xlite_error *err)
{
	auto_free struct xlite_domain_info *list = NULL;
	size_t nr = 0;
	int rc = xlite_domain_list(host->xen, &list, &nr, err);

	*twin = 0;
	for (size_t i = 0; i < nr && !rc; i++) {
		if (list[i].domid != domid && !list[i].dying && !memcmp(list[i].uuid, uuid, 16))
			*twin = list[i].domid;
	}
	return rc;
}

int apply_overtaken(uint32_t twin, struct xlite_error *err)
{
	if (twin)
		xlite_error_status(err, -ESTALE, XLITE_AGAIN, "another run has rebuilt it meanwhile (domid %u)", twin);
	else
		xlite_error_status(err, -ESTALE, XLITE_AGAIN, "another run has removed it meanwhile");
	return -ESTALE;
}

/*
 * The domain goes first and its record after: a run that dies between leaves a record that says whose nodes and
 * rules they are.
 */
int apply_destroy_keeping(struct host *host, uint32_t domid, const uint8_t uuid[16], unsigned timeout_s,
			  const struct xlite_record *keep, struct xlite_error *err)
{
	int64_t deadline_ns = clock_deadline_ms(timeout_s ? (int64_t)timeout_s * 1000 : GONE_MS);
	auto_free struct doomed *doomed = calloc(1, sizeof(*doomed));
	const struct cfg_domain *spec = NULL;
	struct cfg_set *set = NULL;
	struct xlite_domain_info info;
	uint32_t twin;
	int rc;

	if (!domid)
		return xlite_error_status(err, -EPERM, XLITE_CONFLICT, "the control domain is not removed");
	if (!doomed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/*
	 * What was meant may have been built anew while the lock was another run's, and has the nodes and rules of
	 * that uuid then.
	 */
	rc = apply_twin(host, domid, uuid, &twin, err);
	if (rc)
		return rc;
	rc = xlite_domain_info(host->xen, domid, &info, err);
	if (twin && (rc == -ESRCH || (!rc && memcmp(info.uuid, uuid, 16))))
		return apply_overtaken(twin, err);
	if (!rc && memcmp(info.uuid, uuid, 16))
		return xlite_error_status(err, -ESTALE, XLITE_AGAIN, "domid %u belongs to another domain by now", domid);
	if (rc && rc != -ESRCH)
		return rc;
	rc = doomed_read(host, domid, doomed, err);
	spec = rc ? NULL : record_spec(&doomed->record, &set);
	if (!rc)
		rc = xlite_domain_destroy(host->xen, domid, deadline_ns, err);
	if (rc == -ESRCH)
		rc = 0;
	if (!rc)
		wait_seen(host, doomed);
	/* External scripts get their say before the nodes go; what they report does not keep the domain alive. */
	if (!rc)
		rc = devices_end_read(host, &doomed->devices, err);
	if (!rc) {
		devices_end_scripts(host, &doomed->devices, doomed->record.spec, spec);
		rc = remove_traces(host, domid, uuid, twin, &doomed->devices, spec, err);
	}
	if (!rc)
		rc = remove_nodes(host, domid, uuid, twin, doomed->qemu, keep, err);
	if (!rc)
		rc = devices_wait_gone(doomed->devices.items, doomed->devices.nr, deadline_ns, err);
	if (!rc)
		sweep_filters(host, spec);
	cfg_set_free(set);
	if (!rc) {
		rc = wait_domain(host, domid, is_gone, deadline_ns, err);
		if (rc == -ETIMEDOUT && clock_now_ns() >= deadline_ns)
			rc = tell_held(host, domid, err);
	}
	xlite_record_clear(&doomed->record);
	devices_end_clear(&doomed->devices);
	return rc;
}

int apply_destroy(struct host *host, uint32_t domid, const uint8_t uuid[16], unsigned timeout_s, struct xlite_error *err)
{
	return apply_destroy_keeping(host, domid, uuid, timeout_s, NULL, err);
}

int apply_clean_stale(struct host *host, const struct state_stale *stale, struct xlite_error *err)
{
	return apply_clean_keeping(host, stale, NULL, err);
}

int apply_clean_keeping(struct host *host, const struct state_stale *stale, const struct xlite_record *keep,
			struct xlite_error *err)
{
	auto_free struct doomed *doomed = calloc(1, sizeof(*doomed));
	const struct cfg_domain *spec = NULL;
	struct xlite_domain_info info;
	struct cfg_set *set;
	uint8_t uuid[16];
	uint32_t twin = 0;
	/* The list of domains is older than that of records: one that was made between the two is not stale. */
	int rc = xlite_domain_info(host->xen, stale->domid, &info, NULL);
	bool dying = !rc && info.dying;

	if (rc && rc != -ESRCH)
		return xlite_error_sys(err, rc, "domid %u", stale->domid);
	if (!rc && !dying)
		return 0;
	if (xlite_uuid_parse(stale->record.uuid, uuid))
		return xlite_error_set(err, -EINVAL, "/libxl/%u/xlite is of another format, or damaged", stale->domid);
	if (dying && memcmp(info.uuid, uuid, 16))
		return 0;
	rc = apply_twin(host, stale->domid, uuid, &twin, err);
	if (rc)
		return rc;
	if (!doomed)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = doomed_read(host, stale->domid, doomed, err);
	if (!rc)
		rc = devices_end_read(host, &doomed->devices, err);
	spec = record_spec(&stale->record, &set);
	if (!rc)
		rc = remove_traces(host, stale->domid, uuid, twin, &doomed->devices, spec, err);
	devices_end_clear(&doomed->devices);
	if (!rc)
		rc = remove_nodes(host, stale->domid, uuid, twin, doomed->qemu, keep, err);
	xlite_record_clear(&doomed->record);
	if (!rc)
		sweep_filters(host, spec);
	cfg_set_free(set);
	/* So that what it had is free; who else holds its memory is none of this run's business. */
	if (!rc && dying)
		wait_domain(host, stale->domid, is_gone, clock_deadline_ms(GONE_MS), NULL);
	return rc;
}

int apply_clean_qemu(struct host *host, const struct hotplug_qemu *of, struct xlite_error *err)
{
	struct xlite_store_batch *batch;
	struct xlite_domain_info info;
	char uuid[37];
	int rc = xlite_domain_info(host->xen, of->domid, &info, NULL), now;

	if (rc && rc != -ESRCH)
		return xlite_error_sys(err, rc, "domid %u", of->domid);
	if (!rc && !info.dying) {
		xlite_uuid_text(info.uuid, uuid);
		/* It was made since the list of domains was. */
		if (!strcmp(uuid, of->uuid))
			return 0;
	}
	now = hotplug_qemu_end(of, clock_deadline_ms(GONE_MS), err);
	batch = now || (!rc && !info.dying) ? NULL : xlite_store_batch_new();
	if (batch) {
		host->removed = true;
		xlite_layout_remove_qemu(batch, of->domid, XLITE_DOM0);
		now = xlite_store_batch_commit(host->store, batch, clock_deadline_ms(GONE_MS), err);
		xlite_store_batch_free(batch);
	}
	if (!now)
		hotplug_qemu_forget(of);
	return now;
}
