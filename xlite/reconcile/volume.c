/* SPDX-License-Identifier: GPL-2.0-or-later
 * Volumes between their documents and their files; see volume.h.
 */
#include "xlite/reconcile/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

void volume_spec(const struct cfg_volume *volume, struct hotplug_volume *spec)
{
	*spec = (struct hotplug_volume){
		.path = volume->path,
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

static int look(struct state *state, const char *folder, const char *name, enum cfg_vbd_format format)
{
	auto_free char *path = cfg_volume_path(folder, name, format);
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

int volume_find(struct state *state, const char *folder, const char *name, struct xlite_error *err)
{
	int rc = look(state, folder, name, CFG_FORMAT_RAW);

	if (!rc)
		rc = look(state, folder, name, CFG_FORMAT_QCOW2);
	return rc ? xlite_error_set(err, rc, "out of memory") : 0;
}

int volume_find_in_pools(struct state *state, const struct cfg_set *set, const char *name, struct xlite_error *err)
{
	size_t nr = 0;
	struct cfg_pool *const *pools = set ? cfg_set_pools(set, &nr) : NULL;
	int rc = volume_find(state, set ? cfg_set_pool_folder(set, CFG_DEFAULT_POOL) : CFG_DEFAULT_POOL_FOLDER, name, err);

	for (size_t i = 0; i < nr && !rc; i++)
		rc = volume_find(state, pools[i]->folder, name, err);
	return rc;
}

struct reading {
	struct state *state;
	const char *folder;
};

static int read_one(void *arg, const char *name, bool qcow2)
{
	const struct reading *reading = arg;

	return cfg_is_name(name) ? look(reading->state, reading->folder, name, qcow2 ? CFG_FORMAT_QCOW2 : CFG_FORMAT_RAW) : 0;
}

int volumes_read(struct state *state, const char *folder, struct xlite_error *err)
{
	return hotplug_volume_each(folder, read_one, &(struct reading){ state, folder }, err);
}
