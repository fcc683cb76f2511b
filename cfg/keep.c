/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a running domain keeps until its next reboot, by the table of keys.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"

static int keep_value(const struct cfg_key *key, void *base, const void *from)
{
	char **field = cfg_field(key, base);
	const char *text;

	if (!key->value->text) {
		memcpy(cfg_field(key, base), cfg_field(key, from), key->value->size);
		return 0;
	}
	text = *(char *const *)cfg_field(key, from);
	free(*field);
	*field = text ? strdup(text) : NULL;
	return *field || !text ? 0 : -ENOMEM;
}

static int keep_list(const struct cfg_key *key, void *base, const void *from)
{
	struct cfg_strings *list = cfg_field(key, base);

	cfg_strings_clear(list);
	return cfg_strings_copy(list, cfg_field(key, from));
}

static int keep_section(const struct cfg_section *section, void *base, const void *from)
{
	int rc = 0;

	for (size_t i = 0; i < section->nr && !rc; i++) {
		const struct cfg_key *key = &section->keys[i];

		if (key->shape == CFG_SECTION)
			rc = keep_section(key->section, base, from);
		else if (key->shape == CFG_SCALAR && key->change == CFG_ON_REBOOT)
			rc = keep_value(key, base, from);
		else if (key->shape == CFG_LIST && key->change == CFG_ON_REBOOT)
			rc = keep_list(key, base, from);
	}
	return rc;
}

/* Lists of a vCPU each: as many as there are vCPUs now. */
static int keep_cpus(struct cfg_strings *lists, const struct cfg_strings *from, unsigned vcpus)
{
	if (lists->nr < 2 || lists->nr == vcpus)
		return 0;
	cfg_strings_clear(lists);
	return cfg_strings_copy(lists, from);
}

static bool has_vbd(const struct cfg_domain *domain, const char *vdev)
{
	for (size_t i = 0; i < domain->nr_vbds; i++) {
		if (!strcmp(domain->vbds[i].vdev, vdev))
			return true;
	}
	return false;
}

/* The disk for cloud-init has its name as long as the domain runs: a disk that is to have that name waits as well. */
static void keep_cloud_disk(struct cfg_domain *domain, const struct cfg_domain *from)
{
	size_t kept = 0;

	for (size_t i = 0; i < domain->nr_vbds; i++) {
		struct cfg_vbd *vbd = &domain->vbds[i];

		if (from->cloud_init.enabled && cfg_vdevs_overlap(vbd->vdev, cfg_cloud_vdev(from)) && !has_vbd(from, vbd->vdev))
			cfg_vbd_clear(vbd);
		else
			domain->vbds[kept++] = *vbd;
	}
	domain->nr_vbds = kept;
}

int cfg_domain_keep(struct cfg_domain *domain, const struct cfg_domain *from)
{
	int rc = keep_section(&cfg_domain_section, domain, from);

	for (size_t i = 0; i < domain->nr_vifs && !rc; i++) {
		for (size_t k = 0; k < from->nr_vifs; k++) {
			if (!memcmp(domain->vifs[i].mac, from->vifs[k].mac, 6))
				rc = keep_section(&cfg_vifs_section, &domain->vifs[i], &from->vifs[k]);
		}
	}
	keep_cloud_disk(domain, from);
	/* An emulated PC has those that it started with: no guest of it heeds what XenStore says of them. */
	if (from->type == CFG_TYPE_HVM)
		domain->vcpus_online = from->vcpus_online;
	if (domain->vcpus_online > domain->vcpus_max)
		domain->vcpus_online = domain->vcpus_max;
	if (!rc)
		rc = keep_cpus(&domain->affinity, &from->affinity, domain->vcpus_max);
	if (!rc)
		rc = keep_cpus(&domain->soft_affinity, &from->soft_affinity, domain->vcpus_max);
	return rc;
}
