/* SPDX-License-Identifier: GPL-2.0-or-later
 * Waiting until blkback has opened a disk: it then shows physical_device in sysfs
 * (linux/drivers/block/xen-blkback/xenbus.c:backend_changed), without an event, so this is looked at ever more rarely.
 */
#include "hotplug/disk_wait.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "hotplug/disk.h"
#include "hotplug/sysfs.h"

/** First and longest pause between two looks. */
#define PAUSE_FIRST_NS (NS_PER_MS / 5)
#define PAUSE_MAX_NS (10 * NS_PER_MS)

/* blkback that cannot open the device goes to Closing. Kernels before 5.9 do not show the state. */
static bool backend_gave_up(const char *dir)
{
	char text[16];

	return !sysfs_read(text, sizeof(text), "%s/state", dir) && (!strcmp(text, "Closing") || !strcmp(text, "Closed"));
}

static int backend_late(const char *dir, struct xlite_error *err)
{
	if (access(dir, F_OK) < 0) {
		xlite_error_set(err, -ETIMEDOUT, "blkback did not notice the disk in time (no %s)", dir);
		xlite_error_hint(err, "is the module xen-blkback loaded?");
		return -ETIMEDOUT;
	}
	return xlite_error_set(err, -ETIMEDOUT, "blkback did not open the disk in time (%s)", dir);
}

int disk_wait_dir(const char *dir, int64_t deadline_ns, struct xlite_error *err)
{
	int64_t pause = PAUSE_FIRST_NS, left;
	char path[160];

	snprintf(path, sizeof(path), "%s/physical_device", dir);
	while (access(path, F_OK) < 0) {
		if (errno != ENOENT)
			return xlite_error_sys(err, -errno, "%s", path);
		left = deadline_ns - clock_now_ns();
		if (left <= 0)
			return backend_late(dir, err);
		/* Not at once: the directory may still be that of an earlier device of the same number. */
		if (pause >= PAUSE_MAX_NS && backend_gave_up(dir))
			return xlite_error_set(err, -EIO,
					       "blkback could not open the disk (its reason is in the kernel's log)");
		if (pause > left)
			pause = left;
		nanosleep(&(struct timespec){ .tv_nsec = (long)pause }, NULL);
		pause = pause * 3 / 2;
		if (pause > PAUSE_MAX_NS)
			pause = PAUSE_MAX_NS;
	}
	return 0;
}

bool hotplug_disk_has_backend(uint32_t domid, unsigned devid)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device", domid, devid);
	return !access(path, F_OK);
}

int hotplug_disk_wait_backend(uint32_t domid, unsigned devid, int64_t deadline_ns, struct xlite_error *err)
{
	char dir[96];

	snprintf(dir, sizeof(dir), "/sys/bus/xen-backend/devices/vbd-%u-%u", domid, devid);
	return disk_wait_dir(dir, deadline_ns, err);
}
