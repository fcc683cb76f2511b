/* SPDX-License-Identifier: GPL-2.0-or-later
 * One domain in detail: its record's spec, with what Xen and dom0's own nodes say now laid
 * over it; for a domain that is not ours, a spec made of that alone.
 */
#include "xlite/reconcile/observe.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/foreign.h"

/* Requests of a look at one domain, by their place in the batch. */
struct look {
	struct xlite_store_batch *batch;
	size_t target, static_max, vifs, vbds, cpus;
	unsigned nr_cpus;
};

static int look_run(struct host *host, const struct state_domain *domain, struct look *look, struct xlite_error *err)
{
	uint32_t domid = domain->info.domid;

	look->nr_cpus = domain->info.max_vcpu_id + 1;
	look->target = xlite_store_batch_read(look->batch, "/local/domain/%u/memory/target", domid);
	look->static_max = xlite_store_batch_read(look->batch, "/local/domain/%u/memory/static-max", domid);
	look->vifs = xlite_store_batch_list(look->batch, "/libxl/%u/device/vif", domid);
	look->vbds = xlite_store_batch_list(look->batch, "/libxl/%u/device/vbd", domid);
	look->cpus = xlite_store_batch_read(look->batch, "/local/domain/%u/cpu/0/availability", domid);
	for (unsigned i = 1; i < look->nr_cpus; i++)
		xlite_store_batch_read(look->batch, "/local/domain/%u/cpu/%u/availability", domid, i);
	return xlite_store_batch_run(host->store, look->batch, err);
}

static void read_kib(const struct look *look, size_t i, uint64_t *kib)
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

static unsigned count_online(const struct look *look)
{
	unsigned n = 0;

	for (unsigned i = 0; i < look->nr_cpus; i++) {
		const char *value = xlite_store_batch_value(look->batch, look->cpus + i, NULL);

		if (value && !strcmp(value, "online"))
			n++;
	}
	return n;
}

static bool lists(const struct look *look, size_t listing, unsigned devid)
{
	const char *child;

	for (size_t k = 0; (child = xlite_store_batch_child(look->batch, listing, k)); k++) {
		if (strtoul(child, NULL, 10) == devid)
			return true;
	}
	return false;
}

/* Devices of the record that somebody else has detached since are not there any more. */
static void drop_missing(const struct look *look, struct cfg_domain *spec)
{
	size_t kept = 0;

	for (size_t i = 0; i < spec->nr_vifs; i++) {
		if (lists(look, look->vifs, (unsigned)i))
			spec->vifs[kept++] = spec->vifs[i];
		else
			cfg_vif_clear(&spec->vifs[i]);
	}
	spec->nr_vifs = kept;
	kept = 0;
	for (size_t i = 0; i < spec->nr_vbds; i++) {
		if (lists(look, look->vbds, (unsigned)xlite_vdev_number(spec->vbds[i].vdev)))
			spec->vbds[kept++] = spec->vbds[i];
		else
			cfg_vbd_clear(&spec->vbds[i]);
	}
	spec->nr_vbds = kept;
}

static bool spec_has_vbd(const struct cfg_domain *spec, unsigned devid)
{
	for (size_t i = 0; i < spec->nr_vbds; i++) {
		if ((unsigned)xlite_vdev_number(spec->vbds[i].vdev) == devid)
			return true;
	}
	return false;
}

static int add_vbd(struct cfg_domain *spec, unsigned devid, const char *params, const char *mode, const char *type)
{
	struct cfg_vbd *vbds = realloc(spec->vbds, (spec->nr_vbds + 1) * sizeof(*vbds));
	char name[32];

	if (!vbds)
		return -ENOMEM;
	spec->vbds = vbds;
	vbds += spec->nr_vbds;
	memset(vbds, 0, sizeof(*vbds));
	if (xlite_vdev_name(devid, name, sizeof(name)))
		return 0;
	vbds->vdev = strdup(name);
	vbds->source = params ? strdup(params) : NULL;
	vbds->mode = mode && *mode == 'w' ? CFG_VBD_RW : CFG_VBD_RO;
	vbds->discard = true;
	vbds->cdrom = type && !strcmp(type, "cdrom");
	spec->nr_vbds++;
	return vbds->vdev && (vbds->source || !params) ? 0 : -ENOMEM;
}

static int add_vif(struct cfg_domain *spec, const char *mac, const char *bridge)
{
	struct cfg_vif *vifs = realloc(spec->vifs, (spec->nr_vifs + 1) * sizeof(*vifs));
	unsigned char m[6] = { 0 };

	if (!vifs)
		return -ENOMEM;
	spec->vifs = vifs;
	vifs += spec->nr_vifs;
	memset(vifs, 0, sizeof(*vifs));
	vifs->kind = CFG_VIF_BRIDGE;
	vifs->filter = true;
	vifs->mac_given = mac && sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &m[0], &m[1], &m[2], &m[3], &m[4],
					&m[5]) == 6;
	memcpy(vifs->mac, m, sizeof(m));
	vifs->target = strdup(bridge ? bridge : "");
	spec->nr_vifs++;
	return vifs->target ? 0 : -ENOMEM;
}

/* Devices that are there but in no spec of ours: attached by xl, or of a domain that xl made. */
static int add_strangers(struct host *host, const struct state_domain *domain, const struct look *look, bool owned,
			 size_t nr_record_vifs, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	uint32_t domid = domain->info.domid;
	const char *child;
	size_t nr_vbds = 0, nr_vifs = 0, at = 0;
	auto_free unsigned *ids = calloc(512, sizeof(*ids));
	int rc = 0;

	if (!batch || !ids)
		rc = -ENOMEM;
	for (size_t k = 0; !rc && nr_vbds < 256 && (child = xlite_store_batch_child(look->batch, look->vbds, k)); k++) {
		unsigned devid = (unsigned)strtoul(child, NULL, 10);

		if (spec_has_vbd(domain->spec, devid))
			continue;
		ids[nr_vbds++] = devid;
		xlite_store_batch_read(batch, "/libxl/%u/device/vbd/%u/params", domid, devid);
		xlite_store_batch_read(batch, "/libxl/%u/device/vbd/%u/mode", domid, devid);
		xlite_store_batch_read(batch, "/libxl/%u/device/vbd/%u/device-type", domid, devid);
	}
	for (size_t k = 0; !rc && nr_vifs < 256 && (child = xlite_store_batch_child(look->batch, look->vifs, k)); k++) {
		unsigned devid = (unsigned)strtoul(child, NULL, 10);

		if (owned && devid < nr_record_vifs)
			continue;
		nr_vifs++;
		xlite_store_batch_read(batch, "/libxl/%u/device/vif/%u/mac", domid, devid);
		xlite_store_batch_read(batch, "/libxl/%u/device/vif/%u/bridge", domid, devid);
	}
	if (!rc && nr_vbds + nr_vifs)
		rc = xlite_store_batch_run(host->store, batch, err);
	for (size_t k = 0; k < nr_vbds && !rc; k++, at += 3)
		rc = add_vbd(domain->spec, ids[k], xlite_store_batch_value(batch, at, NULL),
			     xlite_store_batch_value(batch, at + 1, NULL), xlite_store_batch_value(batch, at + 2, NULL));
	for (size_t k = 0; k < nr_vifs && !rc; k++, at += 2)
		rc = add_vif(domain->spec, xlite_store_batch_value(batch, at, NULL), xlite_store_batch_value(batch, at + 1, NULL));
	xlite_store_batch_free(batch);
	return rc == -ENOMEM ? xlite_error_set(err, rc, "out of memory") : rc;
}

/* The spec as last applied, out of the record; a spec of defaults for a domain that is not ours. */
static int spec_base(struct state_domain *domain, struct xlite_error *err)
{
	struct cfg_domain *const *domains;
	size_t nr = 0;

	if (!state_owned(domain)) {
		domain->spec = cfg_domain_new();
		if (!domain->spec)
			return xlite_error_set(err, -ENOMEM, "out of memory");
		memcpy(domain->spec->uuid, domain->info.uuid, 16);
		domain->spec->uuid_given = true;
		domain->spec->vcpus_max = domain->info.max_vcpu_id + 1;
		domain->spec->type = domain->info.hvm ? CFG_TYPE_PVH : CFG_TYPE_PV;
		foreign_read(domain->info.domid, domain->info.uuid, domain->spec);
		return 0;
	}
	domain->spec_set = cfg_set_new();
	if (!domain->spec_set)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	if (!domain->record.spec || domain->record.format != 1 ||
	    cfg_set_parse(domain->spec_set, "<record>", domain->record.spec, strlen(domain->record.spec)))
		return 0;
	domains = cfg_set_domains(domain->spec_set, &nr);
	if (nr == 1)
		domain->spec = domains[0];
	return 0;
}

/* Scheduler parameters are asked for only here, as they cost hypercalls. */
static void lay_sched(struct host *host, struct state_domain *domain)
{
	unsigned weight, cap;

	if (!xlite_domain_get_sched(host->xen, domain->info.domid, &weight, &cap, NULL)) {
		domain->spec->weight = weight;
		domain->spec->cap = cap;
	}
}

static int lay_live(struct state_domain *domain, const struct look *look, struct xlite_error *err)
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
	if (!state_owned(domain)) {
		spec->max_memory_kib = spec->memory_kib;
		read_kib(look, look->static_max, &spec->max_memory_kib);
	}
	if (online)
		spec->vcpus_online = online;
	if (!domain->info.shutdown)
		spec->state = domain->info.paused ? CFG_STATE_PAUSED : CFG_STATE_RUNNING;
	return 0;
}

int observe_details(struct host *host, struct state_domain *domain, struct xlite_error *err)
{
	struct look look = { .batch = NULL };
	size_t nr_record_vifs;
	int rc;

	if (domain->detailed)
		return 0;
	rc = spec_base(domain, err);
	if (rc || !domain->spec)
		return rc;
	look.batch = xlite_store_batch_new();
	if (!look.batch)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	rc = look_run(host, domain, &look, err);
	if (!rc)
		rc = lay_live(domain, &look, err);
	if (!rc) {
		nr_record_vifs = domain->spec->nr_vifs;
		lay_sched(host, domain);
		if (state_owned(domain))
			drop_missing(&look, domain->spec);
		rc = add_strangers(host, domain, &look, state_owned(domain), nr_record_vifs, err);
	}
	xlite_store_batch_free(look.batch);
	domain->detailed = !rc;
	return rc;
}
