/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a spec implies without a key that says it: whether its domain boots its own disk, what of a PC is emulated,
 * which disks take QEMU. Fields alone are looked at; see spec.h.
 */
#include "cfg/spec.h"

#include <string.h>

#include "cfg/value_nbd.h"

bool cfg_vbd_is_nbd(const struct cfg_vbd *vbd)
{
	return !vbd->script && cfg_nbd_source(vbd->source);
}

bool cfg_boots_own_disk(const struct cfg_domain *domain)
{
	return !domain->kernel && domain->state != CFG_STATE_STOPPED;
}

bool cfg_boots_by_grub(const struct cfg_domain *domain)
{
	return domain->type != CFG_TYPE_HVM && cfg_boots_own_disk(domain);
}

int cfg_vbd_drive(const struct cfg_domain *domain, const struct cfg_vbd *vbd)
{
	const char *letter = vbd->vdev;

	if (domain->type != CFG_TYPE_HVM || !letter || vbd->script || (vbd->mode == CFG_VBD_RO && !vbd->cdrom))
		return -1;
	if (!strncmp(letter, "xvd", 3))
		letter += 3;
	else if (!strncmp(letter, "hd", 2))
		letter += 2;
	else
		return -1;
	return *letter >= 'a' && *letter < 'a' + CFG_DRIVES && !letter[1] ? *letter - 'a' : -1;
}

bool cfg_vif_emulated(const struct cfg_domain *domain, const struct cfg_vif *vif)
{
	return domain->type == CFG_TYPE_HVM && vif->model != CFG_CARD_NONE && vif->kind != CFG_VIF_ROUTE &&
	       !vif->script && !vif->rate.bps;
}

/* As Xen's own tools have it, and the most that QEMU's models are given there. */
uint64_t cfg_video_kib(const struct cfg_domain *domain)
{
	static const uint64_t kib[] = { [CFG_VGA_STD] = 16384, [CFG_VGA_CIRRUS] = 8192, [CFG_VGA_NONE] = 0 };

	return domain->type == CFG_TYPE_HVM ? kib[domain->vga] : 0;
}

bool cfg_vbd_needs_qemu(const struct cfg_vbd *vbd)
{
	return vbd->format == CFG_FORMAT_QCOW2 || cfg_vbd_is_nbd(vbd);
}

const char *cfg_cloud_vdev(const struct cfg_domain *domain)
{
	return domain->cloud_init.vdev ? domain->cloud_init.vdev : CFG_CLOUD_VDEV;
}
