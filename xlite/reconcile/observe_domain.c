/* SPDX-License-Identifier: GPL-2.0-or-later
 * Domains in detail: each one's record's spec, with what Xen and dom0's own nodes say now laid
 * over it; for a domain that is not ours, a spec made of that alone. All domains share the flights.
 */
#include "xlite/reconcile/observe.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/devices_end.h"
#include "xlite/reconcile/libxl_notes.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/observe_int.h"
#include "xlite/reconcile/record_spec.h"

static void look_ask(struct observe_request *look)
{
	uint32_t domid = look->domain->info.domid;

	look->nr_cpus = look->domain->info.max_vcpu_id + 1;
	look->target = xlite_store_batch_read(look->batch, "/local/domain/%u/memory/target", domid);
	if (look->domain->record.asked)
		look->videoram = xlite_store_batch_read(look->batch, "/local/domain/%u/memory/videoram", domid);
	if (!look->owned) {
		look->static_max = xlite_store_batch_read(look->batch, "/local/domain/%u/memory/static-max", domid);
		look->type = xlite_store_batch_read(look->batch, "/libxl/%u/type", domid);
		look->firmware = xlite_store_batch_list(look->batch, "/local/domain/%u/hvmloader", domid);
		look->bios = xlite_store_batch_read(look->batch, "/local/domain/%u/hvmloader/bios", domid);
	}
	look->devices = devices_end_list(look->batch, domid);
	look->cpus = xlite_store_batch_read(look->batch, "/local/domain/%u/cpu/0/availability", domid);
	for (unsigned i = 1; i < look->nr_cpus; i++)
		xlite_store_batch_read(look->batch, "/local/domain/%u/cpu/%u/availability", domid, i);
}

static void read_kib(const struct observe_request *look, size_t i, uint64_t *kib)
{
	const char *value = xlite_store_batch_value(look->batch, i, NULL);
	char *end;
	unsigned long long n;

	if (!value || !isdigit((unsigned char)*value))
		return;
	n = strtoull(value, &end, 10);
	if (!*end && n)
		*kib = n;
}

static unsigned count_online(const struct observe_request *look)
{
	unsigned n = 0;

	for (unsigned i = 0; i < look->nr_cpus; i++) {
		const char *value = xlite_store_batch_value(look->batch, look->cpus + i, NULL);

		if (value && !strcmp(value, "online"))
			n++;
	}
	return n;
}

/* The spec as last applied, out of the record; a spec of defaults for a domain that is not ours. */
static int spec_base(struct state_domain *domain, struct xlite_error *err)
{
	if (!state_owned(domain)) {
		domain->spec = cfg_domain_new();
		if (!domain->spec)
			return xlite_error_set(err, -ENOMEM, "out of memory");
		memcpy(domain->spec->uuid, domain->info.uuid, 16);
		domain->spec->uuid_given = true;
		domain->spec->vcpus_max = domain->info.max_vcpu_id + 1;
		libxl_notes_read(domain->info.domid, domain->info.uuid, domain->spec);
		return 0;
	}
	domain->spec = record_spec(&domain->record, &domain->spec_set);
	return 0;
}

/* Of another tool's emulated PC: by the other firmware than its own a guest does not boot. */
static enum cfg_firmware firmware_observed(const struct observe_request *look)
{
	const char *bios = xlite_store_batch_value(look->batch, look->bios, NULL);

	return bios && !strcmp(bios, "ovmf") ? CFG_FIRMWARE_UEFI : CFG_FIRMWARE_BIOS;
}

static int lay_live(struct state_domain *domain, const struct observe_request *look, struct xlite_error *err)
{
	struct cfg_domain *spec = domain->spec;
	unsigned online = count_online(look);

	if (domain->name && (!spec->name || strcmp(domain->name, spec->name))) {
		free(spec->name);
		spec->name = strdup(domain->name);
		if (!spec->name)
			return xlite_error_set(err, -ENOMEM, "out of memory");
	}
	read_kib(look, look->target, &spec->memory_kib);
	if (domain->record.asked)
		read_kib(look, look->videoram, &domain->videoram_kib);
	if (!state_owned(domain)) {
		spec->type = guest_type_observed(&domain->info, xlite_store_batch_value(look->batch, look->type, NULL),
						 !xlite_store_batch_result(look->batch, look->firmware));
		spec->firmware = firmware_observed(look);
		spec->max_memory_kib = spec->memory_kib;
		read_kib(look, look->static_max, &spec->max_memory_kib);
	}
	if (online)
		spec->vcpus_online = online;
	if (!domain->info.shutdown)
		spec->state = domain->info.paused ? CFG_STATE_PAUSED : CFG_STATE_RUNNING;
	return 0;
}

static int take_next(struct state_domain *domain, const struct xlite_record *record, struct xlite_error *err)
{
	struct cfg_set *set;
	const struct cfg_domain *spec = record_spec(record, &set);

	domain->next = spec ? cfg_domain_copy(spec) : NULL;
	cfg_set_free(set);
	if (!domain->next)
		return xlite_error_set(err, -EINVAL,
				       "%s: the changes that wait for its next boot cannot be read from its record",
				       domain->name ? domain->name : "(unnamed)");
	return 0;
}

int observe_next(struct host *host, const struct observe_request *looks, size_t nr, struct xlite_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++) {
		struct xlite_record record;
		char text[48];
		const char *path = text;

		if (!looks[i].domain->record.waits)
			continue;
		snprintf(text, sizeof(text), "/libxl/%u/xlite/next", looks[i].domain->info.domid);
		rc = xlite_record_read_at(host->store, &path, 1, &record, err);
		if (!rc)
			rc = take_next(looks[i].domain, &record, err);
		xlite_record_clear(&record);
	}
	return rc;
}

/* Domains that have a spec to lay things over, and no details yet. */
static int look_choose(struct state_domain *const *domains, size_t nr, struct xlite_store_batch *batch,
		       struct observe_request *looks, size_t *nr_looks, struct xlite_error *err)
{
	*nr_looks = 0;
	for (size_t i = 0; i < nr; i++) {
		int rc = domains[i]->detailed ? 0 : spec_base(domains[i], err);

		if (rc)
			return rc;
		if (domains[i]->detailed || !domains[i]->spec)
			continue;
		/* Of a domain that is named twice the second look is none. */
		domains[i]->detailed = true;
		looks[(*nr_looks)++] = (struct observe_request){
			.domain = domains[i], .batch = batch, .owned = state_owned(domains[i]),
		};
	}
	return 0;
}

static int observe_looks(struct host *host, struct observe_request *looks, size_t nr, struct xlite_store_batch *batch,
			 struct xlite_error *err)
{
	int rc;

	for (size_t i = 0; i < nr; i++)
		look_ask(&looks[i]);
	rc = xlite_store_batch_run(host->store, batch, err);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = lay_live(looks[i].domain, &looks[i], err);
	if (!rc)
		rc = observe_tuning(host, looks, nr, err);
	if (!rc)
		rc = observe_next(host, looks, nr, err);
	if (!rc)
		rc = observe_devices(host, looks, nr, err);
	return rc ? rc : observe_vifs(host, looks, nr, err);
}

int observe_details(struct host *host, struct state_domain *const *domains, size_t nr, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	auto_free struct observe_request *looks = calloc(nr + 1, sizeof(*looks));
	size_t nr_looks = 0;
	int rc = batch && looks ? 0 : xlite_error_set(err, -ENOMEM, "out of memory");

	if (!rc)
		rc = look_choose(domains, nr, batch, looks, &nr_looks, err);
	if (!rc && nr_looks)
		rc = observe_looks(host, looks, nr_looks, batch, err);
	for (size_t i = 0; i < nr_looks && rc; i++)
		looks[i].domain->detailed = false;
	xlite_store_batch_free(batch);
	return rc;
}
