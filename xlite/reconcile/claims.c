/* SPDX-License-Identifier: GPL-2.0-or-later
 * What only one domain can have at a time: a disk, a MAC, an interface's name, a port of the host. Compared between specs.
 */
#include "xlite/reconcile/claims.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mac.h"
#include "hotplug/disk.h"

static bool is_local(const struct cfg_vbd *vbd)
{
	return vbd->source && !vbd->script && !cfg_vbd_is_nbd(vbd);
}

static bool find(const struct cfg_vbd *vbd, struct stat *st)
{
	char path[PATH_MAX];

	return is_local(vbd) && !hotplug_disk_resolve(vbd->source, NULL, path, sizeof(path), NULL) && !stat(path, st);
}

bool claims_lost_disk(const struct cfg_vbd *vbd)
{
	struct stat st;

	return is_local(vbd) && !find(vbd, &st);
}

bool claims_same_disk(const struct cfg_vbd *a, const struct cfg_vbd *b)
{
	struct stat one, two;

	if (!a->source || !b->source)
		return false;
	if (!strcmp(a->source, b->source))
		return true;
	if (!find(a, &one) || !find(b, &two) || S_ISBLK(one.st_mode) != S_ISBLK(two.st_mode))
		return false;
	return S_ISBLK(one.st_mode) ? one.st_rdev == two.st_rdev : one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

bool claims_mac(const struct cfg_domain *spec, const uint8_t mac[6])
{
	for (size_t i = 0; i < spec->nr_vifs; i++) {
		if (!memcmp(spec->vifs[i].mac, mac, 6))
			return true;
	}
	return false;
}

static bool shares(const struct cfg_vbd *a, const struct cfg_vbd *b)
{
	return a->shared || (a->mode == CFG_VBD_RO && b->mode == CFG_VBD_RO);
}

static bool disk_clashes(const struct cfg_domain *want, const struct cfg_domain *have)
{
	for (size_t i = 0; i < want->nr_vbds; i++) {
		for (size_t k = 0; k < have->nr_vbds; k++) {
			if (!shares(&want->vbds[i], &have->vbds[k]) && claims_same_disk(&want->vbds[i], &have->vbds[k]))
				return true;
		}
	}
	return false;
}

static bool port_clashes(const struct cfg_vif *vif, const struct cfg_domain *have)
{
	for (size_t i = 0; i < vif->nr_forwards; i++) {
		for (size_t k = 0; k < have->nr_vifs; k++) {
			for (size_t n = 0; n < have->vifs[k].nr_forwards; n++) {
				const struct cfg_forward *other = &have->vifs[k].forwards[n];

				if (other->port == vif->forwards[i].port && other->protocol == vif->forwards[i].protocol)
					return true;
			}
		}
	}
	return false;
}

static bool same_ifname(const struct cfg_vif *a, const struct cfg_vif *b)
{
	return a->ifname && b->ifname && !strcmp(a->ifname, b->ifname);
}

static bool ifname_clashes(const struct cfg_vif *vif, const struct cfg_domain *have)
{
	for (size_t i = 0; i < have->nr_vifs; i++) {
		if (same_ifname(vif, &have->vifs[i]))
			return true;
	}
	return false;
}

bool claims_clash(const struct cfg_domain *want, const struct cfg_domain *have)
{
	for (size_t i = 0; i < want->nr_vifs; i++) {
		const struct cfg_vif *vif = &want->vifs[i];

		if (claims_mac(have, vif->mac) || ifname_clashes(vif, have) || port_clashes(vif, have))
			return true;
	}
	return disk_clashes(want, have);
}

/* One thing of a spec, by its place there. */
struct claim {
	enum { CLAIM_NAME, CLAIM_MAC, CLAIM_IFNAME, CLAIM_PORT, CLAIM_DISK, CLAIM_NONE } kind;
	const char *name;
	const struct cfg_vif *vif;
	const struct cfg_forward *forward;
	const struct cfg_vbd *vbd;
};

/* The i-th thing of a spec; CLAIM_NONE past the last. */
static struct claim claim_at(const struct cfg_domain *spec, size_t i)
{
	if (!i--)
		return (struct claim){ .kind = CLAIM_NAME, .name = spec->name };
	if (i < spec->nr_vifs)
		return (struct claim){ .kind = CLAIM_MAC, .vif = &spec->vifs[i] };
	i -= spec->nr_vifs;
	if (i < spec->nr_vifs)
		return (struct claim){ .kind = CLAIM_IFNAME, .vif = &spec->vifs[i] };
	i -= spec->nr_vifs;
	if (i < spec->nr_vbds)
		return (struct claim){ .kind = CLAIM_DISK, .vbd = &spec->vbds[i] };
	i -= spec->nr_vbds;
	for (size_t k = 0; k < spec->nr_vifs; k++) {
		if (i < spec->vifs[k].nr_forwards)
			return (struct claim){ .kind = CLAIM_PORT, .forward = &spec->vifs[k].forwards[i] };
		i -= spec->vifs[k].nr_forwards;
	}
	return (struct claim){ .kind = CLAIM_NONE };
}

/* Another bridge is another segment, where the same MAC may be. */
static bool same_segment(const struct cfg_vif *a, const struct cfg_vif *b)
{
	if (a->kind == CFG_VIF_ROUTE || b->kind == CFG_VIF_ROUTE)
		return a->kind == b->kind;
	return a->kind == b->kind && !strcmp(a->target, b->target);
}

static bool claim_same(const struct claim *a, const struct claim *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case CLAIM_NAME:
		/* A domain whose creation was killed may have none yet. */
		return a->name && b->name && !strcmp(a->name, b->name);
	case CLAIM_MAC:
		return !memcmp(a->vif->mac, b->vif->mac, 6) && same_segment(a->vif, b->vif);
	case CLAIM_IFNAME:
		return same_ifname(a->vif, b->vif);
	case CLAIM_PORT:
		return a->forward->port == b->forward->port && a->forward->protocol == b->forward->protocol;
	case CLAIM_DISK:
		return claims_same_disk(a->vbd, b->vbd);
	default:
		return false;
	}
}

static bool claim_is_of(const struct claim *claim, const struct cfg_domain *spec)
{
	struct claim other;

	for (size_t i = 0; spec && (other = claim_at(spec, i)).kind != CLAIM_NONE; i++) {
		if (claim_same(claim, &other) && (claim->kind != CLAIM_DISK || claim->vbd->mode == other.vbd->mode))
			return true;
	}
	return false;
}

bool claims_left(const struct cfg_domain *have, const struct cfg_domain *want)
{
	struct claim claim;

	for (size_t i = 0; (claim = claim_at(have, i)).kind != CLAIM_NONE; i++) {
		if (!claim_is_of(&claim, want))
			return true;
	}
	return false;
}

static void claim_text(const struct claim *claim, char text[CLAIMS_TEXT_MAX])
{
	char mac[MAC_TEXT];

	if (claim->kind == CLAIM_NAME)
		snprintf(text, CLAIMS_TEXT_MAX, "the name %s", claim->name);
	else if (claim->kind == CLAIM_MAC)
		snprintf(text, CLAIMS_TEXT_MAX, "the MAC %s", mac_text(claim->vif->mac, mac));
	else if (claim->kind == CLAIM_IFNAME)
		snprintf(text, CLAIMS_TEXT_MAX, "the interface name %s", claim->vif->ifname);
	else if (claim->kind == CLAIM_PORT)
		snprintf(text, CLAIMS_TEXT_MAX, "%s port %u", claim->forward->protocol == CFG_UDP ? "udp" : "tcp",
			 claim->forward->port);
	else
		snprintf(text, CLAIMS_TEXT_MAX, "disk %s", claim->vbd->vdev);
}

/* A port is found when nothing else is: ports come last. */
enum claims_pass claims_pass(const struct cfg_domain *want, const struct cfg_domain *had, const struct cfg_domain *from,
			     const struct cfg_domain *to, char text[CLAIMS_TEXT_MAX])
{
	struct claim taken, given;

	for (size_t i = 0; (taken = claim_at(want, i)).kind != CLAIM_NONE; i++) {
		for (size_t k = 0; (given = claim_at(from, k)).kind != CLAIM_NONE; k++) {
			if (!claim_same(&taken, &given) || (taken.kind == CLAIM_DISK && shares(taken.vbd, given.vbd)) ||
			    claim_is_of(&taken, had) || claim_is_of(&given, to))
				continue;
			claim_text(&given, text);
			return given.kind == CLAIM_PORT ? CLAIMS_PORTS : CLAIMS_ONE_OWNER;
		}
	}
	return CLAIMS_NOTHING;
}
