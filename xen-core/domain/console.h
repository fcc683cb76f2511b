/* SPDX-License-Identifier: GPL-2.0-or-later
 * The host's console, on which what is typed is dom0's. The UART is asked, as its interrupt is one of those that dom0
 * has for itself.
 */
#ifndef XEN_CORE_DOMAIN_CONSOLE_H
#define XEN_CORE_DOMAIN_CONSOLE_H

#include <stdint.h>

/**
 * Prints more of the log, and tells dom0 of what waits to be read, when it is time to look (ns of system time); returns
 * when it will be again, 0: never. For CPU 0.
 */
uint64_t console_look(uint64_t now);
/** The next character, or -1. */
int console_typed(void);

#endif
