/* SPDX-License-Identifier: GPL-2.0-or-later
 * Locks of objects. A byte's place comes from a uuid, that of names from the name's: two objects at one place only wait
 * for each other. POSIX locks, since the kernel tells whose they are, and workers do not inherit them.
 */
#include "xlite/run/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "xlite/lib/layout.h"

#define PAUSE_FIRST_NS (5 * NS_PER_MS)
#define PAUSE_MAX_NS (100 * NS_PER_MS)

static int add(struct run_objects *objects, const char *name, const uint8_t uuid[16], bool shared)
{
	struct run_object *items, *item;
	uint64_t at;

	memcpy(&at, uuid, sizeof(at));
	/* Below the largest offset, so that a byte has an end. */
	at = at >> 1 & ~1ULL;
	for (size_t i = 0; i < objects->nr; i++) {
		if (objects->items[i].at == (off_t)at)
			return 0;
	}
	items = realloc(objects->items, (objects->nr + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	objects->items = items;
	item = &items[objects->nr++];
	*item = (struct run_object){ .at = (off_t)at, .shared = shared };
	snprintf(item->name, sizeof(item->name), "%s", name);
	return 0;
}

static int add_named(struct run_objects *objects, const char *kind, const char *name, bool shared)
{
	char text[128];
	uint8_t uuid[16];

	snprintf(text, sizeof(text), "%s/%s", kind, name);
	cfg_uuid_of_name(text, uuid);
	return add(objects, text, uuid, shared);
}

int run_objects_add_domain(struct run_objects *objects, const char *name, const uint8_t uuid[16])
{
	uint8_t of_name[16];
	int rc;

	cfg_uuid_of_name(name, of_name);
	rc = add(objects, name, of_name, false);
	return rc ? rc : add(objects, name, uuid, false);
}

int run_objects_add_word(struct run_objects *objects, const char *word)
{
	uint8_t uuid[16];

	if (xlite_uuid_parse(word, uuid))
		cfg_uuid_of_name(word, uuid);
	return add(objects, word, uuid, false);
}

int run_objects_add_network(struct run_objects *objects, const char *name)
{
	return add_named(objects, "network", name, false);
}

int run_objects_add_volume(struct run_objects *objects, const char *name)
{
	return add_named(objects, "volume", name, false);
}

int run_objects_add_set(struct run_objects *objects, const char *name, bool prunes)
{
	return add_named(objects, "set", name, !prunes);
}

int run_objects_add_documents(struct run_objects *objects, const struct cfg_set *set)
{
	size_t nr_domains, nr_networks, nr_volumes;
	struct cfg_domain *const *domains = cfg_set_domains(set, &nr_domains);
	struct cfg_network *const *networks = cfg_set_networks(set, &nr_networks);
	struct cfg_volume *const *volumes = cfg_set_volumes(set, &nr_volumes);
	int rc = 0;

	for (size_t i = 0; i < nr_volumes && !rc; i++)
		rc = run_objects_add_volume(objects, volumes[i]->name);
	for (size_t i = 0; i < nr_domains && !rc; i++)
		rc = run_objects_add_domain(objects, domains[i]->name, domains[i]->uuid);
	for (size_t i = 0; i < nr_networks && !rc; i++)
		rc = run_objects_add_network(objects, networks[i]->name);
	return rc;
}

/* In one order, so that two runs that each want some of the other's do not wait for each other. */
static int by_place(const void *a, const void *b)
{
	off_t one = ((const struct run_object *)a)->at, two = ((const struct run_object *)b)->at;

	return one < two ? -1 : one > two;
}

static int open_file(struct run_objects *objects, const char *path, struct xlite_error *err)
{
	char dir[PATH_MAX];
	char *slash;

	if (objects->fd >= 0)
		return 0;
	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash && slash != dir) {
		*slash = '\0';
		mkdir(dir, 0755);
	}
	objects->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return objects->fd < 0 ? xlite_error_sys(err, -errno, "open %s", path) : 0;
}

/* 0: taken; 1: another process has it, and *holder is that (0: not known). */
static int try_one(int fd, const struct run_object *object, pid_t *holder)
{
	struct flock lock = {
		.l_type = object->shared ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET, .l_start = object->at, .l_len = 1
	};

	if (!fcntl(fd, F_SETLK, &lock))
		return 0;
	if (errno != EAGAIN && errno != EACCES && errno != EINTR)
		return -errno;
	*holder = fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK ? 0 : lock.l_pid;
	return 1;
}

static int time_is_up(const struct run_object *object, pid_t holder, struct xlite_error *err)
{
	char who[32] = "";

	if (holder)
		snprintf(who, sizeof(who), " (pid %d)", (int)holder);
	xlite_error_status(err, -EAGAIN, XLITE_AGAIN, "%s: another run%s is working on it", object->name, who);
	xlite_error_hint(err, "--timeout waits longer; `xlite destroy' ends a guest that the other run waits for");
	return -EAGAIN;
}

static int take_one(struct run_objects *objects, struct run_object *object, const struct run_objects_wait *wait, bool *waited,
		    struct xlite_error *err)
{
	int64_t pause_ns = PAUSE_FIRST_NS;
	pid_t holder = 0;
	int rc;

	while ((rc = try_one(objects->fd, object, &holder)) > 0) {
		if (!*waited && wait->waits)
			wait->waits(wait->ctx, object->name, holder);
		*waited = true;
		if (wait->interrupted && *wait->interrupted)
			return xlite_error_set(err, -EINTR, "interrupted while another run is working on %s", object->name);
		if (clock_now_ns() >= wait->deadline_ns)
			return time_is_up(object, holder, err);
		nanosleep(&(struct timespec){ .tv_nsec = (long)pause_ns }, NULL);
		pause_ns = pause_ns * 2 > PAUSE_MAX_NS ? PAUSE_MAX_NS : pause_ns * 2;
	}
	object->held = !rc;
	return rc ? xlite_error_sys(err, rc, "lock " RUN_OBJECTS_FILE) : 0;
}

int run_objects_take(struct run_objects *objects, const char *path, const struct run_objects_wait *wait,
		     struct xlite_error *err)
{
	bool waited = false;
	int rc = open_file(objects, path, err);

	if (!rc && objects->nr)
		qsort(objects->items, objects->nr, sizeof(*objects->items), by_place);
	for (size_t i = 0; i < objects->nr && !rc; i++) {
		if (!objects->items[i].held)
			rc = take_one(objects, &objects->items[i], wait, &waited, err);
	}
	return rc ? rc : waited;
}

void run_objects_release(struct run_objects *objects)
{
	if (objects->fd >= 0)
		close(objects->fd);
	free(objects->items);
	*objects = (struct run_objects)RUN_OBJECTS_INIT;
}
