/* SPDX-License-Identifier: GPL-2.0-or-later
 * The life of specs: made with every default, copied, freed; all by the table of keys.
 */
#include "cfg/spec.h"

#include <stdlib.h>

#include "cfg/keys.h"
#include "cfg/value_nbd.h"

struct cfg_domain *cfg_domain_new(void)
{
	struct cfg_domain *domain = calloc(1, sizeof(*domain));

	if (domain && cfg_section_defaults(&cfg_domain_section, domain)) {
		cfg_domain_free(domain);
		return NULL;
	}
	if (domain)
		domain->vcpus_online = domain->vcpus_max;
	return domain;
}

void cfg_domain_free(struct cfg_domain *domain)
{
	if (!domain)
		return;
	cfg_section_clear(&cfg_domain_section, domain);
	free(domain);
}

struct cfg_domain *cfg_domain_copy(const struct cfg_domain *domain)
{
	struct cfg_domain *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *domain;
	if (cfg_section_dup(&cfg_domain_section, copy)) {
		cfg_domain_free(copy);
		return NULL;
	}
	return copy;
}

struct cfg_network *cfg_network_new(void)
{
	struct cfg_network *network = calloc(1, sizeof(*network));

	if (network && cfg_section_defaults(&cfg_network_section, network)) {
		cfg_network_free(network);
		return NULL;
	}
	return network;
}

void cfg_network_free(struct cfg_network *network)
{
	if (!network)
		return;
	cfg_section_clear(&cfg_network_section, network);
	free(network);
}

struct cfg_network *cfg_network_copy(const struct cfg_network *network)
{
	struct cfg_network *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *network;
	if (cfg_section_dup(&cfg_network_section, copy)) {
		cfg_network_free(copy);
		return NULL;
	}
	return copy;
}

void cfg_vif_clear(struct cfg_vif *vif)
{
	cfg_section_clear(&cfg_vifs_section, vif);
}

void cfg_vbd_clear(struct cfg_vbd *vbd)
{
	cfg_section_clear(&cfg_vbds_section, vbd);
}

bool cfg_vbd_is_nbd(const struct cfg_vbd *vbd)
{
	return !vbd->script && cfg_nbd_source(vbd->source);
}

bool cfg_boots_own_disk(const struct cfg_domain *domain)
{
	return domain->type != CFG_TYPE_HVM && !domain->kernel && domain->state != CFG_STATE_STOPPED;
}

bool cfg_vbd_needs_qemu(const struct cfg_vbd *vbd)
{
	return vbd->format == CFG_FORMAT_QCOW2 || cfg_vbd_is_nbd(vbd);
}

const char *cfg_cloud_vdev(const struct cfg_domain *domain)
{
	return domain->cloud_init.vdev ? domain->cloud_init.vdev : CFG_CLOUD_VDEV;
}
