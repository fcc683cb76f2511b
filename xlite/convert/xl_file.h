/* SPDX-License-Identifier: GPL-2.0-or-later
 * A file of xl's as its grammar has it (xen: tools/libs/util/libxlu_cfg_l.l, libxlu_cfg_y.y): settings whose values
 * are texts or lists. What a key means is not known here.
 */
#ifndef CONVERT_XL_FILE_H
#define CONVERT_XL_FILE_H

#include "xlite/convert/report.h"

#define XL_MAX_DEPTH 32		/* lists inside each other */
#define XL_MAX_VALUES 20000	/* of one file */
#define XL_MAX_KEYS 1000	/* of one file */
#define XL_MAX_NAME 64		/* bytes of a key */
#define XL_MAX_TEXT 65536	/* bytes of one value */

/** A text, quoted or a number, or a list. */
struct xl_value {
	struct cfg_place place;
	bool list;
	char *text;			/* without quotes and escapes; NULL: a list */
	struct xl_value *items;		/* of a list; owned */
	size_t nr, room;
};

struct xl_setting {
	char *name;
	struct cfg_place place;		/* of the key */
	struct xl_value value;
	bool added;			/* written with += */
	bool told;			/* what became of it is in the report already */
};

/** The settings, each key once: a later one has taken the place of an earlier one, or was added to it. */
struct xl_file {
	struct xl_setting *settings;
	size_t nr;
	size_t nr_values;
};

/** Whether the report's source is not of xl's at all, but UTF-16, YAML or JSON, which is noted then. */
bool xl_text_check(struct report *report);
/**
 * Parses the report's source. Errors, and keys that are set twice, are noted there; the settings next to an error are
 * kept. 0 or -ENOMEM.
 */
int xl_file_parse(struct xl_file *file, struct report *report);
void xl_file_clear(struct xl_file *file);
/** NULL: the file does not have it. */
struct xl_setting *xl_file_get(const struct xl_file *file, const char *name);

#endif
