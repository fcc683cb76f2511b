/* SPDX-License-Identifier: GPL-2.0-or-later
 * Which domains, networks, volumes and sets a run has in hand, so that no other run works on them meanwhile: a lock for
 * each, which lasts as long as the process. It keeps nobody from the host: that is host_lock, which is held only while
 * something is changed.
 */
#ifndef RUN_OBJECTS_H
#define RUN_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cfg/cfg.h"
#include "common/error.h"

/** A byte of this file for each object: fcntl(2) F_SETLK. Its directory is made if missing. */
#define RUN_OBJECTS_FILE "/run/xlite/objects"

struct run_object {
	off_t at;
	bool shared, held;
	char name[96];		/* for messages */
};

struct run_objects {
	int fd;			/* -1: not open */
	struct run_object *items;
	size_t nr;
};

#define RUN_OBJECTS_INIT { .fd = -1 }

/* Each adds what run_objects_take is to take, once. They return 0 or -ENOMEM. */
int run_objects_add_domain(struct run_objects *objects, const char *name, const uint8_t uuid[16]);
/** By what an administrator typed: the domain of that name, or of that uuid. */
int run_objects_add_word(struct run_objects *objects, const char *word);
int run_objects_add_network(struct run_objects *objects, const char *name);
int run_objects_add_volume(struct run_objects *objects, const char *name);
/** A set: runs that add members share it, one that prunes has it alone. */
int run_objects_add_set(struct run_objects *objects, const char *name, bool prunes);
/** All documents of a set. */
int run_objects_add_documents(struct run_objects *objects, const struct cfg_set *set);
/** Who waits, for how long, and what happens meanwhile. */
struct run_objects_wait {
	int64_t deadline_ns;
	const volatile int *interrupted;				/* or NULL */
	/* told once, when another run has it; or NULL */
	void (*waits)(void *ctx, const char *name, pid_t holder);
	void *ctx;
};
/**
 * Takes what was added and is not held. Returns 1 if another run was waited for, so that what was seen before may be
 * old, else 0; -EAGAIN (XLITE_AGAIN) when the time is up, naming the process; -EINTR. What one process holds it does
 * not keep from itself.
 */
int run_objects_take(struct run_objects *objects, const char *path, const struct run_objects_wait *wait,
		     struct xlite_error *err);
/** Lets go of all, and forgets them. Twice is allowed. */
void run_objects_release(struct run_objects *objects);

#endif
