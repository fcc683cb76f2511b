/* SPDX-License-Identifier: GPL-2.0-or-later
 * inotify on spec files. A wrong alarm costs a look at the host; so names are told apart only in directories that hold
 * other things, too.
 */
#include "xlite/run/watch_files.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"

#define CHANGES (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
		 IN_DELETE_SELF | IN_MOVE_SELF)

static int add(struct watch_files *files, const char *path, const char *name, struct xlite_error *err)
{
	struct watch_files_name *names;
	int wd = inotify_add_watch(files->fd, path, CHANGES);

	/* What is gone by now is told by the directory that held it; what may not be read is told by who reads it. */
	if (wd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP))
		return 0;
	if (wd < 0) {
		int rc = xlite_error_sys(err, -errno, "watching %s for changes", path);

		if (rc == -ENOSPC)
			xlite_error_hint(err, "sysctl fs.inotify.max_user_watches allows more");
		return rc;
	}
	for (size_t i = 0; i < files->nr; i++) {
		if (files->names[i].wd == wd && !name)
			files->names[i].all = true;
	}
	names = realloc(files->names, (files->nr + 1) * sizeof(*names));
	if (!names)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	files->names = names;
	names[files->nr] = (struct watch_files_name){ .wd = wd, .all = !name, .name = name ? strdup(name) : NULL };
	return name && !names[files->nr].name ? xlite_error_set(err, -ENOMEM, "out of memory") : (files->nr++, 0);
}

static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

/* The path itself in the directory that holds it, and each link on the way to it. */
static int add_way(struct watch_files *files, const char *path, struct xlite_error *err)
{
	char way[PATH_MAX];
	bool last = true;
	int rc = 0;

	snprintf(way, sizeof(way), "%s", path);
	while (!rc && *way) {
		char *slash;

		while ((slash = strrchr(way, '/')) && slash != way && !slash[1])
			*slash = '\0';
		slash = strrchr(way, '/');
		if (slash ? !slash[1] : !*way)
			break;
		if (last || is_link(way)) {
			auto_free char *dir = slash ? strndup(way, slash == way ? 1 : (size_t)(slash - way)) : strdup(".");

			rc = dir ? add(files, dir, slash ? slash + 1 : way, err)
				 : xlite_error_set(err, -ENOMEM, "out of memory");
		}
		last = false;
		if (!slash)
			break;
		slash[slash == way] = '\0';
	}
	return rc;
}

static bool is_spec(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

/* Its directories; and files to which links lead, since those change in directories of their own. */
static int add_tree(struct watch_files *files, char *path, struct xlite_error *err)
{
	char *const roots[] = { path, NULL };
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int rc = 0;

	if (!fts)
		return xlite_error_sys(err, -errno, "%s", path);
	while (!rc && (entry = fts_read(fts))) {
		bool hidden = entry->fts_level > 0 && entry->fts_name[0] == '.';

		if (entry->fts_info == FTS_D && hidden)
			fts_set(fts, entry, FTS_SKIP);
		else if (entry->fts_info == FTS_D)
			rc = add(files, entry->fts_path, NULL, err);
		else if (entry->fts_info == FTS_F &&
			 (!entry->fts_level || (is_spec(entry->fts_name) && is_link(entry->fts_path))))
			rc = add(files, entry->fts_path, NULL, err);
	}
	fts_close(fts);
	return rc;
}

int watch_files_arm(struct watch_files *files, char *const *paths, size_t nr, struct xlite_error *err)
{
	int rc = 0;

	watch_files_clear(files);
	files->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (files->fd < 0)
		return xlite_error_sys(err, -errno, "inotify");
	for (size_t i = 0; i < nr && !rc; i++) {
		rc = add_way(files, paths[i], err);
		if (!rc)
			rc = add_tree(files, paths[i], err);
	}
	return rc;
}

static bool concerns(const struct watch_files *files, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW)
		return true;
	/* That a watch has ended is told by what ended it. */
	if (event->mask & IN_IGNORED)
		return false;
	for (size_t i = 0; i < files->nr; i++) {
		const struct watch_files_name *one = &files->names[i];

		if (one->wd == event->wd && (one->all || !event->len || !strcmp(one->name, event->name)))
			return true;
	}
	return false;
}

bool watch_files_hear(struct watch_files *files)
{
	char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;
	ssize_t got;

	while (files->fd >= 0 && (got = read(files->fd, room, sizeof(room))) > 0) {
		for (const char *at = room; at < room + got;) {
			const struct inotify_event *event = (const void *)at;

			any = any || concerns(files, event);
			at += sizeof(*event) + event->len;
		}
	}
	return any;
}

void watch_files_clear(struct watch_files *files)
{
	if (files->fd >= 0)
		close(files->fd);
	for (size_t i = 0; i < files->nr; i++)
		free(files->names[i].name);
	free(files->names);
	*files = (struct watch_files)WATCH_FILES_INIT;
}
