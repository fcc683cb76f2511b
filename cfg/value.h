/* SPDX-License-Identifier: GPL-2.0-or-later
 * Types of scalar values: how each is read, written, described and constrained.
 * Which keys have which type, range and default is the table's business (keys.h).
 */
#ifndef CFG_VALUE_H
#define CFG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct cfg_key;

/** How a value appears in JSON, and whether YAML may quote it: only strings may be quoted. */
enum cfg_json_kind { CFG_JSON_STRING, CFG_JSON_INTEGER, CFG_JSON_BOOLEAN };

struct cfg_value {
	const char *name;	/* in help: "SIZE", "PATH" */
	/* in messages: "a size such as 512MiB"; NULL: cfg_value_takes says it from range or words */
	const char *takes;
	const char *detail;	/* a sentence for help and man page, or NULL */
	const char *pattern;	/* of the text, for the JSON Schema (ECMA 262); NULL: none */
	enum cfg_json_kind json;
	size_t size;		/* of the field, in bytes */
	bool text;		/* the field is an owned char *, NULL when absent */
	bool number_too;	/* a bare number is also allowed (JSON Schema) */
	/**
	 * Reads text, which is valid UTF-8 without control characters, into the field. A text field must be NULL
	 * before. 0, -EINVAL with the reason in why ("`x` is not a size..."), or -ENOMEM.
	 */
	int (*parse)(const struct cfg_key *key, const char *text, void *field, struct buf *why);
	/** Writes the canonical text; nothing for an absent value. */
	void (*format)(const struct cfg_key *key, const void *field, struct buf *out);
};

extern const struct cfg_value cfg_value_uint, cfg_value_bool, cfg_value_flag, cfg_value_enum, cfg_value_memory,
	cfg_value_rate, cfg_value_seconds;
extern const struct cfg_value cfg_value_name, cfg_value_domain, cfg_value_text, cfg_value_path, cfg_value_source,
	cfg_value_script, cfg_value_ifname, cfg_value_vdev, cfg_value_host, cfg_value_pool, cfg_value_label,
	cfg_value_label_name,
	cfg_value_phrase, cfg_value_node, cfg_value_sha256, cfg_value_sha512;
extern const struct cfg_value cfg_value_uuid, cfg_value_mac, cfg_value_ip, cfg_value_subnet, cfg_value_cpus,
	cfg_value_nodes, cfg_value_vlans;

/** A unit and how many of the field's own unit it is. Tables run from the smallest to the largest. */
struct cfg_unit {
	const char *name;
	uint64_t factor;
};
/**
 * A number with a unit out of the table, or without one, when it counts in the unit named bare (NULL: not allowed).
 * 0, -EINVAL or -ERANGE.
 */
int cfg_quantity(const char *text, const struct cfg_unit *units, size_t nr, const char *bare, uint64_t *value);
/** Writes value in the largest unit that is exact. */
void cfg_quantity_format(uint64_t value, const struct cfg_unit *units, size_t nr, struct buf *out);
/** Adds what a key's value may be: "a whole number from 1 to 512", "one of ro, rw". */
void cfg_value_takes(const struct cfg_key *key, struct buf *out);
/** Adds text in backquotes, bounded and with control bytes escaped, as user text is shown in messages. */
void cfg_quote(struct buf *out, const char *text, size_t len);
/** Writes "QUOTED WHY" to why and returns -EINVAL: `return cfg_refuse(why, text, "is not ...")`. */
int cfg_refuse(struct buf *why, const char *text, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/** Stores a copy of text in an owned text field. 0 or -ENOMEM. */
int cfg_store(void *field, const char *text);
/** format() of owned text. */
void cfg_format_text(const struct cfg_key *key, const void *field, struct buf *out);
/** Whether text has the form of a disk's source that needs no script: 0, or -EINVAL with the reason in why. */
int cfg_source_check(const char *text, struct buf *why);
/** Decimal digits without sign, leading zero or anything after. 0, -EINVAL or -ERANGE (past UINT64_MAX). */
int cfg_decimal(const char *text, uint64_t *value);

#endif
