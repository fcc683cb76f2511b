/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_CPU_SERIAL_H
#define XEN_CORE_CPU_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** COM1 or COM2, with the speed that the command line's com1= gives, 115200 if none. Before anything is printed. */
void serial_init(const char *cmdline);
/** Writes all of it, waiting for the UART (16550A); a newline becomes two characters. Not before serial_init. */
void serial_write(const char *text, size_t len);
/**
 * Writes what the UART takes at once, and does not wait; returns how much of it that was. Where there is no UART,
 * all of it is dropped.
 */
size_t serial_offer(const char *text, size_t len);
/** Whether there is a UART, as found by serial_init. */
bool serial_there(void);
/** Whether a character waits to be read. */
bool serial_waits(void);
/** A received character, or -1. */
int serial_read(void);
/** Whether the port is one of the console's UART, which no guest gets. */
bool serial_owns(uint16_t port);

#endif
