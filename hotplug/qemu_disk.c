/* SPDX-License-Identifier: GPL-2.0-or-later
 * The disks of a domain's QEMU. Each is one node with everything said explicitly: which driver, that there is no backing file,
 * what may be discarded; and a device of Xen's bus on top (qemu: hw/block/xen-block.c).
 */
#include "hotplug/qemu_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/jail.h"
#include "hotplug/nbd.h"
#include "hotplug/qemu_int.h"

/* Of our nodes; the others are what they are made of. */
#define NODE "disk"
#define PAUSE_NS (10 * NS_PER_MS)
/** Seconds that the guest's requests wait for an NBD server that has gone away before they fail. */
#define NBD_RECONNECT_S 60

static json_t *nbd_node(const char *source, struct xlite_error *err)
{
	struct hotplug_nbd nbd;
	json_t *server;

	if (hotplug_nbd_parse(source, &nbd, err))
		return NULL;
	server = nbd.path[0] ? json_pack("{s:s, s:s}", "type", "unix", "path", nbd.path) :
		 json_pack("{s:s, s:s, s:s}", "type", "inet", "host", nbd.host, "port", nbd.port);
	return json_pack("{s:s, s:o, s:s, s:i}", "driver", "nbd", "server", server, "export", nbd.export, "reconnect-delay",
			 NBD_RECONNECT_S);
}

static json_t *bytes_node(const struct hotplug_qemu_disk *disk, struct xlite_error *err)
{
	char set[32];

	if (disk->nbd)
		return nbd_node(disk->nbd, err);
	snprintf(set, sizeof(set), "/dev/fdset/%u", disk->devid);
	return json_pack("{s:s, s:s}", "driver", disk->device ? "host_device" : "file", "filename", set);
}

static const char *node_name(unsigned devid, char name[24])
{
	snprintf(name, 24, NODE "%u", devid);
	return name;
}

/* Gives QEMU the open file or device, since it sees neither. */
static int file_give(struct qmp *qmp, const struct hotplug_qemu_disk *disk, int64_t deadline_ns, struct xlite_error *err)
{
	auto_close int device = -1;
	int fd = disk->fd;

	if (disk->device) {
		device = fd = open(disk->device, (disk->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		if (fd < 0)
			return xlite_error_sys(err, -errno, "open %s", disk->device);
	}
	return qmp_call(qmp, "add-fd", json_pack("{s:i}", "fdset-id", (int)disk->devid), fd, NULL, deadline_ns, err);
}

/* Shows QEMU the folder of an NBD server's socket, under the name in the spec and where that leads. */
static int socket_show(const struct hotplug_qemu *of, const struct hotplug_qemu_disk *disk, struct xlite_error *err)
{
	char real[PATH_MAX];
	struct hotplug_nbd nbd;
	int ret = hotplug_nbd_parse(disk->nbd, &nbd, err);

	if (ret || !nbd.path[0])
		return ret;
	if (!realpath(nbd.path, real))
		return xlite_error_sys(err, -errno, "%s", nbd.path);
	ret = jail_show(hotplug_qemu_number(of), dirname(nbd.path), err);
	return ret ? ret : jail_show(hotplug_qemu_number(of), dirname(real), err);
}

static int node_add(struct qmp *qmp, const struct hotplug_qemu_disk *disk, int64_t deadline_ns, struct xlite_error *err)
{
	json_t *bytes, *node;
	char name[24];
	int ret = 0;

	if (!disk->nbd)
		ret = file_give(qmp, disk, deadline_ns, err);
	bytes = ret ? NULL : bytes_node(disk, err);
	if (!bytes)
		return ret ? ret : xlite_error_set(err, -EINVAL, "cannot describe disk %s to QEMU", disk->vdev);
	node = json_pack("{s:s, s:s, s:b, s:s, s:o}", "driver", disk->qcow2 ? "qcow2" : "raw", "node-name",
			 node_name(disk->devid, name), "read-only", disk->readonly, "discard",
			 disk->discard ? "unmap" : "ignore", "file", bytes);
	if (node && disk->qcow2)
		json_object_set_new(node, "backing", json_null());
	return node ? qmp_call(qmp, "blockdev-add", node, -1, NULL, deadline_ns, err)
		    : xlite_error_set(err, -ENOMEM, "out of memory");
}

int hotplug_qemu_attach(const struct hotplug_qemu *of, const struct hotplug_qemu_disk *disk, int64_t deadline_ns,
			struct xlite_error *err)
{
	auto_qmp struct qmp qmp = QMP_INIT;
	char name[24], id[24];
	int ret = qemu_connect(of, &qmp, deadline_ns, err);

	if (!ret && disk->nbd)
		ret = socket_show(of, disk, err);
	if (!ret) {
		ret = node_add(&qmp, disk, deadline_ns, err);
		if (ret && disk->nbd)
			xlite_error_prefix(err, "%s", disk->nbd);
	}
	snprintf(id, sizeof(id), "vbd%u", disk->devid);
	if (!ret)
		ret = qmp_call(&qmp, "device_add",
			       json_pack("{s:s, s:s, s:s, s:s, s:b}", "driver", disk->cdrom ? "xen-cdrom" : "xen-disk",
					 "id", id, "drive", node_name(disk->devid, name), "vdev", disk->vdev,
					 "share-rw", disk->shared && !disk->readonly),
			       -1, NULL, deadline_ns, err);
	return ret;
}

/* Whether the node is there, and how many others of our names are. */
static int nodes_count(struct qmp *qmp, const char *name, bool *there, size_t *others, int64_t deadline_ns,
		       struct xlite_error *err)
{
	json_t *nodes = NULL, *node;
	size_t i;
	int ret = qmp_call(qmp, "query-named-block-nodes", json_pack("{s:b}", "flat", 1), -1, &nodes, deadline_ns, err);

	*there = false;
	*others = 0;
	if (ret)
		return ret;
	json_array_foreach(nodes, i, node) {
		const char *text = json_string_value(json_object_get(node, "node-name"));

		if (!text || strncmp(text, NODE, strlen(NODE)))
			continue;
		if (strcmp(text, name))
			++*others;
		else
			*there = true;
	}
	json_decref(nodes);
	return 0;
}

int hotplug_qemu_detach(const struct hotplug_qemu *of, unsigned devid, size_t *left, int64_t deadline_ns,
			struct xlite_error *err)
{
	auto_qmp struct qmp qmp = QMP_INIT;
	char name[24];
	bool there = true;
	int ret = qemu_connect(of, &qmp, deadline_ns, err);

	node_name(devid, name);
	while (!ret) {
		ret = nodes_count(&qmp, name, &there, left, deadline_ns, err);
		if (ret || !there)
			break;
		/* In use until QEMU has noticed that the device's nodes are gone. */
		if (!qmp_call(&qmp, "blockdev-del", json_pack("{s:s}", "node-name", name), -1, NULL, deadline_ns, err))
			continue;
		if (clock_now_ns() >= deadline_ns)
			return xlite_error_set(err, -ETIMEDOUT, "QEMU has the disk in use still");
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
	/* NBD has none. */
	if (!ret)
		qmp_call(&qmp, "remove-fd", json_pack("{s:i}", "fdset-id", (int)devid), -1, NULL, deadline_ns, NULL);
	return ret;
}
