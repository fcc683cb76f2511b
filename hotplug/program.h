/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: running a program of the host's that is asked something, or told to do something, and ends.
 */
#ifndef HOTPLUG_PROGRAM_H
#define HOTPLUG_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

/** What is kept of a program's errors, in bytes. */
#define PROGRAM_ERRORS_MAX 4096

/** A run of a program, and what it said. */
struct program {
	const char *name;	/* without its folder */
	const char *package;	/* of Debian that has it */
	int in;			/* its standard input, -1: none */
	size_t out_max;		/* the most that is taken of what it prints, in bytes */
	struct buf *out;	/* NULL: thrown away */
	struct buf errors;	/* the caller's to free */
	char path[64];		/* once found */
};

/** Whether it is installed, in sbin or bin: its path is known then. */
bool program_find(struct program *program);
/** Says that it is not installed, and of which package it is: -ENOENT. */
int program_missing(const struct program *program, struct xlite_error *err);
/**
 * Finds it, where that was not done, and runs it with these arguments (NULL-terminated, the first its name) until it
 * ends: *status is that of waitpid(2).
 * -ETIMEDOUT; -E2BIG: it printed more than out_max; -ENOENT and others where it could not be started. On failure it is
 * killed, with all of its group.
 */
int program_run(struct program *program, const char *const args[], int64_t deadline_ns, int *status);
/**
 * The same, however long it takes, for what must not be ended on its way: nothing kills it. What it prints goes into files
 * in memory, so that it goes on as well when this process is killed, where a pipe would end it.
 */
int program_run_through(struct program *program, const char *const args[], int *status);
/** Cuts what it said of errors down to the first line that says something, without bytes that a terminal might act upon. */
void program_first_line(struct buf *errors);

#endif
