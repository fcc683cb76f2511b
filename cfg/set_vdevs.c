/* SPDX-License-Identifier: GPL-2.0-or-later
 * Disks of one domain that a Linux guest would give the same device numbers: it attaches the first and refuses the second.
 * blkfront has one row of minor numbers for xvd, hd and sd together, and a name without a partition takes all numbers of
 * its disk (linux: drivers/block/xen-blkfront.c, xlvbd_alloc_gendisk). This is asked of specs, not of records, which may
 * be of domains that run.
 */
#include <stdlib.h>
#include <string.h>

#include "cfg/claim.h"

/** Numbers of a disk up to the 16th partition of the 16th disk, and of those beyond. */
#define PARTS 16u
#define PARTS_EXTENDED 256u

struct minors {
	unsigned first, nr;
};

/* name is one that cfg_value_vdev took. */
static struct minors minors_of(const char *name)
{
	const char *letters = name + (*name == 'x' ? 3 : 2);
	unsigned disk = 0, partition;

	for (; *letters >= 'a' && *letters <= 'z'; letters++)
		disk = disk * 26 + (unsigned)(*letters - 'a') + 1;
	disk--;
	partition = (unsigned)strtoul(letters, NULL, 10);
	/* Of an IDE disk's partition blkfront forgets the number. */
	if (*name == 'h')
		partition = 0;
	if (*name == 'x' && (disk >= PARTS || partition >= PARTS))
		return (struct minors){ disk * PARTS_EXTENDED + partition, partition ? 1 : PARTS_EXTENDED };
	return (struct minors){ disk * PARTS + partition, partition ? 1 : PARTS };
}

bool cfg_vdevs_overlap(const char *a, const char *b)
{
	struct minors x = minors_of(a), y = minors_of(b);

	return x.first < y.first + y.nr && y.first < x.first + x.nr;
}

static void check_cloud_disk(struct cfg_set *set, const struct cfg_domain *domain)
{
	const char *vdev = cfg_cloud_vdev(domain);

	for (size_t i = 0; i < domain->nr_vbds && domain->cloud_init.enabled; i++) {
		const struct cfg_vbd *vbd = &domain->vbds[i];

		/* The same name is told by the document's own check. */
		if (vbd->vdev && strcmp(vbd->vdev, vdev) && cfg_vdevs_overlap(vbd->vdev, vdev))
			cfg_place_error(set, &vbd->place,
					"vdev `%s` is the same device to a Linux guest as `%s`, the disk for cloud-init "
					"(cloud_init.vdev), or a part of it: the guest would have only one of them",
					vbd->vdev, vdev);
	}
}

static void check_domain(struct cfg_set *set, const struct cfg_domain *domain)
{
	check_cloud_disk(set, domain);
	for (size_t i = 1; i < domain->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &domain->vbds[i];

		for (size_t k = 0; k < i; k++) {
			const struct cfg_vbd *other = &domain->vbds[k];

			/* The same name twice is told by the document's own check. */
			if (!vbd->vdev || !other->vdev || !strcmp(vbd->vdev, other->vdev) ||
			    !cfg_vdevs_overlap(vbd->vdev, other->vdev))
				continue;
			cfg_place_error(set, &vbd->place,
					"vdev `%s` is the same device to a Linux guest as `%s` in line %u, or a "
					"part of it: the guest would have only one of them",
					vbd->vdev, other->vdev, other->place.line);
			break;
		}
	}
}

void cfg_vdevs_check(struct cfg_set *set)
{
	for (size_t i = 0; i < set->domains.nr; i++)
		check_domain(set, set->domains.items[i]);
	for (size_t i = 0; i < set->broken.nr; i++)
		check_domain(set, set->broken.items[i]);
}
