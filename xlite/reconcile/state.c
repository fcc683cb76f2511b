/* SPDX-License-Identifier: GPL-2.0-or-later
 * The observed state: look-ups and the word for a domain's condition.
 */
#include "xlite/reconcile/state.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "common/auto.h"
#include "xlite/reconcile/record_spec.h"

/* A domain has pages that its guest does not count, and a guest some that it does not give away. */
#define LAG_KIB 2048

/* By the code with which a domain has shut down (xen/sched.h). */
static const struct state_end ends[] = {
	[SHUTDOWN_poweroff] = { "shutdown", "it has shut down", "on_poweroff",
				offsetof(struct cfg_domain, on_poweroff) },
	[SHUTDOWN_reboot] = { "rebooting", "it asked for a reboot", "on_reboot",
			      offsetof(struct cfg_domain, on_reboot) },
	[SHUTDOWN_suspend] = { "suspended", "it has suspended" },
	[SHUTDOWN_crash] = { "crashed", "it has crashed", "on_crash", offsetof(struct cfg_domain, on_crash) },
	[SHUTDOWN_watchdog] = { "watchdog", "its watchdog has ended it", "on_watchdog",
				offsetof(struct cfg_domain, on_watchdog) },
	[SHUTDOWN_soft_reset] = { "soft-reset", "it asked for a soft reset", "on_soft_reset",
				  offsetof(struct cfg_domain, on_soft_reset) },
};

const struct state_end *state_end(const struct xlite_domain_info *info)
{
	static const struct state_end other = { "shutdown", "it has shut down" };

	return info->shutdown_reason < ARRAY_SIZE(ends) ? &ends[info->shutdown_reason] : &other;
}

bool state_handed_over(const struct state_domain *domain)
{
	const struct xlite_domain_info *info = &domain->info;

	return domain->record.moved && info->shutdown && !info->dying && info->shutdown_reason == SHUTDOWN_suspend;
}

const char *state_word(const struct state_domain *domain)
{
	const struct xlite_domain_info *info = &domain->info;

	if (domain->absent)
		return domain->record.moved   ? "moved"
		       : domain->record.saved ? "saved"
		       : domain->record.again ? "rebuilding"
					      : "stopped";
	if (info->dying)
		return "dying";
	if (info->shutdown)
		return state_handed_over(domain) ? "handed-over" : state_end(info)->word;
	if (state_unfinished(domain))
		return "unfinished";
	if (domain->qemu_ended)
		return "degraded";
	return info->paused ? "paused" : "running";
}

struct state_domain *state_find_uuid(const struct state *state, const uint8_t uuid[16])
{
	for (size_t i = 0; i < state->nr; i++) {
		struct state_domain *domain = &state->domains[i];

		if (!domain->info.dying && !memcmp(domain->info.uuid, uuid, 16))
			return domain;
	}
	return NULL;
}

struct state_domain *state_find_name(const struct state *state, const char *name)
{
	for (size_t i = 0; i < state->nr; i++) {
		struct state_domain *domain = &state->domains[i];

		if (!domain->info.dying && domain->name && !strcmp(domain->name, name))
			return domain;
	}
	return NULL;
}

void state_network_clear(struct state_network *network)
{
	free(network->name);
	xlite_record_clear(&network->record);
	cfg_network_free(network->spec);
	memset(network, 0, sizeof(*network));
}

struct state_network *state_find_network(const struct state *state, const char *name)
{
	char derived[37];
	uint8_t uuid[16];

	cfg_uuid_of_name(name, uuid);
	xlite_uuid_text(uuid, derived);
	for (size_t i = 0; i < state->nr_networks; i++) {
		const struct state_network *network = &state->networks[i];

		/* One whose record cannot be read is called by the uuid that its name gives. */
		if (!strcmp(network->name, name) || (!network->spec && !strcmp(network->name, derived)))
			return &state->networks[i];
	}
	return NULL;
}

struct state_volume *state_find_volume(const struct state *state, const char *name, enum cfg_vbd_format format)
{
	struct state_volume *found = NULL;

	for (size_t i = 0; i < state->nr_volumes; i++) {
		struct state_volume *volume = &state->volumes[i];

		if (!strcmp(volume->name, name) && (!found || volume->format == format))
			found = volume;
	}
	return found;
}

struct state_volume *state_find_twin(const struct state *state, const char *name, enum cfg_vbd_format format)
{
	const struct state_volume *first = state_find_volume(state, name, format);

	for (size_t i = 0; i < state->nr_volumes; i++) {
		if (&state->volumes[i] != first && !strcmp(state->volumes[i].name, name))
			return &state->volumes[i];
	}
	return NULL;
}

uint64_t state_volume_kib(const struct state_volume *volume)
{
	return (volume->bytes / 4096 + (volume->bytes % 4096 != 0)) * 4;
}

struct state_volume *state_add_volume(struct state *state, const char *name, const char *path, enum cfg_vbd_format format)
{
	struct state_volume *volumes;

	for (size_t i = 0; i < state->nr_volumes; i++) {
		if (!strcmp(state->volumes[i].path, path))
			return &state->volumes[i];
	}
	volumes = reallocarray(state->volumes, state->nr_volumes + 1, sizeof(*volumes));
	if (!volumes)
		return NULL;
	state->volumes = volumes;
	volumes += state->nr_volumes;
	*volumes = (struct state_volume){ .name = strdup(name), .path = strdup(path), .format = format };
	if (volumes->name && volumes->path) {
		state->nr_volumes++;
		return volumes;
	}
	free(volumes->name);
	free(volumes->path);
	return NULL;
}

bool state_begun(const struct state_domain *domain, enum xlite_device_kind kind, unsigned devid)
{
	const char *half = domain->record.begun;
	struct xlite_device device;

	while (xlite_device_next(&half, &device)) {
		if (device.kind == kind && device.devid == devid)
			return true;
	}
	return false;
}

struct state_lag state_lag(const struct state_domain *domain)
{
	const struct xlite_domain_info *info = &domain->info;
	struct state_lag lag = { .vcpus_online = info->nr_online_vcpus };
	uint64_t want_kib;

	lag.memory_kib = info->mem_kib > domain->videoram_kib ? info->mem_kib - domain->videoram_kib : 0;
	if (!domain->record.asked || !domain->spec || info->paused || info->shutdown || info->dying)
		return lag;
	want_kib = domain->spec->memory_kib;
	lag.memory = lag.memory_kib + LAG_KIB < want_kib || lag.memory_kib > want_kib + LAG_KIB;
	/* A PC has those that its firmware tells of, however many of them its guest has use for. */
	lag.vcpus = domain->spec->type != CFG_TYPE_HVM && lag.vcpus_online != domain->spec->vcpus_online;
	return lag;
}

bool state_qemu_orphaned(const struct state *state, size_t i)
{
	for (size_t k = 0; k < state->nr; k++) {
		const struct xlite_domain_info *info = &state->domains[k].info;
		char uuid[37];

		if (info->domid != state->qemus[i].domid || info->dying)
			continue;
		xlite_uuid_text(info->uuid, uuid);
		if (!strcmp(uuid, state->qemus[i].uuid))
			return false;
	}
	return true;
}

static bool is_kept(const struct xlite_record *record)
{
	return record->again || record->off || record->stopped || record->saved;
}

bool state_stale_kept(const struct state *state, size_t i)
{
	const struct xlite_record *record = &state->stale[i].record;
	const struct state_domain *domain;
	uint8_t uuid[16];

	if (!is_kept(record) || xlite_uuid_parse(record->uuid, uuid))
		return false;
	domain = state_find_uuid(state, uuid);
	return !domain || (domain->info.paused && !domain->info.cpu_time_ns && !domain->record.finished);
}

static bool is_named(const struct xlite_record *record, const char *name)
{
	struct cfg_set *set;
	const struct cfg_domain *spec = record_spec(record, &set);
	bool named = spec && !strcmp(spec->name, name);

	cfg_set_free(set);
	return named;
}

const struct xlite_record *state_saved(const struct state *state, const char *name, const uint8_t uuid[16])
{
	char text[37];

	xlite_uuid_text(uuid, text);
	for (size_t i = 0; i < state->nr_stale; i++) {
		const struct xlite_record *record = &state->stale[i].record;

		if (record->saved && state_stale_kept(state, i) && (!strcmp(record->uuid, text) || is_named(record, name)))
			return record;
	}
	return NULL;
}

bool state_stale_release(struct state *state, const char *name, const uint8_t uuid[16])
{
	bool any = false;
	char text[37];

	xlite_uuid_text(uuid, text);
	for (size_t i = 0; i < state->nr_stale; i++) {
		struct xlite_record *record = &state->stale[i].record;

		if (!is_kept(record) || (strcmp(record->uuid, text) && !is_named(record, name)))
			continue;
		any = true;
		record->again = record->off = record->stopped = record->saved = record->moved = false;
		state->stale[i].given_up = true;
	}
	return any;
}

const struct state_stale *state_find_kept(const struct state *state, const char *name)
{
	for (size_t i = 0; i < state->nr_stale; i++) {
		const struct state_stale *stale = &state->stale[i];

		if (state_stale_kept(state, i) && (!strcasecmp(stale->record.uuid, name) || is_named(&stale->record, name)))
			return stale;
	}
	return NULL;
}

bool state_has_leftovers(const struct state *state)
{
	for (size_t i = 0; i < state->nr_qemus; i++) {
		if (state_qemu_orphaned(state, i))
			return true;
	}
	for (size_t i = 0; i < state->nr_stale; i++) {
		if (!state_stale_kept(state, i))
			return true;
	}
	return false;
}

void state_clear(struct state *state)
{
	for (size_t i = 0; i < state->nr; i++) {
		free(state->domains[i].name);
		cfg_domain_free(state->domains[i].next);
		for (size_t k = 0; k < XLITE_DEVICE_KINDS; k++)
			free(state->domains[i].devids[k]);
		free(state->domains[i].resized);
		xlite_record_clear(&state->domains[i].record);
		if (!state->domains[i].spec_set)
			cfg_domain_free(state->domains[i].spec);
		cfg_set_free(state->domains[i].spec_set);
	}
	for (size_t i = 0; i < state->nr_stale; i++)
		xlite_record_clear(&state->stale[i].record);
	for (size_t i = 0; i < state->nr_networks; i++)
		state_network_clear(&state->networks[i]);
	for (size_t i = 0; i < state->nr_volumes; i++) {
		free(state->volumes[i].name);
		free(state->volumes[i].path);
		free(state->volumes[i].fault);
		free(state->volumes[i].vg);
		free(state->volumes[i].thin_pool);
	}
	free(state->volumes);
	for (size_t i = 0; i < state->nr_groups; i++) {
		hotplug_lvm_clear(&state->groups[i].lvm);
		free(state->groups[i].fault);
	}
	free(state->groups);
	free(state->networks);
	free(state->domains);
	free(state->stale);
	free(state->qemus);
	memset(state, 0, sizeof(*state));
}

int state_add_resized(struct state_domain *domain, const char *vdev, const char *device, const struct hotplug_disk_now *now)
{
	struct state_resized *resized;

	if (strlen(device) >= sizeof(resized->device) || strlen(vdev) >= sizeof(resized->vdev))
		return 0;
	resized = realloc(domain->resized, (domain->nr_resized + 1) * sizeof(*resized));
	if (!resized)
		return -ENOMEM;
	domain->resized = resized;
	resized += domain->nr_resized++;
	*resized = (struct state_resized){ .exchanged = now->other, .offered = now->offered, .bytes = now->bytes };
	strcpy(resized->device, device);
	strcpy(resized->vdev, vdev);
	return 0;
}
