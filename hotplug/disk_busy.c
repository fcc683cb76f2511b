/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who has a disk in use: mounts, swap, and devices built on it. Only words: the refusal itself is the
 * kernel's (O_EXCL), which knows more users than can be found here.
 */
#include "hotplug/disk_busy.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/auto.h"
#include "hotplug/sysfs.h"

/* Undoes \040 and the like, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* Whether b is a or one of a's partitions: its directory in sysfs lies in a's. */
static bool disk_contains(unsigned maj, unsigned min, dev_t b)
{
	char link[64], ours[PATH_MAX], theirs[PATH_MAX];
	size_t len;

	if (b == makedev(maj, min))
		return true;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", maj, min);
	if (!realpath(link, ours))
		return false;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(b), minor(b));
	if (!realpath(link, theirs))
		return false;
	len = strlen(ours);
	return !strncmp(ours, theirs, len) && theirs[len] == '/';
}

/* The device of a line of mountinfo; file systems on several devices show none of their own, so their source is looked at. */
static dev_t mount_device(unsigned maj, unsigned min, const char *rest)
{
	const char *dash = strstr(rest, " - ");
	char source[PATH_MAX];
	struct stat st;

	if (maj)
		return makedev(maj, min);
	if (!dash || sscanf(dash, " - %*s %4095s", source) != 1)
		return 0;
	unescape(source);
	return source[0] == '/' && !stat(source, &st) && S_ISBLK(st.st_mode) ? st.st_rdev : 0;
}

bool disk_mounted_on(unsigned maj, unsigned min, char *where, size_t size)
{
	auto_fclose FILE *f = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t room = 0;
	unsigned m_maj, m_min;
	int root, point, end;
	dev_t dev;

	while (f && getline(&line, &room, f) > 0) {
		end = 0;
		if (sscanf(line, "%*u %*u %u:%u %n%*s %n%*s%n", &m_maj, &m_min, &root, &point, &end) != 2 || !end)
			continue;
		dev = mount_device(m_maj, m_min, line + end);
		if (!dev || !disk_contains(maj, min, dev))
			continue;
		line[end] = '\0';
		unescape(line + point);
		snprintf(where, size, "%s", line + point);
		return true;
	}
	return false;
}

bool disk_is_swap(dev_t dev, ino_t ino, char *name, size_t size)
{
	auto_fclose FILE *f = fopen("/proc/swaps", "re");
	char line[PATH_MAX + 128];
	struct stat st;

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \t\n")] = '\0';
		unescape(line);
		if (line[0] != '/' || stat(line, &st) < 0)
			continue;
		if (ino ? st.st_dev != dev || st.st_ino != ino :
			  !S_ISBLK(st.st_mode) || !disk_contains(major(dev), minor(dev), st.st_rdev))
			continue;
		snprintf(name, size, "%s", line);
		return true;
	}
	return false;
}

/* A device that is built on the disk ("dm-0", "md1"), or on one of its partitions, whose name goes to part. */
static bool find_holder(unsigned maj, unsigned min, char *holder, size_t size, char *part, size_t part_size)
{
	char path[64], text[24];
	unsigned part_maj, part_min;
	struct dirent *entry;
	bool found = sysfs_holder(maj, min, holder, size);
	DIR *dir;

	part[0] = '\0';
	if (found)
		return true;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", maj, min);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || sysfs_read(text, sizeof(text), "%s/%.64s/partition", path, entry->d_name) ||
		    sysfs_read(text, sizeof(text), "%s/%.64s/dev", path, entry->d_name) ||
		    sscanf(text, "%u:%u", &part_maj, &part_min) != 2 || !sysfs_holder(part_maj, part_min, holder, size))
			continue;
		snprintf(part, part_size, "%.40s", entry->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}

static void held_by(const char *holder, const char *part, struct disk_busy *busy)
{
	char name[96], node[112];

	if (sysfs_read(name, sizeof(name), "/sys/block/%s/dm/name", holder)) {
		name[0] = '\0';
		snprintf(node, sizeof(node), "/dev/%.100s", holder);
	} else {
		snprintf(node, sizeof(node), "/dev/mapper/%.96s", name);
	}
	snprintf(busy->reason, sizeof(busy->reason), "%s%s is part of %.63s%s%s%s", part[0] ? "its partition " : "it",
		 part, holder, name[0] ? " (" : "", name, name[0] ? ")" : "");
	snprintf(busy->hint, sizeof(busy->hint), "end %s first (`lsblk` shows who uses it), or name it as the source", node);
}

void disk_busy_reason(unsigned maj, unsigned min, struct disk_busy *busy)
{
	char what[192], part[48];

	*busy = (struct disk_busy){ "" };
	if (disk_mounted_on(maj, min, what, sizeof(what))) {
		snprintf(busy->reason, sizeof(busy->reason), "it, or a partition of it, is mounted on %s", what);
		snprintf(busy->hint, sizeof(busy->hint), "`umount %s` frees it", what);
	} else if (disk_is_swap(makedev(maj, min), 0, what, sizeof(what))) {
		snprintf(busy->reason, sizeof(busy->reason), "it, or a partition of it, is swap space (%s)", what);
		snprintf(busy->hint, sizeof(busy->hint), "`swapoff %s` frees it", what);
	} else if (find_holder(maj, min, what, sizeof(what), part, sizeof(part))) {
		held_by(what, part, busy);
	} else {
		snprintf(busy->reason, sizeof(busy->reason), "a program, or the disk it is a part of, has it open exclusively");
	}
}
