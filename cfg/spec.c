/* SPDX-License-Identifier: GPL-2.0-or-later
 * The life of specs: made with every default, copied, freed; all by the table of keys.
 */
#include "cfg/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"

static void *spec_new(const struct cfg_section *section)
{
	void *spec = calloc(1, section->size);

	if (spec && cfg_section_defaults(section, spec)) {
		cfg_section_clear(section, spec);
		free(spec);
		return NULL;
	}
	return spec;
}

static void spec_free(const struct cfg_section *section, void *spec)
{
	if (spec)
		cfg_section_clear(section, spec);
	free(spec);
}

static void *spec_copy(const struct cfg_section *section, const void *spec)
{
	void *copy = malloc(section->size);

	if (!copy)
		return NULL;
	memcpy(copy, spec, section->size);
	if (cfg_section_dup(section, copy)) {
		spec_free(section, copy);
		return NULL;
	}
	return copy;
}

struct cfg_domain *cfg_domain_new(void)
{
	struct cfg_domain *domain = spec_new(&cfg_domain_section);

	if (domain)
		domain->vcpus_online = domain->vcpus_max;
	return domain;
}

void cfg_domain_free(struct cfg_domain *domain)
{
	spec_free(&cfg_domain_section, domain);
}

struct cfg_domain *cfg_domain_copy(const struct cfg_domain *domain)
{
	return spec_copy(&cfg_domain_section, domain);
}

struct cfg_network *cfg_network_new(void)
{
	return spec_new(&cfg_network_section);
}

void cfg_network_free(struct cfg_network *network)
{
	spec_free(&cfg_network_section, network);
}

struct cfg_network *cfg_network_copy(const struct cfg_network *network)
{
	return spec_copy(&cfg_network_section, network);
}

struct cfg_volume *cfg_volume_new(void)
{
	return spec_new(&cfg_volume_section);
}

void cfg_volume_free(struct cfg_volume *volume)
{
	if (!volume)
		return;
	free(volume->path);
	free(volume->clone_path);
	free(volume->vg);
	free(volume->thin_pool);
	spec_free(&cfg_volume_section, volume);
}

struct cfg_volume *cfg_volume_copy(const struct cfg_volume *volume)
{
	struct cfg_volume *copy = spec_copy(&cfg_volume_section, volume);

	if (!copy)
		return NULL;
	/* No keys. */
	copy->path = volume->path ? strdup(volume->path) : NULL;
	copy->clone_path = volume->clone_path ? strdup(volume->clone_path) : NULL;
	copy->vg = volume->vg ? strdup(volume->vg) : NULL;
	copy->thin_pool = volume->thin_pool ? strdup(volume->thin_pool) : NULL;
	if (!copy->path == !volume->path && !copy->clone_path == !volume->clone_path && !copy->vg == !volume->vg &&
	    !copy->thin_pool == !volume->thin_pool)
		return copy;
	cfg_volume_free(copy);
	return NULL;
}

char *cfg_volume_path(const struct cfg_pool *pool, const char *name, enum cfg_vbd_format format)
{
	char *path;
	int n = pool->type == CFG_POOL_LVM ? asprintf(&path, "/dev/%s/%s", pool->vg, name)
					   : asprintf(&path, "%s/%s.%s", pool->folder, name, cfg_format_name(format));

	return n < 0 ? NULL : path;
}

struct cfg_pool *cfg_pool_new(void)
{
	return spec_new(&cfg_pool_section);
}

void cfg_pool_free(struct cfg_pool *pool)
{
	spec_free(&cfg_pool_section, pool);
}

void cfg_vif_clear(struct cfg_vif *vif)
{
	cfg_section_clear(&cfg_vifs_section, vif);
}

void cfg_vbd_clear(struct cfg_vbd *vbd)
{
	cfg_section_clear(&cfg_vbds_section, vbd);
}
