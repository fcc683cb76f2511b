/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside of a set: its files, domains and diagnostics. For cfg/ only.
 */
#ifndef CFG_SET_H
#define CFG_SET_H

#include "cfg/cfg.h"

#define CFG_MAX_TEXT (1u << 20)	/* bytes in a file */
#define CFG_MAX_DEPTH 32	/* collections inside each other */
#define CFG_MAX_DIAGS 200	/* errors kept of one file; further ones are counted */

/** A character that a comment may have and a value may not (mark.c). */
struct cfg_mark {
	unsigned line, column;	/* from 1 */
	unsigned behind;	/* the column behind the last character before it that is no blank */
	uint32_t c;		/* `#`: a comment that may be part of a value */
};

/** A text that was parsed; lives as long as the set, as places and diagnostics point to it. */
struct cfg_file {
	struct cfg_set *set;
	char *name;
	char *text;		/* copy, NUL-terminated; NULL where there was none */
	size_t len;
	unsigned nr;		/* position in the set */
	unsigned errors;	/* found, shown or not */
	unsigned met;		/* the same, and those that were met and said before: by aliases, or by defaults */
	size_t kept;		/* diagnostics of this file */
	struct cfg_mark *marks;	/* in order of place */
	size_t nr_marks;
	struct cfg_place cut;	/* of a syntax error: nothing from there on is looked at; line 0: none */
};

struct cfg_domains {
	struct cfg_domain **items;
	size_t nr;
};

struct cfg_set {
	struct cfg_file **files;
	size_t nr_files;
	struct cfg_domains domains, broken;	/* broken: with errors of their own; kept for checks across documents */
	struct cfg_network **networks, **broken_networks;
	size_t nr_networks, nr_broken_networks;
	struct cfg_volume **volumes, **broken_volumes;
	size_t nr_volumes, nr_broken_volumes;
	struct cfg_pool **pools, **broken_pools;
	size_t nr_pools, nr_broken_pools;
	size_t nr_documents;	/* of any kind, sound or not */
	struct cfg_diag *diags;
	size_t nr_diags;
	bool failed;		/* out of memory at some point */
};

/** Registers a text (text NULL: only the name). NULL when out of memory. */
struct cfg_file *cfg_file_add(struct cfg_set *set, const char *name, const char *text, size_t len);
/** Adds an error at line:column (characters, 1-based; line 0: the file as a whole). */
void cfg_file_error(struct cfg_file *file, unsigned line, unsigned column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** Counts an error that is not to be shown. */
void cfg_file_count(struct cfg_file *file);
/** The file that a place belongs to, or NULL. */
struct cfg_file *cfg_place_file(const struct cfg_set *set, const struct cfg_place *place);
/** Whether further errors of the file are only counted: work on their text can be spared. */
bool cfg_file_full(const struct cfg_file *file);
/** A line of the text (from 1) and, in *end, where it ends; NULL if there is none. */
const char *cfg_file_line(const struct cfg_file *file, unsigned line, const char **end);
/** Steps over n characters, not past end. */
const char *cfg_text_skip(const char *p, const char *end, unsigned n);
/** Puts the diagnostics in order of place. */
void cfg_diags_sort(struct cfg_set *set);
/** Appends a domain. 0 or -ENOMEM. */
int cfg_domains_add(struct cfg_domains *domains, struct cfg_domain *domain);
/** Appends a network to the sound or to the broken ones. 0 or -ENOMEM. */
int cfg_networks_add(struct cfg_set *set, struct cfg_network *network, bool sound);
/** The same for volumes and for pools. */
int cfg_volumes_add(struct cfg_set *set, struct cfg_volume *volume, bool sound);
int cfg_pools_add(struct cfg_set *set, struct cfg_pool *pool, bool sound);
/** Checks volumes and pools against each other, finds where volumes are, and tells the vbds that name one. */
void cfg_volumes_check(struct cfg_set *set);
/** Checks networks against each other, and vifs against their networks. */
void cfg_networks_check(struct cfg_set *set);
/** Checks disks of one domain whose names a guest would take for one device. */
void cfg_vdevs_check(struct cfg_set *set);
/** Checks what domains depend on. */
void cfg_dependencies_check(struct cfg_set *set);
/**
 * Finds characters that no text may have, and marks those that no value may have. Returns whether there are none of
 * the first.
 */
bool cfg_text_check(struct cfg_file *file);
/** The line, from 1, of the first assignment in what looks like a file of xl (`name = "web1"`); 0 where it does not. */
unsigned cfg_text_of_xl(const struct cfg_file *file);

#endif
