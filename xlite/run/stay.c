/* SPDX-License-Identifier: GPL-2.0-or-later
 * The end of domains that were just built. XenStore's @releaseDomain tells that one has ended, Xen how.
 */
#include "xlite/run/stay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "common/auto.h"
#include "common/buf.h"
#include "common/clock.h"
#include "xlite/reconcile/device_kind.h"

#define RELEASE "@releaseDomain"
#define TOKEN "stay"
/* xen/io/xenbus.h: XenbusStateConnected */
#define CONNECTED 4
/* xenstored may have merged the event that mattered with an earlier one. */
#define SLICE_MS 1000

struct stay {
	const struct run *run;
	const struct plan *plan;
	bool *told;		/* of each item */
	size_t nr_told, nr_watched;
};

static bool is_watched(const struct plan_item *item)
{
	return apply_builds(item) && item->want->state == CFG_STATE_RUNNING;
}

static const struct xlite_domain_info *find(const struct xlite_domain_info *list, size_t nr, const uint8_t uuid[16])
{
	for (size_t i = 0; i < nr; i++) {
		if (!list[i].dying && !memcmp(list[i].uuid, uuid, 16))
			return &list[i];
	}
	return NULL;
}

/* How long a domain lived is not known where it was not waited for. */
static void tell(struct stay *stay, size_t i, const struct xlite_domain_info *info)
{
	const struct plan_item *item = &stay->plan->items[i];
	struct xlite_error err = { 0 };

	stay->told[i] = true;
	stay->nr_told++;
	xlite_error_set(&err, -ESRCH, "%s: was built, but does not run: %s", item->name, state_end(info)->told);
	xlite_error_hint(&err,
			 "its console may say why (xlite console %s, or xenconsoled's log); a kernel that does not know Xen ends like this",
			 item->name);
	run_tell_trouble(stay->run, &err);
}

/* What could not be built, or was removed meanwhile, is told elsewhere. */
static int look(struct stay *stay, struct xlite_error *err)
{
	auto_free struct xlite_domain_info *list = NULL;
	size_t nr = 0;
	int rc = xlite_domain_list(stay->run->host->xen, &list, &nr, err);

	for (size_t i = 0; !rc && i < stay->plan->nr; i++) {
		const struct plan_item *item = &stay->plan->items[i];
		const struct xlite_domain_info *info;

		if (!is_watched(item) || stay->told[i])
			continue;
		info = find(list, nr, item->want->uuid);
		if (info && info->shutdown && (info->shutdown_reason != SHUTDOWN_poweroff || stay->run->options.wait_s))
			tell(stay, i, info);
	}
	return rc;
}

static int wait_on(struct stay *stay, int64_t deadline_ns, struct xlite_error *err)
{
	struct host *host = stay->run->host;
	int rc = 0;

	while (!rc && stay->nr_told < stay->nr_watched && clock_now_ns() < deadline_ns) {
		int64_t slice_ns = clock_deadline_ms(SLICE_MS);
		const char *path, *token;

		if (host_interrupted(host))
			return xlite_error_set(err, -EINTR, "interrupted while watching what was built");
		rc = xlite_store_event(host->store, slice_ns < deadline_ns ? slice_ns : deadline_ns, &path, &token, err);
		if (rc == -ETIMEDOUT)
			rc = 0;
		if (!rc)
			rc = look(stay, err);
	}
	return rc;
}

/* The backend is connected when the guest is. */
static bool is_connected(struct host *host, const struct device *device)
{
	struct xlite_device at = device_served(device);

	return devices_backend_state(host, &at) == CONNECTED;
}

static void add_unconnected(struct host *host, uint32_t domid, const struct cfg_domain *want,
			    const struct device_kind *kind, struct buf *names)
{
	for (size_t i = 0; i < device_kind_count(kind, want); i++) {
		const void *item = device_kind_item(kind, want, i);
		char name[DEVICE_KEY_MAX];
		struct device device;

		if (device_kind_absent(kind, item) || device_init(&device, kind, domid, item, (unsigned)i, NULL) ||
		    is_connected(host, &device))
			continue;
		kind->name(&device.at, name);
		buf_printf(names, "%s%s", names->len ? ", " : "", name);
	}
}

/* A device that its guest has not taken is one that it has no driver for, or did not come to. */
static void tell_unconnected(struct stay *stay, size_t i, uint32_t domid)
{
	const struct plan_item *item = &stay->plan->items[i];
	auto_buf struct buf names = BUF_INIT;
	struct xlite_error err = { 0 };

	for (size_t k = 0; k < nr_device_kinds; k++)
		add_unconnected(stay->run->host, domid, item->want, device_kinds[k], &names);
	if (!names.len)
		return;
	stay->nr_told++;
	xlite_error_status(&err, -ETIMEDOUT, XLITE_FAILED,
			   "%s: runs, but its guest has not connected to %s within %u s", item->name, buf_str(&names),
			   stay->run->options.wait_s);
	xlite_error_hint(&err, "its kernel has no driver for that, or needs longer (--wait); its console may say why");
	run_tell_trouble(stay->run, &err);
}

/* Of those that live when the time is up. */
static int look_at_devices(struct stay *stay, struct xlite_error *err)
{
	auto_free struct xlite_domain_info *list = NULL;
	size_t nr = 0;
	int rc = xlite_domain_list(stay->run->host->xen, &list, &nr, err);

	for (size_t i = 0; !rc && i < stay->plan->nr; i++) {
		const struct plan_item *item = &stay->plan->items[i];
		const struct xlite_domain_info *info =
			is_watched(item) && !stay->told[i] ? find(list, nr, item->want->uuid) : NULL;

		if (info && !info->shutdown && !info->paused)
			tell_unconnected(stay, i, info->domid);
	}
	return rc;
}

static int watch(struct stay *stay, unsigned wait_s, struct xlite_error *err)
{
	struct host *host = stay->run->host;
	int64_t deadline_ns = clock_deadline_ms((int64_t)wait_s * 1000);
	int rc = xlite_store_watch(host->store, RELEASE, TOKEN, err);

	if (rc)
		return rc;
	host_unlock(host);
	/* What ended before the watch is seen now. */
	rc = look(stay, err);
	if (!rc)
		rc = wait_on(stay, deadline_ns, err);
	if (!rc)
		rc = look_at_devices(stay, err);
	xlite_store_unwatch(host->store, RELEASE, TOKEN, NULL);
	return rc;
}

enum xlite_status run_stay(const struct run *run, const struct plan *plan)
{
	auto_free bool *told = calloc(plan->nr + 1, sizeof(*told));
	struct stay stay = { .run = run, .plan = plan, .told = told };
	struct xlite_error err = { 0 };
	int rc;

	for (size_t i = 0; i < plan->nr; i++)
		stay.nr_watched += is_watched(&plan->items[i]);
	if (!stay.nr_watched)
		return XLITE_OK;
	if (!told)
		rc = xlite_error_set(&err, -ENOMEM, "out of memory");
	else
		rc = run->options.wait_s ? watch(&stay, run->options.wait_s, &err) : look(&stay, &err);
	if (rc) {
		xlite_error_prefix(&err, "whether what was built still runs is not known");
		run_tell_trouble(run, &err);
	}
	return rc ? xlite_error_exit(&err) : stay.nr_told ? XLITE_FAILED : XLITE_OK;
}
