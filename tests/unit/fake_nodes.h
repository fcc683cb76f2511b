/* SPDX-License-Identifier: GPL-2.0-or-later
 * A small store for the fake of XenStore (fake_store.h), without permissions: those are checked on the real daemons
 * (tests/lab/store.bats).
 */
#ifndef TESTS_FAKE_NODES_H
#define TESTS_FAKE_NODES_H

#include "tests/unit/fake_store.h"

#define FAKE_NODES_MAX 2000

struct fake_node {
	char *path, *value;
};

/** The nodes, in no order. */
extern struct fake_node fake_nodes[FAKE_NODES_MAX];
extern size_t fake_nodes_nr;
/** What was asked of the store, as one line per request. */
extern struct buf fake_nodes_history;

/** Before and after each test: an empty store. */
int fake_nodes_clear(void **state);
void fake_nodes_put(const char *path, const char *value);
/** The node, and all below it. */
void fake_nodes_drop(const char *path);
/** For fake_init. */
void fake_nodes_answer(struct fake *fake, const struct fake_request *request);
/** Commits the batch, which must go well, and empties it. */
void fake_nodes_commit(struct fake *fake, struct xlite_store_batch *batch);

#endif
