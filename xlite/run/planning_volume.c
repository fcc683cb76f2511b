/* SPDX-License-Identifier: GPL-2.0-or-later
 * What apply and plan do about volumes: looked at only where the files name some.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/auto.h"
#include "xlite/reconcile/volume.h"
#include "xlite/run/planning.h"

/* What has the name in its pool, in any format. */
static int look(const struct cfg_set *set, struct state *state, struct xlite_error *err)
{
	size_t nr;
	struct cfg_volume *const *volumes = cfg_set_volumes(set, &nr);
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++)
		rc = volume_find(state, cfg_set_pool(set, volumes[i]->pool), volumes[i]->name, err);
	return rc;
}

/* Whether the vbd's disk is still to be found. */
static bool is_lost(const struct cfg_vbd *vbd)
{
	return vbd->volume && !vbd->source;
}

/*
 * The one that has the name, if it can be used. Where two have it nobody knows which is meant: one of them may be
 * of long ago.
 */
static const struct state_volume *find_only(const struct state *state, const char *name)
{
	const struct state_volume *volume = state_find_volume(state, name, CFG_FORMAT_RAW);

	return volume && !volume->fault && !state_find_twin(state, name, CFG_FORMAT_RAW) ? volume : NULL;
}

/* The disk that the running domain has by that volume, whatever pool it is in; or NULL. */
static const struct cfg_vbd *find_running(const struct state *state, const struct cfg_domain *domain, const struct cfg_vbd *vbd)
{
	const struct state_domain *have = state_find_uuid(state, domain->uuid);

	for (size_t i = 0; have && have->spec && i < have->spec->nr_vbds; i++) {
		const struct cfg_vbd *other = &have->spec->vbds[i];

		if (other->volume && other->source && !strcmp(other->volume, vbd->volume))
			return other;
	}
	return NULL;
}

static int resolve_vbd(const struct run *run, const struct cfg_set *set, struct state *state, const struct cfg_domain *domain,
		       struct cfg_vbd *vbd, struct xlite_error *err)
{
	const struct cfg_vbd *running = find_running(state, domain, vbd);
	const struct state_volume *volume = NULL;
	int rc = run->host && !running ? volume_find_in_pools(state, set, vbd->volume, err) : 0;

	if (rc)
		return rc;
	if (!running)
		volume = find_only(state, vbd->volume);
	if (running)
		rc = cfg_vbd_set_volume(vbd, running->source, running->format);
	else if (volume)
		rc = cfg_vbd_set_volume(vbd, volume->path, volume->format);
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}

static int resolve(const struct run *run, const struct cfg_set *set, struct state *state, struct xlite_error *err)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr);
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++) {
		for (size_t k = 0; k < domains[i]->nr_vbds && !rc; k++) {
			if (is_lost(&domains[i]->vbds[k]))
				rc = resolve_vbd(run, set, state, domains[i], &domains[i]->vbds[k], err);
		}
	}
	return rc;
}

static bool is_lost_clone(const struct cfg_volume *volume)
{
	return volume->clone && !volume->clone_path;
}

/* What clones begin as that is in no document. */
static int resolve_clones(const struct run *run, const struct cfg_set *set, struct state *state, struct xlite_error *err)
{
	size_t nr;
	struct cfg_volume *const *volumes = cfg_set_volumes(set, &nr);
	int rc = 0;

	for (size_t i = 0; i < nr && !rc; i++) {
		const struct state_volume *from;

		if (!is_lost_clone(volumes[i]))
			continue;
		rc = run->host ? volume_find_in_pools(state, set, volumes[i]->clone, err) : 0;
		from = rc ? NULL : find_only(state, volumes[i]->clone);
		if (from && cfg_volume_set_clone(volumes[i], from->path, from->format))
			rc = xlite_error_set(err, -ENOMEM, "out of memory");
	}
	return rc;
}

/*
 * The volumes so that each comes behind the one that it begins as, otherwise in the order of the documents:
 * documents make no circle.
 */
static void sort_volumes(const struct cfg_set *set, const struct cfg_volume **sorted)
{
	size_t nr, done = 0;
	struct cfg_volume *const *volumes = cfg_set_volumes(set, &nr);

	for (size_t depth = 0; depth < nr && done < nr; depth++) {
		for (size_t i = 0; i < nr; i++) {
			const struct cfg_volume *from = volumes[i];
			size_t steps = 0;

			while (from && steps <= depth) {
				from = from->clone ? cfg_set_volume(set, from->clone) : NULL;
				steps++;
			}
			if (!from && steps == depth + 1)
				sorted[done++] = volumes[i];
		}
	}
}

/* what: of the item, is that volume, which is in no document and was not found. */
static void refuse_lost(const struct cfg_set *set, const struct state *state, struct plan_item *item, const char *what,
			const char *name)
{
	const struct state_volume *have = state_find_volume(state, name, CFG_FORMAT_RAW);
	const struct state_volume *twin = state_find_twin(state, name, CFG_FORMAT_RAW);
	const struct cfg_pool *pool = cfg_set_pool(set, CFG_DEFAULT_POOL);

	if (twin)
		plan_refuse(item, XLITE_CONFLICT, "name the file that describes it as well, which says what is meant",
			    "%s: the volume %s is both %s and %s", what, name, have->path, twin->path);
	else if (have && have->fault)
		plan_refuse(item, XLITE_CONFLICT, "", "%s: volume %s: %s", what, name, have->fault);
	else
		plan_refuse(item, XLITE_FAILED, "name the file that describes it as well, or its pool",
			    "%s: no document describes the volume %s, and the %s of its pool (%s) does not have it", what, name,
			    pool->vg ? "volume group" : "folder", pool->vg ? pool->vg : pool->folder);
	item->foretold = true;
}

/* What the host would refuse is refused before anything is done. */
static void look_for_harm(const struct cfg_set *set, const struct state *state, const struct plan *plan, struct plan_item *item)
{
	struct xlite_error found = { 0 };
	struct hotplug_volume spec;
	int rc = 0;

	if (item->action != PLAN_CREATE && item->action != PLAN_CHANGE)
		return;
	if (item->action == PLAN_CREATE && is_lost_clone(item->want_volume)) {
		refuse_lost(set, state, item, "clone", item->want_volume->clone);
		return;
	}
	/* What it begins as is made before it. */
	if (item->action == PLAN_CREATE && item->want_volume->clone && plan_makes_volume(plan, item->want_volume->clone_path))
		return;
	volume_spec(item->want_volume, &spec);
	rc = item->action == PLAN_CREATE ? hotplug_volume_check(&spec, NULL, &found) : hotplug_volume_check_grow(&spec, &found);
	if (!rc)
		return;
	plan_refuse(item, xlite_error_exit(&found), found.hint, "%s", found.message);
	item->foretold = true;
}

/* The disk of a running domain that is a file, whose loop device has to be told that it grows. */
static int note_grown(struct state_domain *domain, const struct cfg_vbd *vbd, const struct plan_item *item)
{
	auto_free struct hotplug_loop_user *users = NULL;
	struct hotplug_disk_now now = { .offered = item->have_volume->bytes, .bytes = item->want_volume->size_kib * 1024 };
	char device[24];
	struct stat st;
	size_t nr = 0;

	for (size_t i = 0; i < domain->nr_resized; i++) {
		if (strcmp(domain->resized[i].vdev, vbd->vdev))
			continue;
		domain->resized[i].bytes = now.bytes;
		return 0;
	}
	if (stat(vbd->source, &st) || hotplug_loop_users(st.st_dev, st.st_ino, &users, &nr, NULL) || nr != 1)
		return 0;
	snprintf(device, sizeof(device), "/dev/%s", users[0].name);
	return state_add_resized(domain, vbd->vdev, device, &now);
}

static int note_users(struct state *state, const struct plan_item *item)
{
	int rc = 0;

	for (size_t i = 0; i < state->nr && !rc; i++) {
		const struct cfg_domain *spec = state->domains[i].spec;

		for (size_t k = 0; spec && k < spec->nr_vbds && !rc; k++) {
			const struct cfg_vbd *vbd = &spec->vbds[k];

			if (vbd->source && !vbd->script && !cfg_vbd_needs_qemu(vbd) &&
			    !strcmp(vbd->source, item->want_volume->path))
				rc = note_grown(&state->domains[i], vbd, item);
		}
	}
	return rc;
}

static int add(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
	       const struct cfg_volume *want, struct xlite_error *err)
{
	struct plan_item *item;
	int rc = plan_add_volume(plan, want, state);

	item = &plan->volumes[plan->nr_volumes - 1];
	if (!rc && run->host)
		look_for_harm(set, state, plan, item);
	if (!rc && run->host && item->action == PLAN_CHANGE)
		rc = note_users(state, item);
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}

int planning_volumes(const struct run *run, const struct cfg_set *set, struct state *state, struct plan *plan,
		     struct xlite_error *err)
{
	size_t nr;
	auto_free const struct cfg_volume **sorted = NULL;
	int rc = run->host ? look(set, state, err) : 0;

	cfg_set_volumes(set, &nr);
	sorted = calloc(nr + 1, sizeof(*sorted));
	if (!sorted)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	sort_volumes(set, sorted);
	/* Items point into the state's list: nothing is added to it from then on. */
	if (!rc)
		rc = resolve(run, set, state, err);
	if (!rc)
		rc = resolve_clones(run, set, state, err);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = add(run, set, state, plan, sorted[i], err);
	return rc;
}

/* Of a volume in a document the format is known before, and the same is refused there (cfg/set_volume.c). */
static bool is_shared_image(const struct cfg_vbd *vbd)
{
	return vbd->volume && vbd->format == CFG_FORMAT_QCOW2 && vbd->shared && !vbd->cdrom && vbd->mode == CFG_VBD_RW;
}

static void refuse_vbd(const struct cfg_set *set, const struct state *state, struct plan_item *item, const struct cfg_vbd *vbd)
{
	char what[64];

	snprintf(what, sizeof(what), "disk %s", vbd->vdev);
	if (is_lost(vbd))
		refuse_lost(set, state, item, what, vbd->volume);
	else if (item->action != PLAN_NONE && is_shared_image(vbd))
		plan_refuse(item, XLITE_BAD_SPEC, "mode: ro can be shared",
			    "%s: shared: %s is a qcow2 volume, and one that is written to has "
			    "one user",
			    what, vbd->volume);
}

void planning_refuse_volumes(const struct cfg_set *set, const struct state *state, struct plan *plan)
{
	for (size_t i = 0; i < plan->nr; i++) {
		struct plan_item *item = &plan->items[i];

		for (size_t k = 0; item->want && item->want->state != CFG_STATE_STOPPED && k < item->want->nr_vbds; k++) {
			if (item->action != PLAN_REFUSED && item->action != PLAN_DELETE)
				refuse_vbd(set, state, item, &item->want->vbds[k]);
		}
	}
}
