/* SPDX-License-Identifier: GPL-2.0-or-later
 * From files of other toolstacks to documents of xlite's language, with a report of what became of each key. It knows
 * no host: whether a named file or bridge exists is seen when the documents are planned.
 */
#ifndef CONVERT_CONVERT_H
#define CONVERT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

#define CONVERT_MAX_TEXT (1u << 20)	/* bytes of a file */

struct convert_options {
	bool pvh;	/* make PVH guests of PV and HVM guests */
	bool force;	/* convert also what loses something that the guest has */
	bool all;	/* report also what was taken over, or means nothing */
};

struct convert;

/** NULL when out of memory. options is copied. */
struct convert *convert_new(const struct convert_options *options);
void convert_free(struct convert *convert);
/**
 * Takes the defaults of an xl.conf (xl.conf(5)), for the files after it. name is for messages; all is copied. 0 or
 * -ENOMEM; what is wrong is in the report.
 */
int convert_xl_conf(struct convert *convert, const char *name, const char *text, size_t len);
/** Takes a file of a guest: of xl's (xl.cfg(5)) or, if it begins with `<`, of libvirt's. The same. */
int convert_guest(struct convert *convert, const char *name, const char *text, size_t len);
/** Notes that a file could not be read. 0 or -ENOMEM. */
int convert_unread(struct convert *convert, const char *name, const char *why);
/**
 * Reads the documents as xlite does, each and all together. Called once, after all files. Returns the number of files
 * that cannot be converted, or -ENOMEM.
 */
int convert_end(struct convert *convert);
/** The report: for each file its notes, in the order of the places. */
void convert_report(const struct convert *convert, struct buf *out);
/** The documents, each behind a comment that names its file; only after convert_end has returned 0. */
void convert_print(const struct convert *convert, struct buf *out);
/** The tables of xl.cfg's keys and of libvirt's elements for the manual, in mdoc macros. */
void convert_man(struct buf *out);

#endif
