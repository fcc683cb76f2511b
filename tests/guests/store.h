/* SPDX-License-Identifier: GPL-2.0-or-later
 * XenStore for a test guest, over its own ring (xen/io/xs_wire.h): requests with and without waiting for the answer. It
 * keeps to the protocol; what is asked, and how often, is the caller's.
 */
#ifndef TESTS_GUESTS_STORE_H
#define TESTS_GUESTS_STORE_H

#include "tests/guests/guest.h"

#include <xen/io/xs_wire.h>

/** What xenstored answered. */
enum store_result { STORE_OK, STORE_EACCES, STORE_ENOENT, STORE_EAGAIN, STORE_OTHER };

/** The answer to the last store_ask(): a text, with a NUL behind it. */
extern char store_answer[XENSTORE_PAYLOAD_MAX + 1];
/**
 * Requests that were answered, those of them with an error, and events of watches, counted by the first letter of
 * their token.
 */
extern uint64_t store_answered, store_refused, store_events[128];

void store_init(void);
/**
 * Asks and waits: path, a NUL, and len bytes of value behind it (which hold their own NULs where the request wants
 * such).
 */
enum store_result store_ask(unsigned type, uint32_t tx, const char *path, const void *value, size_t len);
/** The same without waiting: some are on their way at a time. */
void store_send(unsigned type, uint32_t tx, const char *path, const void *value, size_t len);
/** Waits for the answers to all that was sent. */
void store_settle(void);
/** A message longer than any may be: xenstored is to have nothing more to do with who sends that. It is the last. */
void store_spoil(void);
size_t store_len(const char *text);

#endif
