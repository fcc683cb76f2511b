/* SPDX-License-Identifier: GPL-2.0-or-later
 * lab: hands over to the lab's own program, which lies beside us in a build tree and in libexec
 * once installed.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xlite/cli/cli.h"
#include "xlite/cli/lab.h"

int cli_lab_program(char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *given = getenv("XLITE_LAB_PROGRAM");
	char *slash;

	if (given && *given) {
		snprintf(path, size, "%s", given);
		return access(path, X_OK) ? -errno : 0;
	}
	if (n > 0) {
		self[n] = '\0';
		/* BUILD/xlite/xlite: the lab is BUILD/lab where sources and build share a folder. */
		for (int up = 0; up < 2; up++) {
			slash = strrchr(self, '/');
			if (slash)
				*slash = '\0';
		}
		if ((size_t)snprintf(path, size, "%s/lab/xlite-lab", self) < size && !access(path, X_OK))
			return 0;
	}
	snprintf(path, size, "%s/lab/xlite-lab", XLITE_LIBEXECDIR);
	return access(path, X_OK) ? -errno : 0;
}

int verb_lab(struct cli *cli)
{
	struct xlite_error err = { 0 };
	char path[PATH_MAX + 32], self[PATH_MAX];
	char **argv = calloc((size_t)cli->nr_args + 2, sizeof(*argv));
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int rc = cli_lab_program(path, sizeof(path));

	if (rc || !argv) {
		xlite_error_set(&err, -ENOENT, "lab: its program is not installed (%s)", path);
		err.status = XLITE_NO_XEN;
		free(argv);
		return cli_fail(&err);
	}
	if (n > 0) {
		self[n] = '\0';
		setenv("XLITE_LAB_BINARY", self, 0);
	}
	argv[0] = path;
	for (int i = 0; i < cli->nr_args; i++)
		argv[i + 1] = cli->args[i];
	execv(path, argv);
	xlite_error_sys(&err, -errno, "lab: %s", path);
	free(argv);
	return cli_fail(&err);
}
