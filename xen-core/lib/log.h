/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_LIB_LOG_H
#define XEN_CORE_LIB_LOG_H

#include <stdbool.h>
#include <stddef.h>

/** Whether log_debug is heard. */
void log_level(bool verbose);
/** Text as it is, for a guest's output. */
void log_raw(const char *text, size_t len);
/** What was logged from byte *from on, or from the oldest that is kept, at most size bytes; returns how many, *from goes behind them. */
size_t log_read(char *buf, size_t size, size_t *from);

#endif
