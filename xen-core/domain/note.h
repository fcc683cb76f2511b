/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the log says of a guest's doing with loglvl=all: so many lines a second of each domain, and how many more there were.
 */
#ifndef XEN_CORE_DOMAIN_NOTE_H
#define XEN_CORE_DOMAIN_NOTE_H

struct domain;

/** A line that the domain causes; its number goes in front. */
void domain_note(struct domain *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** How many lines were left out since it was last told, if any were. At the domain's end. */
void domain_note_rest(struct domain *d);

#endif
