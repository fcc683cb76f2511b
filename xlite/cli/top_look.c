/* SPDX-License-Identifier: GPL-2.0-or-later
 * top: one look at the host. Domains and vCPUs are Xen's numbers; what went through devices is counted by dom0's
 * kernel, from its own side: what a vif has received, the guest has sent. Of disks that QEMU serves it counts nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/tap.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/list.h"
#include "xlite/cli/top.h"
#include "xlite/reconcile/observe.h"

#define BACKENDS "/sys/bus/xen-backend/devices"
#define SECTOR 512

/* One of the kernel's counters; 0 where there is none, as when the device has just gone. */
static uint64_t count_of(const char *dir, const char *name)
{
	char path[512];
	auto_fclose FILE *f = NULL;
	uint64_t value = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/statistics/%s", dir, name) < sizeof(path))
		f = fopen(path, "re");
	return f && fscanf(f, "%" SCNu64, &value) == 1 ? value : 0;
}

static void add_link(struct top_domain *domain, const char *link)
{
	char dir[300];

	snprintf(dir, sizeof(dir), "/sys/class/net/%.200s", link);
	domain->has_vifs = true;
	domain->bytes.sent += count_of(dir, "rx_bytes");
	domain->bytes.received += count_of(dir, "tx_bytes");
}

/* The link may have any name; beside it an emulated PC has one for its emulated card. */
static void add_vif(struct top_domain *domain, const char *device)
{
	char path[300];
	const struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), BACKENDS "/%.64s/net", device);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		add_link(domain, entry->d_name);
		snprintf(path, sizeof(path), "%.200s" HOTPLUG_TAP_SUFFIX, entry->d_name);
		add_link(domain, path);
	}
	if (dir)
		closedir(dir);
}

static void add_vbd(struct top_domain *domain, const char *device)
{
	char dir[128];

	snprintf(dir, sizeof(dir), BACKENDS "/%.64s", device);
	domain->has_vbds = true;
	domain->bytes.read += count_of(dir, "rd_sect") * SECTOR;
	domain->bytes.written += count_of(dir, "wr_sect") * SECTOR;
}

static struct top_domain *find(struct top_sample *sample, unsigned domid)
{
	for (size_t i = 0; i < sample->nr; i++) {
		if (sample->domains[i].info.domid == domid)
			return &sample->domains[i];
	}
	return NULL;
}

/* "vif-3-0", "vbd-3-51712". A kernel without backends has none. */
static void add_devices(struct top_sample *sample)
{
	const struct dirent *entry;
	DIR *dir = opendir(BACKENDS);

	while (dir && (entry = readdir(dir))) {
		unsigned domid, devid;
		struct top_domain *domain;
		char kind[4];

		if (sscanf(entry->d_name, "%3[a-z]-%u-%u", kind, &domid, &devid) != 3)
			continue;
		domain = find(sample, domid);
		if (domain && domain->shown && !strcmp(kind, "vif"))
			add_vif(domain, entry->d_name);
		else if (domain && domain->shown && !strcmp(kind, "vbd"))
			add_vbd(domain, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* A domain that goes meanwhile has none. */
static int add_vcpus(struct host *host, struct top_domain *domain, struct xlite_error *err)
{
	unsigned nr = domain->info.max_vcpu_id + 1;

	domain->vcpus = calloc(nr, sizeof(*domain->vcpus));
	if (!domain->vcpus)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (unsigned i = 0; i < nr; i++) {
		struct xlite_vcpu_info info;
		struct xlite_error none = { 0 };

		if (xlite_vcpu_info(host->xen, domain->info.domid, i, &info, &none))
			return 0;
		domain->vcpus[i] =
			(struct top_vcpu){ .online = info.online, .blocked = info.blocked, .cpu_ns = info.cpu_time_ns };
		domain->nr_vcpus = i + 1;
	}
	return 0;
}

static bool is_meant(const struct cli *cli, const struct state *state, const struct state_domain *domain)
{
	if (cli->options.selector)
		return cli_select_means(cli->options.selector, domain);
	for (int i = 0; i < cli->nr_args; i++) {
		if (cli_find_observed(state, cli->args[i]) == domain)
			return true;
	}
	return !cli->nr_args;
}

static int take(const struct cli *cli, struct host *host, const struct state *state, bool vcpus, struct top_sample *sample,
		struct xlite_error *err)
{
	int rc = 0;

	sample->domains = calloc(state->nr + 1, sizeof(*sample->domains));
	if (!sample->domains)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	sample->nr = state->nr;
	for (size_t i = 0; i < state->nr; i++) {
		struct top_domain *domain = &sample->domains[i];

		domain->info = state->domains[i].info;
		domain->state = state_word(&state->domains[i]);
		domain->shown = is_meant(cli, state, &state->domains[i]);
		domain->name = state->domains[i].name ? strdup(state->domains[i].name) : NULL;
		if (state->domains[i].name && !domain->name)
			return xlite_error_set(err, -ENOMEM, "out of memory");
		if (vcpus && domain->shown && !rc)
			rc = add_vcpus(host, domain, err);
	}
	add_devices(sample);
	return rc;
}

int top_look(const struct cli *cli, struct host *host, bool vcpus, struct top_sample *sample, struct xlite_error *err)
{
	struct state state = { 0 };
	int rc;

	*sample = (struct top_sample){ .at_ns = clock_now_ns() };
	rc = observe(host, cli->options.selector, &state, err);
	if (!rc)
		rc = observe_records(host, &state, list_needs_record, NULL, err);
	if (!rc)
		rc = xlite_host_info(host->xen, &sample->host, err);
	if (!rc)
		rc = take(cli, host, &state, vcpus, sample, err);
	state_clear(&state);
	if (rc)
		top_sample_clear(sample);
	return rc;
}
