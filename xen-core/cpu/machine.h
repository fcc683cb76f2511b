/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_CPU_MACHINE_H
#define XEN_CORE_CPU_MACHINE_H

#include <stdbool.h>

/** The calling CPU reports errors by an exception from now on, if it can. */
void machine_checks_on(void);
/** What its banks say, after such an exception; which is the machine's end. */
void machine_check_print(void);
/**
 * All other CPUs halt for ever, wherever they are: this one has the last word. Where another has it already this
 * one halts.
 */
void machine_stop_others(void);
/** An NMI has come. Halts this CPU if another has the last word; panics where the machine reports an error by it. */
void machine_nmi(void);
/** Tells of those that had no reason, on this CPU, since it was last called. */
void machine_nmi_tell(void);
/** Starts the machine again, after so many seconds, or halts this CPU for ever. */
void machine_end(bool restart, unsigned after_s) __attribute__((noreturn));
/** dom0 has ended: the machine is switched off or started again. */
void host_end(unsigned reason) __attribute__((noreturn));

#endif
