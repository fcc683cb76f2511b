/* SPDX-License-Identifier: GPL-2.0-or-later
 * The file system of a process that serves a guest (mount_namespaces(7), open_tree(2), move_mount(2)). What it may see is
 * copied as detached mounts first, then everything else goes, then they are put into an empty root. pivot_root(2) would
 * not do: domain 0's root may be its initramfs.
 */
#include "hotplug/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/spawn.h"

#define PLACES_MAX 40

struct place {
	char path[PATH_MAX];
	char link[64];	/* what a symbolic link says */
	int tree;	/* the detached mount; -1: a link */
	bool folder, device, writable;
};

struct places {
	struct place items[PLACES_MAX];
	size_t nr;
};

static const char *const seen[] = {
	"/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc/ld.so.cache",
	"/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/gai.conf", "/etc/services",
	"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/xen/evtchn", "/dev/xen/gntdev", "/run/xenstored",
};

/* By which domains are controlled; the second is there from Linux 4.18 on. */
static const char *const control[] = { "/dev/xen/privcmd", "/dev/xen/hypercall" };

/* Where no daemon has a socket, libxenstore asks the kernel. */
#define STORE_SOCKET "/run/xenstored/socket"
#define STORE_DEVICE "/dev/xen/xenbus"

/* Adds what is at from, to be seen as path. What the host does not have is left out. */
static int place_add(struct places *places, const char *from, const char *path, bool writable)
{
	struct place *place = &places->items[places->nr];
	bool top = from == path && !strchr(path + 1, '/');
	struct stat st;
	ssize_t len;

	if (lstat(from, &st) || (!(top && S_ISLNK(st.st_mode)) && stat(from, &st)))
		return errno == ENOENT ? 0 : -errno;
	if (places->nr == PLACES_MAX || strlen(path) >= sizeof(place->path))
		return -ENAMETOOLONG;
	*place = (struct place){
		.tree = -1, .folder = S_ISDIR(st.st_mode), .device = S_ISCHR(st.st_mode), .writable = writable
	};
	strcpy(place->path, path);
	if (S_ISLNK(st.st_mode)) {
		len = readlink(from, place->link, sizeof(place->link) - 1);
		if (len < 0)
			return -errno;
	} else {
		place->tree = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (place->tree < 0)
			return -errno;
	}
	places->nr++;
	return 0;
}

/* The folder of a program that is not where Debian's are. */
static int program_add(struct places *places, const char *program)
{
	char folder[PATH_MAX], real[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", program);
	dirname(folder);
	if (!strcmp(folder, "/") || !realpath(folder, real) || !strncmp(real, "/usr/", strlen("/usr/")))
		return 0;
	return place_add(places, folder, folder, false);
}

static int places_gather(struct places *places, const struct jail *jail)
{
	char real[PATH_MAX];
	int ret = 0;

	places->nr = 0;
	for (size_t i = 0; !ret && i < ARRAY_SIZE(seen); i++)
		ret = place_add(places, seen[i], seen[i], false);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(control); i++)
		ret = place_add(places, jail->control ? control[i] : "/dev/null", control[i], false);
	for (const char *const *file = jail->files; !ret && file && *file; file++)
		ret = place_add(places, *file, *file, false);
	if (!ret && access(STORE_SOCKET, F_OK))
		ret = place_add(places, STORE_DEVICE, STORE_DEVICE, false);
	if (!ret)
		ret = program_add(places, jail->program);
	if (!ret && realpath(jail->program, real))
		ret = program_add(places, real);
	return ret ? ret : place_add(places, jail->folder, jail->folder, true);
}

/* Turns \040 and its like in a field of mountinfo into the byte. */
static void field_decode(char *text)
{
	char *to = text;
	unsigned byte;

	for (const char *from = text; *from; to++) {
		if (*from == '\\' && sscanf(from + 1, "%3o", &byte) == 1) {
			*to = (char)byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* Lets go of all mounts below the root, from the outermost on; those below one that went are gone by then. */
static int others_unmount(void)
{
	auto_fclose FILE *f = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	char path[PATH_MAX];
	size_t size = 0;

	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		if (sscanf(line, "%*s %*s %*s %*s %4095s", path) != 1)
			continue;
		field_decode(path);
		if (strcmp(path, "/") && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) && errno != EINVAL && errno != ENOENT)
			return -errno;
	}
	return 0;
}

static int root_make(void)
{
	auto_close int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	auto_close int root = -1;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "size", "256k", 0) ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (root < 0 || move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) || fchdir(root) || chroot("."))
		return -errno;
	return 0;
}

static void parents_make(const char *path)
{
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", path);
	for (char *c = strchr(parent + 1, '/'); c; c = strchr(c + 1, '/')) {
		*c = '\0';
		mkdir(parent, 0755);
		*c = '/';
	}
}

static int place_mount(const struct place *place)
{
	unsigned long flags =
		MS_REMOUNT | MS_BIND | MS_NOSUID | (place->device ? 0 : MS_NODEV) | (place->writable ? 0 : MS_RDONLY);

	parents_make(place->path);
	if (place->tree < 0)
		return symlink(place->link, place->path) ? -errno : 0;
	if ((place->folder ? mkdir(place->path, 0755) : mknod(place->path, S_IFREG | 0644, 0)) && errno != EEXIST)
		return -errno;
	if (move_mount(place->tree, "", AT_FDCWD, place->path, MOVE_MOUNT_F_EMPTY_PATH) ||
	    mount(NULL, place->path, NULL, flags, NULL))
		return -errno;
	return 0;
}

int jail_enter(const struct jail *jail)
{
	auto_free struct places *places = calloc(1, sizeof(*places));
	int ret;

	if (!places)
		return -ENOMEM;
	/* NBD servers are reached by the host's network; cards come as open taps, and sockets of the folder are files. */
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | (jail->control ? CLONE_NEWNET : 0)) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	ret = places_gather(places, jail);
	if (!ret)
		ret = others_unmount();
	if (!ret)
		ret = root_make();
	if (!ret && (mkdir("/var", 0755) || symlink("/run", "/var/run")))
		ret = -errno;
	for (size_t i = 0; i < places->nr; i++) {
		if (!ret)
			ret = place_mount(&places->items[i]);
		if (places->items[i].tree >= 0)
			close(places->items[i].tree);
	}
	return ret;
}

/* In a child: a namespace of mounts cannot be left again by paths. */
static int show(int ns, const char *folder)
{
	auto_free struct places *places = calloc(1, sizeof(*places));
	struct stat theirs, host;
	int ret = places ? place_add(places, folder, folder, false) : -ENOMEM;

	if (ret || !places->nr)
		return ret ? ret : -ENOENT;
	if (places->items[0].tree < 0 || !places->items[0].folder)
		return -ENOTDIR;
	if (fstat(places->items[0].tree, &host) || setns(ns, CLONE_NEWNS))
		return -errno;
	/* An earlier disk's, perhaps; one that was made anew since then is put over it. */
	if (!stat(folder, &theirs) && theirs.st_dev == host.st_dev && theirs.st_ino == host.st_ino)
		return 0;
	return place_mount(&places->items[0]);
}

int jail_show(pid_t pid, const char *folder, struct xlite_error *err)
{
	struct stat ours, its;
	char path[48];
	auto_close int ns = -1;
	pid_t child;
	int status;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || fstat(ns, &its) || stat("/proc/self/ns/mnt", &ours))
		return xlite_error_sys(err, -errno, "look at the mounts of process %d", (int)pid);
	if (!strcmp(folder, "/"))
		return xlite_error_set(err, -EINVAL, "the socket is in the root folder: give it a folder of its own");
	if (ours.st_ino == its.st_ino && ours.st_dev == its.st_dev)
		return 0;
	child = fork();
	if (!child)
		_exit(-show(ns, folder));
	if (child < 0)
		return xlite_error_sys(err, -errno, "start a process");
	status = spawn_reap(child);
	if (!status)
		return 0;
	return xlite_error_sys(err, WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO, "show %s to process %d", folder, (int)pid);
}
