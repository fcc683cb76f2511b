/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: a process that belongs to a domain and outlives the run that starts it. It has a folder of its
 * own with a lock that lasts as long as the process: a later run finds it by that, whoever started it and however that
 * run ended.
 */
#ifndef HOTPLUG_PROCESS_H
#define HOTPLUG_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/** Room for the path of a file in the folder. */
#define PROCESS_PATH 96

struct jail;

/** Which process of which domain. Strings are borrowed. */
struct process {
	const char *kind;	/* the folder is /run/xlite/KIND/DOMID-UUID */
	const char *title;	/* for messages: "QEMU" */
	uint32_t domid;
	const char *uuid;	/* its text; a domain that gets the same number later has another */
};

/**
 * The path of a file in the folder ("lock", "log", "pid", or one of the program's own), the folder's own for "".
 * Returns path.
 */
const char *process_path(const struct process *of, const char *file, char path[PROCESS_PATH]);
/** Whether there is a folder: there is a process, or there was one and it was not cleaned up. */
bool process_known(const struct process *of);
/** Whether it lives. */
bool process_runs(const struct process *of);
/**
 * Its number, by the file "pid" that it writes, and only if that process has the lock's file as its input; 0: not
 * known.
 */
pid_t process_number(const struct process *of);
/** The last line that it printed, without control characters, or words that say that there is none. */
void process_last_words(const struct process *of, char *words, size_t size);
/**
 * Makes the folder and takes the lock. *lock becomes the descriptor, which the caller gives to process_start and
 * closes; -1 where the process lives already. What an earlier one left of files, NULL-terminated, is removed.
 */
int process_prepare(const struct process *of, const char *const *files, int *lock, struct xlite_error *err);
/**
 * Runs a program as this process, confined (hotplug/jail.h) to its folder, with the lock as its input and its words in
 * "log". more, or NULL: what it has beside that; its program and folder are not looked at. *pid becomes its number.
 */
int process_start(const struct process *of, const char *const argv[], const char *const envp[], int lock,
		  const struct jail *more, pid_t *pid, struct xlite_error *err);
/** Waits until the process has ended; false at deadline_ns (CLOCK_MONOTONIC). */
bool process_wait_end(const struct process *of, int64_t deadline_ns);
/** Kills it if pid is still its number, and waits for its end. -ETIMEDOUT. */
int process_kill(const struct process *of, pid_t pid, struct xlite_error *err);
/** Removes the folder with lock, log, pid, and files, which is NULL-terminated. */
void process_forget(const struct process *of, const char *const *files);
/** Calls each with all folders of a kind, until one answers something else than 0, and answers that. */
int process_each(const char *kind, int (*each)(void *arg, uint32_t domid, const char *uuid), void *arg);

#endif
