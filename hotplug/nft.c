/* SPDX-License-Identifier: GPL-2.0-or-later
 * Setting and removing what we have in nftables: look first, write in one transaction what differs.
 */
#include "hotplug/nft.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "hotplug/nft_text.h"

/* The chains of each kind, and the family of their table. */
static const struct kind {
	const char *family, *what, *chains[2];
} kinds[] = {
	[HOTPLUG_NFT_FILTER] = { "netdev", "filter of", { NFT_FILTER } },
	[HOTPLUG_NFT_NAT] = { "inet", "translation of network", { NFT_NAT } },
	[HOTPLUG_NFT_FORWARDS] = { "inet", "forwards of", { NFT_DNAT, NFT_OUT } },
};

void hotplug_nft_list_clear(struct hotplug_nft_list *list)
{
	if (!list)
		return;
	free(list->entries);
	free(list->ports);
	free(list->addresses);
	memset(list, 0, sizeof(*list));
}

/* One table of ours; that it is missing is no error, also where somebody removes it just then. */
static int list_table(struct hotplug_nft_list *list, const char *family, int64_t deadline_ns, struct xlite_error *err)
{
	const char *const args[] = { "nft", "-j", "list", "table", family, "xlite", NULL };
	auto_buf struct buf out = BUF_INIT;
	struct xlite_error refused = { 0 };
	int ret;

	if (!nft_has_table(family))
		return 0;
	ret = nft_run(args, NULL, &out, deadline_ns, &refused);
	if (ret == -EIO && !nft_has_table(family))
		return 0;
	if (ret) {
		if (err)
			*err = refused;
		return ret;
	}
	return nft_parse(list, buf_str(&out), out.len, err);
}

static void list_stale(struct hotplug_nft_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		list->entries[i].stale = list->entries[i].kind == HOTPLUG_NFT_FILTER && !if_nametoindex(list->entries[i].name);
}

/* Of both tables, or of the one of this family. */
static int list_of(struct hotplug_nft_list *list, const char *family, int64_t deadline_ns, struct xlite_error *err)
{
	int ret = 0;

	memset(list, 0, sizeof(*list));
	if (!family || !strcmp(family, "netdev"))
		ret = list_table(list, "netdev", deadline_ns, err);
	if (!ret && (!family || !strcmp(family, "inet")))
		ret = list_table(list, "inet", deadline_ns, err);
	if (ret)
		hotplug_nft_list_clear(list);
	list_stale(list);
	return ret;
}

int hotplug_nft_list(struct hotplug_nft_list *list, int64_t deadline_ns, struct xlite_error *err)
{
	return list_of(list, NULL, deadline_ns, err);
}

static int submit(const struct nft_text *text, int64_t deadline_ns, struct xlite_error *err)
{
	static const char *const args[] = { "nft", "-f", "-", NULL };

	if (text->script.failed)
		return xlite_error_sys(err, -ENOMEM, "nft: write its script");
	return nft_run(args, &text->script, NULL, deadline_ns, err);
}

/* Gives text to nft, unless the kernel has just that. */
static int set(enum hotplug_nft_kind kind, const char *name, const struct nft_text *text, bool *changed, int64_t deadline_ns,
	       struct xlite_error *err)
{
	auto_close int lock = nft_lock(deadline_ns, err);
	const struct hotplug_nft_entry *have;
	struct hotplug_nft_list list;
	bool same;
	int ret = lock < 0 ? lock : list_of(&list, kinds[kind].family, deadline_ns, err);

	if (!ret) {
		have = nft_entry(&list, kind, name);
		same = have && have->nr_rules == text->nr_rules && have->fingerprint == text->fingerprint;
		hotplug_nft_list_clear(&list);
		ret = same ? 0 : submit(text, deadline_ns, err);
		if (!ret && changed)
			*changed = !same;
	}
	if (ret)
		xlite_error_prefix(err, "%s %s", kinds[kind].what, name);
	return ret;
}

static bool others(const struct hotplug_nft_list *list, const char *family)
{
	return !strcmp(family, "netdev") ? list->netdev_others : list->inet_others;
}

/* Only a table that would be empty goes with its last entry. */
static void remove_text(struct nft_text *text, const struct hotplug_nft_list *list, enum hotplug_nft_kind kind,
			const char *name)
{
	size_t i, nr = 0;

	for (i = 0; i < list->nr; i++)
		nr += !strcmp(kinds[list->entries[i].kind].family, kinds[kind].family);
	text->family = kinds[kind].family;
	if (nr == 1 && !others(list, text->family)) {
		buf_printf(&text->script, "delete table %s xlite\n", text->family);
		return;
	}
	for (i = 0; i < 2 && kinds[kind].chains[i]; i++)
		nft_chain_remove(text, kinds[kind].chains[i], name);
}

static int remove_one(enum hotplug_nft_kind kind, const char *name, bool *changed, int64_t deadline_ns, struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };
	auto_close int lock = -1;
	struct hotplug_nft_list list;
	bool have;
	int ret = nft_check_name(kinds[kind].what, name, HOTPLUG_NFT_NAME_MAX, err);

	if (ret)
		return ret;
	lock = nft_lock(deadline_ns, err);
	ret = lock < 0 ? lock : list_of(&list, kinds[kind].family, deadline_ns, err);
	if (!ret) {
		have = nft_entry(&list, kind, name);
		if (have) {
			remove_text(&text, &list, kind, name);
			ret = submit(&text, deadline_ns, err);
		}
		if (!ret && changed)
			*changed = have;
		hotplug_nft_list_clear(&list);
	}
	buf_clear(&text.script);
	if (ret)
		xlite_error_prefix(err, "remove %s %s", kinds[kind].what, name);
	return ret;
}

int hotplug_nft_filter_set(const struct hotplug_nft_filter *filter, bool *changed, int64_t deadline_ns, struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };
	int ret = nft_text_filter(&text, filter, err);

	/* Since 6.16 a kernel takes a chain for a device that is not there. */
	if (!ret && !if_nametoindex(filter->device))
		ret = xlite_error_set(err, -ENODEV, "filter of %s: there is no such network interface", filter->device);
	if (!ret)
		ret = set(HOTPLUG_NFT_FILTER, filter->device, &text, changed, deadline_ns, err);
	buf_clear(&text.script);
	return ret;
}

int hotplug_nft_filter_remove(const char *device, bool *changed, int64_t deadline_ns, struct xlite_error *err)
{
	return remove_one(HOTPLUG_NFT_FILTER, device, changed, deadline_ns, err);
}

int hotplug_nft_nat_set(const struct hotplug_nft_nat *nat, bool *changed, int64_t deadline_ns, struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };
	int ret = nft_text_nat(&text, nat, err);

	if (!ret)
		ret = set(HOTPLUG_NFT_NAT, nat->network, &text, changed, deadline_ns, err);
	buf_clear(&text.script);
	return ret;
}

int hotplug_nft_nat_remove(const char *network, bool *changed, int64_t deadline_ns, struct xlite_error *err)
{
	return remove_one(HOTPLUG_NFT_NAT, network, changed, deadline_ns, err);
}

int hotplug_nft_forwards_set(const char *owner, const struct hotplug_nft_forward *forwards, size_t nr, bool *changed,
			     int64_t deadline_ns, struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };
	int ret;

	if (!nr)
		return hotplug_nft_forwards_remove(owner, changed, deadline_ns, err);
	ret = nft_text_forwards(&text, owner, forwards, nr, err);
	if (!ret)
		ret = set(HOTPLUG_NFT_FORWARDS, owner, &text, changed, deadline_ns, err);
	buf_clear(&text.script);
	return ret;
}

int hotplug_nft_forwards_remove(const char *owner, bool *changed, int64_t deadline_ns, struct xlite_error *err)
{
	return remove_one(HOTPLUG_NFT_FORWARDS, owner, changed, deadline_ns, err);
}

/* What goes of one table: all of it, when nothing of it would stay. */
static void sweep_table(struct nft_text *text, const struct hotplug_nft_list *list, const char *family)
{
	size_t i, stay = 0;

	text->family = family;
	for (i = 0; i < list->nr; i++)
		stay += !strcmp(kinds[list->entries[i].kind].family, family) && !list->entries[i].stale;
	stay += others(list, family);
	if (!stay)
		buf_printf(&text->script, "delete table %s xlite\n", family);
	for (i = 0; stay && i < list->nr; i++) {
		const struct hotplug_nft_entry *entry = &list->entries[i];
		const struct kind *kind = &kinds[entry->kind];

		for (size_t k = 0; k < 2 && kind->chains[k] && entry->stale && !strcmp(kind->family, family); k++)
			nft_chain_remove(text, kind->chains[k], entry->name);
	}
}

int hotplug_nft_sweep(bool (*lives)(void *ctx, const char *owner), void *ctx, bool *changed, int64_t deadline_ns,
		      struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };
	auto_close int lock = nft_lock(deadline_ns, err);
	struct hotplug_nft_list list;
	int ret = lock < 0 ? lock : hotplug_nft_list(&list, deadline_ns, err);

	if (ret)
		return ret;
	for (size_t i = 0; lives && i < list.nr; i++) {
		if (list.entries[i].kind == HOTPLUG_NFT_FORWARDS)
			list.entries[i].stale = !lives(ctx, list.entries[i].name);
	}
	if (list.netdev)
		sweep_table(&text, &list, "netdev");
	if (list.inet)
		sweep_table(&text, &list, "inet");
	hotplug_nft_list_clear(&list);
	if (text.script.len)
		ret = submit(&text, deadline_ns, err);
	if (!ret && changed)
		*changed = text.script.len > 0;
	buf_clear(&text.script);
	return ret;
}

static int fingerprint(struct nft_text *text, int ret, uint64_t *out)
{
	if (!ret)
		*out = text->fingerprint;
	buf_clear(&text->script);
	return ret;
}

int hotplug_nft_filter_fingerprint(const struct hotplug_nft_filter *filter, uint64_t *out, struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };

	return fingerprint(&text, nft_text_filter(&text, filter, err), out);
}

int hotplug_nft_nat_fingerprint(const struct hotplug_nft_nat *nat, uint64_t *out, struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };

	return fingerprint(&text, nft_text_nat(&text, nat, err), out);
}

int hotplug_nft_forwards_fingerprint(const char *owner, const struct hotplug_nft_forward *forwards, size_t nr, uint64_t *out,
				     struct xlite_error *err)
{
	struct nft_text text = { .script = BUF_INIT };

	return fingerprint(&text, nft_text_forwards(&text, owner, forwards, nr, err), out);
}
