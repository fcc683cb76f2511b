/* SPDX-License-Identifier: GPL-2.0-or-later
 * External hotplug scripts, with the contract of Xen's own (environment, arguments, XenStore answer).
 */
#ifndef HOTPLUG_SCRIPT_H
#define HOTPLUG_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/** Where a script given by name only is looked for (xen: XEN_SCRIPT_DIR). */
#define HOTPLUG_SCRIPT_DIR "/etc/xen/scripts"

/**
 * The absolute path of script: itself, or the file of that name in HOTPLUG_SCRIPT_DIR. path of PATH_MAX bytes. -EINVAL
 * for a relative path, -ENOENT when it is missing, -EACCES when it is not executable.
 */
int hotplug_script_path(const char *script, char *path, size_t size, struct xlite_error *err);
/**
 * Runs script (an absolute path, or a name in HOTPLUG_SCRIPT_DIR) with argument action: "online" or "offline" for a
 * vif, which get "type_if=vif" as a second argument, "add" or "remove" for a vbd. Its environment is env
 * (NULL-terminated, NAME=value) and nothing else but PATH and LANG; stdin is /dev/null, stdout and stderr are kept for
 * the message. It runs in a process group of its own, which is killed at the deadline (on CLOCK_MONOTONIC). What the
 * script started in the background is left alone otherwise. The script answers in XenStore (hotplug-status,
 * hotplug-error, physical-device), which is the caller's. -EIO: it failed; the message has its exit status and the last
 * line it printed, without control characters. -ETIMEDOUT: it was killed. So it is, with all of its group, when the
 * calling process ends before it, however that ends; a lock by flock(2) that the caller holds lasts until then.
 */
int hotplug_script_run(const char *script, const char *action, const char *const env[], int64_t deadline_ns,
		       struct xlite_error *err);

/**
 * The environment of a vif's script, in one block freed with free(): script, XENBUS_TYPE, XENBUS_PATH,
 * XENBUS_BASE_PATH, netdev (gatewaydev, or empty if NULL), vif. NULL when out of memory. (xen:
 * tools/libs/light/libxl_linux.c:get_hotplug_env)
 */
char **hotplug_script_env_vif(const char *script, uint32_t domid, unsigned devid, const char *gatewaydev);
/** The same of a vbd's script: script, XENBUS_TYPE, XENBUS_PATH, XENBUS_BASE_PATH. */
char **hotplug_script_env_vbd(const char *script, uint32_t domid, unsigned devid);

#endif
