/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_CPU_LOG_H
#define XEN_CORE_CPU_LOG_H

#include <stdbool.h>
#include <stddef.h>

/** Whether log_debug is heard. */
void log_level(bool verbose);
bool log_is_verbose(void);
/**
 * Text as it is, for a guest's output. The console has it at once, or as much of it as it takes; log_send does the
 * rest.
 */
void log_raw(const char *text, size_t len);
/** Gives the console more of what was logged, without waiting; returns whether some is left. */
bool log_send(void);
/**
 * Whether so much more pushes nothing out of the ring that the console has not, or it has taken nothing for seconds
 * of calls to log_send.
 */
bool log_has_room(size_t len);
/**
 * Whether who logs waits for the console: so it is until it is switched off, and from a panic on. Switching it on
 * sends what is left.
 */
void log_wait(bool on);
/**
 * What this CPU says from now on are the host's last words: it has the log, whoever had it, and no other CPU goes
 * on.
 */
void log_seize(void);
/** A panic halts the machine, rather than starting it again. */
void panic_halts(void);
/**
 * What was logged from byte *from on, or from the oldest that is kept, at most size bytes; returns how many, *from
 * goes behind them.
 */
size_t log_read(char *buf, size_t size, size_t *from);

#endif
