/* SPDX-License-Identifier: GPL-2.0-or-later
 * The one table of keys. Parser, printer, diff, explain, JSON Schema, man page and the tests'
 * generator all walk it; nothing of the language is written twice.
 */
#ifndef CFG_KEYS_H
#define CFG_KEYS_H

#include "cfg/cfg.h"
#include "cfg/value.h"
#include "cfg/words.h"

/** What a key holds. */
enum cfg_shape {
	CFG_SCALAR,	/* one value at offset */
	CFG_SUGAR,	/* another spelling of a choice: stores nothing itself, is never printed */
	CFG_KIND,	/* the kind of document: stores nothing */
	/* a mapping into the same structure; a scalar stands for its first key where it has a shorthand */
	CFG_SECTION,
	/*
	 * a list of mappings: pointer at offset, number at nr_offset; scalars, or one alone, where they have a
	 * shorthand
	 */
	CFG_ITEMS,
	CFG_LIST,	/* a list of values, or one value: struct cfg_strings at offset */
	CFG_LABELS,	/* a mapping of names to values: struct cfg_label * at offset, number at nr_offset */
};

struct cfg_key {
	const char *name;
	enum cfg_shape shape;
	const struct cfg_value *value;		/* of scalars and of a list's items */
	const struct cfg_section *section;	/* of sections and items */
	size_t offset, nr_offset;
	size_t place_at;	/* struct cfg_place to fill, 0: none */
	size_t given_at;	/* bool: the value was given rather than derived; 0: none */
	size_t same_as;		/* offset of the field whose value is the default; 0: none */
	size_t choice_at;	/* int that says which key of a group was used; such keys exclude each other; 0: none */
	int choice;
	/* int that says whether the key can be used: only where its bit is in only; 0: always */
	size_t only_at;
	unsigned only;
	const struct cfg_word *words;		/* of enumerations */
	size_t nr_words;
	uint64_t min, max;	/* range of a number; max: bytes of a text, entries of a list */
	const char *def;	/* default as canonical text; NULL: absent (numbers: 0) */
	const char *def_text;	/* how help describes a default that is not a constant */
	bool lone;		/* of a list: one entry is written as that value alone, none as the default */
	bool required;
	const char *unless_key, *unless_value;	/* required, unless that key of the section has that value; or NULL */
	/* required, unless that key of the section is given (of CFG_ITEMS: has entries); or NULL */
	const char *unless_given;
	const char *needs;	/* a key of the section without which it means nothing; or NULL */
	bool identity;		/* of one document only: no default can be set for it */
	/* a key of the section beside which its value may have any form, which a check sees to; or NULL */
	const char *any_with;
	const char *max_why;	/* of a number: what sets the limit, for messages; or NULL */
	enum cfg_change change;
	bool later;		/* known, but not supported yet */
	const char *aka;	/* names that people coming from elsewhere would use, separated by spaces */
	const char *help;	/* one line, no full stop */
	const char *detail;	/* further sentences, or NULL */
};

struct cfg_checker;

struct cfg_section {
	const char *name;	/* as in paths: "vbds" */
	const struct cfg_key *keys;
	size_t nr;
	size_t size;		/* of an item, or of a document */
	size_t id_offset;	/* items: the field that identifies one in diffs; its key is keys[id] */
	int id;			/* index of that key, -1: matched by position */
	bool shorthand;		/* a scalar stands for keys[0] */
	void (*check)(struct cfg_checker *checker, void *base);	/* what one key's type cannot see; may be NULL */
};

#define CFG_MAX_KEYS 40		/* keys in a section, at most */

/** What a document of a kind has; a place is that of cfg_kind_words. */
extern const struct cfg_section *const cfg_kinds[CFG_NR_KINDS];
extern const struct cfg_section cfg_domain_section, cfg_network_section, cfg_volume_section, cfg_pool_section;
extern const struct cfg_section cfg_vifs_section, cfg_vbds_section, cfg_dependencies_section;

/** The field of key in the structure at base. */
static inline void *cfg_field(const struct cfg_key *key, const void *base)
{
	return (char *)base + key->offset;
}

/** Whether a and b exclude each other: they are of one group. */
bool cfg_keys_exclusive(const struct cfg_key *a, const struct cfg_key *b);
/** Whether other can be written to satisfy a need for key: it is key, or of its group, and supported. */
bool cfg_key_satisfies(const struct cfg_key *other, const struct cfg_key *key);
/** The key whose value can excuse the absence of a required one; NULL if there is none that is supported. */
const struct cfg_key *cfg_key_excuse(const struct cfg_section *section, const struct cfg_key *key);
/**
 * Adds the path of the key that was probably meant by an unknown one ("memory.max" for maxmem); nothing if there is
 * none.
 */
void cfg_suggest(const struct cfg_section *section, const char *word, size_t len, struct buf *out);
/** The key of that name, or NULL. */
const struct cfg_key *cfg_section_key(const struct cfg_section *section, const char *name, size_t len);
/** Whether the key holds what its choice says (true for keys without one). */
bool cfg_key_chosen(const struct cfg_key *key, const void *base);
/** Whether the key can be used with the others of the structure (true for keys that always can). */
bool cfg_key_applies(const struct cfg_key *key, const void *base);
/** Adds what the key can be used with: "`bridge`", "mode `nat` or `route`". */
void cfg_key_only_names(const struct cfg_section *section, const struct cfg_key *key, struct buf *out);
/** The value of another key that forbids this one's use, where a word says it; NULL: another key's presence does. */
const char *cfg_key_only_value(const struct cfg_section *section, const struct cfg_key *key, const void *base);
/** The key with entries of which a required one is not needed; NULL if there is none that is supported. */
const struct cfg_key *cfg_key_instead(const struct cfg_section *section, const struct cfg_key *key);
/** Whether there is no value, not even a default. */
bool cfg_key_absent(const struct cfg_key *key, const void *base);
/** Whether the value is what it would be, were the key left out. */
bool cfg_key_is_default(const struct cfg_key *key, const void *base);
/** Sets every field of the section at base to its default. -ENOMEM. */
int cfg_section_defaults(const struct cfg_section *section, void *base);
/** Frees what the section's fields own and clears them; base itself is the caller's. */
void cfg_section_clear(const struct cfg_section *section, void *base);
/**
 * Replaces pointers at base, which were copied bit by bit, by copies of what they point to. -ENOMEM leaves a
 * clearable structure.
 */
int cfg_section_dup(const struct cfg_section *section, void *base);

#endif
