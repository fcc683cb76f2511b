/* SPDX-License-Identifier: GPL-2.0-or-later
 * Switches under /proc/sys/net: read first, written only where they differ.
 * Follows linux/Documentation/networking/ip-sysctl.rst.
 */
#include "hotplug/sysctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/auto.h"

static int sysctl_open(const char *family, const char *dev, const char *key, int flags)
{
	char path[PATH_MAX];
	int fd;

	/* A dot in a device's name (eth0.5) is a dot in the path too; a slash cannot be in one. */
	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, dev, key);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysctl_get(const char *family, const char *dev, const char *key)
{
	auto_close int fd = sysctl_open(family, dev, key, O_RDONLY);
	char text[16] = "";
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	return n < 0 ? -errno : atoi(text);
}

int sysctl_want(const char *family, const char *dev, const char *key, int value, bool *changed, struct xlite_error *err)
{
	auto_close int fd = -1;
	char text[16], why[80];
	int have = sysctl_get(family, dev, key);

	if (have == value)
		return 0;
	if (have >= 0) {
		snprintf(text, sizeof(text), "%d", value);
		fd = sysctl_open(family, dev, key, O_WRONLY);
		have = fd < 0 ? fd : write(fd, text, strlen(text)) < 0 ? -errno : 0;
	}
	if (have == -ENOENT && !strcmp(family, "ipv6") && hotplug_ipv6_off(dev, why))
		return xlite_error_set(err, have, "IPv6 is switched off: %s", why);
	if (have < 0)
		return xlite_error_sys(err, have, "%s: set %s's %s to %d", dev, family, key, value);
	*changed = true;
	return 0;
}

int sysctl_forward_ipv4(const char *a, const char *b, bool *changed, struct xlite_error *err)
{
	int ret;

	/* A change of "all" goes to each device, and to those to come by way of "default". */
	ret = b ? 0 : sysctl_want("ipv4", "all", "forwarding", 1, changed, err);
	if (!ret)
		ret = sysctl_want("ipv4", a, "forwarding", 1, changed, err);
	return ret || !b ? ret : sysctl_want("ipv4", b, "forwarding", 1, changed, err);
}

static int sysctl_keep_ra(bool *changed, struct xlite_error *err)
{
	DIR *dir = opendir("/proc/sys/net/ipv6/conf");
	struct dirent *entry;
	int ret = 0;

	if (!dir)
		return xlite_error_sys(err, -errno, "list the devices of IPv6");
	while (!ret && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "all") || !strcmp(entry->d_name, "default"))
			continue;
		if (sysctl_get("ipv6", entry->d_name, "accept_ra") == 1 && sysctl_get("ipv6", entry->d_name, "forwarding") == 0)
			ret = sysctl_want("ipv6", entry->d_name, "accept_ra", 2, changed, err);
	}
	closedir(dir);
	return ret;
}

int sysctl_forward_ipv6(bool *changed, struct xlite_error *err)
{
	int ret;

	if (sysctl_get("ipv6", "all", "forwarding") == 1)
		return 0;
	ret = sysctl_keep_ra(changed, err);
	return ret ? ret : sysctl_want("ipv6", "all", "forwarding", 1, changed, err);
}

bool sysctl_forwards(int family, const char *dev)
{
	if (family == AF_INET6)
		return sysctl_get("ipv6", "all", "forwarding") == 1;
	return sysctl_get("ipv4", dev, "forwarding") == 1;
}

bool hotplug_ipv6_off(const char *device, char why[80])
{
	int own = sysctl_get("ipv6", device, "disable_ipv6"), all = sysctl_get("ipv6", "all", "disable_ipv6");

	if (all < 0)
		snprintf(why, 80, "the kernel was started with ipv6.disable=1, or has none");
	else if (own > 0)
		snprintf(why, 80, "net.ipv6.conf.%s.disable_ipv6 is 1", all ? "all" : device);
	else if (own < 0 && sysctl_get("ipv6", "default", "disable_ipv6") > 0)
		snprintf(why, 80, "net.ipv6.conf.default.disable_ipv6 is 1");
	else
		return false;
	return true;
}
