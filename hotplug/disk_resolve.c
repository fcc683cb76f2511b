/* SPDX-License-Identifier: GPL-2.0-or-later
 * From a source's text to a path: tags are looked up by libblkid's prober, device by device, without its
 * cache, so that nothing is written and two devices with the same tag are noticed.
 */
#include "hotplug/disk.h"

#include <blkid/blkid.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "hotplug/sysfs.h"

/** How many devices may be built on each other until a claimed one is found. */
#define CLAIM_DEPTH 8

/* In the order of names; value is libblkid's name of the same thing. */
static const struct tag {
	const char *name, *value;
	bool any_case;
} tags[] = {
	{ "LABEL", "LABEL", false },
	{ "PARTLABEL", "PART_ENTRY_NAME", false },
	{ "PARTUUID", "PART_ENTRY_UUID", true },
	{ "UUID", "UUID", true },
};

struct tag_search {
	const struct tag *tag;
	const char *wanted;
	const struct hotplug_disk_claims *claims;
	struct buf found;	/* paths, separated by ", " */
	unsigned nr;
	struct buf claimed;	/* "/dev/sdb is domid 3's", of those that are no answer */
};

/* The tag of "NAME=value" and where its value begins; NULL when source is a path. */
static const struct tag *tag_of(const char *source, const char **value)
{
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		len = strlen(tags[i].name);
		if (strncmp(source, tags[i].name, len) || source[len] != '=')
			continue;
		*value = source + len + 1;
		return &tags[i];
	}
	return NULL;
}

static bool tag_matches(blkid_probe pr, const struct tag_search *search)
{
	const char *value;

	if (blkid_probe_lookup_value(pr, search->tag->value, &value, NULL))
		return false;
	return search->tag->any_case ? !strcasecmp(value, search->wanted) : !strcmp(value, search->wanted);
}

/* A device that cannot be opened or has nothing on it does not match. */
static bool tag_probe(const char *path, const struct tag_search *search)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	blkid_probe pr;
	bool match = false;

	if (fd < 0)
		return false;
	pr = blkid_new_probe();
	if (!pr)
		return false;
	if (!blkid_probe_set_device(pr, fd, 0, 0) &&
	    !blkid_probe_enable_superblocks(pr, 1) &&
	    !blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID) &&
	    !blkid_probe_enable_partitions(pr, 1) &&
	    !blkid_probe_set_partitions_flags(pr, BLKID_PARTS_ENTRY_DETAILS) &&
	    blkid_do_safeprobe(pr) >= 0)
		match = tag_matches(pr, search);
	blkid_free_probe(pr);
	return match;
}

/* Members of something bigger carry its tags too; loop devices that end by themselves are other guests' disks. */
static bool tag_counts(unsigned maj, unsigned min)
{
	char text[8];

	if (sysfs_has_holder(maj, min))
		return false;
	return sysfs_read(text, sizeof(text), "/sys/dev/block/%u:%u/loop/autoclear", maj, min) || text[0] != '1';
}

static bool dev_read(const char *dir, const char *name, dev_t *dev)
{
	char text[24];
	unsigned maj, min;

	if (sysfs_read(text, sizeof(text), "%s/%s/dev", dir, name) || sscanf(text, "%u:%u", &maj, &min) != 2)
		return false;
	*dev = makedev(maj, min);
	return true;
}

static const struct hotplug_disk_claim *claim_find(const struct hotplug_disk_claims *claims, dev_t dev, unsigned depth);

/* What a device is built on: whoever writes to that writes to this. */
static const struct hotplug_disk_claim *claim_below(const struct hotplug_disk_claims *claims, const char *dir, unsigned depth)
{
	const struct hotplug_disk_claim *claim = NULL;
	struct dirent *entry;
	DIR *slaves = opendir(dir);
	dev_t dev;

	while (slaves && !claim && (entry = readdir(slaves))) {
		if (entry->d_name[0] != '.' && dev_read(dir, entry->d_name, &dev))
			claim = claim_find(claims, dev, depth - 1);
	}
	if (slaves)
		closedir(slaves);
	return claim;
}

static const struct hotplug_disk_claim *claim_find(const struct hotplug_disk_claims *claims, dev_t dev, unsigned depth)
{
	const struct hotplug_disk_claim *claim;
	char dir[64], slaves[80], path[PATH_MAX];
	dev_t whole;

	for (size_t i = 0; claims && i < claims->nr; i++) {
		if (claims->items[i].dev == dev)
			return &claims->items[i];
	}
	if (!claims || !claims->nr || !depth)
		return NULL;
	snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u", major(dev), minor(dev));
	snprintf(slaves, sizeof(slaves), "%s/slaves", dir);
	claim = claim_below(claims, slaves, depth);
	snprintf(slaves, sizeof(slaves), "%s/partition", dir);
	if (claim || access(slaves, F_OK) || !realpath(dir, path) || !dev_read(path, "..", &whole))
		return claim;
	return claim_find(claims, whole, depth - 1);
}

static void tag_search_line(char *line, struct tag_search *search)
{
	unsigned maj, min;
	unsigned long long blocks;
	const struct hotplug_disk_claim *claim;
	char name[48], path[64], *c;

	/* One block is an extended partition's table; none is a drive without a medium. */
	if (sscanf(line, "%u %u %llu %47s", &maj, &min, &blocks, name) != 4 || blocks <= 1)
		return;
	for (c = name; *c; c++) {
		if (*c == '!')
			*c = '/';
	}
	snprintf(path, sizeof(path), "/dev/%s", name);
	if (!tag_counts(maj, min) || !tag_probe(path, search))
		return;
	claim = claim_find(search->claims, makedev(maj, min), CLAIM_DEPTH);
	if (claim) {
		buf_printf(&search->claimed, "%s%s, which %s has", search->claimed.len ? "; " : "", path, claim->who);
		return;
	}
	buf_printf(&search->found, "%s%s", search->nr++ ? ", " : "", path);
}

static int tag_search_all(struct tag_search *search, struct xlite_error *err)
{
	auto_fclose FILE *f = fopen("/proc/partitions", "re");
	char line[256];

	if (!f)
		return xlite_error_sys(err, -errno, "open /proc/partitions");
	while (fgets(line, sizeof(line), f))
		tag_search_line(line, search);
	if (search->found.failed || search->claimed.failed)
		return xlite_error_sys(err, -ENOMEM, "look for %s=%s", search->tag->name, search->wanted);
	return 0;
}

/* A label is the guest's to write: what another guest calls its disk says nothing of whose the disk is. */
static int tag_claimed(const struct tag_search *search, struct xlite_error *err)
{
	xlite_error_set(err, -EBUSY, "%s=%.128s: the only answer is %s", search->tag->name, search->wanted,
			buf_str(&search->claimed));
	xlite_error_hint(err, "if this disk is meant, detach it there first");
	return -EBUSY;
}

static int tag_resolve(const struct tag *tag, const char *value, const struct hotplug_disk_claims *claims, char *path,
		       size_t size, struct xlite_error *err)
{
	struct tag_search search = { .tag = tag, .wanted = value, .claims = claims, .found = BUF_INIT, .claimed = BUF_INIT };
	int ret;

	if (!value[0])
		return xlite_error_set(err, -EINVAL, "%s=: nothing follows the equals sign", tag->name);
	ret = tag_search_all(&search, err);
	if (!ret && !search.nr && search.claimed.len)
		ret = tag_claimed(&search, err);
	else if (!ret && !search.nr)
		ret = xlite_error_set(err, -ENOENT, "no block device has %s=%.128s", tag->name, value);
	else if (!ret && search.nr > 1)
		ret = xlite_error_set(err, -ENOTUNIQ, "%u block devices have %s=%.128s: %s", search.nr, tag->name, value,
				      buf_str(&search.found));
	else if (!ret && (size_t)snprintf(path, size, "%s", buf_str(&search.found)) >= size)
		ret = xlite_error_sys(err, -ENAMETOOLONG, "%s", buf_str(&search.found));
	if (ret == -ENOTUNIQ)
		xlite_error_hint(err, "name the device by its path, or by UUID= or PARTUUID= if these differ");
	buf_clear(&search.found);
	buf_clear(&search.claimed);
	return ret;
}

/* Says for a link that leads nowhere where it leads. */
static int path_missing(const char *path, int code, struct xlite_error *err)
{
	char target[256];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (code != -ENOENT || n <= 0)
		return xlite_error_sys(err, code, "%s", path);
	target[n] = '\0';
	return xlite_error_sys(err, code, "%s: a link to %s", path, target);
}

bool hotplug_disk_is_tag(const char *source)
{
	const char *value;

	return tag_of(source, &value);
}

int hotplug_disk_resolve(const char *source, const struct hotplug_disk_claims *claims, char *path, size_t size,
			 struct xlite_error *err)
{
	const char *value = NULL;
	const struct tag *tag = tag_of(source, &value);
	struct stat st;

	if (tag)
		return tag_resolve(tag, value, claims, path, size, err);
	if (source[0] != '/') {
		xlite_error_set(err, -EINVAL, "%.256s: neither an absolute path nor a tag", source);
		xlite_error_hint(err, "tags are LABEL=, UUID=, PARTUUID= and PARTLABEL=");
		return -EINVAL;
	}
	if (strlen(source) >= size)
		return xlite_error_sys(err, -ENAMETOOLONG, "%.256s...", source);
	if (stat(source, &st) < 0)
		return path_missing(source, -errno, err);
	memcpy(path, source, strlen(source) + 1);
	return 0;
}
