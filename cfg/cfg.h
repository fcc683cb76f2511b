/* SPDX-License-Identifier: GPL-2.0-or-later
 * The spec language: from YAML text to typed specs and back, comparison of two specs,
 * and the language's own help. All of it is driven by the one table of keys.
 */
#ifndef CFG_CFG_H
#define CFG_CFG_H

#include "cfg/spec.h"
#include "common/buf.h"
#include "common/error.h"

/** How a change of a key reaches a running domain; CFG_NOTHING: it concerns only xlite, as depends_on does. */
enum cfg_change { CFG_LIVE, CFG_HOTPLUG, CFG_ON_REBOOT, CFG_REPLACES, CFG_NOTHING };
/** "live", "hot-plug", "on reboot", "replaces", "nothing" */
const char *cfg_change_name(enum cfg_change change);

struct cfg_set *cfg_set_new(void);
void cfg_set_free(struct cfg_set *set);

/**
 * The name of a text that xlite wrote down itself: words are read there which a spec may not say, since an earlier
 * version took them.
 */
#define CFG_RECORD "<record>"

/**
 * Parses all documents of one text into the set. file is the name for messages ("-" is shown as "<stdin>"). A text of
 * comments alone gives no document, which is an error only if no other text does (cfg_set_check). Every error of the
 * text becomes a diagnostic of the set (from the 200th on they are counted only). The text is copied. A document with
 * errors gives no domain; the good ones next to it do. Returns the number of errors found, or -ENOMEM.
 */
int cfg_set_parse(struct cfg_set *set, const char *file, const char *text, size_t len);
/** Adds the error "file: cannot be read" and the like, for a file that gave no text. */
void cfg_set_error(struct cfg_set *set, const char *file, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/**
 * Checks across documents: names, uuids, MACs, addresses, host ports and writable sources used twice, networks in each
 * other's way, vifs that do not fit their network, dependencies in a circle, volumes without a pool. It also finds the
 * paths of volumes, and gives them to the vbds that name one (cfg_vbd_set_volume). Called once, after all texts.
 * Returns errors found, or -ENOMEM.
 */
int cfg_set_check(struct cfg_set *set);

/** Diagnostics in order of place. */
struct cfg_diag {
	struct cfg_place place;
	char *message;		/* "unknown key `vcpu`; did you mean `vcpus`?" */
	char *source;		/* the source line or the part around the place, or NULL */
	bool warning;
	unsigned caret;		/* column of the place in source, which is a part of the line if that is long */
	unsigned file_nr;	/* position of the file in the set */
};
size_t cfg_set_diags(const struct cfg_set *set, const struct cfg_diag **diags);
/**
 * One diagnostic as users see it: "file:line:col: message", the source line, a caret line; UTF-8 and tab aware,
 * control bytes escaped.
 */
void cfg_diag_print(const struct cfg_diag *diag, struct buf *out);
/**
 * What a diagnostic shows of a text that is none of the set's: the line, or the part of a long one around the column,
 * and in *caret the place in it. malloc'ed; NULL if there is no such line, or when out of memory.
 */
char *cfg_source_line(const char *text, size_t len, unsigned line, unsigned column, unsigned *caret);

/** The domains of the set, in order of files and documents; owned by the set. */
struct cfg_domain *const *cfg_set_domains(const struct cfg_set *set, size_t *nr);

/**
 * Why no guest of the network can have that address ("in no subnet", "the gateway"); NULL if one can, or if it is no
 * address. ip: with or without a prefix length.
 */
const char *cfg_network_address_fault(const struct cfg_network *network, const char *ip);

/** The networks of the set, in the same order; owned by the set. */
struct cfg_network *const *cfg_set_networks(const struct cfg_set *set, size_t *nr);
/** The volumes of the set, in the same order; owned by the set. */
struct cfg_volume *const *cfg_set_volumes(const struct cfg_set *set, size_t *nr);
/** Its pools. */
struct cfg_pool *const *cfg_set_pools(const struct cfg_set *set, size_t *nr);
/** The volume of that name; NULL if the set has none. */
const struct cfg_volume *cfg_set_volume(const struct cfg_set *set, const char *name);
/**
 * The pool of that name (NULL: the default one): its document's, for the default one without a document (set may be
 * NULL: there are none) the standard folder, else NULL.
 */
const struct cfg_pool *cfg_set_pool(const struct cfg_set *set, const char *name);
/**
 * Makes the vbd the disk that a volume is: its source, and its format, by the volume's word. Whatever the vbd had there
 * is replaced. 0 or -ENOMEM.
 */
int cfg_vbd_set_volume(struct cfg_vbd *vbd, const char *path, enum cfg_vbd_format format);
/** Tells a clone where the volume is that it begins as, and its format. 0 or -ENOMEM. */
int cfg_volume_set_clone(struct cfg_volume *volume, const char *path, enum cfg_vbd_format format);
/** The domain of that name; NULL if the set has none. */
const struct cfg_domain *cfg_set_domain(const struct cfg_set *set, const char *name);
/** The network of that name; NULL if the set has none. */
const struct cfg_network *cfg_set_network(const struct cfg_set *set, const char *name);

/**
 * The domains so that each comes behind those it depends on, otherwise in the order of the documents. *order is
 * malloc'ed, what it points to is the set's. 0, -ENOMEM, or -ELOOP (cfg_set_check has then said so).
 */
int cfg_set_order(const struct cfg_set *set, struct cfg_domain ***order, size_t *nr);

/** That one domain needs another. */
struct cfg_edge {
	const struct cfg_domain *from;			/* waits */
	const struct cfg_domain *to;			/* is waited for; NULL: not a document of the set */
	const struct cfg_dependency *dependency;	/* to's name, and when it is ready */
};
/** Every dependency, in order of documents and entries. *edges is malloc'ed. 0 or -ENOMEM. */
int cfg_set_edges(const struct cfg_set *set, struct cfg_edge **edges, size_t *nr);

/**
 * The domain as canonical YAML: keys in the table's order, keys at their default left out (all: also those at their
 * default). Ends with a newline.
 */
void cfg_print(const struct cfg_domain *domain, bool all, struct buf *out);
/** The domain as one JSON object, every key present. */
void cfg_print_json(const struct cfg_domain *domain, struct buf *out);
/** A network as cfg_print and cfg_print_json do it; begins with its kind. */
void cfg_print_network(const struct cfg_network *network, bool all, struct buf *out);
void cfg_print_network_json(const struct cfg_network *network, struct buf *out);
/** A volume, and a pool, likewise. */
void cfg_print_volume(const struct cfg_volume *volume, bool all, struct buf *out);
void cfg_print_volume_json(const struct cfg_volume *volume, struct buf *out);
void cfg_print_pool(const struct cfg_pool *pool, bool all, struct buf *out);
void cfg_print_pool_json(const struct cfg_pool *pool, struct buf *out);
/** A domain with every default and no name; NULL when out of memory. Freed by cfg_domain_free. */
struct cfg_domain *cfg_domain_new(void);
/** A deep copy; NULL when out of memory. Places point into the same set as the original's. */
struct cfg_domain *cfg_domain_copy(const struct cfg_domain *domain);
/** The same for networks. */
struct cfg_network *cfg_network_new(void);
struct cfg_network *cfg_network_copy(const struct cfg_network *network);

/** And for volumes and pools. */
struct cfg_volume *cfg_volume_new(void);
struct cfg_volume *cfg_volume_copy(const struct cfg_volume *volume);
struct cfg_pool *cfg_pool_new(void);

/**
 * Sets what of domain changes only at a reboot to what from has, and takes out what must wait for that (vCPUs online, a
 * disk called as the one for cloud-init): the spec that can be had now. -ENOMEM leaves a domain that can only be freed.
 */
int cfg_domain_keep(struct cfg_domain *domain, const struct cfg_domain *from);

/** One difference between two specs of the same domain. */
struct cfg_diff {
	char path[96];		/* "memory.target", "vbds[xvda].source", "vifs[00:16:3e:..].rate", "vbds[xvdb]" */
	char *before, *after;	/* as they would be written; NULL: absent */
	enum cfg_change change;
	char how;		/* '+' added, '-' removed, '~' changed */
	struct cfg_place place;	/* in the wanted spec; line 0 if removed */
};
/**
 * Compares key by key (vbds matched by vdev, vifs by mac, depends_on and labels by name). *diffs is malloc'ed,
 * freed by cfg_diff_free. Returns 0 or -ENOMEM.
 */
int cfg_diff(const struct cfg_domain *before, const struct cfg_domain *after, struct cfg_diff **diffs, size_t *nr);
/** The same for two specs of one network. */
int cfg_diff_network(const struct cfg_network *before, const struct cfg_network *after, struct cfg_diff **diffs,
		     size_t *nr);
void cfg_diff_free(struct cfg_diff *diffs, size_t nr);

/**
 * Help for a key path ("memory", "vbds.mode"; NULL or "" for all) as text. -ENOENT: hint in err suggests the nearest.
 */
int cfg_explain(const char *path, struct buf *out, struct xlite_error *err);
/** JSON Schema (draft-07) of a document. */
void cfg_schema(struct buf *out);
/** The reference section of xlite.yaml(5), in mdoc or man macros. */
void cfg_man(struct buf *out);

/**
 * Whether text is a plain name, as networks and sets have one: up to 63 letters, digits and _.+-, the first a letter
 * or digit.
 */
bool cfg_is_name(const char *text);
#define CFG_MAX_DOMAIN_NAME 200	/* bytes: with what xenconsoled puts around it, it is the name of a log file */
/** Whether text can be the name of a domain in a spec: other tools know more names. */
bool cfg_is_domain_name(const char *text);
/** Whether text is the name of a host: words of letters, digits and hyphens with dots between, 253 bytes at most. */
bool cfg_is_host_name(const char *text);
/** Parses "90s", "5m", "1h", "90" (seconds). 0, or -EINVAL/-ERANGE (less than a second, more than a day). */
int cfg_parse_seconds(const char *text, unsigned *seconds);
/**
 * Parses "running", "tcp=5432", "xenstore=data/up", "console=TEXT", as the keys of depends_on take them, into ready,
 * text and port; text is the caller's to free. 0, -EINVAL with the reason in why, or -ENOMEM.
 */
int cfg_parse_ready(const char *text, struct cfg_dependency *ready, struct buf *why);
/** Parses "512MiB", "1GiB", "512" (MiB) to KiB; text after it is an error. 0 or -EINVAL/-ERANGE. */
int cfg_parse_memory(const char *text, uint64_t *kib);
/** CPU list "0-3,7" or "all,^2" to a bitmap of nr_bytes (bit n of byte n/8). 0 or -EINVAL/-ERANGE. */
int cfg_parse_cpus(const char *text, uint8_t *bitmap, size_t nr_bytes);
/**
 * Numbers that a list can name are below these: of CPUs more than Xen has, of NUMA nodes as many, of VLANs as a tag has
 * room for.
 */
#define CFG_NR_CPUS 4096
#define CFG_NR_NODES 64
#define CFG_NR_VLANS 4096
/** The list of one vCPU, where lists has one for all, or one for each; "all" where it has none. */
const char *cfg_cpus_of(const struct cfg_strings *lists, unsigned vcpu);
/**
 * Makes one list of lists that are all the same, and none of those that are "all": so what means the same is the
 * same.
 */
void cfg_join_cpus(struct cfg_strings *lists);
/** Makes one list of several, of nodes or VLANs below limit: of all that they name. 0 or -ENOMEM. */
int cfg_unite_lists(struct cfg_strings *lists, unsigned limit);
/** What such a bitmap has as numbers and ranges, never as all but some; malloc'ed, NULL when out of memory. */
char *cfg_cpus_text(const uint8_t *bitmap, size_t nr_bytes);
/** The name's uuid: UUIDv5 in the project's namespace. */
void cfg_uuid_of_name(const char *name, uint8_t uuid[16]);
/** The default MAC of the position-th vif (from 0): 00:16:3e and 23 bits of SHA-1(uuid, position). */
void cfg_mac_of(const uint8_t uuid[16], unsigned position, uint8_t mac[6]);
/** The name in words edit-distance-nearest to word, NULL when none is near (for did-you-mean). */
const char *cfg_nearest(const char *word, const char *const *words, size_t nr);
/** Enum names, as written in YAML. */
const char *cfg_state_name(enum cfg_state state);
const char *cfg_action_name(enum cfg_action action);
const char *cfg_type_name(enum cfg_type type);

#endif
