/* SPDX-License-Identifier: GPL-2.0-or-later
 * Volumes between their documents and their files; see volume.h.
 */
#include "xlite/reconcile/volume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

void volume_spec(const struct cfg_volume *volume, struct hotplug_volume *spec)
{
	*spec = (struct hotplug_volume){
		.path = volume->path,
		.vg = volume->vg,
		.thin_pool = volume->thin_pool,
		.qcow2 = volume->format == CFG_FORMAT_QCOW2,
		.preallocate = volume->preallocate,
		.bytes = volume->size_kib * 1024,
		.from = volume->clone ? volume->clone_path : volume->from,
		.from_volume = volume->clone,
		.from_qcow2 = (volume->clone ? volume->clone_format : volume->from_format) == CFG_FORMAT_QCOW2,
		/* What a guest has written to a volume does not make it an image. */
		.from_given = volume->clone || volume->from_format_given,
		.sha256 = volume->sha256,
		.sha512 = volume->sha512,
	};
}

/* What LVM says of the volume group, asked once in a run. NULL when out of memory. */
static const struct state_group *find_group(struct state *state, const char *vg)
{
	struct xlite_error fault = { 0 };
	struct state_group *group;

	for (size_t i = 0; i < state->nr_groups; i++) {
		if (!strcmp(state->groups[i].lvm.vg, vg))
			return &state->groups[i];
	}
	group = reallocarray(state->groups, state->nr_groups + 1, sizeof(*group));
	if (!group)
		return NULL;
	state->groups = group;
	group += state->nr_groups;
	*group = (struct state_group){ 0 };
	if (hotplug_lvm_read(vg, &group->lvm, &fault)) {
		group->lvm.vg = strdup(vg);
		if (asprintf(&group->fault, "%s%s%s", fault.message, *fault.hint ? "; " : "", fault.hint) < 0)
			group->fault = NULL;
		if (!group->lvm.vg || !group->fault) {
			free(group->lvm.vg);
			free(group->fault);
			return NULL;
		}
	}
	state->nr_groups++;
	return group;
}

/* Why it cannot be used; malloc'ed, "" when it can. NULL when out of memory. */
static char *lv_fault(const struct state_group *group, const struct hotplug_lv *lv)
{
	const char *why;
	char *text;

	if (!hotplug_lvm_is_disk(lv, &why))
		return strdup(why);
	if (lv->active)
		return strdup("");
	return asprintf(&text, "it is not active: `lvchange -ay %s/%s'", group->lvm.vg, lv->name) < 0 ? NULL : text;
}

/* Adds it, of which the group has lv, or NULL: the group has a fault. */
static int add_lv(struct state *state, const struct state_group *group, const struct cfg_pool *pool, const char *name,
		  const struct hotplug_lv *lv)
{
	auto_free char *path = cfg_volume_path(pool, name, CFG_FORMAT_RAW);
	auto_free char *fault = lv ? lv_fault(group, lv) : strdup(group->fault);
	struct state_volume *volume = path && fault ? state_add_volume(state, name, path, CFG_FORMAT_RAW) : NULL;

	if (!volume)
		return -ENOMEM;
	free(volume->fault);
	volume->fault = *fault ? strdup(fault) : NULL;
	free(volume->vg);
	volume->vg = strdup(group->lvm.vg);
	volume->grain = group->lvm.extent;
	if (!lv)
		return volume->vg && volume->fault ? 0 : -ENOMEM;
	volume->bytes = lv->bytes;
	volume->allocated = lv->kind == 'V' ? (uint64_t)((double)lv->bytes * lv->used / 100) : lv->bytes;
	free(volume->thin_pool);
	volume->thin_pool = *lv->thin_pool ? strdup(lv->thin_pool) : NULL;
	return volume->vg && !volume->fault == !*fault && !volume->thin_pool == !*lv->thin_pool ? 0 : -ENOMEM;
}

/* any: the name is looked for wherever it may be, and a group that cannot be read has none. */
static int look_in_group(struct state *state, const struct cfg_pool *pool, const char *name, bool any)
{
	const struct state_group *group = find_group(state, pool->vg);
	const struct hotplug_lv *lv;

	if (!group)
		return -ENOMEM;
	lv = hotplug_lvm_find(&group->lvm, name);
	return lv || (group->fault && !any) ? add_lv(state, group, pool, name, lv) : 0;
}

static int look(struct state *state, const struct cfg_pool *pool, const char *name, enum cfg_vbd_format format)
{
	auto_free char *path = cfg_volume_path(pool, name, format);
	struct hotplug_volume_now now;
	struct xlite_error fault = { 0 };
	struct state_volume *volume;
	int rc = path ? hotplug_volume_look(path, format == CFG_FORMAT_QCOW2, &now, &fault) : -ENOMEM;

	if (!path || (!rc && !now.exists))
		return path ? 0 : -ENOMEM;
	volume = state_add_volume(state, name, path, format);
	if (!volume)
		return -ENOMEM;
	volume->bytes = now.bytes;
	volume->allocated = now.allocated;
	free(volume->fault);
	volume->fault = rc ? strdup(fault.message) : NULL;
	return rc && !volume->fault ? -ENOMEM : 0;
}

static int find(struct state *state, const struct cfg_pool *pool, const char *name, bool any, struct xlite_error *err)
{
	int rc = pool->vg ? look_in_group(state, pool, name, any) : look(state, pool, name, CFG_FORMAT_RAW);

	if (!rc && !pool->vg)
		rc = look(state, pool, name, CFG_FORMAT_QCOW2);
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}

int volume_find(struct state *state, const struct cfg_pool *pool, const char *name, struct xlite_error *err)
{
	return pool ? find(state, pool, name, false, err) : 0;
}

int volume_find_in_pools(struct state *state, const struct cfg_set *set, const char *name, struct xlite_error *err)
{
	size_t nr = 0;
	struct cfg_pool *const *pools = set ? cfg_set_pools(set, &nr) : NULL;
	int rc = find(state, cfg_set_pool(set, CFG_DEFAULT_POOL), name, true, err);

	for (size_t i = 0; i < nr && !rc; i++)
		rc = find(state, pools[i], name, true, err);
	return rc;
}

struct reading {
	struct state *state;
	const struct cfg_pool *pool;
};

static int read_one(void *arg, const char *name, bool qcow2)
{
	const struct reading *reading = arg;

	return cfg_is_name(name) ? look(reading->state, reading->pool, name, qcow2 ? CFG_FORMAT_QCOW2 : CFG_FORMAT_RAW) : 0;
}

static int read_group(struct state *state, const struct cfg_pool *pool, struct xlite_error *err)
{
	const struct state_group *group = find_group(state, pool->vg);
	const char *why;
	int rc = group ? 0 : -ENOMEM;

	if (group && group->fault)
		return xlite_error_set(err, -EIO, "%s", group->fault);
	for (size_t i = 0; group && i < group->lvm.nr && !rc; i++) {
		const struct hotplug_lv *lv = &group->lvm.lvs[i];

		if (cfg_is_name(lv->name) && hotplug_lvm_is_disk(lv, &why))
			rc = add_lv(state, group, pool, lv->name, lv);
	}
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}

int volumes_read(struct state *state, const struct cfg_pool *pool, struct xlite_error *err)
{
	return pool->vg ? read_group(state, pool, err) :
	       hotplug_volume_each(pool->folder, read_one, &(struct reading){ state, pool }, err);
}

int volume_remove(const struct state_volume *have, struct xlite_error *err)
{
	return have->vg ? hotplug_lvm_remove(have->vg, have->name, err) :
	       hotplug_volume_remove(have->path, have->format == CFG_FORMAT_QCOW2, err);
}
