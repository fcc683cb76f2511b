/* SPDX-License-Identifier: GPL-2.0-or-later
 * The few switches of the network that netlink does not have (/proc/sys/net).
 */
#ifndef HOTPLUG_SYSCTL_H
#define HOTPLUG_SYSCTL_H

#include <stdbool.h>

#include "common/error.h"

/**
 * The value of /proc/sys/net/FAMILY/conf/DEV/KEY; family is "ipv4" or "ipv6". Negative errno, of which -ENOENT says no
 * such.
 */
int sysctl_get(const char *family, const char *dev, const char *key);
/** Writes value where another is; *changed becomes true then. dev and key are named in the error. */
int sysctl_want(const char *family, const char *dev, const char *key, int value, bool *changed,
		struct xlite_error *err);
/**
 * Turns IPv4 forwarding on for both devices, or for all where b is NULL. Never off.
 */
int sysctl_forward_ipv4(const char *a, const char *b, bool *changed, struct xlite_error *err);
/**
 * Turns IPv6 forwarding on, which Linux has for all devices together only. A device that learns its routes from router
 * advertisements (accept_ra 1) would lose them by that: such get accept_ra 2 before.
 */
int sysctl_forward_ipv6(bool *changed, struct xlite_error *err);
/** Whether the kernel forwards this family for dev (IPv4) or at all (IPv6). */
bool sysctl_forwards(int family, const char *dev);
/**
 * Whether IPv6 is switched off for a device, and by what ("net.ipv6.conf.all.disable_ipv6 is 1"; why of 80 bytes). One
 * that is not there yet is judged by what the kernel gives new ones.
 */
bool hotplug_ipv6_off(const char *device, char why[80]);

#endif
