/* SPDX-License-Identifier: GPL-2.0-or-later
 * The life of specs: made with every default, copied, freed; all by the table of keys.
 */
#include "cfg/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"
#include "cfg/value_nbd.h"

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
	if (!copy->path == !volume->path && !copy->clone_path == !volume->clone_path)
		return copy;
	cfg_volume_free(copy);
	return NULL;
}

char *cfg_volume_path(const char *folder, const char *name, enum cfg_vbd_format format)
{
	char *path;

	return asprintf(&path, "%s/%s.%s", folder, name, cfg_format_name(format)) < 0 ? NULL : path;
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

bool cfg_vbd_is_nbd(const struct cfg_vbd *vbd)
{
	return !vbd->script && cfg_nbd_source(vbd->source);
}

bool cfg_boots_own_disk(const struct cfg_domain *domain)
{
	return !domain->kernel && domain->state != CFG_STATE_STOPPED;
}

bool cfg_boots_by_grub(const struct cfg_domain *domain)
{
	return domain->type != CFG_TYPE_HVM && cfg_boots_own_disk(domain);
}

int cfg_vbd_drive(const struct cfg_domain *domain, const struct cfg_vbd *vbd)
{
	const char *letter = vbd->vdev;

	if (domain->type != CFG_TYPE_HVM || !letter || vbd->script || (vbd->mode == CFG_VBD_RO && !vbd->cdrom))
		return -1;
	if (!strncmp(letter, "xvd", 3))
		letter += 3;
	else if (!strncmp(letter, "hd", 2))
		letter += 2;
	else
		return -1;
	return *letter >= 'a' && *letter < 'a' + CFG_DRIVES && !letter[1] ? *letter - 'a' : -1;
}

bool cfg_vif_emulated(const struct cfg_domain *domain, const struct cfg_vif *vif)
{
	return domain->type == CFG_TYPE_HVM && vif->model != CFG_CARD_NONE && vif->kind != CFG_VIF_ROUTE && !vif->script && !vif->rate.bps;
}

/* As Xen's own tools have it, and the most that QEMU's models are given there. */
uint64_t cfg_video_kib(const struct cfg_domain *domain)
{
	static const uint64_t kib[] = { [CFG_VGA_STD] = 16384, [CFG_VGA_CIRRUS] = 8192, [CFG_VGA_NONE] = 0 };

	return domain->type == CFG_TYPE_HVM ? kib[domain->vga] : 0;
}

bool cfg_vbd_needs_qemu(const struct cfg_vbd *vbd)
{
	return vbd->format == CFG_FORMAT_QCOW2 || cfg_vbd_is_nbd(vbd);
}

const char *cfg_cloud_vdev(const struct cfg_domain *domain)
{
	return domain->cloud_init.vdev ? domain->cloud_init.vdev : CFG_CLOUD_VDEV;
}
