/* SPDX-License-Identifier: GPL-2.0-or-later
 * Linux' tap devices (linux/if_tun.h).
 */
#include "hotplug/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TUN "/dev/net/tun"

int hotplug_tap_open(const char *name, int *fd, struct xlite_error *err)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL };
	int rc;

	if (strlen(name) >= sizeof(request.ifr_name))
		return xlite_error_sys(err, -ENAMETOOLONG, "%s", name);
	strcpy(request.ifr_name, name);
	*fd = open(TUN, O_RDWR | O_CLOEXEC);
	if (*fd < 0) {
		rc = -errno;
		xlite_error_sys(err, rc, TUN);
		if (rc == -ENOENT || rc == -ENODEV)
			xlite_error_hint(err, "emulated network cards need the kernel's module tun");
		return rc;
	}
	if (!ioctl(*fd, TUNSETIFF, &request))
		return 0;
	rc = -errno;
	close(*fd);
	*fd = -1;
	return xlite_error_sys(err, rc, "make %s", name);
}
