/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: a process of ours between a run and its script, so that no script outlives the run that started
 * it, however that ends. It has the descriptor of the host's lock from the run, which is held until the script is gone;
 * the script itself gets none.
 */
#ifndef HOTPLUG_SCRIPT_GUARD_H
#define HOTPLUG_SCRIPT_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

struct script_guard {
	pid_t pid;	/* of the guard; 0: there is none */
	int run;	/* the guard sees the run's end by this */
	int ended;	/* readable when the script has ended */
};

#define SCRIPT_GUARD_INIT { 0, -1, -1 }

struct files_only;
/**
 * Starts path under a guard, in a process group of its own, with out for its output; guard and script reach only files
 * (hotplug/files_only.h), unless that is NULL. Negative errno: the script was not started.
 */
int script_guard_start(struct script_guard *guard, const char *path, const char *const argv[], const char *const envp[],
		       int out, const struct files_only *files);
/**
 * Waits for the script's end, with kill after ending all of its group, and ends the guard. The status of
 * waitpid(2), or a negative errno.
 */
int script_guard_end(struct script_guard *guard, bool kill);

#endif
