/* SPDX-License-Identifier: GPL-2.0-or-later
 * Disks of a guest that goes to another host. Only what both hosts reach is taken along: block devices that say who
 * they are, and files that are only read. A file that is written to is in two page caches, of which one does not know
 * of the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/disk_claims.h"
#include "xlite/reconcile/migrate.h"

/* For what the guest has asked of its disks before it was suspended. */
#define DRAIN_MS 10000
#define WORD_MAX 256

/* Who a block device is, whatever it is called: of NVMe, SCSI, device mapper (LVM, multipath), MD, virtio. */
static const char *const names[] = { "wwid", "device/wwid", "dm/uuid", "md/uuid", "serial", "device/serial" };

/* The first line of a file in sysfs without spaces at its ends; false where there is none. */
static bool read_word(const char *path, char word[WORD_MAX])
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, word, WORD_MAX - 1);
	size_t start;

	if (n <= 0)
		return false;
	word[n] = '\0';
	word[strcspn(word, "\n")] = '\0';
	for (n = (ssize_t)strlen(word); n && strchr(" \t", word[n - 1]); n--)
		word[n - 1] = '\0';
	start = strspn(word, " \t");
	memmove(word, word + start, strlen(word + start) + 1);
	for (char *c = word; *c; c++)
		*c = *c > ' ' && *c < 127 ? *c : '_';
	return *word;
}

static bool read_sys(dev_t dev, const char *name, char word[WORD_MAX])
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(dev), minor(dev), name);
	return read_word(path, word);
}

/* Of a partition it is the whole disk's, and where it begins. */
static int block_line(const struct cfg_vbd *vbd, dev_t dev, char line[MIGRATE_LINE_MAX], struct xlite_error *err)
{
	char id[WORD_MAX], size[WORD_MAX], start[WORD_MAX] = "0", name[64];
	bool part = read_sys(dev, "partition", id);

	if (!read_sys(dev, "size", size) || (part && !read_sys(dev, "start", start)))
		return xlite_error_set(err, -EIO, "%s: sysfs does not say how large it is", vbd->source);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", part ? "../" : "", names[i]);
		if (!read_sys(dev, name, id))
			continue;
		snprintf(line, MIGRATE_LINE_MAX, "%s blk %s=%s %s+%s", vbd->vdev, names[i], id, start, size);
		return 0;
	}
	xlite_error_status(err, -EOPNOTSUPP, XLITE_CONFLICT,
			   "%s: the device has no number of its own (WWID, serial number, uuid of LVM) by which two hosts "
			   "could know that it is the same",
			   vbd->source);
	return -EOPNOTSUPP;
}

static int refuse(const struct cfg_vbd *vbd, const char *why, struct xlite_error *err)
{
	xlite_error_status(err, -EOPNOTSUPP, XLITE_CONFLICT, "%s: %s", vbd->vdev, why);
	xlite_error_hint(
		err,
		"only block devices that both hosts have, named by a path, go with a guest that runs; `xlite save' and `xlite restore' move any");
	return -EOPNOTSUPP;
}

int migrate_disk(const struct cfg_vbd *vbd, uint32_t domid, char line[MIGRATE_LINE_MAX], struct xlite_error *err)
{
	struct stat st;
	int devid = xlite_vdev_number(vbd->vdev);
	dev_t dev;

	if (!vbd->source) {
		snprintf(line, MIGRATE_LINE_MAX, "%s empty", vbd->vdev);
		return 0;
	}
	if (vbd->script)
		return refuse(vbd, "a script makes its disk, and nobody knows what the other host's would make", err);
	if (cfg_vbd_needs_qemu(vbd))
		return refuse(vbd, "a QEMU has its disk open, and may have some of it in memory", err);
	if (vbd->volume || *vbd->source != '/')
		return refuse(vbd, "its disk is not named by a path", err);
	if (stat(vbd->source, &st))
		return xlite_error_sys(err, -errno, "%s", vbd->source);
	if (S_ISREG(st.st_mode) && vbd->mode == CFG_VBD_RO) {
		snprintf(line, MIGRATE_LINE_MAX, "%s file %lld", vbd->vdev, (long long)st.st_size);
		return 0;
	}
	if (!S_ISBLK(st.st_mode))
		return refuse(vbd,
			      "its disk is a file that it writes to, of which each host would keep something in memory",
			      err);
	/* What it has open, not what has that name by now. */
	if (domid == UINT32_MAX || devid < 0 || !disk_backend_device(domid, (unsigned)devid, &dev))
		dev = st.st_rdev;
	return block_line(vbd, dev, line, err);
}

int migrate_check_disks(const struct migrate_hello *hello, const struct cfg_domain *spec, struct xlite_error *err)
{
	char line[MIGRATE_LINE_MAX];
	int rc = 0;

	if (hello->nr_disks != spec->nr_vbds)
		return xlite_error_set(err, -EBADMSG, "it has %zu disks, and its spec %zu", hello->nr_disks, spec->nr_vbds);
	for (size_t i = 0; i < spec->nr_vbds && !rc; i++) {
		rc = migrate_disk(&spec->vbds[i], UINT32_MAX, line, err);
		if (rc || !strcmp(line, hello->disks[i]))
			continue;
		rc = xlite_error_status(err, -EINVAL, XLITE_CONFLICT,
					"%s is not the same disk there (%s) and here (%s)", spec->vbds[i].source,
					hello->disks[i], line);
		xlite_error_hint(err, "a name that means the same on both hosts is in /dev/disk/by-id");
	}
	return rc;
}

static bool is_idle(uint32_t domid, const struct cfg_vbd *vbd)
{
	int devid = xlite_vdev_number(vbd->vdev);
	unsigned reads = 0, writes = 0;
	char word[WORD_MAX];
	dev_t dev;

	if (devid < 0 || !disk_backend_device(domid, (unsigned)devid, &dev) || !read_sys(dev, "inflight", word))
		return true;
	/* What was blank between the two numbers is not any more. */
	for (char *c = word; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	return sscanf(word, "%u %u", &reads, &writes) != 2 || (!reads && !writes);
}

int migrate_wait_disks(struct host *host, const struct state_domain *domain, struct xlite_error *err)
{
	const struct timespec pause = { .tv_nsec = 10 * NS_PER_MS };
	int64_t deadline_ns = clock_deadline_ms(DRAIN_MS);

	for (size_t i = 0; i < domain->spec->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &domain->spec->vbds[i];

		while (vbd->source && !is_idle(domain->info.domid, vbd)) {
			if (host_interrupted(host))
				return xlite_error_set(err, -EINTR, "interrupted");
			if (clock_now_ns() > deadline_ns)
				return xlite_error_set(err, -ETIMEDOUT,
						       "%s: what the guest has asked of it is not done after %u s",
						       vbd->source, DRAIN_MS / 1000);
			nanosleep(&pause, NULL);
		}
	}
	return 0;
}
