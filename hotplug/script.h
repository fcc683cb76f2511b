/* SPDX-License-Identifier: GPL-2.0-or-later
 * External hotplug scripts, with the contract of Xen's own (environment, arguments, XenStore answer).
 */
#ifndef HOTPLUG_SCRIPT_H
#define HOTPLUG_SCRIPT_H

#include <stdint.h>

#include "common/error.h"

/**
 * Runs script (an absolute path, or a name in /etc/xen/scripts) with argument action ("online", "offline", "add", "remove") and the environment
 * env (NULL-terminated NAME=value; PATH and LANG are added), stdin from /dev/null, stdout and stderr to log_path or captured for the
 * message. Killed with its process group at the deadline. Errors carry the script's exit status and last line of output.
 */
int hotplug_script_run(const char *script, const char *action, const char *const env[], int64_t deadline_ns,
		       struct xlite_error *err);

#endif
