/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_BOOT_SMP_H
#define XEN_CORE_BOOT_SMP_H

/** Starts the other processors that ACPI names, at most max in all; those that do not answer are told and left out. */
void smp_start(unsigned max);
/** Where they begin in C; number is theirs. */
void smp_main(unsigned long number) __attribute__((noreturn));
/** Lets them go to work. */
void smp_release(void);

#endif
