/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks of what a guest's cloud-init is told; see check.h.
 */
#include "cfg/check.h"

#include <string.h>

#include "cfg/value.h"

/* As vifs' addresses are written, which have a prefix length where they need one. */
static void check_servers(struct cfg_checker *checker, const struct cfg_strings *servers)
{
	for (size_t i = 0; i < servers->nr && servers->places; i++) {
		if (strchr(servers->items[i], '/'))
			cfg_checker_error_at(checker, &servers->places[i],
					     "nameservers: `%s` is a subnet; it takes addresses", servers->items[i]);
	}
}

/* They are told of with the interfaces. */
static void check_untold(struct cfg_checker *checker, const struct cfg_cloud_init *cloud)
{
	static const char fault[] = "%s: with `network: false` the guest is not told of them";

	if (!cloud->enabled || cloud->network || cfg_checker_partial(checker))
		return;
	if (cloud->nameservers.nr)
		cfg_checker_error(checker, "nameservers", fault, "nameservers");
	if (cloud->search.nr)
		cfg_checker_error(checker, "search", fault, "search");
}

void cfg_check_cloud_init(struct cfg_checker *checker, void *base)
{
	static const char *const others[] = {
		"ssh_keys", "user_data", "vendor_data", "hostname", "network", "nameservers", "search", "vdev",
	};
	struct cfg_domain *domain = base;
	const char *vdev = cfg_cloud_vdev(domain);

	/* So it is written where the others are all as they would be without. */
	for (size_t i = 0; i < sizeof(others) / sizeof(*others) && !cfg_checker_present(checker, "enabled"); i++)
		domain->cloud_init.enabled = domain->cloud_init.enabled_given =
			domain->cloud_init.enabled || cfg_checker_present(checker, others[i]);
	check_servers(checker, &domain->cloud_init.nameservers);
	check_untold(checker, &domain->cloud_init);
	if (strspn(vdev, "abcdefghijklmnopqrstuvwxyz") != strlen(vdev))
		cfg_checker_error(checker, "vdev",
				  "vdev: cloud-init looks at a whole disk, such as " CFG_CLOUD_VDEV
				  ", and not at a partition");
}

void cfg_check_told(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	bool told = domain->cloud_init.enabled && domain->cloud_init.network;

	for (size_t i = 0; i < domain->nr_vifs && !told && !cfg_checker_partial(checker); i++) {
		const struct cfg_vif *vif = &domain->vifs[i];

		if (vif->gateway.nr && !vif->announce)
			cfg_checker_error_at(checker, vif->gateway.places ? vif->gateway.places : &vif->place,
					     "gateway: the guest is not told of it without `announce` or `cloud_init`");
	}
}

void cfg_check_cloud_disk(struct cfg_checker *checker, const struct cfg_domain *domain)
{
	const struct cfg_cloud_init *cloud = &domain->cloud_init;

	if (!cloud->enabled)
		return;
	if (!cloud->hostname && domain->name && !cfg_is_host_name(domain->name))
		cfg_checker_error(checker, "cloud_init",
				  "cloud_init: the domain's name cannot be the guest's: `hostname` is missing");
	for (size_t i = 0; i < domain->nr_vbds; i++) {
		if (domain->vbds[i].vdev && !strcmp(domain->vbds[i].vdev, cfg_cloud_vdev(domain)))
			cfg_checker_error_at(checker, &domain->vbds[i].place,
					     "vdev `%s` is that of the disk for cloud-init (cloud_init.vdev)",
					     cfg_cloud_vdev(domain));
	}
}
