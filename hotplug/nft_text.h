/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside hotplug/ only: the scripts for nft as text, and what its lists say. Pure: nothing is run here.
 */
#ifndef HOTPLUG_NFT_TEXT_H
#define HOTPLUG_NFT_TEXT_H

#include "common/buf.h"
#include "common/inet.h"
#include "hotplug/nft.h"

/** A chain's name: a word for its kind, and what it is of; + and @, which nft's names cannot have, as /p and /a. */
#define NFT_CHAIN 160

/** A script that grows; fingerprint covers its rules. buf_clear(&text.script) at the end. */
struct nft_text {
	struct buf script;
	const char *family;	/* "netdev" or "inet" */
	const char *owner;
	char chain[NFT_CHAIN];
	uint64_t fingerprint;	/* the sum over all rules of hash and position in the chain: chains have no order */
	uint64_t position;	/* of the last rule in its chain, from 1 */
	unsigned nr_rules;
};

/** Hash of a text (FNV-1a), and two of them made one. */
uint64_t nft_hash(const char *text, size_t len);
uint64_t nft_fold(uint64_t a, uint64_t b);
/** Whether name may stand in a script: 1 to max letters, digits and _.+-@ ; else -EINVAL saying what it is of. */
int nft_check_name(const char *what, const char *name, size_t max, struct xlite_error *err);
/** The name of a chain, and back: false when it is none of that prefix. out of NFT_CHAIN bytes, name of 64. */
void nft_chain_name(const char *prefix, const char *name, char *out);
bool nft_chain_is(const char *prefix, const char *chain, char *name);

/**
 * Opens a chain: created where it is missing, emptied where not; hook is what follows "type". Rules go to it from
 * then on.
 */
void nft_chain(struct nft_text *text, const char *prefix, const char *name, const char *hook);
/** Adds a rule to the chain opened last, with its comment. */
void nft_rule(struct nft_text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Removes a chain, also one that is not there. */
void nft_chain_remove(struct nft_text *text, const char *prefix, const char *name);

/** The whole of each: checked first, -EINVAL. */
int nft_text_filter(struct nft_text *text, const struct hotplug_nft_filter *filter, struct xlite_error *err);
int nft_text_nat(struct nft_text *text, const struct hotplug_nft_nat *nat, struct xlite_error *err);
int nft_text_forwards(struct nft_text *text, const char *owner, const struct hotplug_nft_forward *forwards, size_t nr,
		      struct xlite_error *err);

#define NFT_FILTER "in-"
#define NFT_NAT "nat-"
#define NFT_DNAT "dnat-"
#define NFT_OUT "out-"

/** Adds to list what `nft -j list table` printed of one table; -EBADMSG. */
int nft_parse(struct hotplug_nft_list *list, const char *json, size_t len, struct xlite_error *err);
/** The entry of a kind and name, or NULL. */
struct hotplug_nft_entry *nft_entry(const struct hotplug_nft_list *list, enum hotplug_nft_kind kind, const char *name);

/** Whether the kernel may have our table of this family, "inet" or "netdev": asked by netlink, without running nft. */
bool nft_has_table(const char *family);
/**
 * Keeps other runs from changing our tables until the descriptor returned is closed; negative errno, -EAGAIN at the
 * deadline.
 */
int nft_lock(int64_t deadline_ns, struct xlite_error *err);
/**
 * Runs nft with args (NULL-terminated) and input on its standard input; what it prints goes to out, which may be
 * NULL.
 */
int nft_run(const char *const args[], const struct buf *input, struct buf *out, int64_t deadline_ns,
	    struct xlite_error *err);

#endif
