/* SPDX-License-Identifier: GPL-2.0-or-later
 * Debian's places first, since its Xen is built for them; then those of Xen's own build.
 */
#include "xlite/reconcile/firmware.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"

/* What xen-core adds to the number of the release that it is like. */
#define XEN_CORE "-core"

static const char *const bios_places[] = { "/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/bios-256k.bin",
					   "/usr/lib/xen/boot/seabios.bin", "/usr/local/lib/xen/boot/seabios.bin",
					   NULL };
static const char *const uefi_places[] = { "/usr/share/ovmf/OVMF.fd", "/usr/share/qemu/OVMF.fd", "/usr/lib/xen/boot/ovmf.bin",
					   "/usr/local/lib/xen/boot/ovmf.bin", NULL };

static const struct {
	const char *bios, *title, *package;
	const char *const *places;
} kinds[] = {
	[CFG_FIRMWARE_BIOS] = { "seabios", "SeaBIOS", "seabios", bios_places },
	[CFG_FIRMWARE_UEFI] = { "ovmf", "OVMF", "ovmf", uefi_places },
};

static const char *place_find(const char *const *places)
{
	for (; *places; places++) {
		if (!access(*places, R_OK))
			return *places;
	}
	return NULL;
}

/* Each release of Debian's Xen has its own beside it. */
static int loader_find(const struct xlite_xen_version *xen, struct firmware *firmware, struct xlite_error *err)
{
	static const char *const folders[] = { "/usr/lib/xen", "/usr/local/lib/xen", "/usr/libexec/xen" };

	snprintf(firmware->loader, sizeof(firmware->loader), "/usr/lib/xen-%u.%u/boot/hvmloader", xen->major, xen->minor);
	for (size_t i = 0; access(firmware->loader, R_OK); i++) {
		if (i == ARRAY_SIZE(folders)) {
			xlite_error_set(err, -ENOENT,
					"Xen's loader of firmware is not installed (no /usr/lib/xen-%u.%u/boot/hvmloader)",
					xen->major, xen->minor);
			xlite_error_hint(err, "apt-get install xen-utils-%u.%u", xen->major, xen->minor);
			return -ENOENT;
		}
		snprintf(firmware->loader, sizeof(firmware->loader), "%s/boot/hvmloader", folders[i]);
	}
	return 0;
}

int firmware_on(const struct xlite_xen_version *xen, struct xlite_error *err)
{
	if (strcmp(xen->extra, XEN_CORE))
		return 0;
	return xlite_error_set(err, -EOPNOTSUPP,
			       "type: hvm: xen-core, which runs on this host, emulates no PC; it has PVH domains only");
}

int firmware_find(const struct xlite_xen_version *xen, enum cfg_firmware kind, struct firmware *firmware,
		  struct xlite_error *err)
{
	*firmware = (struct firmware){ .path = place_find(kinds[kind].places), .bios = kinds[kind].bios };
	if (!firmware->path) {
		xlite_error_set(err, -ENOENT, "%s, the firmware, is not installed (no %s)", kinds[kind].title,
				kinds[kind].places[0]);
		xlite_error_hint(err, "apt-get install %s", kinds[kind].package);
		return -ENOENT;
	}
	return loader_find(xen, firmware, err);
}
