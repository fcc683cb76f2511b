/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks inside one document that need more than one key; see check.h.
 */
#include "cfg/check.h"

#include <string.h>

#include "cfg/value.h"
#include "common/bits.h"

/** Bytes that a node of XenStore has room for beside its path. */
#define SCRIPT_SOURCE_MAX 1900

static void check_cpus(struct cfg_checker *checker, const char *key, struct cfg_strings *lists, unsigned vcpus)
{
	bool counted = cfg_checker_given(checker, "max") ||
		       (!cfg_checker_partial(checker) && !cfg_checker_present(checker, "max"));

	if (counted && cfg_checker_given(checker, key) && lists->nr > 1 && lists->nr != vcpus)
		cfg_checker_error(checker, key,
				  "%s: %zu entries for %u vCPU%s (max): it takes one for all, or one for each", key,
				  lists->nr, vcpus, vcpus == 1 ? "" : "s");
	cfg_join_cpus(lists);
}

/* Xen takes no notice of a soft affinity that has no CPU of the affinity. */
static void check_soft(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	uint8_t hard[CFG_NR_CPUS / 8], soft[CFG_NR_CPUS / 8];

	if (!cfg_checker_given(checker, "soft_affinity") || !cfg_checker_given(checker, "affinity"))
		return;
	for (unsigned i = 0; i < domain->vcpus_max; i++) {
		const char *may = cfg_cpus_of(&domain->affinity, i), *should = cfg_cpus_of(&domain->soft_affinity, i);

		if (cfg_parse_cpus(may, hard, sizeof(hard)) || cfg_parse_cpus(should, soft, sizeof(soft)) ||
		    bits_meet(hard, soft, sizeof(hard)))
			continue;
		cfg_checker_error(checker, "soft_affinity",
				  "soft_affinity: vCPU %u should run on %s and may run on %s only", i, should, may);
		return;
	}
}

void cfg_check_vcpus(struct cfg_checker *checker, void *base)
{
	struct cfg_domain *domain = base;

	check_cpus(checker, "affinity", &domain->affinity, domain->vcpus_max);
	check_cpus(checker, "soft_affinity", &domain->soft_affinity, domain->vcpus_max);
	check_soft(checker, domain);
	/* Of defaults either may be overridden: only what stands there together is compared. */
	if (cfg_checker_partial(checker) && !cfg_checker_given(checker, "max"))
		return;
	if (cfg_checker_given(checker, "online") && domain->vcpus_online > domain->vcpus_max)
		cfg_checker_error(checker, "online", "online: %u is more than max, which is %u", domain->vcpus_online,
				  domain->vcpus_max);
}

void cfg_check_memory(struct cfg_checker *checker, void *base)
{
	struct cfg_domain *domain = base;
	auto_buf struct buf max = BUF_INIT, target = BUF_INIT;

	if (cfg_unite_lists(&domain->memory_nodes, CFG_NR_NODES))
		cfg_checker_failed(checker);
	if (!cfg_checker_given(checker, "max") || !cfg_checker_given(checker, "target") ||
	    domain->max_memory_kib >= domain->memory_kib)
		return;
	cfg_value_memory.format(NULL, &domain->max_memory_kib, &max);
	cfg_value_memory.format(NULL, &domain->memory_kib, &target);
	cfg_checker_error(checker, "max", "max: %s is less than target, which is %s", buf_str(&max), buf_str(&target));
}

static void check_vdevs(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	for (size_t i = 1; i < domain->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &domain->vbds[i];

		for (size_t j = 0; j < i; j++) {
			if (!vbd->vdev || !domain->vbds[j].vdev || strcmp(vbd->vdev, domain->vbds[j].vdev))
				continue;
			cfg_checker_error_at(checker, &vbd->place, "vdev `%s` is used twice; the first is in line %u",
					     vbd->vdev, domain->vbds[j].place.line);
			break;
		}
	}
}

/* A disk that is written to and used twice by one domain is a corrupted disk. */
static bool same_source(const struct cfg_vbd *a, const struct cfg_vbd *b)
{
	if (a->volume && b->volume && !strcmp(a->volume, b->volume))
		return true;
	return a->source && b->source && !strcmp(a->source, b->source);
}

static void check_sources(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	for (size_t i = 1; i < domain->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &domain->vbds[i];

		for (size_t j = 0; j < i; j++) {
			const struct cfg_vbd *other = &domain->vbds[j];

			if (!same_source(vbd, other) ||
			    (vbd->mode == CFG_VBD_RO && other->mode == CFG_VBD_RO) || (vbd->shared && other->shared))
				continue;
			cfg_checker_error_at(checker, vbd->source ? &vbd->source_place : &vbd->volume_place,
					     "this source is also that of `%s`, and one of them may write to it", other->vdev ?
					     other->vdev : "another vbd");
			break;
		}
	}
}

static void check_macs(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	for (size_t i = 1; i < domain->nr_vifs; i++) {
		for (size_t j = 0; j < i; j++) {
			if (memcmp(domain->vifs[i].mac, domain->vifs[j].mac, sizeof(domain->vifs[i].mac)))
				continue;
			cfg_checker_error_at(checker, &domain->vifs[i].place,
					     "this vif has the same MAC address as the one in line %u",
					     domain->vifs[j].place.line);
			break;
		}
	}
}

/* What QEMU serves has neither a script nor a file system's name, and who writes to a qcow2 image has it alone. */
static void check_qemu(struct cfg_checker *checker, const struct cfg_vbd *vbd)
{
	bool qcow2 = vbd->format == CFG_FORMAT_QCOW2;

	if (!cfg_vbd_needs_qemu(vbd))
		return;
	if (vbd->script)
		cfg_checker_error(checker, "script", "script: format: qcow2 is QEMU's work, without a hotplug script");
	if (qcow2 && cfg_vbd_is_nbd(vbd))
		cfg_checker_error(checker, "format", "format: of NBD only raw; the server can read qcow2 (qemu-nbd -f qcow2)");
	if (qcow2 && vbd->source && (!strncmp(vbd->source, "LABEL=", 6) || !strncmp(vbd->source, "UUID=", 5)))
		cfg_checker_error(checker, "source", "source: LABEL= and UUID= name file systems, and a qcow2 image is none");
	if (qcow2 && vbd->shared && !vbd->cdrom && vbd->mode == CFG_VBD_RW)
		cfg_checker_error(checker, "shared",
				  "shared: a qcow2 image that is written to has one user; mode: ro can be shared");
}

/* What a script takes is known to the script alone; it has to fit into a node of XenStore. */
static void check_source(struct cfg_checker *checker, const struct cfg_vbd *vbd)
{
	auto_buf struct buf why = BUF_INIT;

	if (!vbd->source)
		return;
	if (vbd->script && strlen(vbd->source) > SCRIPT_SOURCE_MAX)
		cfg_checker_error(checker, "source", "source: is %zu bytes long; with a script the limit is %d",
				  strlen(vbd->source), SCRIPT_SOURCE_MAX);
	else if (!cfg_checker_present(checker, "script") && cfg_source_check(vbd->source, &why))
		cfg_checker_error(checker, "source", "source: %s", buf_str(&why));
}

/* A CD drive can only be read, and nobody needs to say so. */
void cfg_check_vbd(struct cfg_checker *checker, void *base)
{
	struct cfg_vbd *vbd = base;

	check_source(checker, vbd);
	check_qemu(checker, vbd);
	if (vbd->volume && cfg_checker_present(checker, "script"))
		cfg_checker_error(checker, "script", "script: a volume is attached by xlite itself");
	if (!vbd->cdrom)
		return;
	if (cfg_checker_given(checker, "mode") && vbd->mode == CFG_VBD_RW)
		cfg_checker_error(checker, "mode", "mode: a CD drive can only be read");
	vbd->mode = CFG_VBD_RO;
}

static void check_dependencies(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	for (size_t i = 0; i < domain->nr_depends_on; i++) {
		const struct cfg_dependency *dependency = &domain->depends_on[i];

		for (size_t j = 0; dependency->name && j < i; j++) {
			const char *other = domain->depends_on[j].name;

			if (!other || strcmp(other, dependency->name))
				continue;
			cfg_checker_error_at(checker, &dependency->place, "`%s` is named twice; the first is in line %u",
					     other, domain->depends_on[j].place.line);
			break;
		}
	}
}

/* With certainty: of what defaults or a document cut short will say nothing is known. */
static bool boots_own_disk(const struct cfg_checker *checker, const struct cfg_domain *domain)
{
	return !cfg_checker_partial(checker) && !cfg_checker_present(checker, "kernel") && cfg_boots_own_disk(domain);
}

/* Disks to boot from there are, but for CD drives without a disc. */
static void check_boot(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	if (!boots_own_disk(checker, domain) || !domain->nr_vbds)
		return;
	for (size_t i = 0; i < domain->nr_vbds; i++) {
		if (!domain->vbds[i].cdrom || domain->vbds[i].source || domain->vbds[i].volume)
			return;
	}
	cfg_checker_error_at(checker, &domain->vbds[0].place,
			     "without `kernel` the domain boots from a disk, and a CD drive without "
			     "a disc is none");
}

/* The command line has room for one interface. */
static void check_announced(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	const struct cfg_vif *first = NULL;

	for (size_t i = 0; i < domain->nr_vifs; i++) {
		const struct cfg_vif *vif = &domain->vifs[i];

		if (vif->announce != CFG_ANNOUNCE_CMDLINE)
			continue;
		if (boots_own_disk(checker, domain))
			cfg_checker_error_at(checker, &vif->place,
					     "announce: cmdline goes only with `kernel`: the command line of a "
					     "kernel on the domain's disk is on that disk");
		if (first)
			cfg_checker_error_at(checker, &vif->place, "only one vif can be announced by cmdline; the first is in "
					     "line %u", first->place.line);
		else
			first = vif;
	}
}

/* A card is an emulated PC's, and what only a vif's own backend does it would pass by. */
static void check_cards(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	for (size_t i = 0; i < domain->nr_vifs && !cfg_checker_partial(checker); i++) {
		const struct cfg_vif *vif = &domain->vifs[i];

		if (vif->model == CFG_CARD_AUTO)
			continue;
		if (domain->type != CFG_TYPE_HVM)
			cfg_checker_error_at(checker, &vif->place,
					     "`model` can only be used with type `hvm`, not with `%s`",
					     cfg_type_name(domain->type));
		else if (vif->model != CFG_CARD_NONE && !cfg_vif_emulated(domain, vif))
			cfg_checker_error_at(checker, &vif->place,
					     "model: with `route`, `rate` or `script` there is no emulated card");
	}
}

/* What an emulated PC can have: its disks are those that the kernel serves, which its device model opens as well. */
static void check_emulated(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	unsigned cards = 0;

	if (domain->type != CFG_TYPE_HVM || cfg_checker_partial(checker))
		return;
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		if (!cfg_vif_emulated(domain, &domain->vifs[i]) || cards++ < CFG_CARDS)
			continue;
		cfg_checker_error_at(checker, &domain->vifs[i].place,
				     "an emulated PC has room for %u cards: `model: none` is an interface without "
				     "one",
				     CFG_CARDS);
		break;
	}
	for (size_t i = 0; i < domain->nr_vbds; i++) {
		if (cfg_vbd_needs_qemu(&domain->vbds[i]))
			cfg_checker_error_at(checker, &domain->vbds[i].place,
					     "with type `hvm` a disk is raw, in a file or on a block device: qcow2 "
					     "images and NBD are not supported there yet");
	}
	if (domain->memory_kib % 1024 || domain->max_memory_kib % 1024)
		cfg_checker_error_at(checker, &domain->memory_place, "memory: with type `hvm` in whole MiB");
}

/* Identities that were not given follow from the name. */
static void derive(struct cfg_domain *domain)
{
	if (!domain->uuid_given && domain->name)
		cfg_uuid_of_name(domain->name, domain->uuid);
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		if (!domain->vifs[i].mac_given)
			cfg_mac_of(domain->uuid, (unsigned)i, domain->vifs[i].mac);
	}
}

void cfg_check_domain(struct cfg_checker *checker, void *base)
{
	struct cfg_domain *domain = base;

	derive(domain);
	check_vdevs(checker, domain);
	check_sources(checker, domain);
	check_macs(checker, domain);
	check_announced(checker, domain);
	check_boot(checker, domain);
	check_emulated(checker, domain);
	check_cards(checker, domain);
	check_dependencies(checker, domain);
	cfg_check_cloud_disk(checker, domain);
	cfg_check_told(checker, domain);
}
