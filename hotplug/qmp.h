/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: talking to a QEMU by its machine protocol (qemu: docs/interop/qmp-spec.txt). One command at a
 * time; events are passed over.
 */
#ifndef HOTPLUG_QMP_H
#define HOTPLUG_QMP_H

#include <jansson.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"

struct qmp {
	int fd;			/* -1: not connected */
	struct buf in;		/* received, and not yet a whole line */
};

#define QMP_INIT { .fd = -1, .in = BUF_INIT }
#define auto_qmp __attribute__((cleanup(qmp_close)))

/**
 * Connects to the socket at path, once, and waits for the greeting. -ENOENT and -ECONNREFUSED where nobody listens;
 * -ETIMEDOUT past deadline_ns (CLOCK_MONOTONIC), also while somebody else is connected.
 */
int qmp_open(struct qmp *qmp, const char *path, int64_t deadline_ns, struct xlite_error *err);
void qmp_close(struct qmp *qmp);
/**
 * Carries out a command with its arguments (NULL: none), which it takes over. fd (-1: none) goes with it. *result,
 * unless NULL, becomes what it returned and is the caller's. -EIO: QEMU refused; the message is its own, without
 * control characters.
 */
int qmp_call(struct qmp *qmp, const char *command, json_t *arguments, int fd, json_t **result, int64_t deadline_ns,
	     struct xlite_error *err);

#endif
