/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: the database of Open vSwitch by its socket on this host (RFC 7047: JSON-RPC, method
 * "transact").
 */
#ifndef HOTPLUG_OVSDB_H
#define HOTPLUG_OVSDB_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct ovsdb {
	int fd;			/* -1: not connected */
	size_t nr, at;		/* received, and taken of it */
	char in[4096];
};

#define auto_ovsdb __attribute__((cleanup(ovsdb_close)))

/** Whether there is such a socket. One system call. */
bool ovsdb_there(void);
/**
 * Connects to db.sock in the folder of Open vSwitch (/run/openvswitch, or OVS_RUNDIR of the environment, as its own
 * tools do). -ENOENT and -ECONNREFUSED where nobody listens.
 */
int ovsdb_open(struct ovsdb *db, struct xlite_error *err);
void ovsdb_close(struct ovsdb *db);
/**
 * Carries out operations (an array, which it takes over; NULL counts as -ENOMEM) as one transaction: all or none.
 * *results, the caller's, has one for each. -ETIMEDOUT past deadline_ns (CLOCK_MONOTONIC), also where an operation
 * "wait" did not come true; -EIO: refused, with the server's words without control characters.
 */
int ovsdb_transact(struct ovsdb *db, json_t *operations, json_t **results, int64_t deadline_ns, struct xlite_error *err);

#endif
