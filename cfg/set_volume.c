/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks across documents that concern storage: names used twice, volumes whose pool is in no document, and where volumes
 * are, for the vbds that name them. A volume that is no document of the set may be on the host already: nothing is said of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/claim.h"

const struct cfg_pool *cfg_set_pool(const struct cfg_set *set, const char *name)
{
	static char standard_name[] = CFG_DEFAULT_POOL, standard_folder[] = CFG_DEFAULT_POOL_FOLDER;
	static const struct cfg_pool standard = { .name = standard_name, .folder = standard_folder };

	if (!name)
		name = CFG_DEFAULT_POOL;
	for (size_t i = 0; set && i < set->nr_pools; i++) {
		if (!strcmp(set->pools[i]->name, name))
			return set->pools[i];
	}
	return strcmp(name, CFG_DEFAULT_POOL) ? NULL : &standard;
}

int cfg_vbd_set_volume(struct cfg_vbd *vbd, const char *path, enum cfg_vbd_format format)
{
	char *source = strdup(path);

	if (!source)
		return -ENOMEM;
	free(vbd->source);
	vbd->source = source;
	vbd->format = format;
	/* What a guest writes there does not make it an image. */
	vbd->format_given = true;
	return 0;
}

int cfg_volume_set_clone(struct cfg_volume *volume, const char *path, enum cfg_vbd_format format)
{
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	free(volume->clone_path);
	volume->clone_path = copy;
	volume->clone_format = format;
	return 0;
}

static const struct cfg_volume *volume_at(const struct cfg_set *set, size_t i)
{
	return i < set->nr_volumes ? set->volumes[i] : set->broken_volumes[i - set->nr_volumes];
}

static const struct cfg_pool *pool_at(const struct cfg_set *set, size_t i)
{
	return i < set->nr_pools ? set->pools[i] : set->broken_pools[i - set->nr_pools];
}

static void claim(struct cfg_set *set, struct cfg_claims *claims, const char *text, const struct cfg_place *place,
		  const void *owner, const char *name)
{
	struct cfg_file *file = cfg_place_file(set, place);
	struct cfg_claim item = { .bytes = text, .len = text ? strlen(text) : 0, .owner = owner, .name = name, .place = place,
				  .file_nr = file ? file->nr : 0, .writes = true };

	if (text)
		cfg_claim(claims, &item);
}

static void claim_names(struct cfg_set *set)
{
	struct cfg_claims volumes = { NULL }, pools = { NULL }, folders = { NULL };

	for (size_t i = 0; i < set->nr_volumes + set->nr_broken_volumes; i++) {
		const struct cfg_volume *volume = volume_at(set, i);

		claim(set, &volumes, volume->name, &volume->name_place, volume, volume->name);
	}
	for (size_t i = 0; i < set->nr_pools + set->nr_broken_pools; i++) {
		const struct cfg_pool *pool = pool_at(set, i);

		claim(set, &pools, pool->name, &pool->name_place, pool, pool->name);
		claim(set, &folders, pool->folder, &pool->folder_place, pool, pool->name);
	}
	cfg_claims_settle(set, &volumes, "this name is");
	cfg_claims_settle(set, &pools, "this name is");
	cfg_claims_settle(set, &folders, "this folder is");
}

static bool same_text(const char *a, const char *b)
{
	return !a || !b ? a == b : !strcmp(a, b);
}

/* One place by two names: its volumes would be two pools' at once. */
static void check_groups(struct cfg_set *set)
{
	for (size_t i = 0; i < set->nr_pools; i++) {
		const struct cfg_pool *pool = set->pools[i];

		for (size_t k = 0; k < i && pool->vg; k++) {
			const struct cfg_pool *other = set->pools[k];

			if (!other->vg || strcmp(pool->vg, other->vg) || !same_text(pool->thin_pool, other->thin_pool))
				continue;
			cfg_place_error(set, &pool->vg_place, "vg: the pool `%s` (%s:%u) is the same place", other->name,
					other->place.file, other->place.line);
			break;
		}
	}
}

/* Of a pool whose document has errors it is not said that it is missing. */
static bool is_broken_pool(const struct cfg_set *set, const char *name)
{
	for (size_t i = 0; i < set->nr_broken_pools; i++) {
		if (!set->broken_pools[i]->name || !strcmp(set->broken_pools[i]->name, name ? name : CFG_DEFAULT_POOL))
			return true;
	}
	return false;
}

static void place_volume(struct cfg_set *set, struct cfg_volume *volume)
{
	const struct cfg_place *place = volume->pool_place.line ? &volume->pool_place : &volume->place;
	const struct cfg_pool *pool = cfg_set_pool(set, volume->pool);

	free(volume->path);
	free(volume->vg);
	free(volume->thin_pool);
	volume->path = pool ? cfg_volume_path(pool, volume->name, volume->format) : NULL;
	volume->vg = pool && pool->vg ? strdup(pool->vg) : NULL;
	volume->thin_pool = pool && pool->thin_pool ? strdup(pool->thin_pool) : NULL;
	if (!pool && !is_broken_pool(set, volume->pool))
		cfg_place_error(set, place, "pool: no document describes the pool `%s`", volume->pool);
	if (pool && pool->vg && volume->format != CFG_FORMAT_RAW)
		cfg_place_error(set, place, "format: a volume of the pool `%s`, which is LVM's, is raw", pool->name);
	if (pool && pool->thin_pool && volume->preallocate)
		cfg_place_error(set, place, "preallocate: the pool `%s` is thin: its volumes take space as they are written to",
				pool->name);
	if (pool && (!volume->path || !volume->vg != !pool->vg || !volume->thin_pool != !pool->thin_pool))
		set->failed = true;
}

/* A clone of a document's volume is told where that is. */
static void place_clone(struct cfg_set *set, struct cfg_volume *volume)
{
	const struct cfg_volume *from = volume->clone ? cfg_set_volume(set, volume->clone) : NULL;

	if (from && from->path && cfg_volume_set_clone(volume, from->path, from->format))
		set->failed = true;
}

/* A volume that is made of itself, by way of others, could never be made. */
static void check_circle(struct cfg_set *set, const struct cfg_volume *volume)
{
	const struct cfg_volume *from = volume;

	for (size_t i = 0; i <= set->nr_volumes && from; i++) {
		from = from->clone ? cfg_set_volume(set, from->clone) : NULL;
		if (from != volume)
			continue;
		cfg_place_error(set, &volume->clone_place, "clone: `%s` is made of itself", volume->name);
		return;
	}
}

/* A format that was given, or a source, must be the volume's, and the format one that the domain can have. */
static void tell_vbd(struct cfg_set *set, const struct cfg_domain *domain, struct cfg_vbd *vbd)
{
	const struct cfg_volume *volume = vbd->volume ? cfg_set_volume(set, vbd->volume) : NULL;

	if (!volume || !volume->path)
		return;
	if (vbd->source && strcmp(vbd->source, volume->path))
		cfg_place_error(set, &vbd->source_place,
				"source: the volume `%s` (%s:%u) is %s; leave `source` out, or `volume`", volume->name,
				volume->place.file, volume->place.line, volume->path);
	else if (vbd->format_given && vbd->format != volume->format)
		cfg_place_error(set, &vbd->volume_place, "format: the volume `%s` (%s:%u) is %s; leave `format` out",
				volume->name, volume->place.file, volume->place.line, cfg_format_name(volume->format));
	else if (cfg_vbd_set_volume(vbd, volume->path, volume->format))
		set->failed = true;
	else if (volume->format == CFG_FORMAT_QCOW2 && vbd->shared && !vbd->cdrom && vbd->mode == CFG_VBD_RW)
		cfg_place_error(set, &vbd->volume_place,
				"shared: a qcow2 volume that is written to has one user; mode: ro can be shared");
	else if (volume->format == CFG_FORMAT_QCOW2 && domain->type == CFG_TYPE_HVM)
		cfg_place_error(set, &vbd->volume_place,
				"volume: with type `hvm` a disk is raw, and the volume `%s` (%s:%u) is qcow2, which is not "
				"supported there yet",
				volume->name, volume->place.file, volume->place.line);
}

/*
 * A disk that is written to and used twice by one domain, by a volume's name and by its path; by one of these alone it
 * has been said (cfg/check.c).
 */
static void check_twice(struct cfg_set *set, const struct cfg_domain *domain)
{
	for (size_t i = 1; i < domain->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &domain->vbds[i];

		for (size_t k = 0; k < i; k++) {
			const struct cfg_vbd *other = &domain->vbds[k];

			if (!vbd->source || !other->source || !vbd->volume == !other->volume ||
			    strcmp(vbd->source, other->source) || (vbd->shared && other->shared) ||
			    (vbd->mode == CFG_VBD_RO && other->mode == CFG_VBD_RO))
				continue;
			cfg_place_error(set, vbd->source_place.line ? &vbd->source_place : &vbd->volume_place,
					"this source is also that of `%s`, and one of them may write to it",
					other->vdev ? other->vdev : "another vbd");
			break;
		}
	}
}

static void tell_domains(struct cfg_set *set, const struct cfg_domains *domains)
{
	for (size_t i = 0; i < domains->nr; i++) {
		for (size_t k = 0; k < domains->items[i]->nr_vbds; k++)
			tell_vbd(set, domains->items[i], &domains->items[i]->vbds[k]);
		check_twice(set, domains->items[i]);
	}
}

void cfg_volumes_check(struct cfg_set *set)
{
	claim_names(set);
	check_groups(set);
	for (size_t i = 0; i < set->nr_volumes; i++)
		place_volume(set, set->volumes[i]);
	for (size_t i = 0; i < set->nr_volumes; i++) {
		place_clone(set, set->volumes[i]);
		check_circle(set, set->volumes[i]);
	}
	tell_domains(set, &set->domains);
	tell_domains(set, &set->broken);
}
