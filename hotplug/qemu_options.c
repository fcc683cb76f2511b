/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a QEMU takes on its command line. Releases differ, and say so by their exit status.
 */
#include "hotplug/qemu_int.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/spawn.h"

/* All options are looked at before the one that prints the version ends it. */
bool qemu_takes(const char *program, const char *option, const char *value)
{
	static const char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL };
	const char *const argv[] = { program, option, value, "-version", NULL };
	auto_close int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), pidfd = -1;
	pid_t pid = 0;
	int status;

	if (nowhere < 0 || (spawn_program(&pid, &pidfd, program, argv, envp, -1, nowhere, nowhere) && pid <= 0))
		return false;
	status = spawn_reap(pid);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
