/* SPDX-License-Identifier: GPL-2.0-or-later
 * The disk from which a guest's cloud-init learns its name, keys and addresses. It is no vbd of the spec: it follows
 * from cloud_init, is made with the domain, and goes with it.
 */
#include "xlite/reconcile/cloud_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/announce.h"
#include "xlite/reconcile/cloud_data.h"
#include "xlite/reconcile/cloud_iso.h"

#define FOLDER "/run/xlite/cloud-init"

const char *cloud_disk_path(const uint8_t uuid[16], char path[CLOUD_DISK_PATH])
{
	char text[37];

	xlite_uuid_text(uuid, text);
	snprintf(path, CLOUD_DISK_PATH, FOLDER "/%s.iso", text);
	return path;
}

static int network_config(struct host *host, const struct cfg_domain *domain, struct buf *out, struct xlite_error *err)
{
	struct state state = { 0 };
	bool addressed = false;
	int rc = 0;

	for (size_t i = 0; i < domain->nr_vifs; i++)
		addressed = addressed || domain->vifs[i].ip.nr;
	if (addressed)
		rc = announce_networks(host, &state, err);
	if (!rc)
		rc = cloud_network_config(domain, &state, out, err);
	state_clear(&state);
	return rc;
}

int cloud_disk_image(struct host *host, const struct cfg_domain *domain, struct buf *image, struct xlite_error *err)
{
	const struct cfg_cloud_init *cloud = &domain->cloud_init;
	auto_buf struct buf meta = BUF_INIT, user = BUF_INIT, vendor = BUF_INIT, network = BUF_INIT;
	struct cloud_file files[4];
	size_t nr = 0;
	int rc = cloud_meta_data(domain, &meta, err);

	if (!rc && cloud->user_data)
		rc = cloud_user_data("user_data", cloud->user_data, &user, err);
	if (!rc && cloud->vendor_data)
		rc = cloud_user_data("vendor_data", cloud->vendor_data, &vendor, err);
	if (!rc && cloud->network && domain->nr_vifs)
		rc = network_config(host, domain, &network, err);
	if (!rc && (meta.failed || user.failed || vendor.failed || network.failed))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	if (rc)
		return rc;
	files[nr++] = (struct cloud_file){ "meta-data", meta.data, meta.len };
	/* cloud-init takes a disk without it for none of its own. */
	files[nr++] = (struct cloud_file){ "user-data", buf_str(&user), user.len };
	if (vendor.len)
		files[nr++] = (struct cloud_file){ "vendor-data", vendor.data, vendor.len };
	if (network.len)
		files[nr++] = (struct cloud_file){ "network-config", network.data, network.len };
	/* In memory, as the image itself will be: there may be passwords in it. */
	return cloud_iso(files, nr, "/run", image, err);
}

int cloud_disk_write(const uint8_t uuid[16], const struct buf *image, struct xlite_error *err)
{
	char path[CLOUD_DISK_PATH], made[CLOUD_DISK_PATH + 8];
	auto_close int fd = -1;
	int rc;

	mkdir("/run/xlite", 0755);
	mkdir(FOLDER, 0700);
	snprintf(made, sizeof(made), "%s.new", cloud_disk_path(uuid, path));
	/* The host's lock is held: what is there is of a run that died. */
	unlink(made);
	fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	rc = fd < 0 ? -errno : buf_write(image, fd);
	if (!rc && rename(made, path))
		rc = -errno;
	if (rc) {
		unlink(made);
		return xlite_error_sys(err, rc, "cloud_init: writing %s", path);
	}
	return 0;
}

void cloud_disk_remove(const uint8_t uuid[16])
{
	char path[CLOUD_DISK_PATH], made[CLOUD_DISK_PATH + 8];

	unlink(cloud_disk_path(uuid, path));
	snprintf(made, sizeof(made), "%s.new", path);
	unlink(made);
	rmdir(FOLDER);
}

/* "UUID.iso", or what a run that died has written of it. */
static bool is_of(const char *name, uint8_t uuid[16])
{
	char text[37];

	snprintf(text, sizeof(text), "%.36s", name);
	return strlen(name) > 36 && !strncmp(name + 36, ".iso", 4) && !xlite_uuid_parse(text, uuid);
}

static bool lives(const struct xlite_domain_info *list, size_t nr, const uint8_t uuid[16])
{
	for (size_t i = 0; i < nr; i++) {
		if (!list[i].dying && !memcmp(list[i].uuid, uuid, 16))
			return true;
	}
	return false;
}

int cloud_disks_sweep(struct host *host, struct xlite_error *err)
{
	auto_free struct xlite_domain_info *list = NULL;
	DIR *folder = host->locked ? opendir(FOLDER) : NULL;
	struct dirent *entry;
	uint8_t uuid[16];
	size_t nr = 0;
	int rc;

	if (!folder)
		return 0;
	rc = xlite_domain_list(host->xen, &list, &nr, err);
	while (!rc && (entry = readdir(folder))) {
		if (is_of(entry->d_name, uuid) && !lives(list, nr, uuid))
			cloud_disk_remove(uuid);
	}
	closedir(folder);
	return rc;
}

struct cfg_vbd cloud_disk_vbd(const struct cfg_domain *domain, char path[CLOUD_DISK_PATH])
{
	cloud_disk_path(domain->uuid, path);
	return (struct cfg_vbd){ .vdev = (char *)cfg_cloud_vdev(domain),
				 .source = path,
				 .mode = CFG_VBD_RO,
				 .format = CFG_FORMAT_RAW,
				 .format_given = true };
}
