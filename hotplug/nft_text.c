/* SPDX-License-Identifier: GPL-2.0-or-later
 * What every script for nft is made of: names that cannot be anything but names, chains, rules with their tag.
 */
#include "hotplug/nft_text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t nft_hash(const char *text, size_t len)
{
	uint64_t hash = FNV_START;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * FNV_PRIME;
	return hash;
}

uint64_t nft_fold(uint64_t a, uint64_t b)
{
	return (a * FNV_PRIME ^ b) * FNV_PRIME;
}

int nft_check_name(const char *what, const char *name, size_t max, struct xlite_error *err)
{
	size_t i, len = strlen(name);

	if (!len || len > max)
		return xlite_error_set(err, -EINVAL, "%s \"%.64s\": names have 1 to %zu bytes", what, name, max);
	for (i = 0; i < len; i++) {
		/* Not isalnum(), which the locale may widen. */
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+@-", name[i]))
			return xlite_error_set(err, -EINVAL,
					       "%s: a name in nft's rules may have only letters, digits and _.+@-",
					       what);
	}
	return 0;
}

void nft_chain_name(const char *prefix, const char *name, char *out)
{
	char *end = out + NFT_CHAIN - 3;

	out = stpcpy(out, prefix);
	for (; *name && out < end; name++) {
		if (*name == '+' || *name == '@')
			*out++ = '/';
		*out++ = *name == '+' ? 'p' : *name == '@' ? 'a' : *name;
	}
	*out = '\0';
}

bool nft_chain_is(const char *prefix, const char *chain, char *name)
{
	size_t n = 0, skip = strlen(prefix);

	if (strncmp(prefix, chain, skip))
		return false;
	for (chain += skip; *chain && n < 63; chain++) {
		if (*chain == '/' && (chain[1] == 'p' || chain[1] == 'a'))
			name[n++] = *++chain == 'p' ? '+' : '@';
		else
			name[n++] = *chain;
	}
	name[n] = '\0';
	return !*chain && n;
}

void nft_chain(struct nft_text *text, const char *prefix, const char *name, const char *hook)
{
	nft_chain_name(prefix, name, text->chain);
	text->position = 0;
	buf_printf(&text->script, "add table %s xlite\nadd chain %s xlite %s { type %s }\nflush chain %s xlite %s\n",
		   text->family, text->family, text->chain, hook, text->family, text->chain);
}

void nft_rule(struct nft_text *text, const char *fmt, ...)
{
	auto_free char *rule = NULL;
	uint64_t hash;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&rule, fmt, ap);
	va_end(ap);
	if (n < 0) {
		rule = NULL;
		text->script.failed = true;
		return;
	}
	/* The chain belongs to the rule: one that moved is another. */
	hash = nft_fold(nft_hash(text->chain, strlen(text->chain)), nft_hash(rule, (size_t)n));
	text->fingerprint += nft_fold(hash, ++text->position);
	text->nr_rules++;
	buf_printf(&text->script, "add rule %s xlite %s %s comment \"xlite:%s %016" PRIx64 "\"\n", text->family,
		   text->chain, rule, text->owner, hash);
}

void nft_chain_remove(struct nft_text *text, const char *prefix, const char *name)
{
	nft_chain_name(prefix, name, text->chain);
	buf_printf(&text->script, "add chain %s xlite %s\nflush chain %s xlite %s\ndelete chain %s xlite %s\n", text->family,
		   text->chain, text->family, text->chain, text->family, text->chain);
}
